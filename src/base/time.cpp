// RFC 3339 text and the machine's clock.
#include "base/time.h"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace poss {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
  Steady::time_point steady_now() const override { return Steady::now(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string rfc3339(Time time) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(millis);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(millis - days);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03d+00:00",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return buffer;
}

Result<Time> parse_rfc3339(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, used = 0;
  double second = 0;
  const std::string copy(text);
  const auto fail = [&] {
    return Error{Code::invalid_argument,
                 "'" + copy + "' is not a time like 2023-11-14T22:13:20.123Z"};
  };
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%9lf%n", &year, &month, &day, &hour,
                  &minute, &second, &used) != 6 ||
      used == 0) {
    return fail();
  }
  const std::string_view zone = text.substr(static_cast<size_t>(used));
  int offset_minutes = 0;
  if (zone != "Z" && zone != "z") {
    int hours = 0, minutes = 0, end = 0;
    char sign = 0;
    if (std::sscanf(std::string(zone).c_str(), "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 ||
        (sign != '+' && sign != '-') || static_cast<size_t>(end) != zone.size()) {
      return fail();
    }
    offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second < 0 || second >= 61) return fail();
  return std::chrono::sys_days(date) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - offset_minutes) +
         std::chrono::microseconds(std::llround(second * 1e6));
}

// Divided, not multiplied by 1e-6: the nearest double, so that going back and forth settles at
// once.
double to_seconds(Time time) { return static_cast<double>(time.time_since_epoch().count()) / 1e6; }

Time from_seconds(double seconds) {
  return Time(std::chrono::microseconds(std::llround(seconds * 1e6)));
}

}  // namespace poss
