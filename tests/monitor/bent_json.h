// Documents of peers that lie in every way.
#pragma once

#include <string>

#include "core/base/random.h"
#include "core/wire/json.h"

namespace assay::test {

// Anything, mostly small.
inline wire::Json any_json(Random& random) {
  switch (random.below(7)) {
    case 0: return {};
    case 1: return random.below(2) == 0;
    case 2: return random.below(3);
    case 3: return UINT64_MAX - random.below(3);
    case 4: return std::to_string(random.below(100));
    case 5: return wire::Json::array({wire::Json::object({{"class", random.below(5)}})});
    default: return "";
  }
}

// The same tree, of whose values one in `seldom` is another, missing or there twice.
inline wire::Json bent(const wire::Json& value, Random& random, std::uint32_t seldom) {
  if (random.below(seldom) == 0) return any_json(random);
  const auto times = [&] { return random.below(seldom) > 0 ? 1 : random.below(2) * 2; };
  if (value.is_array()) {
    wire::Json::Array items;
    for (const wire::Json& item : value.items()) {
      for (auto left = times(); left > 0; --left) items.push_back(bent(item, random, seldom));
    }
    return wire::Json::array(std::move(items));
  }
  if (!value.is_object()) return value;
  wire::Json::Object members;
  for (const auto& [name, item] : value.members()) {
    if (times() > 0) members.emplace_back(name, bent(item, random, seldom));
  }
  return wire::Json::object(std::move(members));
}

}  // namespace assay::test
