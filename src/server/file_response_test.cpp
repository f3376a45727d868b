// Files as responses: validators, conditions, ranges, and files larger than memory should hold.
#include <fstream>

#include <gmock/gmock.h>

#include "base/file.h"
#include "server/test_http_server.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class FileResponseTest : public TestHttpServer {
 protected:
  FileResponseTest() {
    handler.file = folder / "a.mp4";
    EXPECT_TRUE(replace_file(handler.file, "0123456789"));
  }
  void SetUp() override { start(); }
  Answer range(const std::string& value, std::vector<std::string> more = {}) {
    more.push_back("Range: " + value);
    return get("/file", {.headers = std::move(more)});
  }
};

TEST_F(FileResponseTest, sends_the_file_with_its_validators) {
  const auto answer = get("/file");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(answer.headers.at("content-type"), "video/mp4");
  EXPECT_EQ(answer.headers.at("accept-ranges"), "bytes");
  EXPECT_EQ(answer.headers.at("content-length"), "10");
  EXPECT_THAT(answer.headers.at("etag"), StartsWith("\""));
  EXPECT_THAT(answer.headers.at("last-modified"), HasSubstr(" GMT"));
  const auto head = get("/file", {.method = "HEAD"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "10");
  EXPECT_EQ(head.body, "");
}

TEST_F(FileResponseTest, sends_the_part_asked_for) {
  for (const auto& [value, body, where] : {std::tuple{"bytes=0-3", "0123", "bytes 0-3/10"},
                                           {"bytes=4-", "456789", "bytes 4-9/10"},
                                           {"bytes=-2", "89", "bytes 8-9/10"},
                                           {"bytes=-99", "0123456789", "bytes 0-9/10"},
                                           {"BYTES=9-99999999999999999999", "9", "bytes 9-9/10"}}) {
    const auto answer = range(value);
    EXPECT_EQ(answer.status, 206) << value;
    EXPECT_EQ(answer.body, body) << value;
    EXPECT_EQ(answer.headers.at("content-range"), where) << value;
  }
}

TEST_F(FileResponseTest, refuses_a_part_beyond_the_file) {
  for (const char* value :
       {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"}) {
    const auto answer = range(value);
    EXPECT_EQ(answer.status, 416) << value;
    EXPECT_EQ(answer.headers.at("content-range"), "bytes */10");
  }
}

TEST_F(FileResponseTest, passes_over_ranges_it_does_not_understand) {
  for (const char* value : {"bytes=3-1", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4",
                            "bytes", "bytes=0-1x", "bytes=+1-2", "bytes= 1-2"}) {
    const auto answer = range(value);
    EXPECT_EQ(answer.status, 200) << value;
    EXPECT_EQ(answer.body, "0123456789") << value;
  }
  const auto head = get("/file", {.method = "HEAD", .headers = {"Range: bytes=0-3"}});
  EXPECT_EQ(head.status, 200);
}

TEST_F(FileResponseTest, an_unchanged_file_is_not_sent_again) {
  const auto first = get("/file");
  const std::string tag = first.headers.at("etag");
  const std::string date = first.headers.at("last-modified");
  for (const std::string& header :
       {"If-None-Match: " + tag, "If-None-Match: \"x\", W/" + tag, std::string("If-None-Match: *"),
        "If-Modified-Since: " + date}) {
    const auto answer = get("/file", {.headers = {header}});
    EXPECT_EQ(answer.status, 304) << header;
    EXPECT_EQ(answer.body, "");
  }
  for (const std::string& header :
       {std::string("If-None-Match: \"x\""), std::string("If-Modified-Since: yesterday"),
        std::string("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT")}) {
    EXPECT_EQ(get("/file", {.headers = {header}}).status, 200) << header;
  }
  // The tag goes before the date.
  EXPECT_EQ(
      get("/file", {.headers = {"If-None-Match: \"x\"", "If-Modified-Since: " + date}}).status,
      200);
}

TEST_F(FileResponseTest, a_part_of_another_version_is_never_sent) {
  const auto first = get("/file");
  const std::string tag = first.headers.at("etag");
  EXPECT_EQ(range("bytes=0-3", {"If-Range: " + tag}).status, 206);
  EXPECT_EQ(range("bytes=0-3", {"If-Range: " + first.headers.at("last-modified")}).status, 206);
  for (const std::string& version : {std::string("\"x\""), "W/" + tag, std::string("nonsense"),
                                     std::string("Sun, 06 Nov 1994 08:49:37 GMT")}) {
    const auto answer = range("bytes=0-3", {"If-Range: " + version});
    EXPECT_EQ(answer.status, 200) << version;
    EXPECT_EQ(answer.body, "0123456789");
  }
  ASSERT_TRUE(replace_file(handler.file, "abcdefghijk"));
  const auto answer = range("bytes=0-3", {"If-Range: " + tag});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abcdefghijk");
}

TEST_F(FileResponseTest, an_empty_file_has_no_parts) {
  ASSERT_TRUE(replace_file(handler.file, ""));
  EXPECT_EQ(get("/file").status, 200);
  EXPECT_EQ(range("bytes=0-").status, 416);
  EXPECT_EQ(range("bytes=-1").status, 416);
}

TEST_F(FileResponseTest, an_absent_file_is_a_problem) {
  fs::remove(handler.file);
  const auto answer = get("/file");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("a.mp4"));
  EXPECT_THAT(answer.body, Not(HasSubstr(folder.string())));
  handler.file = folder;
  EXPECT_EQ(get("/file").status, 500);
}

TEST_F(FileResponseTest, a_large_file_is_sent_piece_by_piece) {
  std::string bytes;
  for (int i = 0; bytes.size() < 5'000'000; ++i) bytes += std::to_string(i) + "\n";
  ASSERT_TRUE(replace_file(handler.file, bytes));
  EXPECT_EQ(get("/file").body, bytes);
  EXPECT_EQ(range("bytes=1000000-4000000").body, bytes.substr(1'000'000, 3'000'001));
  // Removed while it is sent: what was begun ends.
  BareClient client(server->port(), 4096);
  client.send("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client.read_until("\r\n\r\n");
  fs::remove(handler.file);
  EXPECT_EQ(client.read_all(), bytes);
}

TEST_F(FileResponseTest, a_file_that_shrinks_meanwhile_cuts_the_answer_short) {
  ASSERT_TRUE(replace_file(handler.file, std::string(20'000'000, 'x')));
  BareClient client(server->port(), 4096);
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_until("\r\n\r\n");
  fs::resize_file(handler.file, 10);
  bool closed = false;
  EXPECT_LT(client.read_all(&closed).size(), 20'000'000u);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace poss::server
