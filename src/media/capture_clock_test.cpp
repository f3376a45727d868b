// Capture times: wrapping, jumps, drift, reconnects and loops never make time go back.
#include "media/capture_clock.h"

#include <gtest/gtest.h>

namespace poss::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Mode = CaptureClock::Mode;

constexpr AVRational kRtp{1, 90'000};
constexpr Microseconds kInterval(40'000);
const Time kStart = Time(seconds(1'700'000'000));

TEST(CaptureClock, survives_wrapping_time_stamps) {
  for (const int bits : {32, 33}) {
    CaptureClock clock;
    clock.begin(Mode::live, kRtp, bits, kStart);
    const std::int64_t modulus = std::int64_t{1} << bits;
    for (int i = 0; i < 100; ++i) {
      const std::int64_t raw = (modulus - 50 * 3600 + i * 3600) % modulus;
      const Time now = kStart + i * kInterval;
      const auto stamp = clock.stamp(raw, raw, kInterval, now);
      EXPECT_EQ(stamp.dts, now) << i;
      EXPECT_EQ(stamp.pts, now) << i;
    }
  }
}

TEST(CaptureClock, keeps_the_order_of_showing) {
  CaptureClock clock;
  clock.begin(Mode::as_fast_as_possible, kRtp, 64, kStart);
  const auto first = clock.stamp(7200, 0, kInterval, kStart);
  EXPECT_EQ(first.pts, kStart);
  const auto second = clock.stamp(18000, 3600, kInterval, kStart);
  EXPECT_EQ(second.pts, kStart + 3 * kInterval);
  const auto third = clock.stamp(10800, 7200, kInterval, kStart);
  EXPECT_EQ(third.pts, kStart + kInterval);
}

TEST(CaptureClock, a_jump_begins_anew_at_the_wall_clock) {
  for (const std::int64_t jump : {-1'000'000'000LL, 1'000'000'000LL}) {
    CaptureClock clock;
    clock.begin(Mode::live, kRtp, 64, kStart);
    clock.stamp(0, 0, kInterval, kStart);
    const auto after = clock.stamp(jump, jump, kInterval, kStart + kInterval);
    EXPECT_EQ(after.dts, kStart + kInterval);
    const auto next = clock.stamp(jump + 3600, jump + 3600, kInterval, kStart + 2 * kInterval);
    EXPECT_EQ(next.dts, kStart + 2 * kInterval);
  }
}

TEST(CaptureClock, stays_within_a_second_or_so_of_a_drifting_camera) {
  for (const int ticks : {3600 * 105 / 100, 3600 * 95 / 100}) {
    CaptureClock clock;
    clock.begin(Mode::live, kRtp, 32, kStart);
    Time last{};
    for (int i = 0; i < 10'000; ++i) {
      const Time now = kStart + i * kInterval;
      const auto stamp = clock.stamp(i * ticks, i * ticks, kInterval, now);
      EXPECT_GT(stamp.dts, last);
      EXPECT_LT(std::chrono::abs(stamp.dts - now), milliseconds(1200)) << i;
      last = stamp.dts;
    }
  }
}

TEST(CaptureClock, a_burst_at_the_start_is_neither_bunched_nor_kept_ahead) {
  CaptureClock clock;
  clock.begin(Mode::live, kRtp, 32, kStart);
  Time last{};
  for (int i = 0; i < 400; ++i) {
    // The first 25 come at once, the rest as time goes by.
    const Time now = kStart + std::max(0, i - 25) * kInterval;
    const auto stamp = clock.stamp(i * 3600, i * 3600, kInterval, now);
    if (i > 0) {
      EXPECT_GE(stamp.dts - last, kInterval / 2);
    }
    last = stamp.dts;
    if (i == 399) {
      EXPECT_LT(stamp.dts - now, milliseconds(150));
    }
  }
}

TEST(CaptureClock, goes_on_after_reconnects_even_when_the_wall_clock_was_set_back) {
  CaptureClock clock;
  clock.begin(Mode::live, kRtp, 32, kStart);
  Time last = clock.stamp(5000, 5000, kInterval, kStart).dts;
  for (const auto shift : {seconds(10), seconds(-3600), seconds(-3590)}) {
    clock.begin(Mode::live, kRtp, 32, kStart + shift);
    for (int i = 0; i < 20; ++i) {
      const auto stamp = clock.stamp(i * 3600, i * 3600, kInterval, kStart + shift + i * kInterval);
      EXPECT_GT(stamp.dts, last);
      last = stamp.dts;
    }
  }
}

TEST(CaptureClock, loops_of_a_file_follow_each_other_seamlessly) {
  CaptureClock clock;
  Time expected = kStart;
  for (int pass = 0; pass < 3; ++pass) {
    clock.begin(Mode::as_fast_as_possible, kRtp, 64, kStart);
    for (int i = 0; i < 10; ++i) {
      const auto stamp = clock.stamp(i * 3600, i * 3600, kInterval, kStart);
      EXPECT_EQ(stamp.pts, expected);
      expected += kInterval;
    }
  }
}

TEST(CaptureClock, packets_without_time_stamps_follow_at_the_usual_interval) {
  CaptureClock clock;
  clock.begin(Mode::as_fast_as_possible, kRtp, 64, kStart);
  for (int i = 0; i < 5; ++i) {
    const auto stamp = clock.stamp(AV_NOPTS_VALUE, AV_NOPTS_VALUE, kInterval, kStart);
    EXPECT_FALSE(stamp.pts);
    if (i > 0) {
      EXPECT_GE(stamp.dts, kStart + i * kInterval);
    }
  }
}

}  // namespace
}  // namespace poss::media
