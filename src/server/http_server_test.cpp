// HttpServer against real clients over loopback: good ones, broken ones, slow ones, many.
#include "server/http_server.h"

#include <thread>

#include <gmock/gmock.h>

#include "server/test_http_server.h"

namespace poss::server {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpServerTest : public TestHttpServer {};

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

TEST_F(HttpServerTest, answers_and_leaves_the_body_out_of_head) {
  start();
  const auto answer = get("/hello");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain");
  EXPECT_EQ(answer.headers.at("x-test"), "1");
  const auto head = get("/hello", {.method = "HEAD"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers.at("content-length"), "5");
}

TEST_F(HttpServerTest, keeps_a_connection_for_further_requests) {
  start();
  BareClient client(server->port());
  client.send(std::string(kHello) + kHello);  // both at once
  EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200"));
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  bool closed = false;
  EXPECT_THAT(client.read_all(&closed), EndsWith("hello"));
  EXPECT_TRUE(closed);
}

TEST_F(HttpServerTest, takes_bodies_up_to_the_limit_of_their_address) {
  start();
  EXPECT_EQ(get("/echo", {.method = "POST", .body = "abc"}).body, "abc");
  const std::string large(1 << 20, 'x');  // curl asks with Expect: 100-continue
  EXPECT_EQ(get("/echo", {.method = "POST", .body = large, .headers = {"Expect: 100-continue"}})
                .body.size(),
            large.size());
  const auto answer = get("/small", {.method = "POST", .body = "01234567890"});
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(answer.body, HasSubstr("10 bytes"));
  EXPECT_EQ(get("/echo", {.method = "POST", .body = std::string(4 << 20, 'x')}).status, 413);
}

TEST_F(HttpServerTest, refuses_a_chunked_body_that_grows_too_large) {
  start();
  BareClient client(server->port());
  client.send("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, refuses_before_the_body_and_closes) {
  start();
  BareClient client(server->port());
  client.send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  bool closed = false;
  EXPECT_THAT(client.read_all(&closed), StartsWith("HTTP/1.1 403"));
  EXPECT_TRUE(closed);
}

TEST_F(HttpServerTest, refuses_headers_larger_than_the_limit) {
  start();
  const auto answer = get("/hello", {.headers = {"X-Long: " + std::string(20'000, 'x')}});
  EXPECT_EQ(answer.status, 431);
  EXPECT_EQ(get("/hello", {.headers = {"X-Long: " + std::string(10'000, 'x')}}).status, 200);
}

TEST_F(HttpServerTest, answers_400_to_what_is_not_http) {
  start();
  for (const char* text :
       {"nonsense\r\n\r\n", "GET /hello HTTP/9.9\r\n\r\n", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /hello\nHTTP/1.1\r\n\r\n"}) {
    BareClient client(server->port());
    client.send(text);
    EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 400")) << text;
  }
  EXPECT_EQ(get("/hello").status, 200);
}

TEST_F(HttpServerTest, a_handler_that_throws_gives_500) {
  start();
  const auto answer = get("/throw");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("thrown")));
  EXPECT_EQ(get("/hello").status, 200);
}

TEST_F(HttpServerTest, cuts_off_clients_that_are_too_slow) {
  start({.read_header = 50ms, .read_body = 50ms, .idle = 100ms});
  for (const char* text :
       {"", "GET /hello HTTP/1.1\r\nHost:",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", kHello}) {
    BareClient client(server->port());
    client.send(text);
    bool closed = false;
    client.read_all(&closed);
    EXPECT_TRUE(closed) << text;
  }
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, cuts_off_a_client_that_does_not_take_its_answer) {
  start({.write = 100ms});
  BareClient client(server->port(), 4096);
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server->connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, a_slow_handler_does_not_hold_up_event_streams) {
  start({.handler_threads = 1});
  BareClient events(server->port());
  events.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(events.read_until("data: {}\n\n"), HasSubstr("text/event-stream"));
  BareClient waiting(server->port());
  waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  handler.wait_for_waiting(1);
  handler.hub.publish_status("{\"turn\":7}");
  EXPECT_THAT(events.read_until("{\"turn\":7}\n\n"), HasSubstr("event: status"));
  handler.release();
  EXPECT_THAT(waiting.read_until("hello"), HasSubstr("200"));
}

TEST_F(HttpServerTest, refuses_connections_beyond_the_limit_with_503) {
  start({.connections = 3});
  std::vector<std::unique_ptr<BareClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<BareClient>(server->port()));
    clients.back()->send(kHello);
    clients.back()->read_until("hello");
  }
  BareClient late(server->port());
  EXPECT_THAT(late.read_all(), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After")));
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
  EXPECT_EQ(get("/hello").status, 200);
}

TEST_F(HttpServerTest, serves_a_hundred_clients_at_once) {
  start();
  std::vector<std::unique_ptr<BareClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<BareClient>(server->port()));
    ASSERT_TRUE(clients.back()->connected());
  }
  for (int turn = 0; turn < 3; ++turn) {
    for (auto& client : clients) client->send(kHello);
    for (auto& client : clients) EXPECT_THAT(client->read_until("hello"), HasSubstr("200 OK"));
  }
  EXPECT_EQ(server->connections(), 100u);
}

TEST_F(HttpServerTest, a_quiet_event_stream_carries_comments) {
  start({.keep_alive = 20ms});
  BareClient client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("still here\n\n"), HasSubstr("X-Test: 1"));
}

TEST_F(HttpServerTest, a_client_that_leaves_an_event_stream_is_noticed) {
  start();
  auto client = std::make_unique<BareClient>(server->port());
  client->send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  client->read_until("data: {}\n\n");
  EXPECT_EQ(handler.hub.subscribers(), 1u);
  client.reset();
  EXPECT_TRUE(eventually([&] { return handler.hub.subscribers() == 0; }));
}

TEST_F(HttpServerTest, a_slow_reader_of_events_blocks_nobody_and_its_losses_are_counted) {
  start();
  BareClient lazy(server->port(), 4096);
  lazy.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return handler.hub.subscribers() == 1; }));
  Insight insight;
  insight.camera = "dock";
  insight.detections.resize(100);
  const auto shared = std::make_shared<const Insight>(insight);
  const auto begin = Steady::now();
  for (int i = 0; i < 1000; ++i) handler.hub.publish(shared);
  EXPECT_LT(Steady::now() - begin, 20s);  // it never waited for the reader, who takes nothing
  EXPECT_GT(handler.hub.dropped(), 0u);
  EXPECT_EQ(get("/hello").status, 200);
}

TEST_F(HttpServerTest, stops_promptly_while_clients_are_connected) {
  start({.handler_threads = 1});
  BareClient idle(server->port()), half(server->port()), events(server->port()),
      busy(server->port()), lazy(server->port(), 4096);
  idle.send(kHello);
  idle.read_until("hello");
  half.send("GET /hel");
  events.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  events.read_until("data: {}\n\n");
  lazy.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  lazy.read_until("\r\n\r\n");
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  handler.wait_for_waiting(1);
  const auto begin = Steady::now();
  std::thread stopping([&] { server->stop(); });
  bool closed = false;
  events.read_all(&closed);
  EXPECT_TRUE(closed);
  handler.release();
  EXPECT_THAT(busy.read_all(&closed), EndsWith("hello"));  // what was under way is answered
  EXPECT_TRUE(closed);
  stopping.join();
  EXPECT_LT(Steady::now() - begin, 5s);
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_FALSE(BareClient(server->port()).connected());
  server->stop();  // again does nothing
}

TEST_F(HttpServerTest, says_what_to_do_when_the_port_is_in_use) {
  start();
  const auto second = HttpServer::create("127.0.0.1", server->port(), handler);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("choose another port"));
}

TEST_F(HttpServerTest, listens_on_any_address_of_the_machine) {
  for (const char* address : {"0.0.0.0", "127.0.0.2"}) {
    auto made = HttpServer::create(address, 0, handler);
    ASSERT_TRUE(made) << made.error().message;
    if (std::string(address) == "0.0.0.0") {
      EXPECT_EQ(ask((*made)->port(), "/who").body, R"({"peer":"127.0.0.1","secure":false})");
    }
  }
}

TEST_F(HttpServerTest, all_addresses_of_ipv6_include_those_of_ipv4) {
  auto made = HttpServer::create("::", 0, handler);
  if (!made) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_EQ(ask((*made)->port(), "/who").body, R"({"peer":"127.0.0.1","secure":false})");
}

TEST_F(HttpServerTest, refuses_what_is_no_address_of_the_machine) {
  for (const char* address : {"nonsense", "192.0.2.1", "", "localhost.example"}) {
    const auto made = HttpServer::create(address, 0, handler);
    ASSERT_FALSE(made) << address;
    EXPECT_EQ(made.error().code, Code::invalid_argument);
    EXPECT_THAT(made.error().message, AllOf(HasSubstr(address), HasSubstr("0.0.0.0")));
  }
}

TEST_F(HttpServerTest, knows_the_loopback_interface) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "", "nonsense"}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

TEST_F(HttpServerTest, one_slow_address_does_not_take_all_handlers) {
  start({.handler_threads = 2});
  std::vector<std::unique_ptr<BareClient>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(std::make_unique<BareClient>(server->port()));
    waiting.back()->send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  handler.wait_for_waiting(1);
  EXPECT_EQ(get("/hello").body, "hello");
  handler.release();
  for (auto& client : waiting) EXPECT_THAT(client->read_until("hello"), HasSubstr("200"));
}

TEST_F(HttpServerTest, answers_say_when_they_were_made) {
  start();
  EXPECT_THAT(get("/hello").headers.at("date"), EndsWith(" GMT"));
}

}  // namespace
}  // namespace poss::server
