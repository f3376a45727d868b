// Pacing by capture time.
#include "media/pacing.h"

#include <algorithm>

namespace poss::media {

Pacer::Pacer(double max_fps) : max_fps_(std::max(0.0, max_fps)) {
  if (max_fps_ > 0) period_ = Exact(1e6 / max_fps_);
}

bool Pacer::due(Time time, Microseconds interval) const {
  if (every_picture() || !begun_) return true;
  // Half an interval early is still the nearest picture; it also swallows jitter.
  const Exact tolerance = std::min(Exact(interval), period_) / 2;
  return Exact(time.time_since_epoch()) >= next_ - tolerance;
}

void Pacer::take(Time time) {
  const Exact now(time.time_since_epoch());
  // Late by up to a period: keep the schedule. Later than that: begin a new one, without a burst.
  next_ = begun_ ? std::max(next_, now - period_) + period_ : now + period_;
  begun_ = true;
}

bool Pacer::will_be_due(Time time, std::span<const Time> earlier, Microseconds interval) const {
  if (every_picture()) return true;
  Pacer ahead = *this;
  for (const Time at : earlier) {
    if (at < time && ahead.due(at, interval)) ahead.take(at);
  }
  return ahead.due(time, interval);
}

void RateMeter::add(Time time) {
  if (!times_.empty() && time <= times_.back()) return;
  times_.push_back(time);
  while (times_.size() > 240 ||
         (times_.size() > 12 && time - times_.front() > std::chrono::seconds(2))) {
    times_.pop_front();
  }
}

double RateMeter::fps() const {
  if (times_.size() < 5) return 0;
  const std::chrono::duration<double> span = times_.back() - times_.front();
  return span.count() > 0 ? static_cast<double>(times_.size() - 1) / span.count() : 0;
}

}  // namespace poss::media
