// How Assay says that something went wrong in the world: a value that cannot be ignored.
// Values; any thread.
//
// Three kinds of wrong, three mechanisms:
//   data that disagrees   an Outcome value (verifier/outcome.h)
//   the world failing     Result<T>: a Code and what was being attempted
//   our own bug           ASSAY_CHECK (check.h), never applied to a peer's bytes
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace assay {

// The frozen exit codes of every Assay program double as its error codes, so that an error keeps
// one name from the parser that found it to the shell that sees it.
enum class Code : int {
  internal = 1,
  usage = 2,
  not_found = 3,
  permission = 4,
  network = 5,
  rate_limited = 6,
  conflict = 7,
  malformed = 8,
  signature = 10,
  no_evidence = 11,
  proof = 12,
  unbound = 13,
  mismatch = 14,
  inconclusive = 15,
  stale = 16,
  equivocation = 20,
  storage = 75,
  interrupted = 130,
};

// The stable lower-case name of a code ("malformed"), as used in JSON errors.
const char* code_name(Code code);

// One short human sentence for a code ("malformed input"): the `title` of a problem document.
const char* code_title(Code code);

// What failed, and what was being attempted. `what` is for a person: it names the thing that was
// wrong and, where there is one, what to do about it.
struct Error {
  Code code = Code::internal;
  std::string what;

  // The same error with where it happened in front: "order: steps: 0 is outside 1..4096".
  [[nodiscard]] Error in(std::string_view where) const;
};

inline Error fail(Code code, std::string what) {
  return Error{code, std::move(what)};
}

// A T or an Error. Reading value() of an error is a bug of ours and stops the program.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }

  const T& value() const& {
    ASSAY_CHECK(ok(), "value() of an error");
    return *std::get_if<0>(&state_);
  }
  T& value() & {
    ASSAY_CHECK(ok(), "value() of an error");
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    ASSAY_CHECK(ok(), "value() of an error");
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const {
    ASSAY_CHECK(!ok(), "error() of a value");
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  const Error& error() const {
    ASSAY_CHECK(error_.has_value(), "error() of a success");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace assay
