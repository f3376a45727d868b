// Scaling of planes and of interleaved RGB: area average when reducing, linear when enlarging.
#pragma once

#include <cstdint>

#include "infer/preprocess.h"

namespace poss::infer {

// 8-bit samples, one or three (interleaved) a pixel; `stride` in bytes.
struct Raster {
  const std::uint8_t* pixels = nullptr;
  int stride = 0;
  int width = 0;
  int height = 0;
  int channels = 1;
};

// Writes `width` × `height` pixels of `in` to `out`, rows without gaps. Exact, and slower than
// libyuv.
void resample(const Raster& in, int width, int height, std::uint8_t* out, Scratch& scratch,
              size_t slot);

}  // namespace poss::infer
