// Waits after failed sign-ins.
#include "server/throttle.h"

#include <gtest/gtest.h>

#include "server/test_clock.h"

namespace poss::server {
namespace {

using namespace std::chrono_literals;

class ThrottleTest : public testing::Test {
 protected:
  void fail(int times, const std::string& address, const std::string& name = "ada") {
    for (int i = 0; i < times; ++i) throttle.failed(address, name);
  }
  HandClock clock;
  Throttle throttle{clock, {.entries = 100}};
};

TEST_F(ThrottleTest, waits_double_with_each_failure_beyond_the_fifth_up_to_five_minutes) {
  fail(5, "192.0.2.1");
  EXPECT_EQ(throttle.wait("192.0.2.1"), 0s);
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
    fail(1, "192.0.2.1");
    EXPECT_EQ(throttle.wait("192.0.2.1"), expected);
  }
  clock.advance(299s);
  EXPECT_EQ(throttle.wait("192.0.2.1"), 1s);
  clock.advance(1s);
  EXPECT_EQ(throttle.wait("192.0.2.1"), 0s);
}

TEST_F(ThrottleTest, failures_elsewhere_make_nobody_wait_who_has_not_failed) {
  fail(50, "192.0.2.1");
  EXPECT_EQ(throttle.wait("192.0.2.2"), 0s);
}

TEST_F(ThrottleTest, a_name_guessed_at_from_many_addresses_leaves_each_a_single_guess) {
  for (int i = 0; i < 20; ++i) fail(1, "192.0.2." + std::to_string(i));
  EXPECT_EQ(throttle.wait("192.0.2.200"), 0s);
  fail(1, "192.0.2.200", "ADA");
  EXPECT_EQ(throttle.wait("192.0.2.200"), 300s);
  fail(1, "192.0.2.201", "grace");
  EXPECT_EQ(throttle.wait("192.0.2.201"), 0s);
  throttle.succeeded("Ada");
  fail(1, "192.0.2.202", "ada");
  EXPECT_EQ(throttle.wait("192.0.2.202"), 0s);
}

TEST_F(ThrottleTest, a_quiet_hour_is_forgotten) {
  fail(8, "192.0.2.1");
  clock.advance(3601s);
  fail(5, "192.0.2.1");
  EXPECT_EQ(throttle.wait("192.0.2.1"), 0s);
}

TEST_F(ThrottleTest, remembers_only_so_many_and_forgets_the_oldest) {
  fail(6, "198.51.100.1", "first");
  clock.advance(1s);
  for (int i = 0; i < 1000; ++i) {
    fail(6, "192.0.2." + std::to_string(i), "name" + std::to_string(i));
  }
  EXPECT_EQ(throttle.wait("198.51.100.1"), 0s);
  EXPECT_GT(throttle.wait("192.0.2.999"), 0s);
}

TEST(Client, is_an_ipv4_address_or_an_ipv6_network) {
  EXPECT_EQ(client_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(client_of("fe80::1%eth0"), "fe80::/64");
}

}  // namespace
}  // namespace poss::server
