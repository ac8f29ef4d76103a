// Ascending number lists and their outcomes, spelled short. For the sources of core/wire only.
//
// A list is a JSON array in which each stretch of three or more neighbours is one [first,last]
// pair: [1,2,7,[10,4096]]. Outcomes, one per number, are letters with counts: "m3x1m12"
// (m match, x mismatch, u unavailable, i inconclusive). Both have one spelling per value.
#pragma once

#include <string>
#include <vector>

#include "core/wire/json.h"
#include "core/wire/verdict.h"

namespace assay::wire {

template <class Number>
Json numbers_to_json(const std::vector<Number>& numbers) {
  Json out = Json::array();
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (end - i >= 3) {
      out.push(Json::array({Json(numbers[i]), Json(numbers[end - 1])}));
      i = end;
    } else {
      out.push(Json(numbers[i++]));
    }
  }
  return out;
}

// Numbers min..last, ascending, at most count_max of them.
std::vector<std::uint64_t> read_numbers(Fields& in, std::string_view key, std::uint64_t min,
                                        std::uint64_t last, std::size_t count_max);

std::vector<std::uint32_t> read_positions(Fields& in, std::string_view key);
std::vector<std::uint64_t> read_rows(Fields& in, std::string_view key);

// {"count":…,"digest":…}, or null for none.
Json pairs_to_json(const PairsDigest& pairs);
PairsDigest read_pairs(Fields& in, std::string_view key);

std::string outcomes_text(const std::vector<Outcome>& outcomes);
// Exactly `count` outcomes, or as many as there are, up to `max`.
std::vector<Outcome> read_outcomes(Fields& in, std::string_view key, std::size_t count);
std::vector<Outcome> read_some_outcomes(Fields& in, std::string_view key, std::size_t max);

}  // namespace assay::wire
