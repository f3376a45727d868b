// One WebSocket: messages of a feed out, pings and pongs, and nothing taken in. Internal to the
// folder: a template over the stream, which one file each instantiates.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "server/web_socket.h"

namespace poss::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

template <class Stream>
class WebSocketConnection final : public Connection,
                                  public std::enable_shared_from_this<WebSocketConnection<Stream>> {
  using error_code = boost::system::error_code;
  static constexpr size_t kMaxIncoming = 4096;  // bytes of a message; what comes is passed over

 public:
  WebSocketConnection(ServerCore& core, Stream stream, UpgradeRequest request, StreamReply reply)
      : core_(core),
        socket_(std::move(stream)),
        request_(std::move(request)),
        headers_(std::move(reply.headers)),
        feed_(std::move(reply.feed)) {}
  ~WebSocketConnection() override {
    end_feed();
    core_.connections.remove(this);
  }

  void start() {
    beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has times of its own
    websocket::stream_base::timeout timeout;
    timeout.handshake_timeout = core_.limits.read_header;
    timeout.idle_timeout = core_.limits.idle;
    timeout.keep_alive_pings = true;
    socket_.set_option(timeout);
    socket_.set_option(websocket::stream_base::decorator([this](websocket::response_type& answer) {
      for (const auto& [name, value] : headers_) answer.insert(name, value);
    }));
    socket_.read_message_max(kMaxIncoming);
    socket_.auto_fragment(false);
    socket_.async_accept(request_, [self = this->shared_from_this()](error_code error) {
      if (error || self->over_) return self->cut();
      self->open_ = true;
      if (self->closing_) return self->close();
      self->feed_->set_wake([weak = self->weak_from_this(), io = &self->core_.io] {
        asio::post(*io, [weak] {
          if (auto locked = weak.lock()) locked->pump();
        });
      });
      self->read();
      self->pump();
    });
  }

  void finish() override {
    if (over_ || closing_) return;
    end_feed();
    closing_ = true;
    if (open_ && !sending_) close();
  }

  void cut() override {
    over_ = true;
    end_feed();
    beast::get_lowest_layer(socket_).close();
  }

 private:
  void read() {
    incoming_.clear();
    socket_.async_read(incoming_, [self = this->shared_from_this()](error_code error, size_t) {
      if (self->over_) return;
      if (error) return self->cut();
      self->read();
    });
  }

  void pump() {
    if (!feed_ || sending_ || closing_ || over_) return;
    auto message = feed_->next();
    if (!message) {
      if (feed_->over()) finish();
      return;
    }
    sending_ = true;
    socket_.text(message->text);
    const auto bytes = asio::buffer(message->bytes.data(), message->bytes.size());
    socket_.async_write(bytes, [self = this->shared_from_this(), owner = std::move(message->owner)](
                                   error_code error, size_t) {
      self->sending_ = false;
      if (self->over_) return;
      if (error) return self->cut();
      if (self->closing_) return self->close();
      self->pump();
    });
  }

  void close() {
    socket_.async_close(websocket::close_code::going_away,
                        [self = this->shared_from_this()](error_code) { self->cut(); });
  }

  void end_feed() {
    if (!feed_) return;
    feed_->set_wake({});
    feed_.reset();
  }

  ServerCore& core_;
  websocket::stream<Stream, false> socket_;
  const UpgradeRequest request_;
  const std::vector<std::pair<std::string, std::string>> headers_;
  std::shared_ptr<Feed> feed_;
  beast::flat_buffer incoming_;
  bool open_ = false;
  bool sending_ = false;
  bool closing_ = false;
  bool over_ = false;
};

template <class Stream>
void serve_web_socket(ServerCore& core, Stream stream, UpgradeRequest request, StreamReply reply) {
  const auto connection = std::make_shared<WebSocketConnection<Stream>>(
      core, std::move(stream), std::move(request), std::move(reply));
  core.connections.add(connection);
  connection->start();
}

}  // namespace poss::server
