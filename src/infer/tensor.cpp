// The loops from bytes to tensor elements, written so that the compiler vectorises them.
#include "infer/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <libyuv.h>

namespace poss::infer {

namespace {

void normalise(const std::uint8_t* in, float* out, int count, float scale, float offset) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]) * scale + offset;
}

// Interleaved colours: the pattern of three factors repeats every 48 values.
void normalise3(const std::uint8_t* in, float* out, int pixels, const std::array<float, 3>& scale,
                const std::array<float, 3>& offset) {
  constexpr int kBlock = 48;
  float scales[kBlock];
  float offsets[kBlock];
  for (size_t i = 0; i < kBlock; ++i) {
    scales[i] = scale[i % 3];
    offsets[i] = offset[i % 3];
  }
  const int count = pixels * 3;
  int i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (int j = 0; j < kBlock; ++j) {
      out[i + j] = static_cast<float>(in[i + j]) * scales[j] + offsets[j];
    }
  }
  for (int j = 0; i < count; ++i, ++j) out[i] = static_cast<float>(in[i]) * scales[j] + offsets[j];
}

void copy_swapped(const std::uint8_t* in, std::uint8_t* out, int pixels) {
  for (int i = 0; i < pixels; ++i) {
    out[3 * i] = in[3 * i + 2];
    out[3 * i + 1] = in[3 * i + 1];
    out[3 * i + 2] = in[3 * i];
  }
}

}  // namespace

TensorWriter::TensorWriter(const InputSpec& input, std::span<std::byte> tensor)
    : input_(input), tensor_(tensor.data()) {
  for (size_t c = 0; c < 3; ++c) {
    const double std = input.std[input.std.size() == 3 ? c : 0];
    const double mean = input.mean[input.mean.size() == 3 ? c : 0];
    scale_[c] = static_cast<float>(1 / std);
    offset_[c] = static_cast<float>(-mean / std);
  }
}

void TensorWriter::pad(const Placement& placement) {
  const int right = placement.x + placement.width;
  const int bottom = placement.y + placement.height;
  for (int y = 0; y < input_.height; ++y) {
    if (y < placement.y || y >= bottom) {
      fill(0, y, input_.width);
    } else {
      fill(0, y, placement.x);
      fill(right, y, input_.width - right);
    }
  }
}

void TensorWriter::fill(int x, int y, int width) {
  if (width <= 0) return;
  const auto pad = static_cast<float>(input_.pad);
  const size_t plane = static_cast<size_t>(input_.width) * static_cast<size_t>(input_.height);
  const size_t start =
      static_cast<size_t>(y) * static_cast<size_t>(input_.width) + static_cast<size_t>(x);
  const auto count = static_cast<size_t>(width);
  const bool planar = input_.layout == TensorLayout::nchw;
  if (input_.type == TensorType::uint8) {
    const auto value = static_cast<unsigned char>(std::lround(pad));
    if (planar) {
      for (size_t c = 0; c < 3; ++c) std::memset(tensor_ + c * plane + start, value, count);
    } else {
      std::memset(tensor_ + 3 * start, value, 3 * count);
    }
    return;
  }
  auto* const out = reinterpret_cast<float*>(tensor_);
  for (size_t c = 0; c < 3; ++c) {
    const float value = pad * scale_[c] + offset_[c];
    if (planar) {
      std::fill_n(out + c * plane + start, count, value);
    } else {
      for (size_t i = 0; i < count; ++i) out[3 * (start + i) + c] = value;
    }
  }
}

void TensorWriter::write_row(int x, int y, int width, const std::uint8_t* rgb, bool swapped,
                             Scratch& scratch, size_t slot) {
  const auto count = static_cast<size_t>(width);
  const size_t plane = static_cast<size_t>(input_.width) * static_cast<size_t>(input_.height);
  const size_t start =
      static_cast<size_t>(y) * static_cast<size_t>(input_.width) + static_cast<size_t>(x);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(tensor_);
  auto* const floats = reinterpret_cast<float*>(tensor_);

  if (input_.layout == TensorLayout::nhwc) {
    if (input_.type == TensorType::uint8) {
      if (swapped) {
        copy_swapped(rgb, bytes + 3 * start, width);
      } else {
        std::memcpy(bytes + 3 * start, rgb, 3 * count);
      }
      return;
    }
    if (swapped) {
      std::uint8_t* turned = scratch.get(slot, 3 * count);
      copy_swapped(rgb, turned, width);
      rgb = turned;
    }
    normalise3(rgb, floats + 3 * start, width, scale_, offset_);
    return;
  }

  const size_t first = swapped ? 2 : 0;  // where the model's first colour comes in `rgb`
  std::array<std::uint8_t*, 3> split{};
  if (input_.type == TensorType::uint8) {
    for (size_t c = 0; c < 3; ++c) split[c] = bytes + c * plane + start;
  } else {
    std::uint8_t* rows = scratch.get(slot, 3 * count);
    for (size_t c = 0; c < 3; ++c) split[c] = rows + c * count;
  }
  libyuv::SplitRGBPlane(rgb, 3 * width, split[first], width, split[1], width, split[2 - first],
                        width, width, 1);
  if (input_.type == TensorType::uint8) return;
  for (size_t c = 0; c < 3; ++c) {
    normalise(split[c], floats + c * plane + start, width, scale_[c], offset_[c]);
  }
}

}  // namespace poss::infer
