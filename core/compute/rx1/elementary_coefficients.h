// The coefficients of elementary.h. Written by tests/make_elementary_coefficients.py.
#pragma once

#include <cstdint>

namespace assay::compute::rx1 {

// log2(e), and ln 2 in two parts: the first has 16 bits, and is exact times an exponent.
inline constexpr float kLog2E = 0x1.715476p0F;
inline constexpr float kLn2High = 0x1.62e4p-1F;
inline constexpr float kLn2Low = 0x1.7f7d1cp-20F;

// e^r = 1 + r + c2 r^2 + ... + c6 r^6 for |r| <= ln(2)/2.
// Relative error below 2^-28.
inline constexpr float kExp2 = 0x1.fffffcp-2F;
inline constexpr float kExp3 = 0x1.555494p-3F;
inline constexpr float kExp4 = 0x1.5558bep-5F;
inline constexpr float kExp5 = 0x1.123856p-7F;
inline constexpr float kExp6 = 0x1.6a3d14p-10F;

// tanh(x) = x + c3 x^3 + ... + c11 x^11 for |x| < 0.625.
// Relative error below 2^-27.
inline constexpr float kTanh3 = -0x1.555532p-2F;
inline constexpr float kTanh5 = 0x1.1106f6p-3F;
inline constexpr float kTanh7 = -0x1.b835a4p-5F;
inline constexpr float kTanh9 = 0x1.51f8cep-6F;
inline constexpr float kTanh11 = -0x1.750ce2p-8F;

// log(1 + f) = f - f^2/2 + c3 f^3 + ... + c11 f^11 for sqrt(1/2) <= 1 + f < sqrt(2).
// Relative error below 2^-30.
inline constexpr float kLog3 = 0x1.555548p-2F;
inline constexpr float kLog4 = -0x1.000006p-2F;
inline constexpr float kLog5 = 0x1.99a476p-3F;
inline constexpr float kLog6 = -0x1.555c44p-3F;
inline constexpr float kLog7 = 0x1.233ba2p-3F;
inline constexpr float kLog8 = -0x1.fc28c8p-4F;
inline constexpr float kLog9 = 0x1.e6c006p-4F;
inline constexpr float kLog10 = -0x1.de01f8p-4F;
inline constexpr float kLog11 = 0x1.14737ep-4F;

// sin(r) = r + c3 r^3 + c5 r^5 + c7 r^7 for |r| <= pi/4.
// Relative error below 2^-27.
inline constexpr float kSin3 = -0x1.555546p-3F;
inline constexpr float kSin5 = 0x1.110778p-7F;
inline constexpr float kSin7 = -0x1.995408p-13F;

// cos(r) = 1 - r^2/2 + c4 r^4 + c6 r^6 + c8 r^8 for |r| <= pi/4.
// Relative error below 2^-32.
inline constexpr float kCos4 = 0x1.55554ap-5F;
inline constexpr float kCos6 = -0x1.6c0c28p-10F;
inline constexpr float kCos8 = 0x1.99e80cp-16F;

// pi/2 in two parts.
inline constexpr float kHalfPiHigh = 0x1.921fb6p0F;
inline constexpr float kHalfPiLow = -0x1.777a5cp-25F;

// 26 zero bits, then the first 198 bits of 2/pi behind the point, most significant first.
inline constexpr std::uint32_t kTwoOverPi0 = 0x00000028;
inline constexpr std::uint32_t kTwoOverPi1 = 0xBE60DB93;
inline constexpr std::uint32_t kTwoOverPi2 = 0x91054A7F;
inline constexpr std::uint32_t kTwoOverPi3 = 0x09D5F47D;
inline constexpr std::uint32_t kTwoOverPi4 = 0x4D377036;
inline constexpr std::uint32_t kTwoOverPi5 = 0xD8A5664F;
inline constexpr std::uint32_t kTwoOverPi6 = 0x10E4107F;

}  // namespace assay::compute::rx1
