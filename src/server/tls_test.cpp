// HTTPS: certificates, what goes over it, and who may not.
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <gmock/gmock.h>

#include "base/file.h"
#include "server/test_http_server.h"

namespace poss::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using boost::system::error_code;
using testing::HasSubstr;
using testing::StartsWith;

// A TLS connection that sends what it is told; it trusts whoever answers.
class TlsClient {
 public:
  using Stream = asio::ssl::stream<asio::ip::tcp::socket>;
  explicit TlsClient(std::uint16_t port, int newest_version = TLS1_3_VERSION) {
    SSL_set_max_proto_version(stream.native_handle(), newest_version);
    SSL_set_cipher_list(stream.native_handle(), "DEFAULT:@SECLEVEL=0");
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream.handshake(asio::ssl::stream_base::client, error);
  }
  void send(const std::string& text) { asio::write(stream, asio::buffer(text), error); }
  std::string read_until(const std::string& end) {
    const size_t size = asio::read_until(stream, asio::dynamic_buffer(buffer_), end, error);
    const std::string out = buffer_.substr(0, error ? buffer_.size() : size);
    buffer_.erase(0, out.size());
    return out;
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  std::string buffer_;

 public:
  Stream stream{io_, context_};
  error_code error;
};

class TlsTest : public TestHttpServer {
 protected:
  static void SetUpTestSuite() {
    certificates = fs::temp_directory_path() / ("poss-tls-" + new_id());
    fs::create_directories(certificates);
    for (const char* name : {"a", "b"}) {
      run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
          "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout " +
          path(std::string(name) + ".key") + " -out " + path(std::string(name) + ".pem"));
    }
    run("openssl pkey -aes256 -passout pass:secret -in " + path("a.key") + " -out " +
        path("locked.key"));
    ASSERT_TRUE(replace_file(path("nonsense.pem"), "nonsense"));
  }
  static void TearDownTestSuite() { fs::remove_all(certificates); }
  static void run(const std::string& line) {
    ASSERT_EQ(std::system((line + " 2>/dev/null").c_str()), 0) << line;
  }
  static std::string path(const std::string& name) { return (certificates / name).string(); }

  void start(HttpLimits limits = {}) {
    TestHttpServer::start(limits, {.certificate = path("a.pem"), .key = path("a.key")});
  }
  Answer get(const std::string& target, Ask what = {}) {
    what.trusted = path("a.pem");
    return ask(server->port(), target, what);
  }
  std::string refusal(const std::string& certificate, const std::string& key) {
    const auto made =
        HttpServer::create("127.0.0.1", 0, handler, {},
                           {.certificate = certificate.empty() ? "" : path(certificate),
                            .key = key.empty() ? "" : path(key)});
    EXPECT_FALSE(made);
    return made ? "" : made.error().message;
  }

  static inline fs::path certificates;
};

TEST_F(TlsTest, answers_over_https_and_tells_browsers_to_stay_there) {
  start();
  const auto answer = get("/who");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"peer":"127.0.0.1","secure":true})");
  EXPECT_EQ(answer.headers.at("strict-transport-security"), "max-age=31536000");
  EXPECT_EQ(get("/absent-from-clear", {.method = "HEAD"}).status, 200);
}

TEST_F(TlsTest, plain_http_says_nothing_of_https) {
  TestHttpServer::start();
  const auto answer = ask(server->port(), "/who");
  EXPECT_EQ(answer.body, R"({"peer":"127.0.0.1","secure":false})");
  EXPECT_EQ(answer.headers.count("strict-transport-security"), 0u);
}

TEST_F(TlsTest, keeps_a_connection_for_further_requests_and_ends_it_politely) {
  start();
  TlsClient client(server->port());
  const std::string hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(hello + hello);
  EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200"));
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client.read_until("hello");
  client.read_until("more");
  EXPECT_EQ(client.error, asio::error::eof);  // and not: stream truncated
}

TEST_F(TlsTest, carries_uploads_and_files) {
  handler.upload_limit = 20u << 20;
  handler.file = folder / "a.mp4";
  std::string bytes;
  for (int i = 0; bytes.size() < 5'000'000; ++i) bytes += std::to_string(i) + "\n";
  ASSERT_TRUE(replace_file(handler.file, bytes));
  start();
  EXPECT_EQ(get("/file").body, bytes);
  EXPECT_EQ(get("/file", {.headers = {"Range: bytes=7-9"}}).body, bytes.substr(7, 3));
  const auto answer = get("/upload", {.method = "POST", .body = bytes});
  EXPECT_THAT(answer.body, HasSubstr("\"bytes\":" + std::to_string(bytes.size())));
  handler.upload_limit = 1000;
  EXPECT_EQ(get("/upload", {.method = "POST", .body = bytes}).status, 413);
  EXPECT_EQ(get("/refused", {.method = "POST", .body = bytes}).status, 403);
}

TEST_F(TlsTest, carries_event_streams) {
  start();
  TlsClient client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("data: {}\n\n"), HasSubstr("text/event-stream"));
  handler.hub.publish_status("{\"turn\":7}");
  EXPECT_THAT(client.read_until("{\"turn\":7}\n\n"), HasSubstr("event: status"));
  client.stream.next_layer().close();
  EXPECT_TRUE(eventually([&] { return handler.hub.subscribers() == 0; }));
}

TEST_F(TlsTest, carries_web_sockets) {
  start();
  TlsClient client(server->port());
  beast::websocket::stream<TlsClient::Stream&> socket(client.stream);
  socket.handshake("127.0.0.1", "/live");
  auto view = handler.view();
  ASSERT_TRUE(view);
  view->push(std::make_shared<const media::LiveChunk>(
      media::LiveChunk{.kind = media::LiveChunk::Kind::hello, .keyframe = false, .bytes = "{}"}));
  beast::flat_buffer buffer;
  socket.read(buffer);
  EXPECT_EQ(beast::buffers_to_string(buffer.data()), "{}");
  view.reset();
  socket.close(beast::websocket::close_code::normal);
  EXPECT_TRUE(eventually([&] { return !handler.view() && server->connections() == 0; }));
}

TEST_F(TlsTest, refuses_versions_before_1_2) {
  start();
  EXPECT_TRUE(TlsClient(server->port(), TLS1_1_VERSION).error);
  EXPECT_FALSE(TlsClient(server->port(), TLS1_2_VERSION).error);
}

TEST_F(TlsTest, tells_a_client_without_tls_to_use_it) {
  start();
  const auto answer = ask(server->port(), "/hello");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("https://"));
}

TEST_F(TlsTest, cuts_off_who_does_not_shake_hands) {
  start({.handshake = 100ms, .idle = 100ms});
  for (const std::string& text :
       {std::string(), std::string("\x16\x03\x01\x02", 4), std::string(2000, 'x'),
        std::string("OPTIONS / HTTP/1.1\r\n\r\n")}) {
    BareClient client(server->port());
    client.send(text);
    bool closed = false;
    client.read_all(&closed);
    EXPECT_TRUE(closed) << text;
  }
  TlsClient idle(server->port());
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(TlsTest, refuses_connections_beyond_the_limit_with_503) {
  start({.connections = 1});
  TlsClient first(server->port());
  first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  first.read_until("hello");
  EXPECT_EQ(get("/hello").status, 503);
}

TEST_F(TlsTest, stops_promptly_while_clients_are_connected) {
  start();
  TlsClient idle(server->port()), events(server->port());
  BareClient silent(server->port());
  events.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  events.read_until("data: {}\n\n");
  server->stop();
  EXPECT_EQ(server->connections(), 0u);
  events.read_until("more");
  EXPECT_TRUE(events.error);
}

TEST_F(TlsTest, names_the_file_that_is_wrong) {
  EXPECT_THAT(refusal("a.pem", ""), HasSubstr("--tls-key"));
  EXPECT_THAT(refusal("", "a.key"), HasSubstr("--tls-cert"));
  EXPECT_THAT(refusal("absent.pem", "a.key"), HasSubstr(path("absent.pem")));
  EXPECT_THAT(refusal("a.pem", "absent.key"), HasSubstr(path("absent.key")));
  EXPECT_THAT(refusal("nonsense.pem", "a.key"), HasSubstr(path("nonsense.pem")));
  EXPECT_THAT(refusal("a.pem", "nonsense.pem"), HasSubstr(path("nonsense.pem")));
  EXPECT_THAT(refusal("a.key", "a.key"), HasSubstr("must be a PEM file"));
  EXPECT_THAT(
      refusal("a.pem", "b.key"),
      AllOf(HasSubstr(path("b.key")), HasSubstr("does not belong"), HasSubstr(path("a.pem"))));
  EXPECT_THAT(refusal("a.pem", "locked.key"), HasSubstr("openssl pkey"));
}

}  // namespace
}  // namespace poss::server
