// From a stream's time stamps to capture times: anchored to the wall clock, unwrapped, and
// always going on across reconnects, loops and jumps.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "media/libav.h"
#include "media/pacing.h"

namespace poss::media {

// Lives as long as its camera; used by the camera's thread only.
class CaptureClock {
 public:
  enum class Mode {
    arrival,              // the stream has no useful time stamps: the time a packet comes
    live,                 // anchored at the first packet; follows the stream's own clock
    real_time,            // a file shown at its pace
    as_fast_as_possible,  // a file: start time + time stamp
  };
  struct Stamp {
    Time dts;                 // strictly increasing
    std::optional<Time> pts;  // absent when the packet has none
  };

  // A connection or a pass through a file begins. `time_base` and `wrap_bits` (of the time
  // stamps, 33 in MPEG-TS, 32 in RTP, 64: never) are the stream's; `anchor` is the wall time of
  // the first packet.
  void begin(Mode mode, AVRational time_base, int wrap_bits, Time anchor);

  // The capture times of a packet with these raw time stamps (AV_NOPTS_VALUE: none), read at
  // `now`; `interval` is the usual time from one picture to the next.
  Stamp stamp(std::int64_t pts, std::int64_t dts, Microseconds interval, Time now);

 private:
  std::int64_t wrapped_difference(std::int64_t to, std::int64_t from) const;
  Microseconds to_microseconds(std::int64_t ticks) const;
  Time follow_live(Time time, Microseconds delta, Microseconds interval, Time now);

  Mode mode_ = Mode::live;
  AVRational time_base_{1, 1};
  int wrap_bits_ = 64;
  Time anchor_{};           // capture time of the tick 0 of `ticks_`
  std::int64_t ticks_ = 0;  // unwrapped, since begin()
  std::optional<std::int64_t> last_raw_;
  std::optional<Time> last_dts_;  // over all connections
  std::optional<Time> last_shown_;
  std::optional<Time> last_read_;
  std::optional<Time> lagging_since_;
};

}  // namespace poss::media
