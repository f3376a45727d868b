// Checks of Host, Origin and sign-in, dispatch, and the headers every answer carries.
#include "server/site.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "base/log.h"
#include "server/auth.h"
#include "server/housekeeper.h"

namespace poss::server {
namespace {

// "[::1]:8080" → "[::1]", "localhost:8080" → "localhost".
std::string_view host_name(std::string_view host) {
  const auto bracket = host.find(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return host.substr(0, colon);
}

bool is_api(const Target& target) {
  return !target.segments.empty() &&
         (target.segments.front() == "api" || target.segments.front() == "healthz");
}

// A feed that ends once whoever asked for it may not any more: signed out, disabled, or
// expired. Looking at a feed counts as using the session.
class GuardedFeed final : public Feed {
 public:
  GuardedFeed(std::shared_ptr<Feed> feed, Auth& auth, Caller caller)
      : feed_(std::move(feed)), auth_(auth), caller_(std::move(caller)) {}
  std::optional<Message> next() override {
    auto message = feed_->next();
    if (message && !auth_.still_valid(caller_)) {
      refused_ = true;
      return std::nullopt;
    }
    return message;
  }
  bool over() const override { return refused_ || feed_->over(); }
  void set_wake(std::function<void()> wake) override { feed_->set_wake(std::move(wake)); }

 private:
  const std::shared_ptr<Feed> feed_;
  Auth& auth_;
  const Caller caller_;
  std::atomic<bool> refused_ = false;
};

}  // namespace

std::optional<HttpResponse> refuse_foreign(const HttpRequest& request, bool any_host) {
  const std::string_view host = request.header("host");
  const std::string_view name = host_name(host);
  const bool ours =
      any_host || name == "127.0.0.1" || name == "[::1]" || equal_ignoring_case(name, "localhost");
  if (request.header_count("host") != 1 || host.empty()) {
    return problem(403, Code::permission_denied, "a request needs one Host header");
  }
  if (!ours) {
    return problem(403, Code::permission_denied,
                   "the Host header must name this machine as 127.0.0.1, localhost or [::1]");
  }
  if (request.header_count("origin") == 0) return std::nullopt;
  const std::string_view origin = request.header("origin");
  const bool same = equal_ignoring_case(origin, "https://" + std::string(host)) ||
                    (!request.secure && equal_ignoring_case(origin, "http://" + std::string(host)));
  if (same && request.header_count("origin") == 1) return std::nullopt;
  return problem(403, Code::permission_denied, "pages of other origins may not use this server");
}

std::variant<Admission, HttpResponse> Site::admit(const HttpRequest& request) {
  if (auto refusal = refuse_foreign(request, any_host_)) return std::move(*refusal);
  std::map<std::string, std::string> path;
  std::string allowed;
  if (const Route* route = api_.find(request.method, request.target.segments, path, allowed)) {
    Auth& auth = resources_.auth;
    if (auto refusal = auth.refuse(request, route->info, auth.identify(request))) {
      return std::move(*refusal);
    }
    Admission admission{.body_limit = route->info.body_limit, .folder = {}, .lane = route->info.id};
    if (!route->info.streams_body) return admission;
    admission.folder = resources_.options.upload_folder;
    const std::string_view length = request.header("content-length");
    std::uint64_t bytes = length.empty() ? 1 : 0;  // a length that is no number is refused later
    std::from_chars(length.data(), length.data() + length.size(), bytes);
    if (bytes <= admission.body_limit) {
      const auto room = resources_.housekeeper.admit(bytes);
      if (!room) return problem(room.error());
    }
    if (length.empty()) {
      admission.body_limit = std::min(admission.body_limit, resources_.housekeeper.room());
    }
    return admission;
  }
  if (allowed.empty() && is_api(request.target)) {
    return problem(404, Code::not_found,
                   "there is nothing at this address; /api/v1/openapi.json lists what there is");
  }
  if (allowed.empty() && request.method != "GET") allowed = "GET, HEAD";
  if (allowed.empty()) return Admission{};
  HttpResponse response =
      problem(405, Code::invalid_argument,
              "this address does not know the method " + request.method + "; it knows " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Reply Site::handle(HttpRequest& request) {
  std::string allowed;
  const Route* route = api_.find(request.method, request.target.segments, request.path, allowed);
  // Again after admit(): a body may have taken long.
  Auth& auth = resources_.auth;
  request.caller = auth.identify(request);
  std::optional<HttpResponse> refusal;
  if (route) refusal = auth.refuse(request, route->info, request.caller);
  Reply reply = refusal ? Reply(std::move(*refusal))
                : route ? route->handle(resources_, request)
                        : Reply(files_.get(request));
  if (auto* response = std::get_if<HttpResponse>(&reply)) {
    spdlog::debug("{} {} {}", request.method, route ? route->info.path : "portal file",
                  response->status);
    finish(*response);
  } else {
    HttpResponse bare;
    finish(bare);
    auto& stream = std::get<StreamReply>(reply);
    stream.headers = std::move(bare.headers);
    stream.feed = std::make_shared<GuardedFeed>(std::move(stream.feed), auth, request.caller);
  }
  return reply;
}

void Site::finish(HttpResponse& response) {
  const auto add = [&](const char* name, const char* value) {
    const bool there = std::any_of(response.headers.begin(), response.headers.end(),
                                   [&](const auto& header) { return header.first == name; });
    if (!there) response.headers.emplace_back(name, value);
  };
  add("Cache-Control", "no-store");
  add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add("Cross-Origin-Opener-Policy", "same-origin");
  add("Cross-Origin-Resource-Policy", "same-origin");
  add("Referrer-Policy", "no-referrer");
  add("X-Content-Type-Options", "nosniff");
}

}  // namespace poss::server
