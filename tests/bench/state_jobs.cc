// Jobs of the workloads train and simulate.
#include "tests/bench/jobs.h"

namespace assay::bench {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string counted(std::uint64_t count, const char* thing) {
  return number(count) + " " + thing + (count == 1 ? "" : "s");
}

Result<Job> load(std::string name, const std::string& workload, const std::string& parameters,
                 const Files& files, const Digest& nonce) {
  Result<wire::Json> json = wire::parse_json(parameters);
  if (!json.ok()) return json.error().in(name);
  wire::WorkloadSpec spec;
  spec.workload = workload;
  spec.nonce = nonce;
  spec.parameters = std::move(json).value();
  return load_job(std::move(name), std::move(spec), files);
}

Result<Job> load(std::string name, const std::string& workload, const std::string& parameters,
                 const Files& files = {}) {
  return load(std::move(name), workload, parameters, files, sha256(as_bytes("assay-bench")));
}

Result<Job> load_random(SeededRandom& random, const std::string& workload,
                        const std::string& parameters, const Files& files = {}) {
  Digest nonce;
  random.fill(nonce.bytes);
  return load(workload + " " + parameters, workload, parameters, files, nonce);
}

std::string random_text(SeededRandom& random, std::size_t letters) {
  std::string out;
  for (std::size_t i = 0; i < letters; ++i) out += static_cast<char>('a' + random.below(26));
  return out;
}

// "lo..hi" as a number of JSON.
std::string between(SeededRandom& random, std::uint64_t low, std::uint64_t high) {
  return number(low + random.below(high - low + 1));
}

std::string random_optimizer(SeededRandom& random) {
  constexpr const char* kKinds[] = {"adam", "momentum", "sgd"};
  std::string out = R"("optimizer":")" + std::string(kKinds[random.below(3)]) +
                    R"(","learning_rate_ppm":)" + between(random, 100, 20'000);
  if (random.below(2) == 0) out += R"(,"clip_norm_ppm":1000000)";
  if (random.below(2) == 0) out += R"(,"weight_decay_ppm":10000)";
  if (random.below(2) == 0) out += R"(,"warmup_steps":1,"decay":"cosine")";
  return out + R"(,"steps":)" + between(random, 1, 2);
}

std::string random_lattice(SeededRandom& random) {
  constexpr const char* kStarts[] = {"rest", "stream", "shear", "vortices"};
  std::string size, walls;
  for (int axis = 0; axis < 3; ++axis) {
    const std::string comma = axis > 0 ? "," : "";
    size += comma + number(4 * (1 + random.below(3)));
    walls += comma + (random.below(2) == 0 ? R"("wall")" : R"("periodic")");
  }
  const std::string start = kStarts[random.below(4)];
  std::string out = R"({"system":"lattice","size":[)" + size + R"(],"walls":[)" + walls +
                    R"(],"steps":2,"steps_per_commit":)" + between(random, 1, 5) +
                    R"(,"viscosity_millionths":)" + between(random, 20'000, 900'000) +
                    R"(,"noise_millionths":)" + between(random, 0, 9'000) + R"(,"start":")" +
                    start + "\"";
  if (start != "rest") out += R"(,"speed_millionths":)" + between(random, 0, 50'000);
  if (random.below(2) == 0) {
    out += R"(,"obstacles":[{"sphere":[)" + between(random, 0, 24) + "," + between(random, 0, 24) +
           "," + between(random, 0, 24) + R"(,5]}])";
  }
  return out + "}";
}

std::string random_bodies(SeededRandom& random) {
  const bool ball = random.below(2) == 0;
  return R"({"system":"bodies","bodies":)" + number(64 * (1 + random.below(4))) + R"(,"steps":)" +
         between(random, 1, 3) + R"(,"gravity_trillionths":5000000,)" +
         R"("softening_thousandths":)" + between(random, 60, 900) + R"(,"radius_thousandths":)" +
         between(random, 1'000, 9'000) +
         (ball ? R"(,"start":"ball"})"
               : R"(,"start":"disc","centre_mass":)" + between(random, 0, 90) + "}");
}

}  // namespace

Result<Job> transformer_job(std::uint32_t steps, bool quick) {
  SeededRandom random(1);
  const std::string shape =
      quick ? R"("vocab":128,"hidden":32,"layers":2,"heads":4,"kv_heads":2,"ffn":96,)"
              R"("sequence":32,"batch":2,)"
            : R"("vocab":1024,"hidden":128,"layers":4,"heads":4,"kv_heads":2,"ffn":384,)"
              R"("sequence":192,"batch":8,)";
  return load("train transformer of " + std::string(quick ? "2 x 32" : "4 x 128") + ", " +
                  counted(steps, "step"),
              "train",
              R"({"model":"transformer",)" + shape + R"("steps":)" + number(steps) +
                  R"(,"optimizer":"adam","learning_rate_ppm":3000,"weight_decay_ppm":10000,)"
                  R"("clip_norm_ppm":1000000,"beta2_ppm":990000})",
              {{"text", random_text(random, 20'000)}});
}

Result<Job> mlp_job(std::uint32_t steps, std::uint32_t steps_per_commit, std::uint32_t batch) {
  return load("train mlp 784-512-512-10, batch " + number(batch) + ", " + number(steps) + " x " +
                  counted(steps_per_commit, "step"),
              "train",
              R"({"model":"mlp","widths":[784,512,512,10],"task":"classify","examples":2000,)"
              R"("optimizer":"momentum","learning_rate_ppm":20000,"batch":)" +
                  number(batch) + R"(,"steps":)" + number(steps * steps_per_commit) +
                  R"(,"steps_per_commit":)" + number(steps_per_commit) + "}");
}

Result<Job> lattice_job(const std::array<std::uint32_t, 3>& size, std::uint32_t steps,
                        std::uint32_t steps_per_commit) {
  const auto joined = [&](const std::string& by) {
    return number(size[0]) + by + number(size[1]) + by + number(size[2]);
  };
  return load("lattice " + joined("x") + ", " + number(steps) + " x " +
                  counted(steps_per_commit, "time step"),
              "simulate",
              R"({"system":"lattice","size":[)" + joined(",") + R"(],"steps":)" + number(steps) +
                  R"(,"steps_per_commit":)" + number(steps_per_commit) +
                  R"(,"viscosity_millionths":20000,"start":"vortices","speed_millionths":50000})");
}

Result<Job> bodies_job(std::uint32_t bodies, std::uint32_t steps) {
  return load("bodies " + number(bodies) + ", " + counted(steps, "step"), "simulate",
              R"({"system":"bodies","bodies":)" + number(bodies) + R"(,"steps":)" + number(steps) +
                  R"(,"gravity_trillionths":8000000,"softening_thousandths":500,"start":"disc",)"
                  R"("radius_thousandths":10000,"centre_mass":4000})");
}

Result<Job> random_train_job(SeededRandom& random) {
  if (random.below(2) == 0) {
    const std::uint64_t heads = 1 + random.below(3), kv_heads = random.below(2) == 0 ? heads : 1;
    return load_random(
        random, "train",
        R"({"model":"transformer","vocab":128,"hidden":)" +
            number(heads * 2 * (1 + random.below(6))) + R"(,"layers":)" + between(random, 1, 2) +
            R"(,"heads":)" + number(heads) + R"(,"kv_heads":)" + number(kv_heads) + R"(,"ffn":)" +
            between(random, 1, 40) + R"(,"sequence":)" + between(random, 2, 30) + R"(,"batch":)" +
            between(random, 1, 3) + "," + random_optimizer(random) + "}",
        {{"text", random_text(random, 100)}});
  }
  const bool classify = random.below(2) == 0;
  return load_random(random, "train",
                     R"({"model":"mlp","widths":[)" + between(random, 1, 40) + "," +
                         between(random, 1, 70) + "," + between(random, classify ? 2 : 1, 9) +
                         R"(],"task":")" + (classify ? "classify" : "regress") +
                         R"(","examples":)" + between(random, 2, 90) + R"(,"batch":)" +
                         between(random, 1, 70) + "," + random_optimizer(random) + "}");
}

Result<Job> random_simulate_job(SeededRandom& random) {
  return load_random(random, "simulate",
                     random.below(2) == 0 ? random_lattice(random) : random_bodies(random));
}

}  // namespace assay::bench
