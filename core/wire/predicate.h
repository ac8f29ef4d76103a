// What the codecs of the single statement kinds share. For the sources of core/wire only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/wire/draw.h"
#include "core/wire/statement.h"
#include "core/wire/text.h"

namespace assay::wire {

inline constexpr std::uint32_t kMillion = 1'000'000;

// A failure unless the statement is about `digest` under this name.
void expect_subject(Fields& in, const Statement& statement, std::string_view name,
                    const Digest& digest);

// Text of 1..max bytes.
std::string some_text(Fields& in, std::string_view key, std::size_t max);
// 1..max of a-z 0-9 and '-'.
std::string word_text(Fields& in, std::string_view key, std::size_t max);
// Any string: an envelope or a proof, which is judged by its own parser.
std::string opaque_text(Fields& in, std::string_view key, std::size_t max);
// A decimal string that is at least `min`.
std::uint64_t u64_from(Fields& in, std::string_view key, std::uint64_t min);
UnixMillis read_time(Fields& in, std::string_view key);
std::string time_text(UnixMillis time);
Reason read_reason(Fields& in, std::string_view key);

// The members that say what is to be computed.
struct WorkloadSpec;
void set_spec(Json& json, const WorkloadSpec& spec);
WorkloadSpec read_spec(Fields& in);

// The subject of statements about a provider.
inline Digest provider_digest(const PublicKey& provider) {
  return sha256(provider.view());
}

// What was read, if every member was read and was good.
template <class T>
Result<T> closed(Fields& in, T value) {
  if (Status status = in.close(); !status.ok()) return status.error();
  return value;
}

std::string item_name(std::size_t index);  // "[3]"

// Items of an array of objects, each read by read_item(Fields&); a failure names the item.
template <class T, class ReadItem>
std::vector<T> read_items(Fields& in, std::string_view key, std::size_t max, ReadItem read_item) {
  std::vector<T> items;
  for (const Json& json : in.array(key, max)) {
    Fields item(json, item_name(items.size()));
    items.push_back(read_item(item));
    if (Status status = item.close(); !status.ok()) {
      in.note(key, status.error().what);
      return {};
    }
  }
  return items;
}

// Reads the predicate of a statement of one kind with read(Fields&, const Statement&).
template <class T, class Read>
Result<T> parse_predicate(const Statement& statement, Kind kind, Read read) {
  if (Status right = expect_kind(statement, kind); !right.ok()) return right.error();
  Fields in(statement.predicate, kind_name(kind));
  return closed<T>(in, read(in, statement));
}
template <class T, class Read>
Result<T> parse_predicate(std::string_view payload, Kind kind, Read read) {
  const Result<Statement> statement = parse_statement(payload);
  if (!statement.ok()) return statement.error();
  return parse_predicate<T>(statement.value(), kind, read);
}

}  // namespace assay::wire
