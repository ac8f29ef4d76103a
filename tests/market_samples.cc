#include "tests/market_samples.h"

namespace assay::test {

using reputation::ClassScore;
using reputation::Q30;
using verifier::Market;
using verifier::MarketEntry;
using verifier::MarketWriter;

namespace {

constexpr const char* kDevices[] = {"h200", "h100-sxm", "rtx-4090", "cpu"};
constexpr const char* kRegions[] = {"eu-west", "eu-north", "us-east", "us-west", "asia", ""};
constexpr const char* kWorkloads[] = {"gemm@1", "generate@1", "render@1"};

Q30 share_of(Random& random, std::uint32_t from_ppm) {
  return reputation::q30_from_ppm(from_ppm +
                                  static_cast<std::uint32_t>(random.below(1'000'001 - from_ppm)));
}

ClassScore sample_class(Random& random, const std::string& name) {
  ClassScore it;
  it.name = name;
  it.audited = random.below(300);
  it.attested = it.audited + random.below(100);
  it.passed = it.audited - (random.below(10) == 0 ? random.below(it.audited + 1) : 0);
  reputation::EpochCounts counts;
  counts.passes = static_cast<std::uint32_t>(it.passed);
  counts.soft = static_cast<std::uint32_t>(random.below(3));
  it.record = reputation::fold_epoch({}, counts, 0);
  it.trust = share_of(random, 300'000);
  it.tier = static_cast<reputation::Tier>(random.below(reputation::kTiers));
  it.last_hour = static_cast<std::uint64_t>(kSampleTime.ms / 3'600'000) - random.below(100);
  return it;
}

}  // namespace

MarketEntry sample_entry(Random& random, std::uint64_t number) {
  MarketEntry it;
  it.id = sha256(as_bytes("sample provider " + std::to_string(number)));
  it.state.key = PublicKey{it.id.bytes};
  it.state.name = "provider " + std::to_string(number);
  it.state.region = kRegions[random.below(6)];
  it.state.device_class = kDevices[random.below(4)];
  it.state.since = kSampleTime + -static_cast<std::int64_t>(random.below(400) * 86'400'000);
  it.price_micros = random.below(8) == 0 ? 0 : (1 + random.below(400)) * 10'000;
  it.devices = static_cast<std::uint32_t>(random.below(9));
  it.device_memory_bytes = it.devices == 0 ? 0 : (random.below(10) + 1) << 34;
  it.score.uptime = share_of(random, 700'000);
  it.score.stake = share_of(random, 0);
  it.score.age_days = static_cast<std::uint32_t>((kSampleTime - it.state.since) / 86'400'000);
  for (const char* workload : kWorkloads) {
    if (random.below(3) != 0) continue;
    it.score.classes.push_back(sample_class(random, it.state.device_class + "/" + workload));
    const auto& headline = it.score.headline;
    if (!headline || it.score.classes.back().trust < it.score.classes[*headline].trust) {
      it.score.headline = it.score.classes.size() - 1;
    }
  }
  it.performance_ppm = 900'000;
  it.bonded_micros = random.below(1000) * 1'000'000;
  it.exposure.open_jobs = static_cast<std::uint32_t>(random.below(3));
  it.exposure.unsettled = it.exposure.open_jobs * random.below(20'000'000);
  it.available = random.below(10) != 0;
  return it;
}

MarketEntry able_entry(std::uint64_t number) {
  SeededRandom random(number);
  MarketEntry it = sample_entry(random, number);
  it.state.device_class = "h200";
  it.state.region = "eu-west";
  it.price_micros = 1'000'000;
  it.score.classes = {sample_class(random, "h200/gemm@1")};
  it.score.classes[0].tier = reputation::Tier::ultra_high;
  it.score.classes[0].audited = it.score.classes[0].passed = 100;
  it.score.headline = 0;
  it.exposure = {};
  it.available = true;
  return it;
}

std::shared_ptr<const Market> market_of(const std::vector<MarketEntry>& entries) {
  MarketWriter writer{wire::Policy{}};
  for (const MarketEntry& entry : entries) {
    writer.put(std::make_shared<const MarketEntry>(entry), kSampleTime);
  }
  return writer.publish(entries.size(), kSampleTime);
}

std::shared_ptr<const Market> sample_market(std::uint64_t seed, std::size_t providers) {
  SeededRandom random(seed);
  MarketWriter writer{wire::Policy{}};
  for (std::size_t i = 0; i < providers; ++i) {
    writer.put(std::make_shared<const MarketEntry>(sample_entry(random, i)), kSampleTime);
  }
  return writer.publish(providers, kSampleTime);
}

}  // namespace assay::test
