// HttpClient: single HTTP requests with a time limit, a size limit and the means to give up.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace poss::net {

enum class HttpMethod { get, head, post, put, patch, delete_, options };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string url;  // http:// or https://; may hold user:password@
  std::map<std::string, std::string> headers;
  std::string body;                 // of post, put and patch
  std::filesystem::path body_file;  // of post: read from disk while it is sent, in place of body
  // Told while body_file is sent, some times a second; both in bytes.
  std::function<void(std::uint64_t sent, std::uint64_t total)> sending;
  std::string ca_file;  // PEM, for https; empty: the system's certificate authorities
  // With a user name the request is authenticated by digest (RFC 7616); the password itself never
  // travels. The server is asked once for its challenge, with an empty body.
  std::string digest_user_name;
  std::string digest_password;
  std::string unix_socket;      // the path of a socket to use in place of the URL's host and port
  bool ignore_proxies = false;  // of the environment: for peers in the local network
  // Only what it allows is connected to, each time and without proxies.
  std::optional<AddressGuard> guard;
  std::chrono::milliseconds timeout{10'000};  // from name lookup to the last byte
  std::chrono::seconds stall_timeout{0};      // without a byte either way; 0: no such limit
  size_t max_response_bytes = 1u << 20;       // a longer answer is an error
  bool follow_redirects = false;              // at most 5, http and https only
  bool accept_all_statuses = false;           // an answer of any status is no error
};

struct HttpResponse {
  int status = 0;  // 200 to 299, unless accept_all_statuses
  std::string content_type;
  std::map<std::string, std::string> headers;  // names in lower case: "etag", "location"
  std::string body;

  // The value of a header by its lower-case name; empty when there is none.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
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
  // names it, unless the request accepts all; messages hold the URL with its credentials masked.
  Result<HttpResponse> send(const HttpRequest& request);

  // Makes the running and later send() calls return `unavailable`.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace poss::net
