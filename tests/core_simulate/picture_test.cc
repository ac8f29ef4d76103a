// Pictures: of any state, whatever its provider wrote in it.
#include "core/compute/simulate/picture.h"
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;

namespace {

// Width and height, from the PNG's own header.
std::array<std::uint32_t, 2> png_size(const Bytes& png) {
  REQUIRE(png.size() > 33);
  const std::uint8_t signature[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  REQUIRE(std::equal(std::begin(signature), std::end(signature), png.begin()));
  const auto number = [&](std::size_t at) {
    return std::uint32_t{png[at]} << 24 | std::uint32_t{png[at + 1]} << 16 |
           std::uint32_t{png[at + 2]} << 8 | png[at + 3];
  };
  return {number(16), number(20)};
}

}  // namespace

TEST_CASE("a slice of a lattice is a picture of its two axes, whatever is asked for") {
  struct Case {
    const char* axis;
    std::array<std::uint32_t, 2> size;
  };
  const Case cases[] = {{"x", {1200, 400}}, {"y", {1200, 240}}, {"z", {1200, 720}}};
  for (const Case& c : cases) {
    for (const char* show : {"speed", "vorticity", "current"}) {
      INFO(c.axis << " " << show);
      const std::unique_ptr<Program> program = test::simulate(
          R"({"system":"lattice","size":[20,12,4],"steps":1,"steps_per_commit":9,)"
          R"("viscosity_millionths":30000,"obstacles":[{"sphere":[9,9,4,4]}],"start":"stream",)"
          R"("speed_millionths":50000,"picture":{"show":")" +
          std::string(show) + R"(","axis":")" + c.axis + R"(","at":3}})");
      const test::KeptStates kept(*program, Engine());
      const Result<Artefact> last = program->artefact(state_bytes(kept.states[1]));
      REQUIRE(last.ok());
      CHECK(last.value().file_name == "picture.png");
      CHECK(png_size(last.value().bytes) == c.size);
    }
  }
}

TEST_CASE("a slice on a few pixels keeps its shape, and shows what is solid") {
  const simulate::Lattice lattice = test::lattice_of(
      R"({"system":"lattice","size":[40,20,4],"steps":1,"viscosity_millionths":30000,)"
      R"("obstacles":[{"box":[0,0,0,40,39,8]}],"start":"rest"})");
  const std::vector<std::int32_t> state(lattice.parameters().bricks() * simulate::kBrickNumbers);
  for (const std::uint32_t width : {1U, 7U, 40U, 78U}) {
    INFO(width);
    const simulate::Pixels pixels = simulate::lattice_pixels(lattice, state, width);
    CHECK(pixels.width == width);
    CHECK(pixels.height == std::max(1U, width / 2));
    REQUIRE(pixels.rgb.size() == std::size_t{3} * width * pixels.height);
    if (width < 40) continue;
    // The left half is a block, the right half is still water.
    const auto at = [&](std::size_t x) { return ByteView(pixels.rgb).subspan(x * 3, 3); };
    CHECK(at(2)[0] == 92);
    CHECK(at(2)[2] == 108);
    CHECK(at(width - 3)[0] < 40);
  }
}

TEST_CASE("every state has its own picture, so that a film can be made of them") {
  const std::unique_ptr<Program> program =
      test::simulate(R"({"system":"lattice","size":[8,4,4],"steps":1,"viscosity_millionths":30000,)"
                     R"("start":"vortices","speed_millionths":50000})");
  const test::KeptStates kept(*program, Engine());
  const Bytes first = program->artefact(state_bytes(kept.states[0])).value().bytes;
  CHECK(program->artefact(state_bytes(kept.states[1])).value().bytes != first);
  CHECK(program->artefact(state_bytes(kept.states[0])).value().bytes == first);
}

TEST_CASE("bodies are a picture, and so is any state of theirs") {
  const std::unique_ptr<Program> program =
      test::simulate(R"({"system":"bodies","bodies":64,"steps":1,"gravity_trillionths":1000,)"
                     R"("softening_thousandths":100,"start":"ball","radius_thousandths":9000})");
  State state = program->start(Engine()).value();
  const Result<Artefact> first = program->artefact(state_bytes(state));
  REQUIRE(first.ok());
  CHECK(png_size(first.value().bytes) == std::array<std::uint32_t, 2>{1024, 1024});
  SeededRandom random(9);
  random.fill(state[0].data);
  CHECK(program->artefact(state_bytes(state)).ok());
}

TEST_CASE("a lattice of any numbers has a picture, and a result of another size has none") {
  const std::unique_ptr<Program> program =
      test::simulate(R"({"system":"lattice","size":[4,4,4],"steps":1,"viscosity_millionths":30000,)"
                     R"("picture":{"show":"current","axis":"z","at":0}})");
  State state = program->start(Engine()).value();
  SeededRandom random(10);
  random.fill(state[0].data);
  CHECK(program->artefact(state_bytes(state)).ok());
  Bytes less = state_bytes(state);
  less.pop_back();
  const Result<Artefact> none = program->artefact(less);
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == Code::malformed);
}
