#include "api/cli/order_examples.h"

#include <CLI/CLI.hpp>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::cli {
namespace {

struct Example {
  const char* name;
  const char* what;
  const char* parameters;
};

constexpr Example kExamples[] = {
    {"cavity", "simulate: a box of fluid whose lid slides",
     R"({"system": "lattice", "size": [64, 64, 4], "steps": 40, "steps_per_commit": 32,
 "viscosity_millionths": 64000, "walls": ["wall", "wall", "periodic"],
 "lids": [{"face": "y+", "velocity_millionths": [100000, 0, 0]}],
 "picture": {"show": "speed", "axis": "z", "at": 1}}
)"},
    {"wake", "simulate: eddies behind a cylinder in a stream",
     R"({"system": "lattice", "size": [256, 64, 4], "steps": 100, "steps_per_commit": 48,
 "viscosity_millionths": 10000, "walls": ["periodic", "wall", "periodic"],
 "start": "stream", "speed_millionths": 80000, "noise_millionths": 1000,
 "force_billionths": [2600, 0, 0],
 "obstacles": [{"cylinder": [96, 66, 4, 14], "axis": "z"}],
 "picture": {"show": "vorticity", "axis": "z", "at": 1}}
)"},
    {"disc", "simulate: a disc of bodies that attract each other",
     R"({"system": "bodies", "bodies": 2048, "steps": 200, "gravity_trillionths": 2000000,
 "softening_thousandths": 500, "start": "disc", "radius_thousandths": 20000, "centre_mass": 2048}
)"},
    {"stories", "train: a small Llama on a text, byte by byte; --input text=FILE",
     R"({"model": "transformer", "steps": 200, "batch": 8, "vocab": 256, "hidden": 64, "layers": 2,
 "heads": 4, "kv_heads": 2, "ffn": 192, "sequence": 64, "optimizer": "adam",
 "learning_rate_ppm": 3000, "warmup_steps": 20, "decay": "cosine", "clip_norm_ppm": 1000000}
)"},
};

struct ExampleOptions {
  std::string name;
};

int print_example(Session& session, const ExampleOptions& options) {
  const char* parameters = example_parameters(options.name);
  if (parameters == nullptr) {
    std::string names;
    for (const Example& example : kExamples) {
      names += (names.empty() ? "" : ", ") + std::string(example.name);
    }
    return session.console.error(
        fail(Code::usage,
             "there is no example called " + wire::quoted(options.name) + "; there are " + names));
  }
  session.console.out(parameters);
  return 0;
}

}  // namespace

const char* example_parameters(std::string_view name) {
  for (const Example& example : kExamples) {
    if (name == example.name) return example.parameters;
  }
  return nullptr;
}

void add_example_command(CLI::App& job, Chosen& chosen) {
  std::string about = "Prints parameters of an order to begin with:";
  for (const Example& example : kExamples)
    about += std::string("\n") + example.name + "  " + example.what;
  CLI::App* command = add_command(job, chosen, "example", about,
                                  "assay job example wake > wake.json\n"
                                  "  assay job submit --workload simulate --parameters wake.json "
                                  "--wait --out wake.png",
                                  Asks::nobody);
  command->add_option("name", add_run(*command, chosen, print_example)->name, "Which one")
      ->required();
}

}  // namespace assay::cli
