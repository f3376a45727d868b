// A separable resampler that works row by row: first down the columns, then along the row.
// (libyuv's own RGB scaler goes through two full-size ARGB copies, and its box filter needs both
// sides to shrink.)
#include "infer/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace poss::infer {

namespace {

// The source samples one target sample is made of; the weights sum to 1.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> make_taps(int from, int to) {
  std::vector<Taps> out(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Taps& taps = out[static_cast<size_t>(i)];
    if (step <= 1) {  // linear between the centres of the two nearest samples
      const double at = std::clamp((i + 0.5) * step - 0.5, 0.0, from - 1.0);
      taps.first = static_cast<int>(at);
      const auto part = static_cast<float>(at - taps.first);
      taps.weights.push_back(1 - part);
      if (taps.first + 1 < from) taps.weights.push_back(part);
      continue;
    }
    const double begin = i * step;
    const double end = begin + step;
    taps.first = static_cast<int>(begin);
    const int last = std::min(from, static_cast<int>(std::ceil(end - 1e-9)));
    for (int at = taps.first; at < last; ++at) {
      const double covered = std::min(end, at + 1.0) - std::max(begin, static_cast<double>(at));
      taps.weights.push_back(static_cast<float>(covered / step));
    }
  }
  return out;
}

template <size_t kChannels>
void resample_channels(const Raster& in, int width, int height, std::uint8_t* out, float* sums) {
  const auto columns = make_taps(in.width, width);
  const auto rows = make_taps(in.height, height);
  const auto samples = static_cast<size_t>(in.width) * kChannels;
  for (const Taps& down : rows) {
    std::fill_n(sums, samples, 0.0f);
    const std::uint8_t* row = in.pixels + static_cast<std::ptrdiff_t>(down.first) * in.stride;
    for (const float weight : down.weights) {
      for (size_t i = 0; i < samples; ++i) sums[i] += weight * static_cast<float>(row[i]);
      row += in.stride;
    }
    for (const Taps& along : columns) {
      const float* from = sums + static_cast<size_t>(along.first) * kChannels;
      std::array<float, kChannels> sum{};
      for (const float weight : along.weights) {
        for (size_t c = 0; c < kChannels; ++c) sum[c] += weight * from[c];
        from += kChannels;
      }
      for (const float value : sum)
        *out++ = static_cast<std::uint8_t>(std::min(255.0f, value + 0.5f));
    }
  }
}

}  // namespace

void resample(const Raster& in, int width, int height, std::uint8_t* out, Scratch& scratch,
              size_t slot) {
  const auto bytes =
      static_cast<size_t>(in.width) * static_cast<size_t>(in.channels) * sizeof(float);
  auto* const sums = reinterpret_cast<float*>(scratch.get(slot, bytes));
  if (in.channels == 3) {
    resample_channels<3>(in, width, height, out, sums);
  } else {
    resample_channels<1>(in, width, height, out, sums);
  }
}

}  // namespace poss::infer
