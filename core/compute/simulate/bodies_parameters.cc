#include "core/compute/program.h"
#include "core/compute/simulate/bodies_run.h"
#include "core/compute/simulate/lattice_parameters.h"

namespace assay::compute::simulate {
namespace {

constexpr std::string_view kSystem[] = {"bodies"};
constexpr std::string_view kStarts[] = {"disc", "ball", "galaxies", "inputs"};

}  // namespace

Result<BodiesParameters> parse_bodies_parameters(const wire::Json& parameters) {
  wire::Fields in(parameters, "parameters");
  BodiesParameters out;
  read_word(in, "system", kSystem);
  out.bodies = in.u32("bodies", 64, 65536);
  out.steps = in.u32("steps", 1, kStepsMax);
  out.gravity_trillionths = in.u32("gravity_trillionths", 1, 1000000000);
  out.softening_thousandths = in.u32("softening_thousandths", 1, 64000);
  out.start = static_cast<BodiesStart>(read_word(in, "start", kStarts));
  out.picture_thousandths = 250000;
  if (out.start != BodiesStart::inputs) {
    out.radius_thousandths = in.u32("radius_thousandths", 1000, 250000);
    out.picture_thousandths = out.radius_thousandths / 2 * 3;
    if (out.start != BodiesStart::ball) out.centre_mass = in.u32("centre_mass", 0, kMassMax);
  }
  if (in.has("picture_thousandths")) {
    out.picture_thousandths = in.u32("picture_thousandths", 1000, 1000000);
  }
  const std::uint32_t block = out.start == BodiesStart::galaxies ? 128 : 64;
  if (out.bodies % block != 0) {
    in.note("bodies",
            std::to_string(out.bodies) + " is not a multiple of " + std::to_string(block));
  }
  const Status status = in.close();
  if (!status.ok()) return status.error();
  return out;
}

}  // namespace assay::compute::simulate
