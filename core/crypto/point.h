// What core/crypto itself needs of libsodium: its start, and checks of encoded points that do not
// rest on libsodium's alone. Pure functions; any thread. Not for other folders.
#pragma once

#include "core/base/bytes.h"

namespace assay {

struct PointTag;
using Point = FixedBytes<32, PointTag>;  // y and the sign of x, as RFC 8032 5.1.2 writes them

// Starts libsodium, once per process. Call it before any other function of libsodium.
void start_sodium();

// A point that may carry a secret's public side: canonical, on the curve, in the prime-order
// subgroup and not small-order. About 0.15 ms.
//   malformed    says which of these it is not
Status check_point(const Point& point);

// y < p, with the sign bit left out.
bool is_canonical(const Point& point);

// 8 * point by three additions, because libsodium's scalar multiplication refuses points with a
// torsion part. Any encoding of a point of the curve is accepted.
//   malformed    not on the curve
Result<Point> times_cofactor(const Point& point);

}  // namespace assay
