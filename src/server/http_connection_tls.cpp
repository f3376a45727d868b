// HTTP connections over TLS.
#include "server/http_connection.h"

namespace poss::server {

void serve_https(ServerCore& core, boost::asio::ip::tcp::socket socket, bool busy) {
  const auto connection =
      std::make_shared<HttpConnection<TlsStream>>(core, std::move(socket), *core.tls);
  core.connections.add(connection);
  connection->start(busy);
}

}  // namespace poss::server
