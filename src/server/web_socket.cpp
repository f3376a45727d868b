// WebSockets in the clear.
#include "server/web_socket_connection.h"

namespace poss::server {

template void serve_web_socket(ServerCore&, PlainStream, UpgradeRequest, StreamReply);

}  // namespace poss::server
