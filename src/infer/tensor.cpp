// The loops from bytes to tensor elements, written so that the compiler vectorises them.
#include "infer/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include <libyuv.h>

#include "infer/half.h"

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
  if (input.type != TensorType::float16 && input.type != TensorType::int8) return;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t value = 0; value < 256; ++value) {
      const auto pixel = static_cast<float>(value);
      table_[c][value] = input.type == TensorType::float16
                             ? element<std::uint16_t>(c, pixel)
                             : static_cast<std::uint8_t>(element<std::int8_t>(c, pixel));
    }
  }
}

template <class T>
T TensorWriter::element(size_t c, float value) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return static_cast<std::uint8_t>(std::lround(value));
  } else {
    const float normal = value * scale_[c] + offset_[c];
    if constexpr (std::is_same_v<T, float>) return normal;
    if constexpr (std::is_same_v<T, std::uint16_t>) return float_to_half(normal);
    if constexpr (std::is_same_v<T, std::int8_t>) {
      return static_cast<std::int8_t>(std::lround(std::clamp(normal, -128.0f, 127.0f)));
    }
  }
}

template <class T>
void TensorWriter::put(size_t start, size_t step, size_t count, T value) {
  T* out = reinterpret_cast<T*>(tensor_) + start;
  if (step == 1) {
    std::fill_n(out, count, value);
  } else {
    for (size_t i = 0; i < count; ++i) out[i * step] = value;
  }
}

template <class T>
void TensorWriter::look_up(size_t start, size_t count, const std::uint8_t* rgb, bool swapped) {
  const bool planar = input_.layout == TensorLayout::nchw;
  const size_t plane = static_cast<size_t>(input_.width) * static_cast<size_t>(input_.height);
  for (size_t c = 0; c < 3; ++c) {
    T* out = reinterpret_cast<T*>(tensor_) + (planar ? c * plane + start : 3 * start + c);
    const size_t step = planar ? 1 : 3;
    const std::uint8_t* in = rgb + (swapped ? 2 - c : c);
    const auto& table = table_[c];
    for (size_t i = 0; i < count; ++i) out[i * step] = static_cast<T>(table[in[3 * i]]);
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
  const size_t first =
      static_cast<size_t>(y) * static_cast<size_t>(input_.width) + static_cast<size_t>(x);
  const auto count = static_cast<size_t>(width);
  const bool planar = input_.layout == TensorLayout::nchw;
  for (size_t c = 0; c < 3; ++c) {
    const size_t start = planar ? c * plane + first : 3 * first + c;
    const size_t step = planar ? 1 : 3;
    switch (input_.type) {
      case TensorType::float32:
        put(start, step, count, element<float>(c, pad));
        break;
      case TensorType::float16:
        put(start, step, count, element<std::uint16_t>(c, pad));
        break;
      case TensorType::uint8:
        put(start, step, count, element<std::uint8_t>(c, pad));
        break;
      case TensorType::int8:
        put(start, step, count, element<std::int8_t>(c, pad));
        break;
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

  if (input_.type == TensorType::float16) return look_up<std::uint16_t>(start, count, rgb, swapped);
  if (input_.type == TensorType::int8) return look_up<std::int8_t>(start, count, rgb, swapped);
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
