// Writing rows of interleaved 8-bit colours into an input tensor: layout, number type, mean, std.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "infer/manifest.h"
#include "infer/preprocess.h"

namespace poss::infer {

// Writes one picture's tensor row by row. The tensor must outlive it.
class TensorWriter {
 public:
  TensorWriter(const InputSpec& input, std::span<std::byte> tensor);

  // Fills everything outside `placement` with the padding value.
  void pad(const Placement& placement);

  // Writes `width` pixels from (`x`, `y`) on. `rgb` holds them interleaved; `swapped`: in the order
  // other than the model's.
  void write_row(int x, int y, int width, const std::uint8_t* rgb, bool swapped, Scratch& scratch,
                 size_t slot);

 private:
  void fill(int x, int y, int width);

  const InputSpec& input_;
  std::byte* tensor_;
  std::array<float, 3> scale_{};
  std::array<float, 3> offset_{};
};

}  // namespace poss::infer
