// WebSockets against Boost.Beast's own client: order, slow viewers, and both ways to end.
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http_server.h"
#include "server/test_client.h"
#include "server/test_handler.h"

namespace poss::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using namespace std::chrono_literals;
using media::LiveChunk;

class Viewer {
 public:
  explicit Viewer(std::uint16_t port, int receive_buffer = 0) {
    auto& tcp = socket_.next_layer();
    tcp.open(asio::ip::tcp::v4());
    if (receive_buffer > 0) {
      tcp.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
    }
    tcp.connect({asio::ip::make_address("127.0.0.1"), port});
    socket_.handshake("127.0.0.1:" + std::to_string(port), "/live");
  }
  // The next message; "" when the server closed.
  std::string read() {
    beast::flat_buffer buffer;
    beast::error_code error;
    socket_.read(buffer, error);
    return error ? "" : beast::buffers_to_string(buffer.data());
  }
  bool text() const { return socket_.got_text(); }
  beast::websocket::close_reason reason() const { return socket_.reason(); }
  void send(const std::string& message) {
    beast::error_code ignored;
    socket_.write(asio::buffer(message), ignored);
  }
  void close() { socket_.close(beast::websocket::close_code::normal); }

 private:
  asio::io_context io_;
  beast::websocket::stream<asio::ip::tcp::socket> socket_{io_};
};

media::LiveChunkPtr chunk(LiveChunk::Kind kind, std::string bytes, bool keyframe = false) {
  return std::make_shared<const LiveChunk>(
      LiveChunk{.kind = kind, .keyframe = keyframe, .bytes = std::move(bytes)});
}

class WebSocketTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    auto made = HttpServer::create("127.0.0.1", 0, handler, limits);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  bool eventually_gone() {
    const auto deadline = Steady::now() + 10s;
    while (handler.view()) {
      if (Steady::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  void begin(LiveView& view) {
    view.push(chunk(LiveChunk::Kind::hello, R"({"mode":"fmp4"})"));
    view.push(chunk(LiveChunk::Kind::init, "init"));
  }

  TestHandler handler;
  std::unique_ptr<HttpServer> server;
};

TEST_F(WebSocketTest, sends_hello_as_text_and_the_rest_as_binary_in_order) {
  start();
  Viewer viewer(server->port());
  auto view = handler.view();
  ASSERT_TRUE(view);
  begin(*view);
  view->push(chunk(LiveChunk::Kind::media, "fragment", true));
  EXPECT_EQ(viewer.read(), R"({"mode":"fmp4"})");
  EXPECT_TRUE(viewer.text());
  EXPECT_EQ(viewer.read(), "init");
  EXPECT_FALSE(viewer.text());
  EXPECT_EQ(viewer.read(), "fragment");
  view->push(chunk(LiveChunk::Kind::media, "", false));  // an empty message is a message
  view->push(chunk(LiveChunk::Kind::media, "later", false));
  EXPECT_EQ(viewer.read(), "");
  EXPECT_EQ(viewer.read(), "later");
}

TEST_F(WebSocketTest, a_slow_viewer_loses_pictures_but_never_the_beginning) {
  start();
  Viewer viewer(server->port(), 4096);
  auto view = handler.view();
  ASSERT_TRUE(view);
  begin(*view);
  const std::string tail(50'000, 'x');
  int sent = 0;
  for (; view->dropped() < 50 && sent < 10'000; ++sent) {
    const bool keyframe = sent % 10 == 0;
    view->push(chunk(LiveChunk::Kind::media, (keyframe ? "K" : "p") + std::to_string(sent) + tail,
                     keyframe));
  }
  EXPECT_GE(view->dropped(), 50u);
  view->push(chunk(LiveChunk::Kind::media, "K-last", true));
  EXPECT_EQ(viewer.read(), R"({"mode":"fmp4"})");
  EXPECT_EQ(viewer.read(), "init");
  int last = -1;
  int received = 0;
  for (std::string message = viewer.read(); message != "K-last"; message = viewer.read()) {
    ASSERT_FALSE(message.empty());
    const int number = std::stoi(message.substr(1));
    EXPECT_GT(number, last);
    // After a gap the stream goes on with a keyframe.
    EXPECT_TRUE(number == last + 1 || message.front() == 'K') << number;
    last = number;
    ++received;
  }
  EXPECT_EQ(received + static_cast<int>(view->dropped()), sent);
}

TEST_F(WebSocketTest, the_view_ends_when_the_viewer_closes_or_vanishes) {
  start();
  {
    Viewer viewer(server->port());
    ASSERT_TRUE(handler.view());
    viewer.close();
    EXPECT_TRUE(eventually_gone());
  }
  {
    Viewer viewer(server->port());
    ASSERT_TRUE(handler.view());
  }
  EXPECT_TRUE(eventually_gone());
}

TEST_F(WebSocketTest, a_viewer_that_sends_too_much_is_cut_off) {
  start();
  Viewer viewer(server->port());
  viewer.send("small is passed over");
  viewer.send(std::string(100'000, 'x'));
  EXPECT_TRUE(eventually_gone());
}

TEST_F(WebSocketTest, a_viewer_that_does_not_answer_pings_is_cut_off) {
  start({.idle = 100ms});
  Viewer viewer(server->port());  // answers pings only while it reads
  ASSERT_TRUE(handler.view());
  EXPECT_TRUE(eventually_gone());
}

TEST_F(WebSocketTest, stop_says_goodbye) {
  start();
  Viewer viewer(server->port());
  std::string last = "none";
  std::thread reading([&] { last = viewer.read(); });
  server->stop();
  reading.join();
  EXPECT_EQ(last, "");
  EXPECT_EQ(viewer.reason().code, beast::websocket::close_code::going_away);
  EXPECT_FALSE(handler.view());
}

}  // namespace
}  // namespace poss::server
