// Which addresses are public, in all the ways there are to write one.
#include "net/address.h"

#include <gtest/gtest.h>

namespace poss::net {
namespace {

TEST(AddressGuard, public_addresses_are_allowed) {
  const auto guard = AddressGuard::create({});
  for (const char* address :
       {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.0",
        "169.253.1.1", "223.255.255.255", "192.0.1.1", "2606:4700::1111", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(guard->allows(std::string(address))) << address;
  }
}

TEST(AddressGuard, all_others_are_not) {
  const auto guard = AddressGuard::create({});
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.0.1",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "168.63.129.16",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::8.8.8.8",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::808:808",
                              "100::1",
                              "2001::1",
                              "2001:10::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:808:808::1",
                              "3fff::1",
                              "4000::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "ffff::1",
                              "::ffff:0:7f00:1",
                              "",
                              "localhost",
                              "8.8.8.8/8",
                              "8.8.8"}) {
    EXPECT_FALSE(guard->allows(std::string(address))) << address;
  }
}

TEST(AddressGuard, an_administrator_adds_networks) {
  const auto guard =
      AddressGuard::create({"10.1.0.0/16", "fd00::/9", "192.168.1.7", "127.0.0.0/8"});
  ASSERT_TRUE(guard);
  for (const char* address : {"10.1.255.3", "fd7f::1", "192.168.1.7", "127.0.0.1",
                              "::ffff:10.1.0.1", "64:ff9b::a01:1", "8.8.8.8"}) {
    EXPECT_TRUE(guard->allows(std::string(address))) << address;
  }
  for (const char* address : {"10.2.0.0", "fd80::1", "192.168.1.8", "::1", "fc00::1"}) {
    EXPECT_FALSE(guard->allows(std::string(address))) << address;
  }
  EXPECT_TRUE(AddressGuard::create({"0.0.0.0/0"})->allows("10.2.0.0"));
  EXPECT_FALSE(AddressGuard::create({"0.0.0.0/0"})->allows("::1"));
  EXPECT_TRUE(AddressGuard::create({"::/0"})->allows("::1"));
}

TEST(AddressGuard, what_is_no_network_is_refused) {
  for (const char* text : {"", "example.org", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0/8",
                           "10.0.0.0/-1", "10.0.0.0/8x", "/8"}) {
    const auto guard = AddressGuard::create({text});
    ASSERT_FALSE(guard) << text;
    EXPECT_EQ(guard.error().code, Code::invalid_argument);
  }
}

}  // namespace
}  // namespace poss::net
