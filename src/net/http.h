// HttpClient: single HTTP requests with a time limit, a size limit and the means to give up.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace poss::net {

enum class HttpMethod { get, post, put };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string url;  // http:// or https://; may hold user:password@
  std::map<std::string, std::string> headers;
  std::string body;     // of post and put
  std::string ca_file;  // PEM, for https; empty: the system's certificate authorities
  std::chrono::milliseconds timeout{10'000};  // from name lookup to the last byte
  size_t max_response_bytes = 1u << 20;       // a longer answer is an error
  bool follow_redirects = false;              // at most 5, http and https only
};

struct HttpResponse {
  int status = 0;  // 200 to 299
  std::string content_type;
  std::string body;
};

// Ok when `url` is an absolute http or https URL with a host. Reentrant.
Result<void> check_http_url(std::string_view url);

// Keeps connections open between requests to the same host. send() is for one thread at a time,
// cancel() for any.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request and waits for the whole answer. A status outside 200 to 299 is an error that
  // names it; messages hold the URL with its credentials masked.
  Result<HttpResponse> send(const HttpRequest& request);

  // Makes the running and later send() calls return `unavailable`.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace poss::net
