// Orders of simulate jobs, and states run from them, for tests.
#pragma once

#include <cstring>
#include <map>

#include "core/base/random.h"
#include "core/compute/simulate/bodies_run.h"
#include "core/compute/simulate/lattice_run.h"
#include "core/compute/simulate/simulate.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

namespace assay::test {

using Files = std::map<std::string, Bytes>;

inline wire::WorkloadSpec simulate_spec(const std::string& parameters, const Files& files = {}) {
  wire::WorkloadSpec spec;
  spec.workload = "simulate";
  const Result<wire::Json> json = wire::parse_json(parameters);
  INFO(parameters);
  REQUIRE(json.ok());
  spec.parameters = json.value();
  for (const auto& [name, bytes] : files)
    spec.inputs.push_back({name, sha256(bytes), bytes.size()});
  for (std::size_t i = 0; i < 32; ++i) spec.nonce.bytes[i] = static_cast<std::uint8_t>(i * 3);
  return spec;
}

inline Result<std::unique_ptr<compute::Program>> try_simulate(const std::string& parameters,
                                                              const Files& files = {}) {
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    return files.at(input.name);
  };
  return compute::load_program(simulate_spec(parameters, files), source);
}

inline std::unique_ptr<compute::Program> simulate(const std::string& parameters,
                                                  const Files& files = {}) {
  Result<std::unique_ptr<compute::Program>> loaded = try_simulate(parameters, files);
  INFO(parameters << (loaded.ok() ? "" : loaded.error().what));
  REQUIRE(loaded.ok());
  return std::move(loaded).value();
}

inline compute::simulate::Lattice lattice_of(const std::string& parameters) {
  Result<compute::simulate::Lattice> out =
      compute::simulate::load_lattice(simulate_spec(parameters), {}, {});
  INFO(parameters << (out.ok() ? "" : out.error().what));
  REQUIRE(out.ok());
  return std::move(out).value();
}

inline compute::simulate::Bodies bodies_of(const std::string& parameters) {
  Result<compute::simulate::Bodies> out =
      compute::simulate::load_bodies(simulate_spec(parameters), {}, {});
  INFO(parameters << (out.ok() ? "" : out.error().what));
  REQUIRE(out.ok());
  return std::move(out).value();
}

// A .npy file of version 1.0.
inline Bytes npy_file(const std::string& type, const std::string& shape, const Bytes& data) {
  std::string text =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  text += std::string(117 - text.size(), ' ') + "\n";
  Bytes out = to_bytes(as_bytes("\x93NUMPY"));
  out.insert(out.end(), {1, 0, 118, 0});
  out.insert(out.end(), text.begin(), text.end());
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

// States 0..N, all of them opened.
class KeptStates final : public compute::OpenedStates {
 public:
  KeptStates(const compute::Program& program, const compute::Engine& engine) {
    states.push_back(program.start(engine).value());
    for (std::uint32_t step = 1; step <= program.plan().steps; ++step) {
      states.push_back(states.back());
      const Status advanced = program.advance(step, states.back(), engine);
      INFO((advanced.ok() ? "" : advanced.error().what));
      REQUIRE(advanced.ok());
    }
  }
  Result<compute::State> whole(std::uint32_t state) const override { return states.at(state); }
  Result<Bytes> row(std::uint32_t state, std::uint64_t row) const override {
    return compute::row_of_state(states.at(state), row);
  }

  std::vector<compute::State> states;
};

template <class Number>
std::vector<Number> numbers_of(const compute::State& state) {
  std::vector<Number> out(state[0].data.size() / sizeof(Number));
  std::memcpy(out.data(), state[0].data.data(), state[0].data.size());
  return out;
}

template <class Number>
void set_number(compute::State& state, std::size_t at, Number value) {
  std::memcpy(state[0].data.data() + at * sizeof(Number), &value, sizeof value);
}

// A lattice order of a random shape: odd grids, walls, lids, obstacles, all starts.
inline std::string random_lattice(SeededRandom& random, std::uint64_t side_max,
                                  std::uint64_t per_commit_max) {
  const auto number = [&](std::uint64_t from, std::uint64_t to) {
    return std::to_string(from + random.below(to - from + 1));
  };
  const auto signed_number = [&](std::int64_t most) {
    return std::to_string(
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * most + 1))) - most);
  };
  std::string size, walls, lids, obstacles;
  for (int axis = 0; axis < 3; ++axis) {
    const std::string comma = axis > 0 ? "," : "";
    const bool wall = random.below(2) == 0;
    size += comma + std::to_string(4 * (1 + random.below(side_max)));
    walls += comma + (wall ? "\"wall\"" : "\"periodic\"");
    if (!wall || random.below(2) == 0) continue;
    lids += std::string(lids.empty() ? "" : ",") + "{\"face\":\"" + "xyz"[axis] +
            (random.below(2) == 0 ? "-" : "+") + "\",\"velocity_millionths\":[";
    for (int k = 0; k < 3; ++k) {
      lids += std::string(k > 0 ? "," : "") + (k == axis ? "0" : signed_number(60000));
    }
    lids += "]}";
  }
  for (std::uint64_t left = random.below(3); left > 0; --left) {
    obstacles += std::string(obstacles.empty() ? "" : ",") + "{\"sphere\":[" + number(0, 30) + "," +
                 number(0, 30) + "," + number(0, 30) + "," + number(0, 7) + "]}";
  }
  const std::string starts[] = {"\"rest\"", "\"stream\",\"speed_millionths\":" + number(0, 80000),
                                "\"shear\",\"speed_millionths\":" + number(0, 80000),
                                "\"vortices\",\"speed_millionths\":" + number(0, 80000)};
  return "{\"system\":\"lattice\",\"size\":[" + size +
         "],\"steps\":2,\"steps_per_commit\":" + number(1, per_commit_max) +
         ",\"viscosity_millionths\":" + number(3000, 900000) + ",\"walls\":[" + walls +
         "],\"lids\":[" + lids + "],\"force_billionths\":[" + signed_number(20000) + "," +
         signed_number(20000) + "," + signed_number(20000) + "],\"obstacles\":[" + obstacles +
         "],\"start\":" + starts[random.below(4)] + ",\"noise_millionths\":" + number(0, 20000) +
         "}";
}

}  // namespace assay::test
