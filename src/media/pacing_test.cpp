// Pacing: rates are reached without drift, with jitter, and for pictures in decoding order.
#include "media/pacing.h"

#include <random>

#include <gtest/gtest.h>

namespace poss::media {
namespace {

// How many of `count` pictures at `source_fps` with this jitter (fraction of the interval) a
// reader of `asked_fps` gets.
int taken(double source_fps, double asked_fps, int count, double jitter = 0) {
  Pacer pacer(asked_fps);
  std::minstd_rand random(7);
  std::uniform_real_distribution<double> shift(-jitter, jitter);
  const Microseconds interval(static_cast<std::int64_t>(1e6 / source_fps));
  int result = 0;
  for (int i = 0; i < count; ++i) {
    const Time time = from_seconds(1.7e9 + (i + shift(random)) / source_fps);
    if (!pacer.due(time, interval)) continue;
    pacer.take(time);
    ++result;
  }
  return result;
}

TEST(Pacer, reaches_the_asked_rate_exactly_on_average) {
  EXPECT_NEAR(taken(29.83, 5, 29830), 5000, 2);
  EXPECT_NEAR(taken(30, 7, 30000), 7000, 2);
  EXPECT_NEAR(taken(25, 12.5, 25000), 12500, 2);
  EXPECT_NEAR(taken(15, 0.1, 15000), 100, 1);
}

TEST(Pacer, never_exceeds_the_asked_rate) {
  EXPECT_LE(taken(30, 10, 30000, 0.3), 10001);
  EXPECT_LE(taken(10.01, 10, 100100), 100002);
}

TEST(Pacer, gives_every_picture_when_the_rates_are_equal) {
  EXPECT_EQ(taken(10, 10, 10000), 10000);
  EXPECT_GE(taken(10, 10, 10000, 0.2), 9990);
  EXPECT_EQ(taken(9.99, 10, 10000), 10000);
  EXPECT_EQ(taken(10, 0, 1000), 1000);
  EXPECT_EQ(taken(10, 25, 1000), 1000);
}

TEST(Pacer, begins_anew_after_a_pause_without_a_burst) {
  Pacer pacer(10);
  const Microseconds interval(10'000);
  Time time = from_seconds(1.7e9);
  pacer.take(time);
  time += std::chrono::seconds(60);
  int count = 0;
  for (int i = 0; i < 100; ++i, time += interval) {
    if (!pacer.due(time, interval)) continue;
    pacer.take(time);
    ++count;
  }
  EXPECT_LE(count, 12);
}

TEST(Pacer, looks_ahead_past_pictures_not_shown_yet) {
  Pacer pacer(10);
  const Microseconds interval(50'000);
  const Time start = from_seconds(1.7e9);
  const auto at = [&](int i) { return start + i * interval; };
  pacer.take(at(0));
  EXPECT_TRUE(pacer.will_be_due(at(2), std::vector<Time>{}, interval));
  EXPECT_FALSE(pacer.will_be_due(at(3), std::vector<Time>{at(2)}, interval))
      << "picture 2, already being decoded, will be the one";
  EXPECT_TRUE(pacer.will_be_due(at(2), std::vector<Time>{at(4)}, interval))
      << "picture 4 is decoded first but shown later";
}

TEST(RateMeter, measures_pictures_a_second) {
  RateMeter meter;
  EXPECT_EQ(meter.fps(), 0);
  for (int i = 0; i < 100; ++i) meter.add(from_seconds(1.7e9 + i / 12.5));
  EXPECT_NEAR(meter.fps(), 12.5, 0.01);
}

}  // namespace
}  // namespace poss::media
