// WebSocket connections that send a feed. Internal to the folder; brings in Boost.Beast.
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/connection.h"

namespace poss::server {

// Answers the upgrade request and sends the feed's messages until either side closes.
void serve_web_socket(ServerCore& core, boost::beast::tcp_stream stream,
                      boost::beast::http::request<boost::beast::http::string_body> request,
                      StreamReply reply);

}  // namespace poss::server
