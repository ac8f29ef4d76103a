// What an order may say, and that every refusal names what was wrong.
#include "tests/core_simulate/simulate_orders.h"

using namespace assay;
using namespace assay::compute;

namespace {

struct Case {
  const char* order;
  const char* refusal;
};

// {"system":"lattice","size":[8,8,8],"steps":1,"viscosity_millionths":10000 …}
std::string lattice_with(const std::string& more) {
  return R"({"system":"lattice","size":[8,8,8],"steps":1,"viscosity_millionths":10000)" + more +
         "}";
}
std::string bodies_with(const std::string& more) {
  return R"({"system":"bodies","bodies":64,"steps":1,"softening_thousandths":1000)" + more + "}";
}

void check_refused(const std::string& order, const std::string& refusal,
                   const test::Files& files = {}) {
  INFO(order);
  const auto loaded = test::try_simulate(order, files);
  REQUIRE_FALSE(loaded.ok());
  INFO(loaded.error().what);
  CHECK(loaded.error().code == Code::malformed);
  CHECK(loaded.error().what.find(refusal) != std::string::npos);
}

}  // namespace

TEST_CASE("lattice orders that are refused, and why") {
  const Case whole[] = {
      {R"({})", "system: must be one of lattice, bodies"},
      {R"({"system":"weather"})", "system: must be one of lattice, bodies"},
      {R"({"system":7})", "system: must be one of"},
      {R"({"system":"lattice"})", "size: is missing"},
      {R"({"system":"lattice","size":[8,8],"steps":1,"viscosity_millionths":100})",
       "size: must be 3 integers in 4..4096"},
      {R"({"system":"lattice","size":[8,8,0],"steps":1,"viscosity_millionths":100})", "size"},
      {R"({"system":"lattice","size":[8,6,8],"steps":1,"viscosity_millionths":100})",
       "6 is not a multiple of 4"},
      {R"({"system":"lattice","size":[8,8,4100],"steps":1,"viscosity_millionths":100})", "4..4096"},
      {R"({"system":"lattice","size":[8,8,"8"],"steps":1,"viscosity_millionths":100})", "size"},
      {R"({"system":"lattice","size":[8,8,8],"steps":0,"viscosity_millionths":100})", "1..4096"},
      {R"({"system":"lattice","size":[8,8,8],"steps":1,"viscosity_millionths":99})",
       "100..1000000"},
      {R"({"system":"lattice","size":[8,8,8],"steps":1})", "viscosity_millionths: is missing"},
      {R"({"system":"lattice","size":[96,96,96],"steps":1,"viscosity_millionths":100})",
       "67239936"},
      {R"({"system":"lattice","size":[4096,4096,4096],"steps":1,"viscosity_millionths":100})",
       "allowed"},
  };
  for (const Case& c : whole) check_refused(c.order, c.refusal);
  const Case more[] = {
      {R"(,"steps_per_commit":0)", "1..64"},
      {R"(,"steps_per_commit":65)", "1..64"},
      {R"(,"viscosity":1)", "not a member"},
      {R"(,"walls":["wall","wall"])", "must be 3 words"},
      {R"(,"walls":["wall","wall","door"])", "not one of periodic, wall"},
      {R"(,"walls":["wall","wall",3])", "not one of periodic, wall"},
      {R"(,"walls":"wall")", "walls: is not an array"},
      {R"(,"lids":[7])", "lids[0]: not a JSON object"},
      {R"(,"lids":[{"face":"y+","velocity_millionths":[1,0,0]}])", "only a wall can move"},
      {R"(,"walls":["wall","wall","wall"],"lids":[{"face":"w+","velocity_millionths":[1,0,0]}])",
       "not one of x-, x+"},
      {R"(,"walls":["wall","wall","wall"],"lids":[{"face":"x+","velocity_millionths":[1,0,0]}])",
       "along itself"},
      {R"(,"walls":["wall","wall","wall"],)"
       R"("lids":[{"face":"x+","velocity_millionths":[0,200001,0]}])",
       "-200000..200000"},
      {R"(,"walls":["wall","wall","wall"],"lids":[{"face":"x+"}])",
       "velocity_millionths: is missing"},
      {R"(,"walls":["wall","wall","wall"],"lids":[{"face":"x+","velocity_millionths":[0,1,0]},)"
       R"({"face":"x+","velocity_millionths":[0,1,0]}])",
       "moves twice"},
      {R"(,"force_billionths":[0,0,1000001])", "-1000000..1000000"},
      {R"(,"force_billionths":[0,0,-9223372036854775808])", "-1000000..1000000"},
      {R"(,"force_billionths":[0,0,18446744073709551615])", "-1000000..1000000"},
      {R"(,"obstacles":[{}])", "sphere: is missing"},
      {R"(,"obstacles":[{"sphere":[1,2,3]}])", "must be 4 integers"},
      {R"(,"obstacles":[{"sphere":[1,2,3,-1]}])", "must not be negative"},
      {R"(,"obstacles":[{"sphere":[1,2,3,1],"axis":"x"}])", "not a member"},
      {R"(,"obstacles":[{"cylinder":[1,2,3,1]}])", "axis: is missing"},
      {R"(,"obstacles":[{"box":[1,2,3,1,1,1048577]}])", "-1048576..1048576"},
      {R"(,"start":"chaos")", "not one of rest, stream, shear, vortices"},
      {R"(,"start":"stream")", "speed_millionths: is missing"},
      {R"(,"start":"stream","speed_millionths":200001)", "0..200000"},
      {R"(,"speed_millionths":1)", "not a member"},
      {R"(,"noise_millionths":100001)", "0..100000"},
      {R"(,"picture":{"show":"heat","axis":"z","at":0})", "not one of speed, vorticity, current"},
      {R"(,"picture":{"show":"speed","axis":"z","at":8})", "0..7"},
      {R"(,"picture":{"show":"speed","axis":"z"})", "at: is missing"},
      {R"(,"picture":7)", "not a JSON object"},
  };
  for (const Case& c : more) check_refused(lattice_with(c.order), c.refusal);
  std::string many = R"({"sphere":[1,2,3,1]})";
  for (int i = 0; i < 64; ++i) many += R"(,{"sphere":[1,2,3,1]})";
  check_refused(lattice_with(",\"obstacles\":[" + many + "]"), "at most 64");
}

TEST_CASE("masks that are refused, and why") {
  const Bytes cells(512);
  const auto with = [&](const std::string& name, const std::string& type, const std::string& shape,
                        const Bytes& data) {
    return test::Files{{name, test::npy_file(type, shape, data)}};
  };
  CHECK(test::try_simulate(lattice_with(""), with("mask", "|i1", "8, 8, 8", cells)).ok());
  check_refused(lattice_with(""), "named \"mask\"", with("walls", "|i1", "8, 8, 8", cells));
  check_refused(lattice_with(""), "|i1 of shape [8, 8, 8]", with("mask", "|i1", "64, 8", cells));
  check_refused(lattice_with(""), "|i1 of shape [8, 8, 8]",
                with("mask", "<f4", "8, 8, 8", Bytes(2048)));
  check_refused(lattice_with(""), "input \"mask\"", {{"mask", Bytes(10)}});
  test::Files two = with("mask", "|i1", "8, 8, 8", cells);
  two["other"] = cells;
  check_refused(lattice_with(""), "there must be one", two);
}

TEST_CASE("orders of bodies that are refused, and why") {
  const std::string ball =
      R"(,"gravity_trillionths":1000,"start":"ball","radius_thousandths":1000)";
  CHECK(test::try_simulate(bodies_with(ball)).ok());
  const Case cases[] = {
      {R"(,"start":"ball","radius_thousandths":1000)", "gravity_trillionths: is missing"},
      {R"(,"gravity_trillionths":0,"start":"ball","radius_thousandths":1000)", "1..1000000000"},
      {R"(,"gravity_trillionths":1,"start":"bang","radius_thousandths":1000)",
       "not one of disc, ball, galaxies, inputs"},
      {R"(,"gravity_trillionths":1,"start":"ball")", "radius_thousandths: is missing"},
      {R"(,"gravity_trillionths":1,"start":"ball","radius_thousandths":999)", "1000..250000"},
      {R"(,"gravity_trillionths":1,"start":"ball","radius_thousandths":1000,"centre_mass":1)",
       "not a member"},
      {R"(,"gravity_trillionths":1,"start":"disc","radius_thousandths":1000)",
       "centre_mass: is missing"},
      {R"(,"gravity_trillionths":1,"start":"disc","radius_thousandths":1000,"centre_mass":65537)",
       "0..65536"},
      {R"(,"gravity_trillionths":1,"start":"galaxies","radius_thousandths":1000,"centre_mass":1)",
       "64 is not a multiple of 128"},
      {R"(,"gravity_trillionths":1,"start":"inputs","radius_thousandths":1000)", "not a member"},
      {R"(,"gravity_trillionths":1,"start":"inputs")", "named \"bodies\""},
      {R"(,"gravity_trillionths":1,"start":"ball","radius_thousandths":1000,)"
       R"("picture_thousandths":999)",
       "1000..1000000"},
  };
  for (const Case& c : cases) {
    check_refused(bodies_with(c.order), c.refusal);
  }
  check_refused(
      R"({"system":"bodies","bodies":100,"steps":1,"softening_thousandths":1)" + ball + "}",
      "100 is not a multiple of 64");
  check_refused(
      R"({"system":"bodies","bodies":65600,"steps":1,"softening_thousandths":1)" + ball + "}",
      "64..65536");
  check_refused(
      R"({"system":"bodies","bodies":65536,"steps":1,"softening_thousandths":1)" + ball + "}",
      "allowed");
  check_refused(R"({"system":"bodies","bodies":64,"steps":1,"softening_thousandths":1,)"
                R"("gravity_trillionths":1000000000,"start":"ball","radius_thousandths":1000})",
                "raise softening_thousandths");
  check_refused(bodies_with(ball), "none can be used", {{"bodies", Bytes(3)}});
}

TEST_CASE("input bodies that are refused, and why") {
  const std::string order = bodies_with(R"(,"gravity_trillionths":1000,"start":"inputs")");
  std::vector<float> values(64 * 7);
  for (std::size_t i = 0; i < 64; ++i) values[i * 7 + 6] = 1;
  const auto file = [&](std::size_t at, float value, const std::string& shape = "64, 7") {
    std::vector<float> changed = values;
    changed[at] = value;
    Bytes data(changed.size() * 4);
    std::memcpy(data.data(), changed.data(), data.size());
    return test::Files{{"bodies", test::npy_file("<f4", shape, data)}};
  };
  CHECK(test::try_simulate(order, file(0, 512)).ok());
  CHECK(test::try_simulate(order, file(6, 65536)).ok());
  check_refused(order, "<f4 of shape [64, 7]", file(0, 0, "7, 64"));
  check_refused(order, "body 1: places must lie within 512", file(7, 512.5F));
  check_refused(order, "places must lie within", file(0, std::numeric_limits<float>::quiet_NaN()));
  check_refused(order, "velocities within 1", file(4, -1.5F));
  check_refused(order, "velocities within 1", file(4, std::numeric_limits<float>::infinity()));
  for (const float mass : {0.0F, -1.0F, 1.5F, 65537.0F, std::numeric_limits<float>::quiet_NaN()}) {
    check_refused(order, "body 0: a mass must be an integer in 1..65536", file(6, mass));
  }
}

TEST_CASE("a plan says what its steps cost and what a check reads") {
  const Plan lattice =
      test::simulate(
          R"({"system":"lattice","size":[16,8,4],"steps":3,"viscosity_millionths":10000})")
          ->plan();
  CHECK(lattice.shape == Shape::chained);
  CHECK(lattice.reach == Reach::neighbours);
  CHECK(lattice.grid == std::array<std::uint64_t, 3>{1, 2, 4});
  CHECK(lattice.halo == 12);
  CHECK(lattice.rows == 8);
  CHECK(lattice.columns == 0);
  CHECK(lattice.step_ops == 512 * 48 * 200);
  CHECK(lattice.reference_cost == 3 * lattice.step_ops);
  CHECK(lattice.state_shape == StateShape{{DType::s32, {8, 19, 64}}});
  CHECK(lattice.result_bytes == 8 * 4864);
  const Plan bodies =
      test::simulate(
          bodies_with(R"(,"gravity_trillionths":1,"start":"ball","radius_thousandths":1000)"))
          ->plan();
  CHECK(bodies.reach == Reach::whole_state);
  CHECK(bodies.rows == 1);
  CHECK(bodies.step_ops == 64 * 64 * 20);
  CHECK(bodies.state_shape == StateShape{{DType::s64, {1, 6, 64}}});
}
