// HTTP connections in the clear.
#include "server/http_connection.h"

namespace poss::server {

void serve_http(ServerCore& core, boost::asio::ip::tcp::socket socket, bool busy) {
  const auto connection = std::make_shared<HttpConnection<PlainStream>>(core, std::move(socket));
  core.connections.add(connection);
  connection->start(busy);
}

}  // namespace poss::server
