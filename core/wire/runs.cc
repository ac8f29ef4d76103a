#include "core/wire/runs.h"

#include <algorithm>
#include <optional>

#include "core/wire/trace.h"

namespace assay::wire {

namespace {

struct Run {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<Run> run_of(const Json& json) {
  if (const std::optional<std::uint64_t> number = json.as_u64()) return Run{*number, *number};
  if (!json.is_array() || json.items().size() != 2) return std::nullopt;
  const std::optional<std::uint64_t> first = json.items()[0].as_u64();
  const std::optional<std::uint64_t> last = json.items()[1].as_u64();
  if (!first || !last || *first >= *last) return std::nullopt;
  return Run{*first, *last};
}

constexpr std::string_view kLetters = "mxui";  // in the order of Outcome

}  // namespace

std::vector<std::uint64_t> read_numbers(Fields& in, std::string_view key, std::uint64_t min,
                                        std::uint64_t last, std::size_t count_max) {
  std::vector<std::uint64_t> numbers;
  for (const Json& json : in.array(key, count_max)) {
    const std::optional<Run> run = run_of(json);
    if (!run || run->first < min || run->last > last) {
      in.note(key, "holds neither a number nor a [first,last] pair within " + u64_text(min) + ".." +
                       u64_text(last));
      return {};
    }
    if (!numbers.empty() && run->first <= numbers.back()) {
      in.note(key, "is not ascending at " + u64_text(run->first));
      return {};
    }
    if (run->last - run->first >= count_max - numbers.size()) {
      in.note(key, "holds more than " + std::to_string(count_max) + " numbers");
      return {};
    }
    for (std::uint64_t number = run->first; number <= run->last; ++number) {
      numbers.push_back(number);
    }
  }
  if (in.ok() && numbers_to_json(numbers) != in.value(key)) {
    in.note(key, "must join three or more neighbours, and no fewer, as [first,last]");
  }
  return numbers;
}

std::vector<std::uint32_t> read_positions(Fields& in, std::string_view key) {
  std::vector<std::uint32_t> positions;
  for (const std::uint64_t number : read_numbers(in, key, 1, kTraceStepsMax, kTraceStepsMax)) {
    positions.push_back(static_cast<std::uint32_t>(number));
  }
  return positions;
}

std::vector<std::uint64_t> read_rows(Fields& in, std::string_view key) {
  return read_numbers(in, key, 0, kRowLast, kRowsMax);
}

Json pairs_to_json(const PairsDigest& pairs) {
  Json json;
  if (pairs.count > 0) json.set("count", pairs.count).set("digest", pairs.digest.hex());
  return json;
}

PairsDigest read_pairs(Fields& in, std::string_view key) {
  PairsDigest pairs;
  if (in.value(key).is_null()) return pairs;
  Fields named(in.value(key), key);
  pairs.count = named.u32("count", 1, kPairsMax);
  pairs.digest = named.fixed<Digest>("digest");
  if (Status status = named.close(); !status.ok()) in.note(key, status.error().what);
  return pairs;
}

std::string outcomes_text(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (std::size_t i = 0; i < outcomes.size();) {
    std::size_t end = i + 1;
    while (end < outcomes.size() && outcomes[end] == outcomes[i]) ++end;
    text += kLetters[static_cast<std::size_t>(outcomes[i])];
    text += std::to_string(end - i);
    i = end;
  }
  return text;
}

std::vector<Outcome> read_some_outcomes(Fields& in, std::string_view key, std::size_t max) {
  const std::string text = in.text(key, 2 * kRowsMax);
  std::vector<Outcome> outcomes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t letter = kLetters.find(text[at]);
    const std::size_t end = std::min(text.find_first_of(kLetters, at + 1), text.size());
    const Result<std::uint64_t> times =
        parse_u64(std::string_view(text).substr(at + 1, end - at - 1));
    if (letter == std::string_view::npos || !times.ok() || times.value() > max) {
      in.note(key, "must be letters of m, x, u, i, each with its count");
      return {};
    }
    outcomes.insert(outcomes.end(), times.value(), static_cast<Outcome>(letter));
    at = end;
    if (outcomes.size() > max) break;
  }
  if (outcomes.size() > max) {
    in.note(key, "holds more than " + std::to_string(max) + " outcomes");
  } else if (outcomes_text(outcomes) != text) {
    in.note(key, "must join equal neighbours under one count");
  }
  return outcomes;
}

std::vector<Outcome> read_outcomes(Fields& in, std::string_view key, std::size_t count) {
  std::vector<Outcome> outcomes = read_some_outcomes(in, key, count);
  if (outcomes.size() != count) {
    in.note(key, "does not hold exactly " + std::to_string(count) + " outcomes");
  }
  return outcomes;
}

}  // namespace assay::wire
