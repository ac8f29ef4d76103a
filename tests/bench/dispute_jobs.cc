#include "tests/bench/dispute_jobs.h"

#include <functional>

#include "core/compute/render/demo_scene.h"
#include "tests/bench/text_models.h"

namespace assay::bench {
namespace {

using compute::generate::ModelConfig;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// Under the caps of a verifier.
Result<Job> load(std::string name, const std::string& workload, const std::string& parameters,
                 const Files& files = {}) {
  wire::WorkloadSpec spec;
  spec.workload = workload;
  spec.nonce = sha256(as_bytes("assay-bench"));
  Result<wire::Json> json = wire::parse_json(parameters);
  ASSAY_CHECK(json.ok(), json.ok() ? "" : json.error().what);
  spec.parameters = std::move(json).value();
  for (const auto& [file, text] : files) {
    spec.inputs.push_back({file, sha256(as_bytes(text)), text.size()});
  }
  const auto source = [&](const wire::Input& input) -> Result<Bytes> {
    return to_bytes(as_bytes(files.at(input.name)));
  };
  auto program = compute::load_program(spec, source);
  if (!program.ok()) return program.error().in(name);
  return Job{std::move(name), std::move(program).value()};
}

using Make = std::function<Result<Job>(std::uint64_t size)>;

// Of the largest of these sizes that is accepted, all below it being so too.
Result<Job> largest(std::uint64_t low, std::uint64_t high, const Make& make) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    make(middle).ok() ? low = middle : high = middle - 1;
  }
  return make(low);
}

// The longest sums, and rows.
Result<Job> gemm(bool quick) {
  return largest(1, quick ? 2'000 : 131'072, [](std::uint64_t cols) {
    return load("gemm 1x" + number(cols), "gemm",
                R"({"rows":1,"cols":)" + number(cols) + R"(,"steps":4096,"weights":"philox"})");
  });
}

// The dearest path: of 64 bounces among so many spheres, glass and overlapping.
Result<Job> spheres(bool quick) {
  return largest(1, quick ? 200 : 20'000, [](std::uint64_t count) {
    SeededRandom random(1);
    const auto tenths = [&](std::uint64_t span) {
      return number(random.below(span)) + "." + number(random.below(10));
    };
    std::string objects;
    for (std::uint64_t i = 0; i < count; ++i) {
      objects += std::string(i > 0 ? "," : "") + R"({"type":"sphere","center":[)" + tenths(3) +
                 "," + tenths(3) + "," + tenths(3) + R"(],"radius":1.5,"material":"glass"})";
    }
    return load("render 64x64, 64 bounces, " + number(count) + " glass spheres", "render",
                R"({"width":64,"height":64,"samples":1,"max_bounces":64})",
                {{"scene", R"({"camera":{"position":[1,1,9],"look_at":[1,1,1]},)"
                           R"("background":{"color":[1,1,1]},)"
                           R"("materials":{"glass":{"type":"glass","color":[1,1,1]}},)"
                           R"("objects":[)" +
                               objects + "]}"}});
  });
}

// The most paths of a pixel.
Result<Job> samples(bool quick) {
  return largest(1, quick ? 100 : 65'536, [](std::uint64_t count) {
    return load("render 8x8, " + number(count) + " samples of the demo's scene", "render",
                R"({"width":8,"height":8,"samples":)" + number(count) + "}",
                {{"scene", std::string(compute::render::demo_scene_json())},
                 {std::string(compute::render::kDemoMeshName), compute::render::demo_mesh_obj()}});
  });
}

Result<Job> lattice(bool quick) {
  return largest(1, quick ? 4 : 64, [](std::uint64_t bricks) {
    return load("lattice 96x96x" + number(4 * bricks), "simulate",
                R"({"system":"lattice","size":[96,96,)" + number(4 * bricks) +
                    R"(],"steps":4096,"steps_per_commit":64,"viscosity_millionths":20000,)"
                    R"("start":"vortices","speed_millionths":50000})");
  });
}

Result<Job> bodies(bool quick) {
  return largest(1, quick ? 20 : 1'000, [](std::uint64_t blocks) {
    return load("bodies " + number(64 * blocks), "simulate",
                R"({"system":"bodies","bodies":)" + number(64 * blocks) +
                    R"(,"steps":4096,"gravity_trillionths":8000000,"start":"disc",)"
                    R"("softening_thousandths":500,"radius_thousandths":10000,"centre_mass":9})");
  });
}

Result<Job> train(const std::string& name, const std::string& model, const Files& files = {}) {
  return load(
      "train " + name, "train",
      R"({"steps":4096,"optimizer":"sgd","learning_rate_ppm":3000,"clip_norm_ppm":500000,)" +
          model + "}",
      files);
}

// The longest sums over a batch.
Result<Job> tall_batch(bool quick) {
  const std::uint64_t batch = quick ? 512 : 65'536;
  return largest(1, quick ? 16 : 8'192, [&](std::uint64_t width) {
    const std::string w = number(width);
    return train("mlp " + w + "-" + w + "-10, batch " + number(batch),
                 R"("model":"mlp","widths":[)" + w + "," + w +
                     R"(,10],"task":"classify","examples":64,"batch":)" + number(batch));
  });
}

// The widest layers and the most parameters.
Result<Job> wide_layers(bool quick) {
  const std::string wide = quick ? "256" : "8192";
  return largest(1, quick ? 64 : 8'192, [&](std::uint64_t width) {
    return train("mlp " + wide + "-" + number(width) + "-10, batch 64",
                 R"("model":"mlp","widths":[)" + wide + "," + number(width) +
                     R"(,10],"task":"classify","examples":64,"batch":64)");
  });
}

// The largest vocabulary and the longest texts.
Result<Job> large_vocabulary(bool quick) {
  const std::string vocabulary = quick ? "512" : "65536";
  return largest(1, quick ? 4 : 1'000, [&](std::uint64_t quarter) {
    return train("transformer of 1 x " + number(4 * quarter) + ", vocabulary " + vocabulary,
                 R"("model":"transformer","vocab":)" + vocabulary + R"(,"hidden":)" +
                     number(4 * quarter) + R"(,"layers":1,"heads":2,"kv_heads":1,"ffn":)" +
                     (quick ? "64" : "16384") + R"(,"sequence":)" + (quick ? "32" : "512") +
                     R"(,"batch":1)",
                 {{"text", std::string(2'000, 'a')}});
  });
}

struct TextCase {
  std::string name;
  ModelConfig config;
  compute::generate::Sampling sampling;
  compute::generate::Precision precision = compute::generate::Precision::w8a8;
  std::uint32_t most_tokens = 4'096;
};

ModelConfig model(std::uint32_t vocabulary, std::uint32_t hidden, std::uint32_t head_size,
                  std::uint32_t intermediate) {
  ModelConfig c;
  c.vocabulary = vocabulary;
  c.hidden = hidden;
  c.layers = c.heads = c.kv_heads = 1;
  c.head_size = head_size;
  c.intermediate = intermediate;
  c.context = compute::generate::kContextMax;
  c.norm_epsilon = 1e-5F;
  return c;
}

// As long as its steps, 4096 or fewer, and the caps let it be.
Result<Job> text(const TextCase& of) {
  const TextModel model = random_model(of.config, 1);
  const auto make = [&](std::uint64_t tokens) -> Result<Job> {
    compute::generate::GenerateJob job;
    job.parameters.max_tokens = static_cast<std::uint32_t>(tokens);
    job.parameters.chunk =
        static_cast<std::uint32_t>((tokens + compute::kStepsMax - 1) / compute::kStepsMax);
    job.parameters.precision = of.precision;
    job.parameters.sampling = of.sampling;
    job.parameters.stop = false;
    job.model = model.view;
    job.owner = model.owner;
    job.prompts = {{1}};
    job.key = {7, 11};
    std::string name = "texts, " + of.name + ", " + number(tokens) + " positions";
    auto program = compute::generate::make_generate_program(std::move(job), {});
    if (!program.ok()) return program.error().in(name);
    return Job{std::move(name), std::move(program).value()};
  };
  return largest(1, of.most_tokens, make);
}

std::vector<TextCase> text_cases(bool quick) {
  using enum compute::generate::Precision;
  const std::uint32_t positions = quick ? 1'500 : compute::generate::kContextMax;
  return {
      {"vocabulary " + std::string(quick ? "5000" : "2^20") + ", top k and top p",
       model(quick ? 5'000 : 1 << 20, 64, 64, quick ? 256 : 131'072),
       {.temperature_ppm = 900'000, .top_k = quick ? 999U : 500'000U, .top_p_ppm = 990'000},
       a16w8,
       quick ? 40U : 4'096U},
      {"width " + std::string(quick ? "1024" : "131072"),
       model(64, quick ? 1'024 : 131'072, quick ? 64 : 512, 64),
       {},
       a16w8,
       quick ? 40U : 4'096U},
      {"heads of 512", model(64, 8, 512, 8), {}, w8a8, positions},
      {"heads of 32", model(64, 8, 32, 8), {}, w8a8, positions},
  };
}

}  // namespace

Result<std::vector<Job>> largest_jobs(bool quick) {
  std::vector<Job> jobs;
  for (const auto make :
       {gemm, spheres, samples, lattice, bodies, tall_batch, wide_layers, large_vocabulary}) {
    Result<Job> job = make(quick);
    if (!job.ok()) return job.error();
    jobs.push_back(std::move(job).value());
  }
  for (const TextCase& of : text_cases(quick)) {
    Result<Job> job = text(of);
    if (!job.ok()) return job.error();
    jobs.push_back(std::move(job).value());
  }
  return jobs;
}

}  // namespace assay::bench
