// Scaling of interleaved RGB: area average when reducing, linear when enlarging.
#pragma once

#include <cstdint>

#include "infer/preprocess.h"

namespace poss::infer {

// Three interleaved 8-bit colours; `stride` in bytes.
struct PackedView {
  const std::uint8_t* pixels = nullptr;
  int stride = 0;
  int width = 0;
  int height = 0;
};

// Writes `width` × `height` pixels to `out`, rows without gaps. Uses the slots from `slot` on.
void resample_packed(const PackedView& in, int width, int height, std::uint8_t* out,
                     Scratch& scratch, size_t slot);

}  // namespace poss::infer
