// Many rows in columns, so that a filter over a whole market reads only the columns it names: a
// hundred thousand providers are filtered, sorted and paged in a few milliseconds.
// One thread writes; share() gives others a table that stays as it is, for little.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reputation/query/blocks.h"
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
  Cell cell(std::size_t place, std::size_t field) const;

  // The table as it stands, for any number of readers while this one is written to.
  Table share();

  using Places = std::vector<std::uint32_t>;
  struct Sifted {
    Places places;                     // of the rows that pass, ascending
    std::vector<std::size_t> removed;  // by each condition, of the rows that passed those before it
  };
  Sifted sift(const Query& query) const;
  // The same among these rows, ascending.
  Sifted sift(const Query& query, const Places& among) const;

  struct Page {
    Places places;            // in order of the sort, among equals in order of place
    std::size_t matched = 0;  // rows that pass, on all pages
    bool more = false;
  };
  // Where a page ended: the cells that the row had then, and its place.
  struct After {
    Row row;
    std::size_t place = 0;
  };
  // The first `limit` rows that pass, or those behind `after`, which need not pass any more itself.
  Page select(const Query& query, const Sort& sort, std::size_t limit,
              const std::optional<After>& after = {}) const;

 private:
  // Field by field: numbers and levels as they are, flags as 0 and 1, of texts the first bytes of
  // their lower case and their length, so that most texts are told apart by a number.
  using Values = std::vector<std::int64_t>;
  using Texts = std::vector<std::string>;  // as they were written
  struct Filter;
  struct Order;

  std::int64_t value(std::size_t place, std::size_t field) const;
  const std::string& text(std::size_t place, std::size_t field) const;
  Filter compile(const Condition& condition) const;
  std::vector<Filter> compile(const Query& query) const;
  void sift_block(const std::vector<Filter>& filters, std::size_t block,
                  std::vector<std::uint8_t>& rows, Sifted& into) const;

  Fields fields_;
  std::size_t rows_ = 0;
  Blocks<Values> values_;
  std::vector<Blocks<Texts>> texts_;  // by field; of others than texts empty
};

}  // namespace assay::reputation::query
