// The listener: accepting connections, starting and ending the threads.
#include "server/http_server.h"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "server/connection.h"

namespace poss::server {

namespace asio = boost::asio;
using boost::system::error_code;

struct HttpServer::State {
  State(HttpHandler& handler, const HttpLimits& limits)
      : core(handler, limits), acceptor(core.io), pause(core.io), work(core.io.get_executor()) {}

  void accept() {
    acceptor.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
      if (core.stopping || error == asio::error::operation_aborted) return;
      if (error) {
        // Out of file descriptors, most likely: others must close first.
        spdlog::warn("cannot accept a connection: {}", error.message());
        pause.expires_after(std::chrono::milliseconds(100));
        pause.async_wait([this](error_code cancelled) {
          if (!cancelled && !core.stopping) accept();
        });
        return;
      }
      const size_t open = core.connections.size();
      // Some more are taken to tell them why they are refused.
      if (open < core.limits.connections + 32) {
        const bool busy = open >= core.limits.connections;
        core.tls ? serve_https(core, std::move(socket), busy)
                 : serve_http(core, std::move(socket), busy);
      }
      accept();
    });
  }

  void run() {
    for (;;) {
      try {
        core.io.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("a connection failed: {}", error.what());
      }
    }
  }

  ServerCore core;
  asio::ip::tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::uint16_t port = 0;
  std::thread thread;
  Mutex stop_mutex;
  bool stopped GUARDED_BY(stop_mutex) = false;
};

namespace {

asio::ip::address read_address(const std::string& address, error_code& error) {
  return asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
}

}  // namespace

bool is_loopback(const std::string& address) {
  error_code error;
  const auto ip = read_address(address, error);
  return !error && ip.is_loopback();
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::create(const std::string& address,
                                                       std::uint16_t port, HttpHandler& handler,
                                                       HttpLimits limits, const TlsFiles& tls) {
  error_code error;
  const auto ip = read_address(address, error);
  if (error) {
    return Error{Code::invalid_argument,
                 "'" + address +
                     "' is not an IP address; use 127.0.0.1 for this machine alone, or 0.0.0.0 "
                     "for all its addresses"};
  }
  const std::string where =
      (ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string()) + ":" + std::to_string(port);
  auto state = std::make_unique<State>(handler, limits);
  if (!tls.certificate.empty() || !tls.key.empty()) {
    POSS_ASSIGN(state->core.tls, make_tls(tls.certificate, tls.key));
  }
  const asio::ip::tcp::endpoint endpoint(ip, port);
  auto& acceptor = state->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && ip.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Error{Code::unavailable, "port " + std::to_string(port) +
                                        " is in use: end the program that listens there, or "
                                        "choose another port (0 takes a free one)"};
  }
  if (error == asio::error::access_denied) {
    return Error{Code::permission_denied, "may not listen on " + where + ": " + error.message() +
                                              "; choose a port above 1023"};
  }
  if (error == boost::system::errc::address_not_available) {
    return Error{Code::invalid_argument, "cannot listen on " + where +
                                             ": this machine has no such address; use one of its "
                                             "own, or 0.0.0.0 for all of them"};
  }
  if (error) return Error{Code::unavailable, "cannot listen on " + where + ": " + error.message()};
  state->port = acceptor.local_endpoint(error).port();
  state->accept();
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const { return state_->port; }

size_t HttpServer::connections() const { return state_->core.connections.size(); }

void HttpServer::stop() {
  Lock lock(state_->stop_mutex);
  if (state_->stopped) return;
  state_->stopped = true;
  ServerCore& core = state_->core;
  core.stopping = true;
  asio::post(core.io, [this] {
    error_code ignored;
    state_->acceptor.close(ignored);
    state_->pause.cancel();
    for (const auto& connection : state_->core.connections.all()) connection->finish();
  });
  core.connections.wait_until_empty(Steady::now() + core.limits.finish);
  const auto cut_all = [&core] {
    for (const auto& connection : core.connections.all()) connection->cut();
  };
  asio::post(core.io, cut_all);
  core.handlers.join();
  core.disk.join();
  // A handler may have ended only now; its connection learns it here.
  asio::post(core.io, cut_all);
  if (!core.connections.wait_until_empty(Steady::now() + core.limits.finish)) {
    spdlog::warn("{} connections did not end in time", core.connections.size());
  }
  state_->work.reset();
  core.io.stop();
  state_->thread.join();
}

}  // namespace poss::server
