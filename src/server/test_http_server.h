// What the tests of HttpServer begin with: a server on a free port, its handler, and a folder.
#pragma once

#include <filesystem>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "base/id.h"
#include "server/http_server.h"
#include "server/test_client.h"
#include "server/test_handler.h"

namespace poss::server {

class TestHttpServer : public testing::Test {
 protected:
  TestHttpServer() : folder(std::filesystem::temp_directory_path() / ("poss-http-" + new_id())) {
    std::filesystem::create_directories(folder);
    handler.folder = folder;
  }
  ~TestHttpServer() override {
    server.reset();
    std::filesystem::remove_all(folder);
  }

  void start(HttpLimits limits = {}, const TlsFiles& tls = {}) {
    auto made = HttpServer::create("127.0.0.1", 0, handler, limits, tls);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  Answer get(const std::string& target, const Ask& what = {}) {
    return ask(server->port(), target, what);
  }
  // How many files lie in the folder.
  size_t files() const {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<size_t>(std::distance(Entries(folder), Entries()));
  }
  // Waits until a condition that another thread brings about holds.
  template <class F>
  static bool eventually(F&& holds) {
    const auto deadline = Steady::now() + std::chrono::seconds(10);
    while (!holds()) {
      if (Steady::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const std::filesystem::path folder;
  TestHandler handler;
  std::unique_ptr<HttpServer> server;
};

}  // namespace poss::server
