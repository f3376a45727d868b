// Tests of the HTTP exporter against a real server.
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_peers.h"
#include "nodes/node_harness.h"

namespace poss {
namespace {

using testing::HasSubstr;

TEST(HttpExport, posts_insights_as_json) {
  net::HttpReceiver server;
  NodeHarness node("http_export",
                   {{"url", server.url("/ok")}, {"headers", {{"Authorization", "Bearer x"}}}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));  // nothing to tell
  const Message message = node.message({NodeHarness::detection("person")});
  const auto done = node.process(message);
  ASSERT_TRUE(done) << done.error().message;
  const auto request = server.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->at("method"), "POST");
  EXPECT_EQ(request->at("headers").at("content-type"), "application/json");
  EXPECT_EQ(request->at("headers").at("authorization"), "Bearer x");
  EXPECT_EQ(*parse_json(request->at("body").as_string()), to_json(message.insight));
}

TEST(HttpExport, sends_what_kan_sent_when_asked) {
  net::HttpReceiver server;
  NodeHarness node("http_export", {{"url", server.url("/ok")},
                                   {"method", "put"},
                                   {"payload", "kan"},
                                   {"headers", {{"content-type", "application/vnd.kan+json"}}}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message({NodeHarness::detection("person")})));
  const auto request = server.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->at("method"), "PUT");
  EXPECT_EQ(request->at("headers").at("content-type"), "application/vnd.kan+json");
  const auto outer = parse_json(request->at("body").as_string());
  ASSERT_TRUE(outer && outer->is_string());
  const auto inner = parse_json(outer->as_string());
  ASSERT_TRUE(inner && inner->is_object());
  EXPECT_FALSE(inner->as_object().contains("id"));
  EXPECT_EQ(inner->at("device_id"), "dock");
}

TEST(HttpExport, an_error_of_the_server_is_told_and_does_not_hold_back_the_next) {
  net::HttpReceiver server;
  NodeHarness node("http_export", {{"url", server.url("/status/500")}, {"delay_buffer", 3600}});
  ASSERT_TRUE(node.open());
  for (int i = 0; i < 2; ++i) {
    const auto done = node.process(node.message({NodeHarness::detection("person")}));
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("status 500"));
  }
}

TEST(HttpExport, opens_while_the_server_is_away_and_sends_when_it_comes) {
  const int port = net::free_port();
  NodeHarness node("http_export", {{"url", "http://127.0.0.1:" + std::to_string(port) + "/ok"}});
  ASSERT_TRUE(node.open());
  const auto away = node.process(node.message({NodeHarness::detection("person")}));
  ASSERT_FALSE(away);
  EXPECT_THAT(away.error().message, HasSubstr("refused"));
  net::HttpReceiver server(nullptr, port);
  EXPECT_TRUE(node.process(node.message({NodeHarness::detection("person")})));
}

TEST(HttpExport, gives_up_on_a_slow_server) {
  net::HttpReceiver server;
  NodeHarness node("http_export", {{"url", server.url("/slow")}, {"timeout", 0.1}});
  ASSERT_TRUE(node.open());
  const auto done = node.process(node.message({NodeHarness::detection("person")}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::timed_out);
}

TEST(HttpExport, cancel_wakes_a_blocked_process) {
  net::HttpReceiver server;
  NodeHarness node("http_export", {{"url", server.url("/slow")}, {"timeout", 300}});
  ASSERT_TRUE(node.open());
  std::thread canceller([&] {
    server.next();
    node.node().cancel();
  });
  const auto done = node.process(node.message({NodeHarness::detection("person")}));
  canceller.join();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("cancelled"));
}

TEST(HttpExport, refuses_wrong_settings) {
  const auto error = [](json::object settings) {
    return NodeHarness("http_export", std::move(settings)).open().error().message;
  };
  EXPECT_THAT(error({}), HasSubstr("url"));
  EXPECT_THAT(error({{"url", "ftp://x/"}}), HasSubstr("http"));
  EXPECT_THAT(error({{"url", "http://x/"}, {"method", "get"}}), HasSubstr("post, put"));
}

}  // namespace
}  // namespace poss
