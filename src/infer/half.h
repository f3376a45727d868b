// IEEE 754 half precision, which C++20 has no type for: conversion from and to float.
#pragma once

#include <bit>
#include <cstdint>

namespace poss::infer {

// Exact. Loops over it vectorise.
inline float half_to_float(std::uint16_t half) {
  // The exponent is moved by multiplying, which also makes subnormal halves normal floats.
  const std::uint32_t magnitude = (half & 0x7fffu) << 13;
  const float scaled =
      std::bit_cast<float>(magnitude) * std::bit_cast<float>(0x77800000u);  // 2^112
  std::uint32_t bits = std::bit_cast<std::uint32_t>(scaled);
  if (magnitude >= 0x0f800000u) bits |= 0x7f800000u;  // infinities and NaN
  return std::bit_cast<float>(bits | (half & 0x8000u) << 16);
}

// The nearest half, to even where two are as near; infinity beyond 65504.
inline std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65536
  std::uint32_t out = 0;
  if (magnitude < 0x38800000u) {
    // Below 2^-14: adding 1/2 makes the float unit round at the last bit of a subnormal half.
    out = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  } else {
    out = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | out);
}

}  // namespace poss::infer
