// Bodies that go into files: whole, too large, cut off, stalled, and when the disk fails.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "base/file.h"
#include "server/test_http_server.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string head(const std::string& more) {
  return "POST /upload HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

// A line of /proc/self/status, in bytes.
std::uint64_t memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) << 10;
  }
  return 0;
}

class UploadTest : public TestHttpServer {
 protected:
  // The only file in the folder; waits for it.
  fs::path file() {
    EXPECT_TRUE(eventually([&] { return files() == 1; }));
    return fs::directory_iterator(folder)->path();
  }
  // Everything of the upload is over.
  bool gone() {
    return eventually([&] { return server->connections() == 0 && files() == 0; });
  }
};

TEST_F(UploadTest, a_body_lies_in_a_file_that_goes_after_the_request) {
  handler.upload_limit = 3'000'000;
  start();
  std::string body;
  for (int i = 0; i < 300'000; ++i) body += std::to_string(1'000'000 + i);
  body.resize(2'000'000);
  const auto answer = get("/upload", {.method = "POST", .body = body});
  ASSERT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"bytes\":2000000,\"in_memory\":0"));
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(get("/keep", {.method = "POST", .body = body}).status, 200);
  EXPECT_EQ(*read_file(file(), 4u << 20), body);
}

TEST_F(UploadTest, an_empty_body_is_an_empty_file) {
  start();
  const auto answer = get("/upload", {.method = "POST"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"bytes\":0"));
}

TEST_F(UploadTest, memory_does_not_grow_with_the_body) {
  constexpr int kPieces = 1024;
  handler.upload_limit = 128u << 20;
  start();
  const std::string piece(64u << 10, 'x');
  const std::string chunk = "10000\r\n" + piece + "\r\n";
  for (const bool chunked : {false, true}) {
    BareClient client(server->port());
    client.send(head(chunked
                         ? "Transfer-Encoding: chunked\r\n"
                         : "Content-Length: " + std::to_string(piece.size() * kPieces) + "\r\n"));
    std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM begins anew
    const auto before = memory("VmHWM");
    for (int i = 0; i < kPieces; ++i) ASSERT_TRUE(client.send(chunked ? chunk : piece));
    if (chunked) client.send("0\r\n\r\n");
    EXPECT_THAT(client.read_until("}"), HasSubstr("\"bytes\":67108864"));
    EXPECT_LT(memory("VmHWM") - before, 16u << 20);
  }
}

TEST_F(UploadTest, takes_a_body_of_exactly_the_limit_and_refuses_one_byte_more) {
  handler.upload_limit = 100'000;
  start();
  const std::string body(100'000, 'x');
  for (const auto& headers : {std::vector<std::string>{}, {"Transfer-Encoding: chunked"}}) {
    EXPECT_EQ(get("/upload", {.method = "POST", .body = body, .headers = headers}).status, 200);
    const auto answer = get("/upload", {.method = "POST", .body = body + "x", .headers = headers});
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr("100000 bytes"));
    EXPECT_TRUE(gone());
  }
}

TEST_F(UploadTest, says_whether_to_go_on_before_the_body_comes) {
  start();
  BareClient client(server->port());
  client.send(head("Content-Length: 3\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_until("}"), HasSubstr("\"bytes\":3"));
  BareClient large(server->port());
  large.send(head("Content-Length: 9999999\r\nExpect: 100-continue\r\n"));
  EXPECT_THAT(large.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST_F(UploadTest, a_body_cut_off_leaves_nothing) {
  start();
  for (const char* how : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
    BareClient client(server->port());
    client.send(head(how) + "5\r\nab");
    file();
    client.close();
    EXPECT_TRUE(gone());
  }
}

TEST_F(UploadTest, a_body_that_stalls_is_cut_off) {
  start({.read_body = 50ms});
  BareClient client(server->port());
  client.send(head("Content-Length: 9\r\n") + "ab");
  bool closed = false;
  EXPECT_EQ(client.read_all(&closed), "");
  EXPECT_TRUE(closed);
  EXPECT_TRUE(gone());
}

TEST_F(UploadTest, a_body_that_goes_on_may_take_longer_than_the_time_for_a_piece) {
  start({.read_body = 1s});
  BareClient client(server->port());
  client.send(head("Transfer-Encoding: chunked\r\n"));
  const fs::path path = file();
  const auto begin = Steady::now();
  size_t sent = 0;
  while (Steady::now() - begin < 1500ms && sent < 1'000'000) {
    client.send("1\r\nx\r\n");
    ++sent;
    ASSERT_TRUE(eventually([&] { return fs::file_size(path) == sent; }));
  }
  client.send("0\r\n\r\n");
  EXPECT_THAT(client.read_until("}"), HasSubstr("\"bytes\":" + std::to_string(sent)));
}

TEST_F(UploadTest, a_stop_ends_uploads_under_way) {
  start();
  BareClient client(server->port());
  client.send(head("Content-Length: 9\r\n") + "ab");
  file();
  server.reset();  // stops; a connection that did not end in time goes with it
  EXPECT_EQ(files(), 0u);
}

TEST_F(UploadTest, names_the_folder_that_cannot_be_written) {
  handler.folder = folder / "absent";
  start();
  const auto answer = get("/upload", {.method = "POST", .body = "abc"});
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr(handler.folder.string()));
  EXPECT_EQ(get("/hello").status, 200);
}

TEST_F(UploadTest, says_so_when_the_disk_takes_no_more) {
  start();
  // Not a full disk, but the same place: the system refuses to make the file larger.
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 100'000;
  setrlimit(RLIMIT_FSIZE, &small);
  const auto answer = get("/upload", {.method = "POST", .body = std::string(500'000, 'x')});
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(answer.status, 507);
  EXPECT_THAT(answer.body, HasSubstr(folder.string()));
  EXPECT_TRUE(gone());
}

TEST_F(UploadTest, framing_that_never_ends_is_cut_off) {
  start();
  for (const char* beginning : {"3;", "0\r\nX: "}) {
    BareClient client(server->port());
    client.send(head("Transfer-Encoding: chunked\r\n") + beginning);
    const std::string piece(64u << 10, 'x');
    int sent = 0;
    while (sent < 1000 && client.send(piece)) ++sent;
    EXPECT_LT(sent, 1000) << beginning;
    EXPECT_TRUE(gone());
  }
}

}  // namespace
}  // namespace poss::server
