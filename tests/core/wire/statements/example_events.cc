#include "tests/core/wire/statements/example_events.h"

#include <algorithm>

#include "tests/core/wire/statements/examples.h"

namespace assay::test {

using namespace assay::wire;

namespace {

PublicKey key_of(std::string_view role) {
  return example_key(role).public_key();
}

}  // namespace

Appeal example_appeal() {
  return {9, key_of("provider"), 200'000, example_digest("nonce of an appeal"),
          "the card passed every memory test"};
}

Ruling example_ruling(const Challenge& challenge) {
  Ruling ruling;
  ruling.slash_index = 9;
  ruling.appeal_index = 10;
  ruling.provider = key_of("provider");
  ruling.outcome = RulingOutcome::refuted;
  ruling.draw = challenge.draw;
  ruling.positions = challenge.positions;
  ruling.rows = challenge.rows;
  ruling.pairs = digest_of_pairs(challenge.pairs);
  for (const char* device : {"cpu/scalar", "cpu/avx2", "cpu/sse2", "cpu/scalar", "cuda/sm_90"}) {
    ruling.replays.push_back({device, Outcome::mismatch});
  }
  ruling.detail = "step 1, row 17 differs again";
  return ruling;
}

Uptime example_uptime() {
  Uptime uptime;
  uptime.window = 1'795'363'200;
  uptime.window_seconds = 1;
  uptime.answers = example_digest("answers");
  const PublicKey other = PublicKey::from_view(example_digest("another key").view()).value();
  uptime.rows = {{key_of("provider"), 2, 3}, {other, 0, 0}};
  std::sort(uptime.rows.begin(), uptime.rows.end(),
            [](const UptimeRow& a, const UptimeRow& b) { return a.provider < b.provider; });
  return uptime;
}

}  // namespace assay::test
