// Fetching files: whole or not at all, across broken connections, and from public addresses only.
#include "net/fetch.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "net/test_peers.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string sha256_of(const std::string& bytes) {
  unsigned char sum[32];
  EVP_Digest(bytes.data(), bytes.size(), sum, nullptr, EVP_sha256(), nullptr);
  std::string out;
  for (const unsigned char byte : sum) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", byte);
    out += text;
  }
  return out;
}

class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    limits.networks = {"127.0.0.0/8"};
    limits.pause = milliseconds(1);
    request.file = folder.path() / "model";
  }
  Result<Fetched> get(const std::string& url) {
    request.url = url;
    return fetch(request, limits, {}, {});
  }
  // The error's "code: message", and that nothing was left.
  std::string failure(const std::string& url) {
    const auto result = get(url);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << url;
    if (result) return "no failure";
    return std::string(code_name(result.error().code)) + ": " + result.error().message;
  }
  // The file has these bytes, and is then removed.
  void expect_file(const Result<Fetched>& result, size_t size) {
    ASSERT_TRUE(result) << result.error().message;
    const std::string expected = HttpReceiver::file_content(size);
    EXPECT_EQ(result->bytes, size);
    EXPECT_EQ(result->sha256, sha256_of(expected));
    EXPECT_TRUE(*read_file(request.file, 64u << 20) == expected);
    std::filesystem::remove(request.file);
  }
  // Header of the next request; empty when it has none.
  std::string asked(const std::string& header) {
    const auto next = server.next();
    if (!next) return "no request";
    const auto* found = next->at("headers").as_object().if_contains(header);
    return found ? std::string(found->as_string()) : "";
  }

  TempFolder folder;
  HttpReceiver server;
  FetchRequest request;
  FetchLimits limits;
};

TEST_F(FetchTest, a_file_comes_whole_with_its_hash) {
  std::uint64_t told = 0, total = 0;
  request.url = server.url("/file?size=3000000");
  const auto result =
      fetch(request, limits, [&](auto bytes, auto all) { told = bytes, total = all; }, {});
  EXPECT_EQ(told, 3'000'000u);
  EXPECT_EQ(total, 3'000'000u);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->etag, "\"v1\"");
  expect_file(result, 3'000'000);
  expect_file(get(server.url("/file?size=0")), 0);
  expect_file(get(server.url("/file?size=1000000&length=no")), 1'000'000);
}

TEST_F(FetchTest, the_expected_hash_decides) {
  request.sha256 = sha256_of(HttpReceiver::file_content(1000));
  for (char& c : request.sha256) c = static_cast<char>(std::toupper(c));
  expect_file(get(server.url("/file?size=1000")), 1000);
  EXPECT_THAT(failure(server.url("/file?size=1001")),
              AllOf(HasSubstr("invalid_argument: "), HasSubstr("has the SHA-256")));
  request.sha256 = "abc";
  EXPECT_THAT(failure(server.url("/file?size=1000")), HasSubstr("64 hexadecimal digits"));
}

TEST_F(FetchTest, what_breaks_off_is_resumed_where_it_broke) {
  expect_file(get(server.url("/file?size=1000000&cut=300000")), 1'000'000);
  EXPECT_EQ(asked("range"), "");
  for (const char* range : {"bytes=300000-", "bytes=600000-", "bytes=900000-"}) {
    const auto next = server.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->at("headers").at("range"), range);
    EXPECT_EQ(next->at("headers").at("if-range"), "\"v1\"");
  }
  expect_file(get(server.url("/file?size=1000000&cut=300000&length=no")), 1'000'000);
  expect_file(get(server.url("/file?size=1000000&cut=300000&times=1&busy=2")), 1'000'000);
}

TEST_F(FetchTest, what_cannot_be_resumed_begins_anew) {
  expect_file(get(server.url("/file?size=500000&cut=300000&times=2&etag=none")), 500'000);
  EXPECT_EQ(asked("range"), "");
  EXPECT_EQ(asked("range"), "");
  expect_file(get(server.url("/file?size=500000&cut=300000&times=2&etag=weak")), 500'000);
  expect_file(get(server.url("/file?size=500000&cut=300000&times=2&ranges=no")), 500'000);
  expect_file(get(server.url("/file?size=500000&cut=300000&times=2&changes=yes")), 500'000);
}

TEST_F(FetchTest, a_connection_that_keeps_breaking_is_given_up) {
  limits.resumes = 3;
  EXPECT_THAT(failure(server.url("/file?size=1000000&cut=100000")),
              AllOf(HasSubstr("unavailable: "), HasSubstr("the connection broke 4 times"),
                    HasSubstr("400.0 kB of 1.0 MB")));
}

TEST_F(FetchTest, a_server_that_falls_silent_counts_as_broken) {
  limits.stall_timeout = milliseconds(100);
  expect_file(get(server.url("/file?size=1000000&cut=400000&stall=yes")), 1'000'000);
  EXPECT_THAT(failure(server.url("/slow")),
              AllOf(HasSubstr("timed_out: "), HasSubstr("no answer within 100 ms")));
}

TEST_F(FetchTest, a_file_too_large_is_refused_at_once_or_when_it_is_reached) {
  limits.max_bytes = 1'000'000;
  expect_file(get(server.url("/file?size=1000000")), 1'000'000);
  EXPECT_THAT(failure(server.url("/file?size=1000001")),
              AllOf(HasSubstr("resource_exhausted: "), HasSubstr("at most 1.0 MB")));
  EXPECT_THAT(failure(server.url("/file?size=2500000000")), HasSubstr("the file has 2.5 GB"));
  EXPECT_THAT(failure(server.url("/file?size=1000001&length=no")), HasSubstr("at most 1.0 MB"));
}

TEST_F(FetchTest, the_disk_keeps_what_must_stay_free) {
  limits.keep_free_bytes = std::uint64_t{1} << 60;
  EXPECT_THAT(failure(server.url("/file?size=10")),
              AllOf(HasSubstr("resource_exhausted: "), HasSubstr("must stay so")));
}

TEST_F(FetchTest, a_status_is_told_without_credentials_and_query) {
  const std::string url = "http://poss:hunter2@127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(failure(url + "/status/404?token=hunter2"),
            "not_found: 'http://***@127.0.0.1:" + std::to_string(server.port()) +
                "/status/404' answered with status 404 (not found)");
  EXPECT_THAT(failure(url + "/status/403?x=hunter2"), HasSubstr("permission_denied: "));
  EXPECT_THAT(failure(url + "/status/503"), HasSubstr("unavailable: "));
  EXPECT_THAT(failure(url + "/status/204"), HasSubstr("status 204"));
  EXPECT_THAT(failure("http://poss:hunter2@127.0.0.1:" + std::to_string(free_port()) + "/?hunter2"),
              AllOf(HasSubstr("the connection was refused"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(failure("ftp://poss:hunter2@127.0.0.1/?hunter2"),
              AllOf(HasSubstr("not an http or https address"), Not(HasSubstr("hunter2"))));
}

TEST_F(FetchTest, redirections_are_followed_with_limits) {
  const std::string file = "/file?size=1000&cut=400";
  expect_file(get(server.url("/to?" + server.url(file))), 1000);
  expect_file(get(server.url("/to?" + file)), 1000);
  EXPECT_THAT(failure(server.url("/to?file:///etc/passwd")), HasSubstr("permission_denied: "));
  EXPECT_THAT(failure(server.url("/to?ftp://127.0.0.1/x")), HasSubstr("no http or https address"));
  EXPECT_THAT(failure(server.url("/to?http://")), HasSubstr("no http or https address"));
  std::string chain = file;
  for (int i = 0; i < 5; ++i) chain = "/to?" + chain;
  expect_file(get(server.url(chain)), 1000);
  EXPECT_THAT(failure(server.url("/to?" + chain)), HasSubstr("redirects more than 5 times"));
}

TEST_F(FetchTest, signatures_and_credentials_stay_with_the_first_server) {
  request.sign = [](const std::string& range) -> Result<std::map<std::string, std::string>> {
    return std::map<std::string, std::string>{{"Authorization", "SharedKey hunter2" + range}};
  };
  HttpReceiver other;
  expect_file(get("http://me:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/to?" +
                  other.url("/file?size=1000&cut=600")),
              1000);
  EXPECT_EQ(asked("authorization"), "SharedKey hunter2");
  EXPECT_EQ(asked("authorization"), "SharedKey hunter2bytes=600-");
  for (int i = 0; i < 2; ++i) {
    const auto next = other.next();
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->at("headers").as_object().contains("authorization"));
  }
}

TEST_F(FetchTest, from_https_it_does_not_go_on_without) {
  TempFolder certificates;
  ASSERT_TRUE(make_certificates(certificates));
  const HttpReceiver secure(&certificates);
  EXPECT_THAT(failure(secure.url("/file?size=10", "https")), HasSubstr("no secure connection"));
  request.ca_file = certificates.file("ca.pem");
  expect_file(get(secure.url("/file?size=10", "https")), 10);
  EXPECT_THAT(failure(secure.url("/to?" + server.url("/file?size=10"), "https")),
              HasSubstr("redirects from https to http"));
  expect_file(get(server.url("/to?" + secure.url("/file?size=10", "https"))), 10);
}

TEST_F(FetchTest, only_public_and_allowed_addresses_are_connected_to) {
  limits.networks = {};
  const std::string port = ":" + std::to_string(server.port());
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "0",
                           "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"}) {
    EXPECT_THAT(failure("http://" + std::string(host) + port + "/file?size=10"),
                AllOf(HasSubstr("permission_denied: "), HasSubstr("is not a public one")))
        << host;
  }
  EXPECT_THAT(failure("http://169.254.169.254/latest"), HasSubstr("169.254.169.254 is not"));
  limits.networks = {"127.0.0.1"};
  expect_file(get("http://localhost" + port + "/file?size=10"), 10);
  EXPECT_THAT(failure(server.url("/to?http://127.0.0.2" + port + "/file?size=10")),
              HasSubstr("its address 127.0.0.2 is not a public one"));
  EXPECT_THAT(failure(server.url("/to?http://10.0.0.1/")), HasSubstr("10.0.0.1 is not"));
  limits.networks = {"nonsense"};
  EXPECT_THAT(failure(server.url("/file?size=10")), HasSubstr("is not a network"));
}

TEST_F(FetchTest, a_proxy_of_the_environment_cannot_be_used_to_reach_more) {
  setenv("http_proxy", server.url("").c_str(), 1);
  setenv("ALL_PROXY", server.url("").c_str(), 1);
  EXPECT_THAT(failure("http://10.0.0.1/file?size=10"), HasSubstr("10.0.0.1 is not a public one"));
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
}

TEST_F(FetchTest, can_be_cancelled_while_it_waits) {
  const LoopbackSocket silent;
  std::atomic<bool> cancelled = false;
  request.url = "http://127.0.0.1:" + std::to_string(silent.listen()) + "/";
  std::thread other([&] { cancelled = true; });
  const auto result = fetch(request, limits, {}, [&] { return cancelled.load(); });
  other.join();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("cancelled"));
  limits.pause = std::chrono::hours(1);
  cancelled = false;
  int asked = 0;
  request.url = server.url("/file?size=1000&cut=10");
  EXPECT_FALSE(fetch(request, limits, {}, [&] { return ++asked > 2; }));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(FetchTest, a_file_that_is_there_is_not_touched) {
  folder.write("model", "precious");
  const auto result = get(server.url("/file?size=10"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::conflict);
  EXPECT_EQ(*read_file(request.file, 100), "precious");
}

TEST(FileNameOf, is_the_last_part_of_the_path) {
  EXPECT_EQ(file_name_of("https://a.example/models/yolo%20v8.onnx?sig=x/y"), "yolo v8.onnx");
  EXPECT_EQ(file_name_of("https://a.example"), "");
  EXPECT_EQ(file_name_of("https://a.example/a/%2e%2e%2fb"), "");
  EXPECT_EQ(file_name_of("nonsense"), "");
}

}  // namespace
}  // namespace poss::net
