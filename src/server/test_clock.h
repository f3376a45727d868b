// A clock that stands still until it is told to go on. For tests.
#pragma once

#include "base/time.h"

namespace poss::server {

class HandClock final : public Clock {
 public:
  Time now() const override { return now_; }
  Steady::time_point steady_now() const override {
    return Steady::time_point(now_.time_since_epoch());
  }
  void advance(std::chrono::seconds step) { now_ += step; }

 private:
  Time now_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace poss::server
