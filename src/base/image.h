// Views of pixels and boxes in them: what media hands to infer without either knowing the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace poss {

// How the samples lie in memory. All are 8 bits a sample.
enum class PixelLayout {
  i420,  // planes Y, U, V; chroma halved both ways (odd sizes round up)
  i422,  // planes Y, U, V; chroma halved horizontally
  i444,  // planes Y, U, V
  nv12,  // planes Y, interleaved UV
  rgb,   // one plane, R G B interleaved
  bgr,   // one plane, B G R interleaved
  gray,  // one plane
};

// Pixels owned by somebody else, who must outlive the view. Strides are in bytes.
struct ImageView {
  PixelLayout layout = PixelLayout::i420;
  int width = 0;
  int height = 0;
  std::array<const std::uint8_t*, 3> planes{};
  std::array<int, 3> strides{};
  bool full_range = false;  // luma 0..255 (JPEG) instead of 16..235 (video)
  bool bt709 = false;       // YUV matrix: BT.709 instead of BT.601
};

// A rectangle as fractions of the frame: left, top, width, height in 0..1. The form in which boxes
// leave the system.
struct Box {
  float l = 0;
  float t = 0;
  float w = 0;
  float h = 0;
};

// A rectangle in pixels.
struct PixelRect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// The area two boxes share over the area they cover together; 0 when either is empty.
float iou(const Box& a, const Box& b);

}  // namespace poss
