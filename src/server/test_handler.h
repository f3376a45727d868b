// A handler for the tests of HttpServer: one address for each thing a handler may do.
#pragma once

#include <stdexcept>

#include "base/sync.h"
#include "server/event_hub.h"
#include "server/http.h"
#include "server/live_view.h"

namespace poss::server {

class TestHandler final : public HttpHandler {
 public:
  std::variant<Admission, HttpResponse> admit(const HttpRequest& request) override {
    if (name(request) == "refused") return problem(403, Code::permission_denied, "refused");
    if (name(request) == "small") return Admission{.body_limit = 10};
    if (name(request) == "upload" || name(request) == "keep") {
      return Admission{.body_limit = upload_limit, .folder = folder};
    }
    return Admission{.lane = name(request)};
  }

  Reply handle(HttpRequest& request) override {
    const std::string what = name(request);
    if (what == "throw") throw std::runtime_error("thrown");
    if (what == "wait") {
      Lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      while (!released_) changed_.wait(mutex_);
    }
    if (what == "events") {
      return StreamReply{.kind = StreamReply::Kind::events,
                         .feed = hub.subscribe("", std::nullopt, "{}"),
                         .headers = {{"X-Test", "1"}}};
    }
    if (what == "live") {
      auto view = std::make_shared<LiveView>(live_bytes);
      {
        Lock lock(mutex_);
        view_ = view;
        changed_.notify_all();
      }
      return StreamReply{
          .kind = StreamReply::Kind::web_socket, .feed = std::move(view), .headers = {}};
    }
    if (what == "file") return file_response(request, file, "video/mp4");
    if (what == "keep") request.upload->keep();
    if (what == "who") {
      return json_response(json_text({{"peer", request.peer}, {"secure", request.secure}}));
    }
    if (what == "upload" || what == "keep") {
      return json_response(json_text({{"bytes", request.upload->bytes()},
                                      {"in_memory", request.body.size()},
                                      {"path", request.upload->path().string()}}));
    }
    const std::string body = what == "large"            ? std::string(8u << 20, 'x')
                             : request.method == "POST" ? request.body
                                                        : "hello";
    return HttpResponse{.status = 200,
                        .content_type = "text/plain",
                        .body = std::make_shared<const std::string>(body),
                        .file = {},
                        .headers = {{"X-Test", "1"}}};
  }

  void finish(HttpResponse& response) override { response.headers.emplace_back("X-Test", "1"); }

  void wait_for_waiting(int count) {
    Lock lock(mutex_);
    while (waiting_ < count) changed_.wait(mutex_);
  }
  void release() {
    Lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  // The view of the last client of /live; null once it has gone.
  std::shared_ptr<LiveView> view() {
    Lock lock(mutex_);
    return view_.lock();
  }

  std::filesystem::path folder;  // of /upload
  std::uint64_t upload_limit = 1u << 20;
  std::filesystem::path file;  // of /file
  EventHub hub;
  size_t live_bytes = 100'000;

 private:
  static std::string name(const HttpRequest& request) {
    return request.target.segments.empty() ? "" : request.target.segments.front();
  }
  Mutex mutex_;
  Condition changed_;
  int waiting_ GUARDED_BY(mutex_) = 0;
  bool released_ GUARDED_BY(mutex_) = false;
  std::weak_ptr<LiveView> view_ GUARDED_BY(mutex_);
};

}  // namespace poss::server
