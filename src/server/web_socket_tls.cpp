// WebSockets over TLS.
#include <boost/beast/websocket/ssl.hpp>

#include "server/web_socket_connection.h"

namespace poss::server {

template void serve_web_socket(ServerCore&, TlsStream, UpgradeRequest, StreamReply);

}  // namespace poss::server
