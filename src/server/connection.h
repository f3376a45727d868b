// What the connections of one HttpServer share. Internal to the folder.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/sync.h"
#include "base/time.h"
#include "server/http.h"
#include "server/http_server.h"

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

struct ServerCore {
  ServerCore(HttpHandler& request_handler, const HttpLimits& http_limits)
      : handler(request_handler),
        limits(http_limits),
        pool(static_cast<size_t>(http_limits.handler_threads)) {}
  HttpHandler& handler;
  const HttpLimits limits;
  ConnectionList connections;  // outlives io, whose handlers hold connections
  std::atomic<bool> stopping{false};
  boost::asio::io_context io{1};
  boost::asio::thread_pool pool;
};

// Begins to serve HTTP on a socket. `busy`: there are too many connections, answer 503.
void serve_http(ServerCore& core, boost::asio::ip::tcp::socket socket, bool busy);

}  // namespace poss::server
