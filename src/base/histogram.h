// Durations of the last seconds: count, mean and percentiles, for figures that people watch.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/sync.h"
#include "base/time.h"

namespace poss {

// What a histogram holds, in milliseconds.
struct DurationSummary {
  std::uint64_t count = 0;
  double mean_ms = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// Remembers between one and two windows of time: the running one and the one before. Percentiles
// are exact to 4 %. Thread-safe.
class DurationHistogram {
 public:
  explicit DurationHistogram(std::chrono::seconds window = std::chrono::seconds(10))
      : window_(window) {}

  void add(std::chrono::nanoseconds duration, Steady::time_point now);
  DurationSummary summary(Steady::time_point now) const;

 private:
  // Buckets grow by 2^(1/16) from 1 µs: 16 an octave, 27 octaves, up to 134 s.
  static constexpr size_t kPerOctave = 16;
  static constexpr size_t kBuckets = kPerOctave * 27;
  struct Window {
    std::array<std::uint32_t, kBuckets> buckets{};
    std::uint64_t count = 0;
    double sum_ms = 0;
  };
  void rotate(Steady::time_point now) const REQUIRES(mutex_);

  const std::chrono::seconds window_;
  mutable Mutex mutex_;
  mutable std::array<Window, 2> windows_ GUARDED_BY(mutex_);
  mutable size_t current_ GUARDED_BY(mutex_) = 0;
  mutable Steady::time_point started_ GUARDED_BY(mutex_){};
};

}  // namespace poss
