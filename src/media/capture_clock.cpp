// Capture times from raw time stamps.
#include "media/capture_clock.h"

#include <algorithm>

namespace poss::media {

using std::chrono::milliseconds;
using std::chrono::seconds;

void CaptureClock::begin(Mode mode, AVRational time_base, int wrap_bits, Time anchor) {
  mode_ = mode;
  time_base_ = time_base;
  wrap_bits_ = wrap_bits;
  anchor_ = anchor;
  ticks_ = 0;
  last_raw_.reset();
  last_read_.reset();
  lagging_since_.reset();
}

std::int64_t CaptureClock::wrapped_difference(std::int64_t to, std::int64_t from) const {
  const auto difference = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  if (wrap_bits_ <= 0 || wrap_bits_ >= 63) return static_cast<std::int64_t>(difference);
  const int unused = 64 - wrap_bits_;
  return static_cast<std::int64_t>(difference << unused) >> unused;  // sign-extends
}

Microseconds CaptureClock::to_microseconds(std::int64_t ticks) const {
  return Microseconds(av_rescale_q(ticks, time_base_, kMicroseconds));
}

CaptureClock::Stamp CaptureClock::stamp(std::int64_t pts, std::int64_t dts, Microseconds interval,
                                        Time now) {
  const bool has_pts = pts != AV_NOPTS_VALUE;
  const bool has_dts = dts != AV_NOPTS_VALUE;
  const Microseconds shown_later =
      has_pts && has_dts ? std::clamp(to_microseconds(wrapped_difference(pts, dts)),
                                      Microseconds(seconds(-5)), Microseconds(seconds(5)))
                         : Microseconds(0);
  const std::optional<std::int64_t> raw = has_dts   ? std::optional(dts)
                                          : has_pts ? std::optional(pts)
                                                    : std::nullopt;
  const Time next = last_dts_ ? *last_dts_ + interval : anchor_;
  Time time;
  if (mode_ == Mode::arrival) {
    time = now;
  } else if (!raw) {
    time = last_read_ ? next : std::max(anchor_, next);
  } else if (!last_raw_) {
    // The first of this connection or pass: its picture follows the last one shown.
    Time first = anchor_;
    if (last_shown_)
      first = std::max(*last_shown_ + interval, mode_ == Mode::live ? anchor_ : Time{});
    if (mode_ == Mode::real_time && first < now - seconds(1)) first = now;
    time = first - shown_later;
    anchor_ = time;
  } else {
    const Microseconds delta = to_microseconds(wrapped_difference(*raw, *last_raw_));
    ticks_ += wrapped_difference(*raw, *last_raw_);
    time = anchor_ + to_microseconds(ticks_);
    if (mode_ == Mode::live) {
      time = follow_live(time, delta, interval, now);
    } else if (delta < -seconds(1) || delta > seconds(10)) {
      time = next;  // a damaged or spliced file
    } else if (mode_ == Mode::real_time && time < now - seconds(1)) {
      time = now;  // held back by a reader, or the machine slept
    }
    anchor_ = time - to_microseconds(ticks_);
  }
  if (raw) last_raw_ = raw;
  last_read_ = now;
  Stamp stamp{time, std::nullopt};
  if (has_pts) stamp.pts = time + shown_later;
  last_shown_ = std::max(last_shown_.value_or(time), stamp.pts.value_or(time));
  // Decoding times go back where a container states them only for some packets.
  if (last_dts_ && time <= *last_dts_) stamp.dts = *last_dts_ + Microseconds(1);
  last_dts_ = stamp.dts;
  return stamp;
}

// `time` is what the stream's clock says; corrects it when that clock and ours part.
Time CaptureClock::follow_live(Time time, Microseconds delta, Microseconds interval, Time now) {
  const Microseconds waited = last_read_ ? now - *last_read_ : Microseconds(0);
  const bool jumped = delta < -seconds(1) || delta > std::max(waited, Microseconds(0)) + seconds(1);
  if (jumped) return std::max(now, *last_dts_ + interval);
  // Ahead of the wall clock (a server that sends its buffer first, a clock set back): go slower
  // until they meet, so that times neither repeat nor bunch up.
  if (time > now + milliseconds(100)) return std::max(now, *last_dts_ + delta * 3 / 4);
  // Behind: a backlog that is caught up soon is true; a lasting lag is a drifting clock.
  if (time >= now - seconds(1)) {
    lagging_since_.reset();
  } else if (!lagging_since_) {
    lagging_since_ = now;
  } else if (now - *lagging_since_ > seconds(2)) {
    lagging_since_.reset();
    return now;
  }
  return time;
}

}  // namespace poss::media
