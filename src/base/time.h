// Wall-clock time points, their RFC 3339 text, and a clock that tests can set.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace poss {

// Wall-clock time in microseconds since the Unix epoch, UTC.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Steady = std::chrono::steady_clock;

// Where code that waits or measures gets the time from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Steady::time_point steady_now() const = 0;
};

// The machine's clock; lives for the whole process.
const Clock& system_clock();

// "2023-11-14T22:13:20.123+00:00": UTC, milliseconds.
std::string rfc3339(Time time);
Result<Time> parse_rfc3339(std::string_view text);

// Seconds since the epoch as a double (microsecond resolution until the year 2255), and back.
double to_seconds(Time time);
Time from_seconds(double seconds);

}  // namespace poss
