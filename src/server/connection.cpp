// Lanes of handlers, and the text of response heads.
#include "server/connection.h"

#include <algorithm>
#include <ctime>

#include <boost/asio/post.hpp>
#include <boost/beast/http/status.hpp>

#include "base/log.h"

namespace poss::server {

HandlerPool::HandlerPool(int threads)
    : most_of_a_lane_(static_cast<size_t>(std::max(1, threads - 1))),
      threads_(static_cast<size_t>(std::max(1, threads))) {}

void HandlerPool::post(const std::string& lane, std::function<void()> task) {
  {
    Lock lock(mutex_);
    Lane& state = lanes_[lane];
    if (state.running == most_of_a_lane_) {
      state.waiting.push_back(std::move(task));
      return;
    }
    ++state.running;
  }
  boost::asio::post(threads_, [this, lane, task = std::move(task)] { run(lane, task); });
}

void HandlerPool::run(const std::string& lane, const std::function<void()>& task) {
  task();
  std::function<void()> next;
  {
    Lock lock(mutex_);
    Lane& state = lanes_[lane];
    if (state.waiting.empty()) {
      if (--state.running == 0) lanes_.erase(lane);
      return;
    }
    next = std::move(state.waiting.front());
    state.waiting.pop_front();
  }
  // In line behind what others have posted meanwhile.
  boost::asio::post(threads_, [this, lane, next = std::move(next)] { run(lane, next); });
}

std::string response_head(const HttpResponse& response, std::optional<std::uint64_t> length,
                          bool keep_alive) {
  namespace http = boost::beast::http;
  const auto status = static_cast<unsigned>(response.status);
  const std::string_view reason = http::obsolete_reason(http::int_to_status(status));
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) {
    if (name.find_first_of("\r\n:") != name.npos || value.find_first_of("\r\n") != value.npos) {
      spdlog::error("left out a header with a line break in it");
      return;
    }
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", http_date(std::time(nullptr)));
  for (const auto& [name, value] : response.headers) add(name, value);
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (length) add("Content-Length", std::to_string(*length));
  add("Connection", keep_alive ? "keep-alive" : "close");
  return head + "\r\n";
}

}  // namespace poss::server
