#include "core/crypto/point.h"

#include <sodium.h>

#include <algorithm>

#include "core/base/check.h"

namespace assay {
namespace {

// The y of every point whose order divides 8, little-endian; either sign of x.
constexpr std::uint8_t kSmallOrder[5][32] = {
    // 0: order 4
    {0},
    // 1: the neutral element
    {1},
    // order 8
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    // order 8, the negative of it
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    // p - 1: order 2
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

// The order of the group, plus one: 2^252 + 27742317777372353535851937790883648493 + 1.
constexpr std::uint8_t kOrderPlusOne[32] = {
    0xee, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};

bool is_small_order(const Point& point) {
  std::array<std::uint8_t, 32> y = point.bytes;
  y[31] &= 0x7f;
  return std::any_of(std::begin(kSmallOrder), std::end(kSmallOrder),
                     [&](const auto& listed) { return std::equal(y.begin(), y.end(), listed); });
}

bool add(Point& sum, const Point& a, const Point& b) {
  return crypto_core_ed25519_add(sum.bytes.data(), a.bytes.data(), b.bytes.data()) == 0;
}

bool is_on_curve(const Point& point) {
  Point neutral;
  neutral.bytes[0] = 1;
  Point sum;
  return add(sum, point, neutral);
}

// Before the fix of CVE-2025-69277 libsodium's own subgroup check looks at x alone, so that a point
// plus the point of order 2 passes it. (order + 1) * P is P for members of the subgroup only.
bool is_in_subgroup(const Point& point) {
  Point product;
  return crypto_scalarmult_ed25519_noclamp(product.bytes.data(), kOrderPlusOne,
                                           point.bytes.data()) == 0 &&
         product == point;
}

}  // namespace

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  ASSAY_CHECK(started, "libsodium did not start");
}

bool is_canonical(const Point& point) {
  // p = 2^255 - 19: all ones but the lowest byte, which is 0xed.
  if (point.bytes[0] < 0xed || (point.bytes[31] & 0x7f) != 0x7f) return true;
  return std::any_of(point.bytes.begin() + 1, point.bytes.end() - 1,
                     [](std::uint8_t byte) { return byte != 0xff; });
}

Status check_point(const Point& point) {
  start_sodium();
  if (!is_canonical(point)) {
    return fail(Code::malformed, "not canonical: its y coordinate is not below p");
  }
  if (is_small_order(point)) {
    return fail(Code::malformed, "a point of small order, under which anything could verify");
  }
  if (!is_on_curve(point)) return fail(Code::malformed, "not a point of the curve");
  if (!is_in_subgroup(point)) return fail(Code::malformed, "not in the prime-order subgroup");
  return {};
}

Result<Point> times_cofactor(const Point& point) {
  start_sodium();
  Point result = point;
  for (int doubling = 0; doubling < 3; ++doubling) {
    const Point half = result;
    if (!add(result, half, half)) return fail(Code::malformed, "not a point of the curve");
  }
  return result;
}

}  // namespace assay
