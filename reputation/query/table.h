// Many rows in columns, so that a filter over a whole market reads only the columns it names: a
// hundred thousand providers are filtered, sorted and paged in a few milliseconds.
// Readers from any thread while nobody writes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reputation/query/query.h"

namespace assay::reputation::query {

class Table {
 public:
  explicit Table(Fields fields);

  std::size_t size() const { return rows_; }
  // A row as matches() takes it; the place it got.
  std::size_t add(const Row& row);
  void set(std::size_t place, const Row& row);  // place < size()
  Row row(std::size_t place) const;

  struct Page {
    std::vector<std::size_t> places;  // in order of the sort, among equals in order of place
    std::size_t matched = 0;          // rows that pass, on all pages
    bool more = false;
  };
  // The first `limit` rows that pass, or those behind the row at `after`, which need not pass any
  // more itself.
  Page select(const Query& query, const Sort& sort, std::size_t limit,
              std::optional<std::size_t> after = {}) const;

 private:
  // Numbers and levels as they are, flags as 0 and 1, texts as the place of their spelling, of
  // which spellings that are equal but for case share one.
  struct Column {
    std::vector<std::int64_t> values;
    std::vector<std::string> originals;         // of texts, as they were written
    std::map<std::string, std::int64_t> ids;    // of texts in lower case
    std::vector<const std::string*> spellings;  // lower case, by id; borrowed from `ids`
  };
  struct Filter;

  std::int64_t encode(Column& column, const Cell& cell);
  Filter compile(const Condition& condition) const;
  bool comes_before(const Sort& sort, std::size_t a, std::size_t b) const;

  Fields fields_;
  std::size_t rows_ = 0;
  std::vector<Column> columns_;
};

}  // namespace assay::reputation::query
