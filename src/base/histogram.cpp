// A two-window histogram with logarithmic buckets.
#include "base/histogram.h"

#include <algorithm>
#include <cmath>

namespace poss {

void DurationHistogram::rotate(Steady::time_point now) const {
  if (now - started_ < window_) return;
  const bool stale = now - started_ >= 2 * window_;
  current_ = 1 - current_;
  windows_[current_] = Window{};
  if (stale) windows_[1 - current_] = Window{};
  started_ = now;
}

void DurationHistogram::add(std::chrono::nanoseconds duration, Steady::time_point now) {
  const double micros = std::max(static_cast<double>(duration.count()) * 1e-3, 1.0);
  const auto bucket = std::min<size_t>(
      static_cast<size_t>(std::log2(micros) * static_cast<double>(kPerOctave)), kBuckets - 1);
  Lock lock(mutex_);
  rotate(now);
  Window& window = windows_[current_];
  ++window.buckets[bucket];
  ++window.count;
  window.sum_ms += static_cast<double>(duration.count()) * 1e-6;
}

DurationSummary DurationHistogram::summary(Steady::time_point now) const {
  Lock lock(mutex_);
  rotate(now);
  DurationSummary out;
  out.count = windows_[0].count + windows_[1].count;
  if (out.count == 0) return out;
  out.mean_ms = (windows_[0].sum_ms + windows_[1].sum_ms) / static_cast<double>(out.count);
  const auto percentile = [&out](const std::array<Window, 2>& windows, double share) {
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(out.count)));
    std::uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += windows[0].buckets[i] + windows[1].buckets[i];
      if (seen >= wanted) {  // the middle of the bucket
        return std::exp2((static_cast<double>(i) + 0.5) / static_cast<double>(kPerOctave)) * 1e-3;
      }
    }
    return 0.0;
  };
  out.p50_ms = percentile(windows_, 0.50);
  out.p99_ms = percentile(windows_, 0.99);
  return out;
}

}  // namespace poss
