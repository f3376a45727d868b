// Pre-processing: a picture in any pixel layout, or a part of it, becomes a model's input tensor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "infer/manifest.h"

namespace poss::infer {

// The largest side of a picture that can be scaled: a limit of libyuv's 16.16 arithmetic.
inline constexpr int kMaxPictureSide = 16'384;

// Where the picture lies in the model's input, in pixels of the input. For `stretch` all of it.
struct Placement {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int picture_width = 0;  // of the picture placed, in its own pixels
  int picture_height = 0;
};

// Where a picture of `width` × `height` pixels comes to lie. The letterbox keeps its proportions to
// the pixel, and gives even the thinnest picture one row or column.
Placement place_picture(const InputSpec& input, int width, int height);

// Corners of a box; in fractions of the model's input, not clipped.
struct Corners {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
};

// The box in fractions of the picture that was placed, clipped to it. Nothing is left (w or h 0)
// of a box that lies in the padding.
Box to_picture(const Corners& box, const InputSpec& input, const Placement& placement);

// Memory reused from call to call; one user at a time.
class Scratch {
 public:
  // At least `bytes`, kept until the next call with the same `slot`.
  std::uint8_t* get(size_t slot, size_t bytes) {
    if (slots_.size() <= slot) slots_.resize(slot + 1);
    if (slots_[slot].size() < bytes) slots_[slot].resize(bytes);
    return slots_[slot].data();
  }

 private:
  std::vector<std::vector<std::uint8_t>> slots_;
};

// Fails with `invalid_argument` when the view lacks pixels or planes, or is too large.
Result<void> check_picture(const ImageView& image);

// `crop` cut to the picture, its left and top moved to the chroma grid of the layout (one pixel at
// most). Width or height 0 when nothing is left.
PixelRect align_crop(const ImageView& image, const PixelRect& crop);

// The two numbers of an extra input for the picture that was placed; for `one` both are 1.
std::array<double, 2> extra_value(ExtraValue value, const InputSpec& input,
                                  const Placement& placement);

// Bytes of the tensor of one picture.
size_t tensor_bytes(const InputSpec& input);

// Writes the tensor of `crop` (from align_crop(), not empty) of `image` (checked): scaled,
// converted and normalised in one pass, without an RGB copy of the picture. `tensor` has
// tensor_bytes() bytes.
Placement fill_tensor(const ImageView& image, const PixelRect& crop, const InputSpec& input,
                      Scratch& scratch, std::span<std::byte> tensor);

}  // namespace poss::infer
