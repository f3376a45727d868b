// What the connections of one HttpServer share. Internal to the folder.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/sync.h"
#include "base/time.h"
#include "server/http.h"
#include "server/http_server.h"
#include "server/tls.h"

namespace poss::server {

// One open connection. Its members are called on the IO thread only.
class Connection {
 public:
  virtual ~Connection() = default;
  // Ends as soon as it is polite: a response under way is sent first.
  virtual void finish() = 0;
  // Ends now.
  virtual void cut() = 0;
};

// All open connections. Thread-safe.
class ConnectionList {
 public:
  void add(const std::shared_ptr<Connection>& connection) {
    Lock lock(mutex_);
    open_[connection.get()] = connection;
  }
  void remove(const Connection* connection) {
    Lock lock(mutex_);
    open_.erase(connection);
    changed_.notify_all();
  }
  size_t size() const {
    Lock lock(mutex_);
    return open_.size();
  }
  std::vector<std::shared_ptr<Connection>> all() const {
    Lock lock(mutex_);
    std::vector<std::shared_ptr<Connection>> found;
    for (const auto& [pointer, weak] : open_) {
      if (auto connection = weak.lock()) found.push_back(std::move(connection));
    }
    return found;
  }
  bool wait_until_empty(Steady::time_point deadline) {
    Lock lock(mutex_);
    while (!open_.empty()) {
      if (!changed_.wait_until(mutex_, deadline)) break;
    }
    return open_.empty();
  }

 private:
  mutable Mutex mutex_;
  Condition changed_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> open_ GUARDED_BY(mutex_);
};

// The threads of the handlers. Requests of one lane take all of them but one at most, and further
// ones of the lane wait in line: whoever asks for something else need not wait for them.
// Thread-safe.
class HandlerPool {
 public:
  explicit HandlerPool(int threads);
  void post(const std::string& lane, std::function<void()> task) EXCLUDES(mutex_);
  // Waits for all that was posted, and ends the threads.
  void join() { threads_.join(); }

 private:
  struct Lane {
    size_t running = 0;
    std::deque<std::function<void()>> waiting;
  };
  void run(const std::string& lane, const std::function<void()>& task) EXCLUDES(mutex_);

  const size_t most_of_a_lane_;
  Mutex mutex_;
  std::map<std::string, Lane> lanes_ GUARDED_BY(mutex_);
  boost::asio::thread_pool threads_;
};

struct ServerCore {
  ServerCore(HttpHandler& request_handler, const HttpLimits& http_limits)
      : handler(request_handler), limits(http_limits), handlers(http_limits.handler_threads) {}
  HttpHandler& handler;
  const HttpLimits limits;
  std::unique_ptr<TlsContext> tls;  // null: plain HTTP
  ConnectionList connections;       // outlives io, whose handlers hold connections
  std::atomic<bool> stopping{false};
  // Reads and writes of files: a slow disk holds up uploads and downloads, and nothing else.
  boost::asio::thread_pool disk{2};
  boost::asio::io_context io{1};
  HandlerPool handlers;
};

// The status line and the headers of a response, with the empty line that ends them. Without a
// length the body ends with the connection. Headers with a line break in them are left out.
std::string response_head(const HttpResponse& response, std::optional<std::uint64_t> length,
                          bool keep_alive);

// Begins to serve HTTP on a socket, in the clear or over TLS (core.tls). `busy`: there are too many
// connections, answer 503.
void serve_http(ServerCore& core, boost::asio::ip::tcp::socket socket, bool busy);
void serve_https(ServerCore& core, boost::asio::ip::tcp::socket socket, bool busy);

}  // namespace poss::server
