// Timings of simulate and generate on the device.
#include "core/compute/cuda/body_steps.h"
#include "core/compute/cuda/lattice_cells.h"
#include "core/compute/cuda/text_session.h"
#include "core/compute/rx1/rope.h"
#include "tests/gpu/best_ms.h"
#include "tests/gpu/dice.h"

namespace assay::gpu {
namespace {

namespace generate = compute::generate;
namespace simulate = compute::simulate;
using compute::Engine;

// The same commits with and without digests of every state.
void time_lattice(const Device& device, Report& report, const Engine& engine) {
  constexpr int kCommits = 8;
  simulate::LatticeParameters p;
  p.size = {192, 192, 64};
  p.steps = kCommits;
  p.viscosity_millionths = 20000;
  p.wall[1] = true;
  p.start = simulate::LatticeStart::shear;
  p.speed_millionths = 50000;
  const simulate::Lattice lattice(p, {}, {1, 2});
  std::vector<std::int32_t> state(p.bricks() * simulate::kBrickNumbers);
  lattice.start(state, engine);
  const auto cells = require(LatticeCells::open(device, lattice), "lattice");
  require(cells->state().load(state.data()), "load");
  const double bare = best_ms(device, [&] {
    for (int i = 0; i < kCommits; ++i) require(cells->advance(), "advance");
  });
  const double attested = best_ms(device, [&] {
    for (int i = 0; i < kCommits; ++i) {
      require(cells->state().begin_digest(), "digest");
      require(cells->advance(), "advance");
      require(cells->state().end_digest(), "digest");
    }
  });
  const double updates = static_cast<double>(p.cells()) * p.steps_per_commit * kCommits;
  const std::string what = "192 x 192 x 64, 32 a commit";
  report.measure("lattice", what, updates / bare * 1e-6, "G cells/s");
  report.measure("attest", "lattice " + what + ", attested / bare", attested / bare, "ratio");
}

void time_bodies(const Device& device, Report& report) {
  for (const std::uint32_t count : {8192U, 65536U}) {
    simulate::BodiesParameters p;
    p.bodies = count;
    p.steps = 1;
    p.gravity_trillionths = 100;
    p.softening_thousandths = 500;
    p.start = simulate::BodiesStart::disc;
    p.radius_thousandths = 50000;
    const auto bodies = require(simulate::Bodies::make(p, {}, {1, 2}), "bodies");
    std::vector<std::int64_t> state(p.blocks() * simulate::kBlockNumbers);
    bodies.start(state);
    const auto steps = require(BodySteps::open(device, bodies), "bodies");
    require(steps->state().load(state.data()), "load");
    const double ms = best_ms(device, [&] { require(steps->advance(), "advance"); });
    report.measure("bodies", std::to_string(count) + " bodies",
                   static_cast<double>(count) * count / ms * 1e-6, "G pairs/s");
  }
}

// Layers like those of an 8-billion-parameter model, of which there are fewer; all have the same
// weights on the host, and their own on the device.
struct LargeModel {
  static constexpr std::uint32_t kWidth = 4096, kKeys = 1024, kInner = 14336, kVocabulary = 32000;
  static constexpr std::uint32_t kLayers = 4;
  std::vector<std::int8_t> q = std::vector<std::int8_t>(std::size_t{kVocabulary} * kWidth);
  std::vector<float> ones = std::vector<float>(kVocabulary, 0x1p-10F);
  std::vector<double> frequency = std::vector<double>(64);

  LargeModel() {
    std::uint32_t word = 1;
    for (std::int8_t& value : q) {
      word = word * 1664525 + 1013904223;
      value = static_cast<std::int8_t>(static_cast<int>(word >> 24) * 255 / 256 - 127);
    }
    compute::rx1::rope_frequencies(500'000, frequency);
  }
  generate::Linear linear(std::uint64_t outputs, std::uint64_t inputs) const {
    return {{std::span(q).first(outputs * inputs), std::span(ones).first(outputs)}, {}};
  }
  generate::ModelView view() const {
    generate::ModelView out;
    generate::ModelConfig& c = out.config;
    c.vocabulary = kVocabulary;
    c.hidden = kWidth;
    c.layers = kLayers;
    c.heads = 32;
    c.kv_heads = 8;
    c.head_size = 128;
    c.intermediate = kInner;
    c.context = 8192;
    c.norm_epsilon = 1e-5F;
    const std::span<const float> gain = std::span(ones).first(kWidth);
    out.embedding = out.head = linear(kVocabulary, kWidth).weight;
    for (std::uint32_t i = 0; i < kLayers; ++i) {
      out.layers.push_back({gain, linear(kWidth, kWidth), linear(kKeys, kWidth),
                            linear(kKeys, kWidth), linear(kWidth, kWidth), gain,
                            linear(kInner, kWidth), linear(kInner, kWidth),
                            linear(kWidth, kInner)});
    }
    out.final_norm = gain;
    out.rope_frequency = frequency;
    return out;
  }
};

void time_text(const Device& device, Report& report, const Engine& engine) {
  constexpr std::uint64_t kPast = 2048, kPrompt = 256;
  const LargeModel model;
  const generate::ModelView view = model.view();
  for (const std::uint32_t limbs : {1U, 2U}) {
    const auto decoder = require(TextDecoder::open(device, view, limbs), "text");
    const std::string how = std::string(limbs == 1 ? "w8a8" : "a16w8") + ", 4 layers of 8B, ";
    for (const std::size_t texts : {std::size_t{1}, std::size_t{8}}) {
      std::vector<generate::KeyValues> caches(texts, {view.config, kPast + 64});
      TextSession session(*decoder);
      const auto forward = [&](std::uint64_t first, std::uint64_t count) {
        const std::vector<std::uint32_t> tokens(count, 17);
        std::vector<generate::Run> runs;
        for (generate::KeyValues& cache : caches) runs.push_back({&cache, first, tokens});
        require(session.forward(engine, runs, generate::CacheUse::fill), "forward");
      };
      const std::uint64_t prompt = kPrompt / texts;
      const double prefill = best_ms(device, [&] { forward(0, prompt); });
      report.measure("generate", how + "prefill of 256 tokens in " + std::to_string(texts), prefill,
                     "ms");
      forward(kPast - 1, 1);  // keys and values are uploaded
      std::vector<std::size_t> rows(texts);
      for (std::size_t i = 0; i < texts; ++i) rows[i] = i;
      std::uint64_t place = kPast;
      const double decode = best_ms(device, [&] {
        forward(place++, 1);
        require(session.logits(engine, rows), "logits");
      });
      report.measure("generate",
                     how + "a token at 2048 of " + std::to_string(texts) + ", with logits", decode,
                     "ms");
    }
  }
}

}  // namespace

void time_workloads(const Device& device, Report& report) {
  const Engine engine(compute::best_cpu_level(), 8);
  time_lattice(device, report, engine);
  time_bodies(device, report);
  time_text(device, report, engine);
}

}  // namespace assay::gpu
