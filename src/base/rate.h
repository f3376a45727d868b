// Events a second over the last ten seconds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/sync.h"
#include "base/time.h"

namespace poss {

// Thread-safe.
class RateMeter {
 public:
  void add(Steady::time_point now) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    if (first_ == Steady::time_point{}) first_ = now;
    const auto second = second_of(now);
    Bucket& bucket = buckets_[static_cast<size_t>(second) % buckets_.size()];
    if (bucket.second != second) bucket = {second, 0};
    ++bucket.count;
  }

  // Events a second; over the time since the first event where that is shorter than ten seconds.
  double per_second(Steady::time_point now) const EXCLUDES(mutex_) {
    Lock lock(mutex_);
    if (first_ == Steady::time_point{}) return 0;
    // Whole seconds only: the running one is still filling.
    const auto current = second_of(now);
    std::uint64_t count = 0;
    for (const Bucket& bucket : buckets_) {
      if (bucket.second < current && current - bucket.second <= kSeconds) count += bucket.count;
    }
    const double age = std::chrono::duration<double>(now - first_).count();
    const double running = std::chrono::duration<double>(now.time_since_epoch()).count() -
                           static_cast<double>(current);
    const double span = std::min(static_cast<double>(kSeconds), age - running);
    return span < 0.5 ? 0 : static_cast<double>(count) / span;
  }

 private:
  static constexpr std::int64_t kSeconds = 10;
  struct Bucket {
    std::int64_t second = -1000;
    std::uint64_t count = 0;
  };
  static std::int64_t second_of(Steady::time_point time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  }

  mutable Mutex mutex_;
  std::array<Bucket, kSeconds + 1> buckets_ GUARDED_BY(mutex_);
  Steady::time_point first_ GUARDED_BY(mutex_){};
};

}  // namespace poss
