// Sine and cosine of an angle in degrees by a fixed series in double, so that a scene file may
// speak of degrees and still mean the same bits everywhere: libm's differ between machines. Pure;
// any thread.
#pragma once

namespace assay::compute::render {

struct SinCos {
  double sin = 0, cos = 1;
};

// |degrees| <= 360. Error below 1e-12.
inline SinCos sin_cos_degrees(double degrees) {
  // Within [-180, 180] the series below needs 16 terms; halving the angle twice would save some,
  // at the price of clarity.
  if (degrees > 180) degrees -= 360;
  if (degrees < -180) degrees += 360;
  const double x = degrees * 0x1.1df46a2529d39p-6;  // pi / 180
  const double xx = x * x;
  SinCos result{x, 1};
  double sine_term = x;
  double cosine_term = 1;
  for (int n = 1; n <= 16; ++n) {
    cosine_term = -(cosine_term * xx) / ((2 * n - 1) * (2 * n));
    sine_term = -(sine_term * xx) / ((2 * n) * (2 * n + 1));
    result.cos += cosine_term;
    result.sin += sine_term;
  }
  return result;
}

}  // namespace assay::compute::render
