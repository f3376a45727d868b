// HttpServer: listens on an address, in the clear or over TLS, and carries requests to a handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/http.h"

namespace poss::server {

// What one client may take. Times are how long nothing may happen.
struct HttpLimits {
  size_t header_bytes = 16u << 10;
  size_t connections = 256;  // open at once; further ones get 503
  int handler_threads = 4;
  std::chrono::milliseconds handshake{10'000};    // of TLS
  std::chrono::milliseconds read_header{10'000};  // from a request's first byte to its last header
  std::chrono::milliseconds read_body{30'000};    // whole; into a file: from piece to piece
  std::chrono::milliseconds write{
      60'000};  // for one response, piece of a file or message of a stream
  std::chrono::milliseconds idle{60'000};        // between requests
  std::chrono::milliseconds keep_alive{15'000};  // between comments of a quiet event stream
  std::chrono::milliseconds finish{1'000};       // stop() lets responses under way end so long
};

// What makes a server speak TLS: PEM files, the certificate's chain and the private key.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// Whether an address ("127.0.0.1", "::1", "localhost") is this machine's own interface to itself.
bool is_loopback(const std::string& address);

// One thread for all connections, two for files, and a few for handlers. All members are
// thread-safe.
class HttpServer {
 public:
  // Binds and begins to serve. `address`: an IP address of this machine; "0.0.0.0" for all IPv4
  // addresses, "::" for those of IPv6 as well. Port 0 takes a free one. Without `tls` files it
  // speaks plain HTTP. `handler` outlives the server.
  static Result<std::unique_ptr<HttpServer>> create(const std::string& address, std::uint16_t port,
                                                    HttpHandler& handler, HttpLimits limits = {},
                                                    const TlsFiles& tls = {});
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
