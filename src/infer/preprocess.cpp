// Scaling and colour conversion with libyuv: the planes are scaled first, to the size the model
// takes, and only then become RGB, one row at a time.
#include "infer/preprocess.h"

#include <algorithm>
#include <cmath>

#include <libyuv.h>

#include "infer/resample.h"
#include "infer/tensor.h"

namespace poss::infer {

namespace {

// What each slot of the scratch memory holds.
enum Slot : size_t { kLuma, kChromaU, kChromaV, kSplitU, kSplitV, kPacked, kRow, kRowSplit, kSums };

struct Plane {
  const std::uint8_t* pixels = nullptr;
  int stride = 0;
  int width = 0;
  int height = 0;
};

bool is_packed(PixelLayout layout) {
  return layout == PixelLayout::rgb || layout == PixelLayout::bgr;
}

bool halves_width(PixelLayout layout) {
  return layout == PixelLayout::i420 || layout == PixelLayout::i422 || layout == PixelLayout::nv12;
}

bool halves_height(PixelLayout layout) {
  return layout == PixelLayout::i420 || layout == PixelLayout::nv12;
}

size_t area(int width, int height) {
  return static_cast<size_t>(width) * static_cast<size_t>(height);
}

// libyuv's box filter multiplies sums by a rounded 65536 / area, which darkens visibly when a
// target sample covers more than some 256 source samples, and it averages only where both sides
// shrink to less than half. Thumbnails of large pictures and long strips therefore take the exact
// way.
Plane scaled(const Plane& in, int width, int height, Scratch& scratch, Slot slot) {
  if (in.width == width && in.height == height) return in;
  const double by_x = static_cast<double>(in.width) / width;
  const double by_y = static_cast<double>(in.height) / height;
  std::uint8_t* out = scratch.get(slot, area(width, height));
  const bool strip = std::max(by_x, by_y) > 4 && std::min(by_x, by_y) <= 2;
  if (strip || by_x * by_y > 256) {
    resample({in.pixels, in.stride, in.width, in.height, 1}, width, height, out, scratch, kSums);
  } else {
    libyuv::ScalePlane(in.pixels, in.stride, in.width, in.height, out, width, width, height,
                       libyuv::kFilterBox);
  }
  return {out, width, width, height};
}

// The part of plane `index` that `crop` covers, where it is subsampled by `by_x` and `by_y`.
Plane part(const ImageView& image, const PixelRect& crop, size_t index, int by_x, int by_y,
           int bytes_a_sample) {
  const int x = crop.x / by_x;
  const int y = crop.y / by_y;
  return {image.planes[index] + static_cast<std::ptrdiff_t>(y) * image.strides[index] +
              static_cast<std::ptrdiff_t>(x) * bytes_a_sample,
          image.strides[index], (crop.width + by_x - 1) / by_x, (crop.height + by_y - 1) / by_y};
}

// Planes Y, U, V, all of the target's size.
struct Planes444 {
  Plane y, u, v;
};

Planes444 scaled_planes(const ImageView& image, const PixelRect& crop, int width, int height,
                        Scratch& scratch) {
  Planes444 out;
  out.y = scaled(part(image, crop, 0, 1, 1, 1), width, height, scratch, kLuma);
  if (image.layout == PixelLayout::gray) {
    std::uint8_t* neutral = scratch.get(kChromaU, static_cast<size_t>(width));
    std::fill_n(neutral, width, std::uint8_t{128});
    out.u = out.v = {neutral, 0, width, height};
    return out;
  }
  const int by_x = halves_width(image.layout) ? 2 : 1;
  const int by_y = halves_height(image.layout) ? 2 : 1;
  Plane u;
  Plane v;
  if (image.layout == PixelLayout::nv12) {
    // libyuv scales interleaved chroma without the box filter, so it is split first.
    const Plane both = part(image, crop, 1, 2, 2, 2);
    std::uint8_t* split_u = scratch.get(kSplitU, area(both.width, both.height));
    std::uint8_t* split_v = scratch.get(kSplitV, area(both.width, both.height));
    libyuv::SplitUVPlane(both.pixels, both.stride, split_u, both.width, split_v, both.width,
                         both.width, both.height);
    u = {split_u, both.width, both.width, both.height};
    v = {split_v, both.width, both.width, both.height};
  } else {
    u = part(image, crop, 1, by_x, by_y, 1);
    v = part(image, crop, 2, by_x, by_y, 1);
  }
  out.u = scaled(u, width, height, scratch, kChromaU);
  out.v = scaled(v, width, height, scratch, kChromaV);
  return out;
}

// libyuv's "RGB24" is B G R in memory; with U and V exchanged and the mirrored constants it writes
// R G B.
const libyuv::YuvConstants* matrix(const ImageView& image, ColorOrder order) {
  if (order == ColorOrder::bgr) {
    if (image.bt709) {
      return image.full_range ? &libyuv::kYuvF709Constants : &libyuv::kYuvH709Constants;
    }
    return image.full_range ? &libyuv::kYuvJPEGConstants : &libyuv::kYuvI601Constants;
  }
  if (image.bt709) {
    return image.full_range ? &libyuv::kYvuF709Constants : &libyuv::kYvuH709Constants;
  }
  return image.full_range ? &libyuv::kYvuJPEGConstants : &libyuv::kYvuI601Constants;
}

const std::uint8_t* row_of(const Plane& plane, int y) {
  return plane.pixels + static_cast<std::ptrdiff_t>(y) * plane.stride;
}

}  // namespace

Placement place_picture(const InputSpec& input, int width, int height) {
  if (input.fit == Fit::stretch) return {0, 0, input.width, input.height, width, height};
  const double scale = std::min(static_cast<double>(input.width) / width,
                                static_cast<double>(input.height) / height);
  Placement out;
  out.picture_width = width;
  out.picture_height = height;
  out.width = std::clamp(static_cast<int>(std::lround(width * scale)), 1, input.width);
  out.height = std::clamp(static_cast<int>(std::lround(height * scale)), 1, input.height);
  if (input.align == LetterboxAlign::center) {
    out.x = (input.width - out.width) / 2;
    out.y = (input.height - out.height) / 2;
  }
  return out;
}

Box to_picture(const Corners& box, const InputSpec& input, const Placement& placement) {
  const auto back = [](float value, int side, int start, int length) {
    return std::clamp(
        (value * static_cast<float>(side) - static_cast<float>(start)) / static_cast<float>(length),
        0.0f, 1.0f);
  };
  const float left = back(box.left, input.width, placement.x, placement.width);
  const float right = back(box.right, input.width, placement.x, placement.width);
  const float top = back(box.top, input.height, placement.y, placement.height);
  const float bottom = back(box.bottom, input.height, placement.y, placement.height);
  return {left, top, std::max(0.0f, right - left), std::max(0.0f, bottom - top)};
}

Result<void> check_picture(const ImageView& image) {
  if (image.width < 1 || image.height < 1 || image.width > kMaxPictureSide ||
      image.height > kMaxPictureSide) {
    return Error{Code::invalid_argument, "a picture of " + std::to_string(image.width) + " x " +
                                             std::to_string(image.height) +
                                             " pixels cannot be used: sides may be 1 to " +
                                             std::to_string(kMaxPictureSide)};
  }
  size_t planes = 3;
  if (is_packed(image.layout) || image.layout == PixelLayout::gray) planes = 1;
  if (image.layout == PixelLayout::nv12) planes = 2;
  for (size_t i = 0; i < planes; ++i) {
    if (!image.planes[i]) {
      return Error{Code::invalid_argument,
                   "the picture has no pixels in plane " + std::to_string(i)};
    }
  }
  return {};
}

PixelRect align_crop(const ImageView& image, const PixelRect& crop) {
  // In 64 bits: callers may hand over anything.
  const auto limit = [](std::int64_t value, int side) {
    return static_cast<int>(std::clamp<std::int64_t>(value, 0, side));
  };
  int left = limit(crop.x, image.width);
  int top = limit(crop.y, image.height);
  const int right = limit(std::int64_t{crop.x} + crop.width, image.width);
  const int bottom = limit(std::int64_t{crop.y} + crop.height, image.height);
  if (right <= left || bottom <= top) return {left, top, 0, 0};
  if (halves_width(image.layout)) left &= ~1;
  if (halves_height(image.layout)) top &= ~1;
  return {left, top, right - left, bottom - top};
}

std::array<double, 2> extra_value(ExtraValue value, const InputSpec& input,
                                  const Placement& placement) {
  const auto pair = [](int first, int second) {
    return std::array{static_cast<double>(first), static_cast<double>(second)};
  };
  switch (value) {
    case ExtraValue::input_size_hw:
      return pair(input.height, input.width);
    case ExtraValue::input_size_wh:
      return pair(input.width, input.height);
    case ExtraValue::picture_size_hw:
      return pair(placement.picture_height, placement.picture_width);
    case ExtraValue::picture_size_wh:
      return pair(placement.picture_width, placement.picture_height);
    case ExtraValue::scale_hw:
      return {static_cast<double>(placement.height) / placement.picture_height,
              static_cast<double>(placement.width) / placement.picture_width};
    case ExtraValue::one:
      break;
  }
  return {1, 1};
}

size_t tensor_bytes(const InputSpec& input) {
  size_t bytes = sizeof(float);
  if (input.type == TensorType::float16) bytes = 2;
  if (input.type == TensorType::uint8 || input.type == TensorType::int8) bytes = 1;
  return area(input.width, input.height) * 3 * bytes;
}

Placement fill_tensor(const ImageView& image, const PixelRect& crop, const InputSpec& input,
                      Scratch& scratch, std::span<std::byte> tensor) {
  const Placement placement = place_picture(input, crop.width, crop.height);
  const int width = placement.width;
  const int height = placement.height;
  TensorWriter writer(input, tensor);
  writer.pad(placement);

  if (is_packed(image.layout)) {
    const bool swapped = (image.layout == PixelLayout::bgr) != (input.color == ColorOrder::bgr);
    Plane from = part(image, crop, 0, 1, 1, 3);
    if (from.width != width || from.height != height) {
      std::uint8_t* out = scratch.get(kPacked, area(width, height) * 3);
      resample({from.pixels, from.stride, from.width, from.height, 3}, width, height, out, scratch,
               kSums);
      from = {out, width * 3, width, height};
    }
    for (int y = 0; y < height; ++y) {
      writer.write_row(placement.x, placement.y + y, width, row_of(from, y), swapped, scratch,
                       kRowSplit);
    }
    return placement;
  }

  const Planes444 planes = scaled_planes(image, crop, width, height, scratch);
  const bool rgb = input.color == ColorOrder::rgb;
  const Plane& first = rgb ? planes.v : planes.u;
  const Plane& second = rgb ? planes.u : planes.v;
  const auto* constants = matrix(image, input.color);
  std::uint8_t* row = scratch.get(kRow, static_cast<size_t>(width) * 3);
  for (int y = 0; y < height; ++y) {
    libyuv::I444ToRGB24Matrix(row_of(planes.y, y), width, row_of(first, y), width,
                              row_of(second, y), width, row, width * 3, constants, width, 1);
    writer.write_row(placement.x, placement.y + y, width, row, false, scratch, kRowSplit);
  }
  return placement;
}

}  // namespace poss::infer
