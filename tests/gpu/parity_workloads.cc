// Small jobs of simulate and generate through the classes that the program uses, against the CPU.
#include <algorithm>

#include "core/compute/cuda/body_steps.h"
#include "core/compute/cuda/lattice_cells.h"
#include "core/compute/cuda/text_session.h"
#include "tests/core_generate/random_model.h"
#include "tests/gpu/buffers.h"

namespace assay::gpu {
namespace {

namespace generate = compute::generate;
namespace simulate = compute::simulate;
using compute::Engine;

simulate::LatticeParameters random_lattice(Dice& dice) {
  simulate::LatticeParameters p;
  for (std::uint32_t& side : p.size) side = 4 * static_cast<std::uint32_t>(1 + dice.below(9));
  p.steps = 3;
  p.steps_per_commit = static_cast<std::uint32_t>(1 + dice.below(9));
  p.viscosity_millionths = static_cast<std::uint32_t>(3000 + dice.below(900000));
  for (int k = 0; k < 3; ++k) {
    p.wall[k] = dice.below(2) == 0;
    p.force_billionths[k] = static_cast<std::int32_t>(dice.below(40000)) - 20000;
    if (!p.wall[k]) continue;
    simulate::Lid lid;
    lid.axis = k;
    lid.upper = dice.below(2) == 0;
    lid.velocity_millionths[(k + 1) % 3] = static_cast<std::int32_t>(dice.below(60000));
    p.lids.push_back(lid);
  }
  if (dice.below(2) == 0) {
    simulate::Obstacle ball;
    for (std::size_t i = 0; i < 3; ++i) ball.numbers[i] = static_cast<std::int64_t>(dice.below(40));
    ball.numbers[3] = static_cast<std::int64_t>(dice.below(9));
    p.obstacles.push_back(ball);
  }
  p.start = static_cast<simulate::LatticeStart>(dice.below(4));
  if (p.start != simulate::LatticeStart::rest) {
    p.speed_millionths = static_cast<std::uint32_t>(dice.below(80000));
  }
  p.noise_millionths = static_cast<std::uint32_t>(dice.below(20000));
  return p;
}

// Steps of LatticeCells or BodySteps and of the system itself; a poisoned state is read back.
template <class Number, class Work, class System>
bool same_steps(Work& work, const System& system, std::vector<Number> state, std::uint32_t steps,
                const Engine& engine) {
  require(work.state().load(state.data()), "load");
  bool equal = true;
  for (std::uint32_t step = 1; equal && step <= steps; ++step) {
    require(work.state().begin_digest(), "digest");
    require(work.advance(), "advance");
    require(work.state().end_digest(), "digest");
    std::vector<Number> got(state.size());
    std::memset(got.data(), kPoison, got.size() * sizeof(Number));
    require(work.state().store(got.data()), "store");
    system.advance(state, engine);
    equal = got == state;
  }
  return equal;
}

void check_lattices(const Device& device, Report& report, const Engine& engine, int rounds) {
  Dice dice(41);
  for (int round = 0; round < rounds; ++round) {
    const simulate::LatticeParameters p = random_lattice(dice);
    const simulate::Lattice lattice(p, {}, {7, static_cast<std::uint32_t>(round)});
    std::vector<std::int32_t> state(p.bricks() * simulate::kBrickNumbers);
    lattice.start(state, engine);
    const auto cells = require(LatticeCells::open(device, lattice), "lattice");
    report.compare("lattice " + std::to_string(p.size[0]) + " x " + std::to_string(p.size[1]) +
                       " x " + std::to_string(p.size[2]),
                   same_steps(*cells, lattice, state, p.steps, engine));
  }
}

void check_bodies(const Device& device, Report& report, const Engine& engine, bool small) {
  std::vector<std::uint32_t> sizes = {64, 128, 320};
  if (!small) sizes.insert(sizes.end(), {1984, 8192});
  for (const std::uint32_t count : sizes) {
    simulate::BodiesParameters p;
    p.bodies = count;
    p.steps = 3;
    p.gravity_trillionths = 5000;
    p.softening_thousandths = 500;
    p.start = simulate::BodiesStart::disc;
    p.radius_thousandths = 20000;
    p.centre_mass = 1000;
    const auto bodies = require(simulate::Bodies::make(p, {}, {1, count}), "bodies");
    std::vector<std::int64_t> state(p.blocks() * simulate::kBlockNumbers);
    bodies.start(state);
    const auto steps = require(BodySteps::open(device, bodies), "bodies");
    report.compare("bodies " + std::to_string(count),
                   same_steps(*steps, bodies, state, p.steps, engine));
  }
}

bool same_cache(const generate::KeyValues& a, const generate::KeyValues& b, std::size_t layers) {
  bool same = true;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const auto x = a.view(layer, 0, a.capacity()), y = b.view(layer, 0, b.capacity());
    same = same && std::ranges::equal(x.k, y.k) && std::ranges::equal(x.k_scale, y.k_scale) &&
           std::ranges::equal(x.v, y.v) && std::ranges::equal(x.v_scale, y.v_scale);
  }
  return same;
}

// Two texts: their prompts at once, then token by token, in two sessions, so that keys and values
// are uploaded too.
void check_text(const Device& device, Report& report, const Engine& engine,
                const generate::ModelConfig& config, std::uint64_t prompt,
                generate::Precision precision) {
  const test::RandomModel model(config, prompt, 2, prompt % 2 == 0);
  const generate::ModelView view = model.view();
  const generate::Transformer definition(view, precision);
  const std::uint32_t limbs = precision == generate::Precision::w8a8 ? 1 : 2;
  const auto decoder = require(TextDecoder::open(device, view, limbs), "text");
  std::vector<generate::KeyValues> got(2, {config, prompt + 8}), want = got;
  SeededRandom random(prompt);
  std::uint64_t first = 0;
  bool same = true;
  for (const std::vector<std::uint64_t>& counts :
       {std::vector<std::uint64_t>{prompt, 1, 1}, {1, 3}}) {
    TextSession session(*decoder);
    generate::CpuDecoder cpu(definition);
    for (const std::uint64_t count : counts) {
      const std::vector<std::uint32_t> a = test::random_tokens(random, count, config.vocabulary);
      const std::vector<std::uint32_t> b = test::random_tokens(random, count, config.vocabulary);
      const generate::Run on_device[] = {{&got[0], first, a}, {&got[1], first, b}};
      const generate::Run on_cpu[] = {{&want[0], first, a}, {&want[1], first, b}};
      require(session.forward(engine, on_device, generate::CacheUse::fill), "forward");
      require(cpu.forward(engine, on_cpu, generate::CacheUse::fill), "the definition");
      const std::size_t rows[] = {count - 1, 2 * count - 1};
      const std::vector<float> x = require(session.logits(engine, rows), "logits");
      const std::vector<float> y = require(cpu.logits(engine, rows), "the definition");
      same = same && std::memcmp(x.data(), y.data(), y.size() * sizeof(float)) == 0;
      first += count;
    }
    require(session.finish(), "keys and values");
    for (int text = 0; text < 2; ++text) {
      same = same && same_cache(got[static_cast<std::size_t>(text)],
                                want[static_cast<std::size_t>(text)], config.layers);
    }
  }
  report.compare("text of a model " + std::to_string(config.hidden) + " wide, prompt " +
                     std::to_string(prompt) + ", limbs " + std::to_string(limbs),
                 same);
}

}  // namespace

void check_workloads(const Device& device, Report& report, bool small) {
  const Engine engine(compute::best_cpu_level(), 8);
  check_lattices(device, report, engine, small ? 6 : 100);
  check_bodies(device, report, engine, small);
  generate::ModelConfig odd = test::small_config();
  odd.hidden = 37;
  odd.intermediate = 21;
  odd.head_size = 10;
  generate::ModelConfig wide = test::small_config();
  wide.vocabulary = 1000;
  wide.hidden = 512;
  wide.heads = 8;
  wide.head_size = 64;
  wide.intermediate = 1408;
  for (const auto precision : {generate::Precision::w8a8, generate::Precision::a16w8}) {
    check_text(device, report, engine, test::small_config(), 9, precision);
    check_text(device, report, engine, odd, 14, precision);
    if (!small) check_text(device, report, engine, wide, 700, precision);
  }
}

}  // namespace assay::gpu
