// HTTP over libcurl's multi interface, which can be woken to give up.
#include "net/http.h"

#include <atomic>
#include <cstdio>

#include <curl/curl.h>

#include "base/log.h"
#include "net/transfer.h"

namespace poss::net {
namespace {

struct FileRelease {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Where the answer's body goes.
struct Body {
  std::string bytes;
  size_t limit = 0;
  bool too_long = false;
};

size_t take_body(char* data, size_t, size_t size, void* target) {
  auto& body = *static_cast<Body*>(target);
  if (body.bytes.size() + size > body.limit) {
    body.too_long = true;
    return 0;
  }
  body.bytes.append(data, size);
  return size;
}

size_t read_file_body(char* target, size_t, size_t size, void* file) {
  auto* from = static_cast<std::FILE*>(file);
  const size_t count = std::fread(target, 1, size, from);
  return std::ferror(from) ? static_cast<size_t>(CURL_READFUNC_ABORT) : count;
}

int tell_progress(void* request, curl_off_t, curl_off_t, curl_off_t total, curl_off_t sent) {
  const auto& sending = static_cast<const HttpRequest*>(request)->sending;
  if (total > 0) sending(static_cast<std::uint64_t>(sent), static_cast<std::uint64_t>(total));
  return 0;
}

void set_method(CURL* handle, const HttpRequest& request) {
  const auto take_body_along = [&] {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  };
  switch (request.method) {
    case HttpMethod::get:
      return;
    case HttpMethod::head:
      curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
      return;
    case HttpMethod::post:
      return take_body_along();
    case HttpMethod::put:
      take_body_along();
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PUT");
      return;
    case HttpMethod::patch:
      take_body_along();
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PATCH");
      return;
    case HttpMethod::delete_:
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "DELETE");
      return;
    case HttpMethod::options:
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "OPTIONS");
      return;
  }
}

}  // namespace

Result<void> check_http_url(std::string_view url) {
  start_curl();
  const auto bad = [&](std::string_view what) {
    return Error{Code::invalid_argument,
                 "'" + mask_uri(url) + "' " + std::string(what) + "; write http://host/path"};
  };
  const std::unique_ptr<CURLU, UrlRelease> parsed(curl_url());
  if (!parsed || url.find('\0') != std::string_view::npos ||
      curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK) {
    return bad("is not an absolute URL");
  }
  char* scheme = nullptr;
  curl_url_get(parsed.get(), CURLUPART_SCHEME, &scheme, 0);
  const std::string name = scheme ? scheme : "";
  curl_free(scheme);
  if (name != "http" && name != "https") return bad("is not an http or https address");
  return {};
}

struct HttpClient::State {
  CURLM* multi = nullptr;
  std::atomic<bool> cancelled = false;
};

HttpClient::HttpClient() : state_(std::make_unique<State>()) {
  start_curl();
  state_->multi = curl_multi_init();
}

HttpClient::~HttpClient() { curl_multi_cleanup(state_->multi); }

void HttpClient::cancel() {
  state_->cancelled = true;
  curl_multi_wakeup(state_->multi);
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  POSS_TRY(check_http_url(request.url));
  const std::string name = "'" + mask_uri(request.url) + "'";
  for (const auto& [key, value] : request.headers) {
    if (!plain_header(key, value)) {
      return Error{Code::invalid_argument,
                   name + ": the header '" + key + "' has characters that a header cannot hold"};
    }
  }
  const std::unique_ptr<CURL, EasyRelease> easy(curl_easy_init());
  if (!easy || !state_->multi) {
    return Error{Code::resource_exhausted, name + ": no memory left for the request"};
  }
  CURL* handle = easy.get();
  std::unique_ptr<curl_slist, ListRelease> headers;
  const auto add_header = [&headers](const std::string& line) {
    // The list stays the same object once it has a first entry.
    curl_slist* grown = curl_slist_append(headers.get(), line.c_str());
    if (grown && !headers) headers.reset(grown);
  };
  add_header("Expect:");  // do not wait for "100 Continue" before the body
  for (const auto& [key, value] : request.headers) {
    add_header(value.empty() ? key + ";" : key + ": " + value);
  }
  Body body{.bytes = {}, .limit = request.max_response_bytes, .too_long = false};
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "poss/" POSS_VERSION);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  if (!request.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  }
  if (!request.unix_socket.empty()) {
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
  std::optional<GuardedSockets> sockets;
  if (request.guard) guard_sockets(handle, sockets.emplace(GuardedSockets{*request.guard, {}}));
  if (request.ignore_proxies) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  if (!request.digest_user_name.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST);
    curl_easy_setopt(handle, CURLOPT_USERNAME, request.digest_user_name.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, request.digest_password.c_str());
  }
  set_method(handle, request);
  std::unique_ptr<std::FILE, FileRelease> file;
  if (!request.body_file.empty()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(request.body_file, error);
    if (!error) file.reset(std::fopen(request.body_file.c_str(), "rb"));
    if (!file) {
      return Error{Code::not_found, "cannot read '" + request.body_file.string() +
                                        "'; check that it is a file and may be read"};
    }
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_file_body);
    curl_easy_setopt(handle, CURLOPT_READDATA, file.get());
    if (request.sending) {
      curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
      curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, tell_progress);
      curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &request);
    }
  }
  if (request.stall_timeout.count() > 0) {
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                     static_cast<long>(request.stall_timeout.count()));
  }

  curl_multi_add_handle(state_->multi, handle);
  CURLcode code = CURLE_OK;
  bool done = false;
  while (!done && !state_->cancelled) {
    int running = 0;
    if (curl_multi_perform(state_->multi, &running) != CURLM_OK) {
      code = CURLE_FAILED_INIT;
      break;
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(state_->multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      code = message->data.result;
      done = true;
    }
    if (!done) curl_multi_poll(state_->multi, nullptr, 0, 1000, nullptr);
  }
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
  HttpResponse response{.status = static_cast<int>(status),
                        .content_type = type ? type : "",
                        .headers = headers_of(handle),
                        .body = std::move(body.bytes)};
  curl_multi_remove_handle(state_->multi, handle);

  if (state_->cancelled && !done) {
    return Error{Code::unavailable, name + ": the request was cancelled"};
  }
  // What failed on the server is told by its status, however long the page about it is.
  if (status >= 300 && (body.too_long || (code == CURLE_OK && !request.accept_all_statuses))) {
    return status_error(name, status);
  }
  if (body.too_long) {
    return Error{Code::resource_exhausted,
                 name + ": the answer is longer than " + std::to_string(body.limit) + " bytes"};
  }
  if (code != CURLE_OK && sockets && !sockets->refused.empty()) {
    return refused_error(name, sockets->refused);
  }
  if (code != CURLE_OK) return transfer_error(name, handle, code, request.timeout);
  return response;
}

}  // namespace poss::net
