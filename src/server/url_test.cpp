// Request targets: what is decoded, and what is refused.
#include "server/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Url, decodes_segments_after_splitting) {
  const auto target = parse_target("/a/b%2Fc/%C3%A4?x=1+2&y&z=%26#part");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("a", "b/c", "ä"));
  EXPECT_THAT(target->query, ElementsAre(Pair("x", "1 2"), Pair("y", ""), Pair("z", "&")));
}

TEST(Url, root_has_no_segments_and_a_last_slash_gives_an_empty_one) {
  EXPECT_THAT(parse_target("/")->segments, IsEmpty());
  EXPECT_THAT(parse_target("/?a=b")->segments, IsEmpty());
  EXPECT_THAT(parse_target("/a/")->segments, ElementsAre("a", ""));
  EXPECT_THAT(parse_target("//a")->segments, ElementsAre("", "a"));
}

TEST(Url, refuses_what_could_be_read_in_two_ways) {
  for (const char* text : {"",
                           "a",
                           "http://127.0.0.1/",
                           "*",
                           "/../etc/passwd",
                           "/a/..",
                           "/./a",
                           "/%2e%2e/a",
                           "/a%",
                           "/a%4",
                           "/a%zz",
                           "/a%00b",
                           "/a%0ab",
                           "/%ff",
                           "/%c0%af",
                           "/%ed%a0%80",
                           "/%f4%90%80%80",
                           "/%e2%82",
                           "/%c2%85",
                           "/?a=%ff",
                           "/?%0d=1"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(Url, refuses_more_query_parameters_than_anyone_needs) {
  std::string text = "/?";
  for (int i = 0; i < 65; ++i) text += "a=1&";
  EXPECT_FALSE(parse_target(text));
}

TEST(Url, tells_utf8_from_other_bytes) {
  EXPECT_TRUE(is_clean_utf8("Straße 漢字 🚚"));
  EXPECT_FALSE(is_clean_utf8("a\tb"));
  EXPECT_FALSE(is_clean_utf8("\x7f"));
  EXPECT_FALSE(is_clean_utf8("\xf0\x80\x80\x80"));
}

}  // namespace
}  // namespace poss::server
