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
  // Puts `value`, an element of the tensor, `count` times at every `step`-th place from `start` on.
  template <class T>
  void put(size_t start, size_t step, size_t count, T value);
  // The element of type T that channel `c` has for the pixel value `value`.
  template <class T>
  T element(size_t c, float value) const;
  // Writes elements looked up by pixel value.
  template <class T>
  void look_up(size_t start, size_t count, const std::uint8_t* rgb, bool swapped);

  const InputSpec& input_;
  std::byte* tensor_;
  std::array<float, 3> scale_{};
  std::array<float, 3> offset_{};
  // float16 and int8: the element of each pixel value, by channel.
  std::array<std::array<std::uint16_t, 256>, 3> table_;
};

}  // namespace poss::infer
