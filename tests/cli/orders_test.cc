// Orders as `assay job submit` makes them of options and files, before anything is sent.
#include <algorithm>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

TEST_CASE("an order is checked here, and --dry-run sends nothing") {
  const Ran ran = assay("job submit --workload gemm --rows 8 --cols 16 --steps 3 --dry-run --json");
  REQUIRE(ran.code == 0);
  const Result<wire::Json> json = wire::parse_json(ran.out);
  REQUIRE(json.ok());
  CHECK(json.value().find("steps")->as_u64() == 3U);
  CHECK(json.value().find("parameters")->find("cols")->as_u64() == 16U);
}

TEST_CASE("a dry run says where hashing is much beside the work, and how to make it less") {
  struct Case {
    std::string order;
    std::string hint;  // part of it; empty: none
  };
  const Case cases[] = {
      {"--workload gemm --rows 8 --cols 16", ""},  // a state that is hashed in no time
      {"--workload gemm --rows 256 --cols 256", "About 16 times as many in a step (--gemms-per-"},
      {"--workload gemm --rows 256 --cols 256 --gemms-per-step 8", "About 2 times"},
      {"--workload gemm --rows 1024 --cols 1024 --gemms-per-step 4", ""},
  };
  for (const Case& each : cases) {
    INFO(each.order);
    const Ran ran = assay("job submit " + each.order + " --dry-run");
    CHECK(ran.code == 0);
    CHECK(ran.err.empty() == each.hint.empty());
    CHECK(ran.err.find(each.hint) != std::string::npos);
  }
}

TEST_CASE("an order to train says how often to commit, or gets as many steps as hashing needs") {
  struct Case {
    const char* model;
    const char* batch;
    const char* steps;
    const char* more;
    std::uint64_t chosen;  // 0: left out, which is 1
    const char* hint;      // part of it; empty: none
  };
  const char* small = "784,512,512,10";
  const char* large = "2048,1024,10";
  const Case cases[] = {
      {small, "64", "320", "", 32, ""},                 // the least divisor that is enough
      {small, "64", "96", "", 12, "About 3 times"},     // as many as leave eight commits
      {small, "64", "7", "", 0, "About 28 times"},      // too few steps for more than one a commit
      {small, "64", "331", "", 0, "About 28 times"},    // a prime number of them
      {small, "1024", "3721", "", 0, "About 2 times"},  // 61 times as many would be far too many
      {small, "1024", "64", "", 2, ""},
      {small, "1024", "8192", "", 2, ""},  // more commits than a job may have, without
      {small, "2048", "64", "", 0, ""},    // much work for each step already
      {large, "512", "96", "", 0, ""},     // two steps are more than a verifier replays at once
      {small, "64", "320", R"(,"steps_per_commit":1)", 1, "About"},  // the renter's own choice
      {small, "64", "320", R"(,"steps_per_commit":4)", 4, "About"},
  };
  const TemporaryFolder folder;
  const std::string path = folder / "train.json";
  for (const Case& each : cases) {
    const std::string text =
        R"({"model":"mlp","task":"classify","examples":2000,"optimizer":"momentum",)"
        R"("learning_rate_ppm":20000,"widths":[)" +
        std::string(each.model) + R"(],"batch":)" + each.batch + R"(,"steps":)" + each.steps +
        each.more + "}";
    INFO(text);
    REQUIRE(write_file_durably(path, as_bytes(text)).ok());
    const Ran ran = assay("job submit --workload train --dry-run --json --parameters " + path);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    const wire::Json json = wire::parse_json(ran.out).value();
    const wire::Json* chosen = json.find("parameters")->find("steps_per_commit");
    CHECK((chosen == nullptr ? 0 : *chosen->as_u64()) == each.chosen);
    CHECK(*json.find("steps")->as_u64() * std::max<std::uint64_t>(each.chosen, 1) ==
          std::stoull(each.steps));
    const bool is_ours = each.chosen != 0 && *each.more == '\0';
    CHECK((ran.err.find("chosen here") != std::string::npos) == is_ours);
    CHECK((ran.err.find("hint: ") != std::string::npos) == (*each.hint != '\0'));
    CHECK(ran.err.find(each.hint) != std::string::npos);
  }
  REQUIRE(write_file_durably(path, as_bytes("[1]")).ok());
  CHECK(assay("job submit --workload train --dry-run --json --parameters " + path).code == 8);
}

TEST_CASE("what job example prints can be ordered") {
  const TemporaryFolder folder;
  for (const std::string name : {"cavity", "wake", "disc"}) {
    const Ran printed = assay("job example " + name);
    REQUIRE(printed.code == 0);
    const std::string path = folder / (name + ".json");
    REQUIRE(write_file_durably(path, as_bytes(printed.out)).ok());
    const Ran ran = assay("job submit --workload simulate --dry-run --json --parameters " + path);
    INFO(name << ": " << ran.err);
    CHECK(ran.code == 0);
  }
}

TEST_CASE("a scene brings the meshes beside it, and says which one is missing") {
  const TemporaryFolder folder;
  const std::string scene = R"({
    "camera": {"position": [0, 0, 5], "look_at": [0, 0, 0]}, "background": {"color": [1, 1, 1]},
    "materials": {"m": {"type": "diffuse", "color": [0.5, 0.5, 0.5]}},
    "objects": [{"type": "mesh", "obj": "one.obj", "material": "m"}]
  })";
  REQUIRE(write_file_durably(folder / "scene.json", as_bytes(scene)).ok());
  const std::string words =
      "job submit --workload render --width 64 --height 64 --samples 1 "
      "--dry-run --json --scene " +
      (folder / "scene.json");
  const Ran without = assay(words);
  CHECK(without.code == 3);
  CHECK(error_of(without).find("detail")->as_string().find("one.obj") != std::string::npos);
  const std::string mesh = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";
  REQUIRE(write_file_durably(folder / "one.obj", as_bytes(mesh)).ok());
  const Ran with = assay(words);
  INFO(with.err);
  CHECK(with.code == 0);
  CHECK(with.out.find("one.obj") != std::string::npos);
}

}  // namespace
}  // namespace assay::test
