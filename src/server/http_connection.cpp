// One HTTP/1.1 connection: reading requests within limits, writing answers and event streams.
#include <array>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/log.h"
#include "server/connection.h"
#include "server/web_socket.h"

namespace poss::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ServerCore& core, asio::ip::tcp::socket socket)
      : core_(core), stream_(std::move(socket)), keep_alive_(core.io) {}
  ~HttpConnection() override {
    end_feed();
    core_.connections.remove(this);
  }

  void start(bool busy) {
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto peer = stream_.socket().remote_endpoint(ignored);
    peer_ = peer.address().to_string();
    if (busy) {
      keep_ = false;
      HttpResponse response = problem(503, Code::unavailable,
                                      "the server has as many connections as it may; try again");
      core_.handler.finish(response);
      response.headers.emplace_back("Retry-After", "1");
      write(std::move(response));
    } else {
      read_request();
    }
  }

  void finish() override {
    if (state_ == State::idle || state_ == State::streaming) cut();
    keep_ = false;
  }

  void cut() override {
    state_ = State::over;
    end_feed();
    keep_alive_.cancel();
    stream_.close();
  }

 private:
  enum class State { idle, reading, handling, writing, streaming, over };

  void read_request() {
    request_ = {};
    request_.peer = peer_;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.limits.header_bytes));
    parser_->body_limit(boost::none);  // set once the route is known
    if (buffer_.size() > 0) return read_header();
    state_ = State::idle;
    stream_.expires_after(core_.limits.idle);
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](error_code error, size_t size) {
                              if (error || self->state_ == State::over) return self->cut();
                              self->buffer_.commit(size);
                              self->read_header();
                            });
  }

  void read_header() {
    state_ = State::reading;
    stream_.expires_after(core_.limits.read_header);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) {
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
    const std::uint64_t limit = admission_.body_limit;
    const auto length = parser_->content_length();
    if (length && *length > limit) return refuse(too_large(limit));
    if (parser_->is_done()) return take_body();
    parser_->body_limit(limit);
    if (equal_ignoring_case(request_.header("expect"), "100-continue")) return go_on(limit);
    read_body(limit);
  }

  // Tells a client that asked first to send the body.
  void go_on(std::uint64_t limit) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(core_.limits.write);
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = shared_from_this(), limit](error_code error, size_t) {
                        if (error || self->state_ == State::over) return self->cut();
                        self->read_body(limit);
                      });
  }

  void read_body(std::uint64_t limit) {
    stream_.expires_after(core_.limits.read_body);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this(), limit](error_code error, size_t) {
                       if (self->state_ == State::over) return;
                       if (error == http::error::body_limit) return self->refuse(too_large(limit));
                       if (error) return self->cut();
                       self->take_body();
                     });
  }

  void take_body() {
    request_.body = std::move(parser_->get().body());
    if (!admission_.folder.empty()) {
      auto file = UploadedFile::create(admission_.folder);
      if (!file) return refuse(problem(file.error()));
      request_.upload = std::move(*file);
      if (auto written = request_.upload->append(request_.body); !written) {
        return refuse(problem(written.error()));
      }
      request_.body.clear();
    }
    handle();
  }

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
    stream_.expires_never();
    asio::post(core_.pool, [self = shared_from_this()]() mutable {
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
    if (sent_.file) {
      auto bytes = std::make_shared<std::string>(sent_.file->size, '\0');
      if (!sent_.file->read(0, bytes->data(), bytes->size())) return cut();
      sent_.body = std::move(bytes);
    }
    if (core_.stopping) keep_ = false;
    const size_t size = sent_.body ? sent_.body->size() : 0;
    const bool bare = request_.head || sent_.status == 304 || sent_.status == 204 || size == 0;
    answer_.emplace();
    answer_->version(11);
    answer_->result(static_cast<unsigned>(sent_.status));
    for (const auto& [name, value] : sent_.headers) answer_->insert(name, value);
    if (!sent_.content_type.empty()) answer_->set(http::field::content_type, sent_.content_type);
    if (sent_.status != 304 && sent_.status != 204) answer_->content_length(size);
    answer_->keep_alive(keep_);
    if (!bare) answer_->body() = {sent_.body->data(), size};
    serializer_.emplace(*answer_);
    stream_.expires_after(core_.limits.write);
    http::async_write(stream_, *serializer_, [self = shared_from_this()](error_code error, size_t) {
      if (error || self->state_ == State::over) return self->cut();
      if (self->keep_ && !self->core_.stopping) return self->read_request();
      self->linger();
    });
  }

  // Closes so that the answer arrives even when the client is still sending: an unread byte would
  // make the system reset the connection.
  void linger() {
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::milliseconds(500));
    drain();
  }

  void drain() {
    stream_.async_read_some(asio::buffer(drained_),
                            [self = shared_from_this()](error_code error, size_t) {
                              if (error || self->state_ == State::over || self->core_.stopping) {
                                return self->cut();
                              }
                              self->drain();
                            });
  }

  void stream(StreamReply reply) {
    if (core_.stopping) return cut();
    if (reply.kind == StreamReply::Kind::web_socket) {
      state_ = State::over;
      serve_web_socket(core_, std::move(stream_), parser_->release(), std::move(reply));
      return;
    }
    state_ = State::streaming;
    feed_ = std::move(reply.feed);
    http::response<http::empty_body> head(http::status::ok, 11);
    for (const auto& [name, value] : reply.headers) head.insert(name, value);
    head.set(http::field::content_type, "text/event-stream");
    head.set(http::field::cache_control, "no-store");
    head.keep_alive(false);  // the stream ends with the connection
    auto text = std::make_shared<std::string>();
    {
      http::response_serializer<http::empty_body> serializer(head);
      error_code error;
      serializer.next(error, [&](error_code&, const auto& buffers) {
        for (auto it = asio::buffer_sequence_begin(buffers);
             it != asio::buffer_sequence_end(buffers); ++it) {
          const asio::const_buffer part(*it);
          text->append(static_cast<const char*>(part.data()), part.size());
        }
        serializer.consume(beast::buffer_bytes(buffers));
      });
    }
    feed_->set_wake([weak = weak_from_this(), io = &core_.io] {
      asio::post(*io, [weak] {
        if (auto self = weak.lock()) self->pump();
      });
    });
    stream_.expires_never();
    watch();
    send({.owner = text, .bytes = *text, .text = true});
    keep_quiet_stream_alive();
  }

  // Notices that the client has gone.
  void watch() {
    stream_.async_read_some(asio::buffer(drained_),
                            [self = shared_from_this()](error_code error, size_t) {
                              if (self->state_ != State::streaming) return;
                              if (error) return self->cut();
                              self->watch();
                            });
  }

  void pump() {
    if (state_ != State::streaming || sending_) return;
    if (auto message = feed_->next()) send(std::move(*message));
  }

  void send(Feed::Message message) {
    sending_ = true;
    quiet_ = false;
    stream_.expires_after(core_.limits.write);
    const auto bytes = asio::buffer(message.bytes.data(), message.bytes.size());
    asio::async_write(
        stream_, bytes,
        [self = shared_from_this(), owner = std::move(message.owner)](error_code error, size_t) {
          self->sending_ = false;
          if (self->state_ != State::streaming) return;
          if (error) return self->cut();
          self->stream_.expires_never();
          self->pump();
        });
  }

  void keep_quiet_stream_alive() {
    keep_alive_.expires_after(core_.limits.keep_alive);
    keep_alive_.async_wait([weak = weak_from_this()](error_code error) {
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
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string peer_;
  Admission admission_;
  HttpRequest request_;
  HttpResponse sent_;
  std::optional<http::response<http::span_body<const char>>> answer_;
  std::optional<http::response_serializer<http::span_body<const char>>> serializer_;
  State state_ = State::idle;
  bool keep_ = true;
  std::array<char, 1024> drained_{};

  std::shared_ptr<Feed> feed_;
  bool sending_ = false;
  bool quiet_ = true;
  asio::steady_timer keep_alive_;
};

}  // namespace

void serve_http(ServerCore& core, asio::ip::tcp::socket socket, bool busy) {
  const auto connection = std::make_shared<HttpConnection>(core, std::move(socket));
  core.connections.add(connection);
  connection->start(busy);
}

}  // namespace poss::server
