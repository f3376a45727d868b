// Which pictures a reader who asked for so many frames a second gets: by capture time, not by
// counting, so that the rate does not drift.
#pragma once

#include <chrono>
#include <deque>
#include <span>

#include "base/time.h"

namespace poss::media {

using Microseconds = std::chrono::microseconds;

// The schedule of one reader. Picks the picture nearest to each due time; the long-run rate is
// the smaller of the asked one and the source's. A value; not thread-safe.
class Pacer {
 public:
  // `max_fps` 0 or less: every picture.
  explicit Pacer(double max_fps);

  // Whether a picture at `time` is wanted, of a source with a picture every `interval`.
  bool due(Time time, Microseconds interval) const;
  // The picture at `time` was taken: the next is due one period later.
  void take(Time time);
  // Whether a picture at `time` will be wanted when the `earlier` ones (ascending, not yet
  // offered) have had their turn.
  bool will_be_due(Time time, std::span<const Time> earlier, Microseconds interval) const;

  bool every_picture() const { return period_.count() == 0; }
  double max_fps() const { return max_fps_; }

 private:
  using Exact = std::chrono::duration<double, std::micro>;  // the period need not be whole
  double max_fps_;
  Exact period_{0};
  Exact next_{0};  // since the epoch
  bool begun_ = false;
};

// Measures how many pictures a second come, over the last two seconds or so of capture time.
class RateMeter {
 public:
  void add(Time time);
  void reset() { times_.clear(); }
  // Pictures a second; 0 while fewer than five have come.
  double fps() const;

 private:
  std::deque<Time> times_;
};

}  // namespace poss::media
