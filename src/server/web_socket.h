// WebSocket connections that send a feed. Internal to the folder; brings in Boost.Beast.
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "server/connection.h"

namespace poss::server {

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

// Answers the upgrade request and sends the feed's messages until either side closes.
// In web_socket.cpp and web_socket_tls.cpp: two files, because Beast takes long to compile.
template <class Stream>
void serve_web_socket(ServerCore& core, Stream stream, UpgradeRequest request, StreamReply reply);

extern template void serve_web_socket(ServerCore&, PlainStream, UpgradeRequest, StreamReply);
extern template void serve_web_socket(ServerCore&, TlsStream, UpgradeRequest, StreamReply);

}  // namespace poss::server
