// One HTTP/1.1 connection: reading requests within limits, writing answers and event streams.
// Internal to the folder: a template over the stream, which one file each instantiates, because
// Boost.Beast takes long to compile.
#pragma once

#include <array>
#include <optional>
#include <type_traits>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "server/web_socket.h"

namespace poss::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

template <class Stream>
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection<Stream>> {
  using error_code = boost::system::error_code;
  using Tcp = asio::ip::tcp;
  static constexpr bool kSecure = std::is_same_v<Stream, TlsStream>;
  static constexpr size_t kPiece = 64u << 10;  // bytes of a body in memory at a time

 public:
  // `stream`: what a Stream is made of.
  template <class... Args>
  explicit HttpConnection(ServerCore& core, Args&&... stream)
      : core_(core),
        stream_(std::forward<Args>(stream)...),
        buffer_(core.limits.header_bytes + 2 * kPiece),
        keep_alive_(core.io) {}
  ~HttpConnection() override {
    end_feed();
    // Removing a large file takes its time.
    if (request_.upload) asio::post(core_.disk, [file = std::move(request_.upload)] {});
    core_.connections.remove(this);
  }

  void start(bool busy) {
    error_code error;
    tcp().socket().set_option(Tcp::no_delay(true), error);
    asio::ip::address peer = tcp().socket().remote_endpoint(error).address();
    if (error) return cut();  // gone already
    if (peer.is_v6() && peer.to_v6().is_v4_mapped()) {
      peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
    }
    peer_ = peer.to_string();
    if constexpr (kSecure) {
      tcp().expires_after(core_.limits.handshake);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this(), busy](error_code failed) {
                                if (self->state_ == State::over) return;
                                if (failed) return self->no_handshake(failed);
                                self->greet(busy);
                              });
    } else {
      greet(busy);
    }
  }

  void finish() override {
    if (state_ == State::idle || state_ == State::streaming) cut();
    keep_ = false;
  }

  void cut() override {
    if (state_ == State::over) return;
    state_ = State::over;
    end_feed();
    keep_alive_.cancel();
    tcp().close();
  }

 private:
  enum class State { idle, reading, handling, writing, streaming, over };

  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }

  void no_handshake(error_code error) {
    const bool is_http =
        error.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
    if (!is_http) return cut();
    state_ = State::writing;
    const HttpResponse response = problem(
        400, Code::invalid_argument, "this port speaks HTTPS; begin the address with https://");
    head_ = response_head(response, response.body->size(), false) + *response.body;
    tcp().expires_after(core_.limits.write);
    asio::async_write(tcp(), asio::buffer(head_),
                      [self = this->shared_from_this()](error_code failed, size_t) {
                        if (self->state_ == State::over) return;
                        if (failed) return self->cut();
                        self->linger();
                      });
  }

  void greet(bool busy) {
    if (!busy) return read_request();
    keep_ = false;
    HttpResponse response =
        problem(503, Code::unavailable, "the server has as many connections as it may; try again");
    core_.handler.finish(response);
    response.headers.emplace_back("Retry-After", "1");
    write(std::move(response));
  }

  void read_request() {
    request_ = {};
    request_.peer = peer_;
    request_.secure = kSecure;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.limits.header_bytes));
    parser_->body_limit(boost::none);  // set once the route is known
    if (buffer_.size() > 0) return read_header();
    state_ = State::idle;
    tcp().expires_after(core_.limits.idle);
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = this->shared_from_this()](error_code error, size_t size) {
                              if (self->state_ == State::over) return;
                              if (error) return self->close();
                              self->buffer_.commit(size);
                              self->read_header();
                            });
  }

  void read_header() {
    state_ = State::reading;
    tcp().expires_after(core_.limits.read_header);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, size_t) {
                              if (self->state_ != State::over) self->on_header(error);
                            });
  }

  void on_header(error_code error) {
    if (error == http::error::header_limit) {
      return refuse(problem(
          431, Code::invalid_argument,
          "the headers are larger than " + std::to_string(core_.limits.header_bytes) + " bytes"));
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message) return cut();
    if (error && error.category() == make_error_code(http::error::bad_target).category()) {
      return refuse(problem(400, Code::invalid_argument,
                            "this is not an HTTP request we can read: " + error.message()));
    }
    if (error) return cut();  // gone, or too slow
    const auto& message = parser_->get();
    request_.head = message.method() == http::verb::head;
    request_.method = request_.head ? "GET" : std::string(message.method_string());
    request_.web_socket = beast::websocket::is_upgrade(message);
    for (const auto& field : message) {
      request_.headers.emplace_back(field.name_string(), field.value());
    }
    keep_ = message.keep_alive() && !core_.stopping;
    auto target = parse_target(std::string_view(message.target().data(), message.target().size()));
    if (!target) return refuse(problem(target.error()));
    request_.target = std::move(*target);
    auto admission = core_.handler.admit(request_);
    if (auto* refusal = std::get_if<HttpResponse>(&admission)) return refuse(std::move(*refusal));
    admission_ = std::get<Admission>(std::move(admission));
    const auto length = parser_->content_length();
    if (length && *length > admission_.body_limit) return refuse(too_large());
    parser_->body_limit(admission_.body_limit);
    if (admission_.folder.empty()) return expect_body();
    on_disk([this] { return make_upload(); }, [this] { expect_body(); });
  }

  Result<void> make_upload() {
    POSS_ASSIGN(request_.upload, UploadedFile::create(admission_.folder));
    return {};
  }

  // Tells a client that asked first to send the body.
  void expect_body() {
    if (parser_->is_done()) return handle();
    if (!equal_ignoring_case(request_.header("expect"), "100-continue")) return read_body();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    tcp().expires_after(core_.limits.write);
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, size_t) {
                        if (self->state_ == State::over) return;
                        if (error) return self->cut();
                        self->read_body();
                      });
  }

  void read_body() {
    piece_.resize(kPiece);
    buffer_.reserve(kPiece);  // or else Beast would read 512 bytes at a time
    tcp().expires_after(core_.limits.read_body);
    read_piece();
  }

  void read_piece() {
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this()](error_code error, size_t) {
                            if (self->state_ == State::over) return;
                            if (error == http::error::body_limit) {
                              return self->refuse(too_large(self->admission_.body_limit));
                            }
                            if (error && error != http::error::need_buffer) return self->cut();
                            self->take_piece(kPiece - self->parser_->get().body().size);
                          });
  }

  void take_piece(size_t size) {
    if (!request_.upload) {
      request_.body.append(piece_, 0, size);
      return go_on();
    }
    if (size == 0) return go_on();
    on_disk(
        [this, size] { return request_.upload->append(std::string_view(piece_).substr(0, size)); },
        [this] {
          // A large upload may take as long as it goes on.
          tcp().expires_after(core_.limits.read_body);
          go_on();
        });
  }

  void go_on() { parser_->is_done() ? handle() : read_piece(); }

  // Runs `work` on a disk thread and then `then` on the IO thread, or answers its error.
  template <class Work, class Then>
  void on_disk(Work work, Then then) {
    asio::post(core_.disk, [self = this->shared_from_this(), work, then]() mutable {
      Result<void> done = work();
      auto& io = self->core_.io;
      asio::post(io, [self = std::move(self), then, done = std::move(done)] {
        if (self->state_ == State::over) return;
        if (!done) {
          spdlog::error("{}", done.error().message);
          return self->state_ == State::writing ? self->cut() : self->refuse(problem(done.error()));
        }
        then();
      });
    });
  }

  HttpResponse too_large() const { return too_large(admission_.body_limit); }
  static HttpResponse too_large(std::uint64_t limit) {
    return problem(413, Code::resource_exhausted,
                   "the body is larger than " + std::to_string(limit) + " bytes");
  }

  // Answers before the request was read to its end.
  void refuse(HttpResponse response) {
    if (!parser_->is_done()) keep_ = false;
    core_.handler.finish(response);
    write(std::move(response));
  }

  void handle() {
    state_ = State::handling;
    tcp().expires_never();
    core_.handlers.post(admission_.lane, [self = this->shared_from_this()]() mutable {
      Reply reply;
      try {
        reply = self->core_.handler.handle(self->request_);
      } catch (const std::exception& error) {
        spdlog::error("a request failed: {}", error.what());
        HttpResponse response =
            problem(500, Code::internal, "the request failed; the server's log says more");
        self->core_.handler.finish(response);
        reply = std::move(response);
      }
      self->request_.upload.reset();
      auto& io = self->core_.io;
      asio::post(io, [self = std::move(self), reply = std::move(reply)]() mutable {
        if (self->state_ == State::over) return;
        if (auto* response = std::get_if<HttpResponse>(&reply)) {
          return self->write(std::move(*response));
        }
        self->stream(std::get<StreamReply>(std::move(reply)));
      });
    });
  }

  void write(HttpResponse response) {
    state_ = State::writing;
    sent_ = std::move(response);
    if (core_.stopping) keep_ = false;
    if constexpr (kSecure) add_hsts(sent_.headers);
    const bool no_length = sent_.status == 304 || sent_.status == 204;
    const std::uint64_t size = sent_.file ? sent_.file->size : sent_.body ? sent_.body->size() : 0;
    head_ = response_head(sent_, no_length ? std::nullopt : std::optional(size), keep_);
    if (no_length || request_.head) {
      sent_.body = nullptr;
      sent_.file = nullptr;
    }
    const bool whole = sent_.body && !sent_.file;
    const std::array<asio::const_buffer, 2> bytes{
        asio::buffer(head_), whole ? asio::buffer(*sent_.body) : asio::const_buffer()};
    tcp().expires_after(core_.limits.write);
    asio::async_write(stream_, bytes, [self = this->shared_from_this()](error_code error, size_t) {
      if (self->state_ == State::over) return;
      if (error) return self->cut();
      self->sent_.file ? self->write_piece(0) : self->written();
    });
  }

  // Sends the file's part from the byte `at` on.
  void write_piece(std::uint64_t at) {
    const std::uint64_t left = sent_.file->size - at;
    if (left == 0) return written();
    piece_.resize(std::min<std::uint64_t>(left, kPiece));
    on_disk([this, at] { return sent_.file->read(at, piece_.data(), piece_.size()); },
            [this, at] {
              tcp().expires_after(core_.limits.write);
              asio::async_write(stream_, asio::buffer(piece_),
                                [self = this->shared_from_this(), at](error_code error, size_t n) {
                                  if (self->state_ == State::over) return;
                                  if (error) return self->cut();
                                  self->write_piece(at + n);
                                });
            });
  }

  void written() {
    sent_ = {};
    if (keep_ && !core_.stopping) return read_request();
    close();
  }

  static void add_hsts(std::vector<std::pair<std::string, std::string>>& headers) {
    headers.emplace_back("Strict-Transport-Security", "max-age=31536000");  // RFC 6797
  }

  // Ends the connection, over TLS with the farewell that tells an end from a cut.
  void close() {
    keep_ = false;
    state_ = State::writing;
    tcp().expires_after(std::chrono::milliseconds(500));
    if constexpr (kSecure) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {
        if (self->state_ != State::over) self->linger();
      });
    } else {
      linger();
    }
  }

  // Closes so that the answer arrives even when the client is still sending: an unread byte would
  // make the system reset the connection.
  void linger() {
    error_code ignored;
    tcp().socket().shutdown(Tcp::socket::shutdown_send, ignored);
    tcp().expires_after(std::chrono::milliseconds(500));
    drain();
  }

  void drain() {
    tcp().async_read_some(asio::buffer(drained_),
                          [self = this->shared_from_this()](error_code error, size_t) {
                            if (error || self->state_ == State::over || self->core_.stopping) {
                              return self->cut();
                            }
                            self->drain();
                          });
  }

  void stream(StreamReply reply) {
    if (core_.stopping) return cut();
    if constexpr (kSecure) add_hsts(reply.headers);
    if (reply.kind == StreamReply::Kind::web_socket) {
      state_ = State::over;
      serve_web_socket(core_, std::move(stream_), UpgradeRequest(parser_->release().base()),
                       std::move(reply));
      return;
    }
    state_ = State::streaming;
    feed_ = std::move(reply.feed);
    std::erase_if(reply.headers, [](const auto& header) {
      return equal_ignoring_case(header.first, "cache-control");
    });
    reply.headers.emplace_back("Cache-Control", "no-store");
    const HttpResponse head{.status = 200,
                            .content_type = "text/event-stream",
                            .body = {},
                            .file = {},
                            .headers = std::move(reply.headers)};
    const auto text = std::make_shared<const std::string>(
        response_head(head, std::nullopt, false));  // the stream ends with the connection
    feed_->set_wake([weak = this->weak_from_this(), io = &core_.io] {
      asio::post(*io, [weak] {
        if (auto self = weak.lock()) self->pump();
      });
    });
    tcp().expires_never();
    watch();
    send({.owner = text, .bytes = *text, .text = true});
    keep_quiet_stream_alive();
  }

  // Notices that the client has gone.
  void watch() {
    stream_.async_read_some(asio::buffer(drained_),
                            [self = this->shared_from_this()](error_code error, size_t) {
                              if (self->state_ != State::streaming) return;
                              if (error) return self->cut();
                              self->watch();
                            });
  }

  void pump() {
    if (state_ != State::streaming || sending_) return;
    if (auto message = feed_->next()) {
      send(std::move(*message));
    } else if (feed_->over()) {
      cut();
    }
  }

  void send(Feed::Message message) {
    sending_ = true;
    quiet_ = false;
    tcp().expires_after(core_.limits.write);
    const auto bytes = asio::buffer(message.bytes.data(), message.bytes.size());
    asio::async_write(stream_, bytes,
                      [self = this->shared_from_this(), owner = std::move(message.owner)](
                          error_code error, size_t) {
                        self->sending_ = false;
                        if (self->state_ != State::streaming) return;
                        if (error) return self->cut();
                        self->tcp().expires_never();
                        self->pump();
                      });
  }

  void keep_quiet_stream_alive() {
    keep_alive_.expires_after(core_.limits.keep_alive);
    keep_alive_.async_wait([weak = this->weak_from_this()](error_code error) {
      auto self = weak.lock();
      if (error || !self || self->state_ != State::streaming) return;
      static constexpr std::string_view kComment = ": still here\n\n";
      if (!self->sending_ && self->quiet_) {
        self->send({.owner = nullptr, .bytes = kComment, .text = true});
      }
      self->quiet_ = true;
      self->keep_quiet_stream_alive();
    });
  }

  void end_feed() {
    if (!feed_) return;
    feed_->set_wake({});
    feed_.reset();
  }

  ServerCore& core_;
  Stream stream_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::buffer_body>> parser_;
  Admission admission_;
  HttpRequest request_;
  HttpResponse sent_;
  std::string head_;   // of the response being sent
  std::string piece_;  // of the body being read or sent
  State state_ = State::idle;
  bool keep_ = true;
  std::array<char, 1024> drained_{};

  std::shared_ptr<Feed> feed_;
  bool sending_ = false;
  bool quiet_ = true;
  asio::steady_timer keep_alive_;
};

}  // namespace poss::server
