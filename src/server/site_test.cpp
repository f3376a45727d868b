// Who may ask: Host and Origin.
#include "server/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::server {
namespace {

struct Where {
  bool any_host = false;
  bool secure = false;
};

bool may_pass(std::vector<std::pair<std::string, std::string>> headers, Where where = {}) {
  HttpRequest request;
  request.secure = where.secure;
  request.headers = std::move(headers);
  const auto refusal = refuse_foreign(request, where.any_host);
  if (refusal) {
    EXPECT_EQ(refusal->status, 403);
  }
  return !refusal;
}

TEST(Site, the_host_must_be_this_machine) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:7070", "localhost", "LocalHost:1", "[::1]", "[::1]:7070"}) {
    EXPECT_TRUE(may_pass({{"Host", host}})) << host;
  }
  for (const char* host : {"", "example.com", "127.0.0.1.example.com", "localhost.example.com:80",
                           "192.0.2.1", "[::2]", "::1", "127.0.0.2", "user@127.0.0.1"}) {
    EXPECT_FALSE(may_pass({{"Host", host}})) << host;
  }
  EXPECT_FALSE(may_pass({}));
  EXPECT_FALSE(may_pass({{"Host", "localhost"}, {"Host", "localhost"}}));
}

TEST(Site, beyond_loopback_the_host_may_be_any_name) {
  for (const char* host : {"127.0.0.1", "camera-box:7070", "192.0.2.1", "[2001:db8::1]:7070"}) {
    EXPECT_TRUE(may_pass({{"Host", host}}, {.any_host = true})) << host;
  }
  EXPECT_FALSE(may_pass({{"Host", ""}}, {.any_host = true}));
  EXPECT_FALSE(may_pass({}, {.any_host = true}));
  EXPECT_FALSE(may_pass({{"Host", "a"}, {"Host", "b"}}, {.any_host = true}));
  EXPECT_TRUE(may_pass({{"Host", "box:1"}, {"Origin", "http://box:1"}}, {.any_host = true}));
  EXPECT_FALSE(
      may_pass({{"Host", "box:1"}, {"Origin", "http://evil.example"}}, {.any_host = true}));
}

TEST(Site, over_tls_an_origin_must_be_https) {
  EXPECT_TRUE(may_pass({{"Host", "localhost"}, {"Origin", "https://localhost"}}, {.secure = true}));
  EXPECT_FALSE(may_pass({{"Host", "localhost"}, {"Origin", "http://localhost"}}, {.secure = true}));
  // In the clear, a proxy may have taken the TLS off.
  EXPECT_TRUE(may_pass({{"Host", "localhost"}, {"Origin", "https://localhost"}}));
}

TEST(Site, an_origin_must_be_the_host_itself) {
  EXPECT_TRUE(may_pass({{"Host", "localhost:7070"}, {"Origin", "http://localhost:7070"}}));
  for (const char* origin : {"http://localhost:7071", "http://127.0.0.1:7070", "null", "",
                             "http://evil.example", "http://localhost:7070.evil.example"}) {
    EXPECT_FALSE(may_pass({{"Host", "localhost:7070"}, {"Origin", origin}})) << origin;
  }
  EXPECT_FALSE(may_pass(
      {{"Host", "localhost"}, {"Origin", "http://localhost"}, {"Origin", "http://evil.example"}}));
}

}  // namespace
}  // namespace poss::server
