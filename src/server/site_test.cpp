// Who may ask: Host and Origin.
#include "server/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::server {
namespace {

bool may_pass(std::vector<std::pair<std::string, std::string>> headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  const auto refusal = refuse_foreign(request);
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

TEST(Site, an_origin_must_be_the_host_itself) {
  EXPECT_TRUE(may_pass({{"Host", "localhost:7070"}, {"Origin", "http://localhost:7070"}}));
  EXPECT_TRUE(may_pass({{"Host", "localhost"}, {"Origin", "https://localhost"}}));
  for (const char* origin : {"http://localhost:7071", "http://127.0.0.1:7070", "null", "",
                             "http://evil.example", "http://localhost:7070.evil.example"}) {
    EXPECT_FALSE(may_pass({{"Host", "localhost:7070"}, {"Origin", origin}})) << origin;
  }
  EXPECT_FALSE(may_pass(
      {{"Host", "localhost"}, {"Origin", "http://localhost"}, {"Origin", "http://evil.example"}}));
}

}  // namespace
}  // namespace poss::server
