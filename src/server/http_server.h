// HttpServer: listens on the loopback interface and carries requests to a handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/http.h"

namespace poss::server {

// What one client may take. Times are how long nothing may happen.
struct HttpLimits {
  size_t header_bytes = 16u << 10;
  size_t connections = 256;  // open at once; further ones get 503
  int handler_threads = 2;
  std::chrono::milliseconds read_header{10'000};  // from a request's first byte to its last header
  std::chrono::milliseconds read_body{30'000};
  std::chrono::milliseconds write{60'000};       // for one response or one message of a stream
  std::chrono::milliseconds idle{60'000};        // between requests
  std::chrono::milliseconds keep_alive{15'000};  // between comments of a quiet event stream
  std::chrono::milliseconds finish{1'000};       // stop() lets responses under way end so long
};

// One thread for all connections and a few for handlers. All members are thread-safe.
class HttpServer {
 public:
  // Binds and begins to serve. Only loopback addresses are accepted: there is no sign-in yet.
  // Port 0 takes a free one. `handler` outlives the server.
  static Result<std::unique_ptr<HttpServer>> create(const std::string& address, std::uint16_t port,
                                                    HttpHandler& handler, HttpLimits limits = {});
  ~HttpServer();  // stop()s

  std::uint16_t port() const;
  size_t connections() const;

  // Refuses new connections, ends streams, lets responses under way end for a moment, and joins
  // the threads. Idempotent.
  void stop();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace poss::server
