// Tests of the HTTP client against a real server.
#include "net/http.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_peers.h"

namespace poss::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpClient, posts_body_and_headers_and_reads_the_answer) {
  HttpReceiver server;
  HttpClient client;
  for (int i = 0; i < 2; ++i) {  // the second over the same connection
    const auto answer = client.send({.method = i == 0 ? HttpMethod::post : HttpMethod::put,
                                     .url = server.url("/ok?x=1"),
                                     .headers = {{"Content-Type", "application/json"}, {"X-A", ""}},
                                     .body = "{\"a\":\"ä\"}",
                                     .ca_file = {}});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "{\"ok\":true}");
    EXPECT_EQ(answer->content_type, "application/json");
    const auto request = server.next();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->at("method"), i == 0 ? "POST" : "PUT");
    EXPECT_EQ(request->at("path"), "/ok?x=1");
    EXPECT_EQ(request->at("body"), "{\"a\":\"ä\"}");
    EXPECT_EQ(request->at("headers").at("content-type"), "application/json");
    EXPECT_EQ(request->at("headers").at("x-a"), "");
  }
}

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

TEST(HttpClient, speaks_every_method_and_keeps_its_connection) {
  HttpReceiver server;
  HttpClient client;
  const std::pair<HttpMethod, const char*> methods[] = {
      {HttpMethod::head, "HEAD"},      {HttpMethod::patch, "PATCH"},
      {HttpMethod::delete_, "DELETE"}, {HttpMethod::options, "OPTIONS"},
      {HttpMethod::get, "GET"},
  };
  for (const auto& [method, name] : methods) {
    HttpRequest request = get(server.url("/ok"));
    request.method = method;
    if (method == HttpMethod::patch) request.body = "{\"a\":1}";
    const auto answer = client.send(request);
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    const auto seen = server.next();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->at("method"), name);
    EXPECT_EQ(seen->at("body"), request.body.c_str());
    EXPECT_EQ(answer->body.empty(), method == HttpMethod::head);
  }
}

TEST(HttpClient, gives_status_headers_and_body_of_any_answer_when_asked) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/status/412"));
  request.accept_all_statuses = true;
  const auto stale = client.send(request);
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_EQ(stale->status, 412);
  EXPECT_EQ(stale->body, "{\"ok\":true}");
  EXPECT_EQ(stale->header("etag"), "\"7\"");
  EXPECT_EQ(stale->header("no-such"), "");
  request.url = server.url("/redirect");
  const auto elsewhere = client.send(request);
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->status, 302);
  EXPECT_EQ(elsewhere->header("location"), "/ok");
}

TEST(HttpClient, answers_a_digest_challenge_without_sending_the_password) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/digest"));
  request.method = HttpMethod::post;
  request.body = "x";
  request.digest_user_name = "o";
  request.digest_password = "p:w";
  const auto answer = client.send(request);
  ASSERT_TRUE(answer) << answer.error().message;
  const auto first = server.next();
  EXPECT_EQ(first->at("body"), "");
  const auto second = server.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at("body"), "x");
  EXPECT_THAT(json::serialize(*second), Not(HasSubstr("p:w")));
  request.digest_password = "wrong";
  EXPECT_EQ(client.send(request).error().code, Code::permission_denied);
}

TEST(HttpClient, names_a_status_that_is_an_error) {
  HttpReceiver server;
  HttpClient client;
  const auto fails = [&](const char* path) { return client.send(get(server.url(path))).error(); };
  EXPECT_EQ(fails("/status/500").code, Code::unavailable);
  EXPECT_THAT(fails("/status/500").message, HasSubstr("status 500"));
  EXPECT_EQ(fails("/status/401").code, Code::permission_denied);
  EXPECT_EQ(fails("/status/404").code, Code::not_found);
  EXPECT_EQ(fails("/status/429").code, Code::resource_exhausted);
  EXPECT_EQ(fails("/status/418").code, Code::invalid_argument);
  EXPECT_THAT(fails("/redirect").message, HasSubstr("redirection"));
}

TEST(HttpClient, follows_redirects_only_when_asked) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/redirect"));
  EXPECT_FALSE(client.send(request));
  request.follow_redirects = true;
  EXPECT_TRUE(client.send(request));
}

TEST(HttpClient, refuses_an_answer_longer_than_asked_for) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/big"));
  EXPECT_EQ(client.send(request).error().code, Code::resource_exhausted);
  request.max_response_bytes = 5'000'000;
  EXPECT_EQ(client.send(request)->body.size(), 5'000'000u);
}

TEST(HttpClient, keeps_credentials_out_of_errors_and_sends_them) {
  HttpReceiver server;
  HttpClient client;
  const std::string url = "http://me:hunter2@127.0.0.1:" + std::to_string(server.port());
  const auto failed = client.send(get(url + "/status/500?token=hunter2"));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(std::string(server.next()->at("headers").at("authorization").as_string()),
              HasSubstr("Basic "));
  EXPECT_THAT(check_http_url("ftp://me:hunter2@host/").error().message, Not(HasSubstr("hunter2")));
}

TEST(HttpClient, says_that_the_connection_was_refused_or_the_host_unknown) {
  HttpClient client;
  const auto refused = client.send(get("http://127.0.0.1:" + std::to_string(free_port())));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("refused"));
  HttpRequest request = get("http://no-such-host.invalid/");
  request.timeout = std::chrono::seconds(60);
  EXPECT_THAT(client.send(request).error().message, HasSubstr("no such host"));
}

TEST(HttpClient, times_out_when_the_server_is_slow) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/slow"));
  request.timeout = std::chrono::milliseconds(100);
  EXPECT_EQ(client.send(request).error().code, Code::timed_out);
  EXPECT_TRUE(client.send(get(server.url("/ok"))));
}

TEST(HttpClient, cancel_wakes_a_waiting_request) {
  HttpReceiver server;
  HttpClient client;
  HttpRequest request = get(server.url("/slow"));
  request.timeout = std::chrono::hours(1);
  std::thread canceller([&] {
    server.next();  // the request is there
    client.cancel();
  });
  const auto answer = client.send(request);
  canceller.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unavailable);
  EXPECT_FALSE(client.send(get(server.url("/ok"))));
}

TEST(HttpClient, speaks_tls_and_trusts_only_the_given_authority) {
  TempFolder folder;
  ASSERT_TRUE(make_certificates(folder));
  HttpReceiver server(&folder);
  HttpClient client;
  HttpRequest request = get(server.url("/ok", "https"));
  EXPECT_EQ(client.send(request).error().code, Code::permission_denied);
  request.ca_file = folder.file("ca.pem");
  const auto answer = client.send(request);
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST(HttpClient, refuses_other_schemes_and_header_injection) {
  HttpClient client;
  for (const char* url : {"", "ftp://x/", "file:///etc/passwd", "x", "http://", "//x", "/x"}) {
    EXPECT_EQ(client.send(get(url)).error().code, Code::invalid_argument) << url;
  }
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers = {{"X-A", "b\r\nX-C: d"}};
  EXPECT_EQ(client.send(request).error().code, Code::invalid_argument);
  request.headers = {{"X A", "b"}};
  EXPECT_EQ(client.send(request).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace poss::net
