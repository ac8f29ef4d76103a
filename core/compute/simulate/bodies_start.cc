// Where the bodies of a job begin.
#include <algorithm>

#include "core/compute/simulate/bodies_run.h"

namespace assay::compute::simulate {
namespace {

constexpr std::uint32_t kTensor = 1, kAttempts = 64;
constexpr std::size_t kInputNumbers = 7;
constexpr float kPlaceInputMax = 512, kVelocityInputMax = 1;

struct Words {
  std::int64_t a = 0, b = 0, c = 0;
  std::uint32_t d = 0;
};

std::int64_t square(std::int64_t word) {
  return (word >> 16) * (word >> 16);
}

// The first block of a body's that lies in the circle, or in the ball.
Words draw(PhiloxKey key, std::uint32_t body, bool ball) {
  for (std::uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    const PhiloxBlock block = PhiloxStream{key, kTensor, attempt}.block(body);
    const auto word = [&](std::size_t i) {
      return std::int64_t{static_cast<std::int32_t>(block[i])};
    };
    const Words out{word(0), word(1), word(2), block[3]};
    const std::int64_t apart = square(out.a) + square(out.b) + (ball ? square(out.c) : 0);
    if (apart <= std::int64_t{1} << 30) return out;
  }
  return {};
}

// radius <= 250 * 2^20 ticks and the words < 2^31 in size: products stay below 2^60.
std::int64_t radius_ticks(const BodiesParameters& parameters) {
  return (std::int64_t{parameters.radius_thousandths} << kTickBits) / 1000;
}

std::int64_t place_of(std::int64_t ticks) {
  return ticks * (std::int64_t{1} << kTickBits);
}

float f32_of(std::int64_t ticks) {
  return rx1::from_s32(static_cast<std::int32_t>(ticks));
}

}  // namespace

std::int64_t& Bodies::number(std::uint32_t body, std::size_t which) {
  return start_[body / kBlockBodies * kBlockNumbers + which * kBlockBodies + body % kBlockBodies];
}

Bodies::Bodies(const BodiesParameters& parameters, PhiloxKey key)
    : parameters_(parameters),
      key_(key),
      masses_(parameters.bodies, 1.0F),
      start_(parameters.blocks() * kBlockNumbers) {
  const auto gravity =
      static_cast<float>(static_cast<double>(parameters.gravity_trillionths) / 1e12);
  gravity_.g = rx1::mul(gravity, 0x1p84F);
  gravity_ticks_ = rx1::mul(gravity, 0x1p60F);
  const auto softening =
      static_cast<float>((std::int64_t{parameters.softening_thousandths} << kTickBits) / 1000);
  gravity_.eps2 = rx1::mul(softening, softening);
}

Result<Bodies> Bodies::make(const BodiesParameters& parameters, std::span<const float> input,
                            PhiloxKey key) {
  Bodies out(parameters, key);
  switch (parameters.start) {
    case BodiesStart::disc: out.place_disc(0, parameters.bodies); break;
    case BodiesStart::ball: out.place_ball(); break;
    case BodiesStart::galaxies: out.place_galaxies(); break;
    case BodiesStart::inputs: {
      const Status taken = out.take_input(input);
      if (!taken.ok()) return taken.error();
    }
  }
  const Status bounds = out.check_bounds();
  if (!bounds.ok()) return bounds.error();
  return out;
}

void Bodies::place_disc(std::uint32_t first, std::uint32_t count) {
  const std::int64_t radius = radius_ticks(parameters_);
  const bool centre = parameters_.centre_mass > 0;
  const auto centre_mass = static_cast<float>(parameters_.centre_mass);
  const auto others = static_cast<float>(count - (centre ? 1U : 0U));
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t body = first + i;
    if (centre && i == 0) {
      masses_[body] = centre_mass;
      continue;
    }
    const Words words = draw(key_, body, false);
    const std::int64_t x = (radius * words.a >> 31) * words.d >> 32;
    const std::int64_t y = (radius * words.b >> 31) * words.d >> 32;
    const std::int64_t z = (radius * words.c >> 31) >> 5;
    const float fx = f32_of(x), fy = f32_of(y);
    const float r2 = rx1::add(rx1::mul(fx, fx), rx1::mul(fy, fy));
    const float s = rx1::div(rx1::sqrt(r2), f32_of(radius));
    const float e = rx1::add(r2, gravity_.eps2);
    const float within = rx1::sub(rx1::add(s, s), rx1::mul(s, s));
    const float mass = rx1::add(centre_mass, rx1::mul(others, within));
    const float omega =
        rx1::sqrt(rx1::div(rx1::mul(gravity_ticks_, mass), rx1::mul(e, rx1::sqrt(e))));
    number(body, 0) = place_of(x);
    number(body, 1) = place_of(y);
    number(body, 2) = place_of(z);
    number(body, 3) = -nearest(rx1::mul(rx1::mul(omega, fy), 0x1p24F));
    number(body, 4) = nearest(rx1::mul(rx1::mul(omega, fx), 0x1p24F));
  }
}

void Bodies::place_ball() {
  const std::int64_t radius = radius_ticks(parameters_);
  for (std::uint32_t body = 0; body < parameters_.bodies; ++body) {
    const Words words = draw(key_, body, true);
    number(body, 0) = place_of(radius * words.a >> 31);
    number(body, 1) = place_of(radius * words.b >> 31);
    number(body, 2) = place_of(radius * words.c >> 31);
  }
}

void Bodies::place_galaxies() {
  const std::uint32_t half = parameters_.bodies / 2;
  place_disc(0, half);
  place_disc(half, half);
  const std::int64_t radius = radius_ticks(parameters_);
  float total = 0;
  for (const float mass : masses_) total = rx1::add(total, mass);  // integers below 2^24: exact
  const float speed = rx1::sqrt(rx1::div(rx1::mul(gravity_ticks_, total), f32_of(2 * radius)));
  const std::int64_t approach = nearest(rx1::mul(speed, 0x1p22F));
  for (std::uint32_t body = 0; body < parameters_.bodies; ++body) {
    const bool second = body >= half;
    if (second) {
      for (const std::size_t axis : {std::size_t{1}, std::size_t{4}}) {
        std::swap(number(body, axis), number(body, axis + 1));
        number(body, axis) = -number(body, axis);
      }
    }
    const std::int64_t side = second ? -1 : 1;
    number(body, 0) -= side * place_of(3 * radius / 2);
    number(body, 1) -= side * place_of(radius / 2);
    number(body, 3) += side * approach * static_cast<std::int64_t>(masses_[body]);
  }
}

Status Bodies::take_input(std::span<const float> input) {
  for (std::uint32_t body = 0; body < parameters_.bodies; ++body) {
    const std::span<const float> of = input.subspan(body * kInputNumbers, kInputNumbers);
    const auto within = [](float value, float most) { return value >= -most && value <= most; };
    for (std::size_t k = 0; k < 3; ++k) {
      if (!within(of[k], kPlaceInputMax) || !within(of[k + 3], kVelocityInputMax)) {
        return fail(Code::malformed, "body " + std::to_string(body) +
                                         ": places must lie within 512, velocities within 1");
      }
    }
    const float mass = of[6];
    if (!(mass >= 1 && mass <= static_cast<float>(kMassMax)) || rx1::round_even(mass) != mass) {
      return fail(Code::malformed,
                  "body " + std::to_string(body) + ": a mass must be an integer in 1..65536");
    }
    masses_[body] = mass;
    for (std::size_t k = 0; k < 3; ++k) {
      number(body, k) = nearest(rx1::mul(of[k], 0x1p40F));
      number(body, k + 3) = nearest(rx1::mul(of[k + 3], 0x1p44F)) * static_cast<std::int64_t>(mass);
    }
  }
  return {};
}

// The greatest force of a softened mass is 2 / sqrt(27) = 0.385 of 1 / softening^2, at softening /
// sqrt(2); what the bounds leave beyond that is more than all rounding.
Status Bodies::check_bounds() const {
  double first = 0, second = 0, total = 0;
  for (const float of : masses_) {
    const auto mass = static_cast<double>(of);
    second = std::max(second, std::min(first, mass));
    first = std::max(first, mass);
    total += mass;
  }
  const double softening = static_cast<double>(parameters_.softening_thousandths) / 1e3;
  const double pull =
      static_cast<double>(parameters_.gravity_trillionths) / 1e12 / (softening * softening);
  if (pull * first * second <= 64 && pull * first * total <= 262144) return {};
  return fail(Code::malformed,
              "parameters: gravity / softening^2 times the two greatest masses must be at most 64, "
              "and times the greatest and the sum of all at most 262144: raise "
              "softening_thousandths or lower gravity_trillionths");
}

}  // namespace assay::compute::simulate
