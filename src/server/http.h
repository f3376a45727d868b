// Requests and replies as handlers see them: plain values, without the HTTP library.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/result.h"
#include "server/caller.h"
#include "server/file_body.h"
#include "server/url.h"

namespace poss::server {

struct HttpRequest {
  std::string method;  // "GET"; HEAD arrives as GET, the connection leaves the body out
  Target target;
  std::vector<std::pair<std::string, std::string>> headers;  // as they came
  std::map<std::string, std::string> path;                   // path parameters, by name
  std::string body;                                          // empty when it lies in `upload`
  std::shared_ptr<UploadedFile> upload;  // set for what was admitted with a folder
  std::string peer;                      // the client's IP address
  Caller caller;                         // set by Site before a route sees the request
  bool secure = false;                   // came over TLS
  bool head = false;                     // HEAD was asked
  bool web_socket = false;               // the client asks to switch to the WebSocket protocol

  // The first header of this name, whatever its case; "" when there is none.
  std::string_view header(std::string_view name) const;
  // How many headers of this name there are.
  size_t header_count(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::shared_ptr<const std::string> body;  // may be null; never changed once sent
  std::shared_ptr<const FileBody> file;     // not null: the body is this instead
  std::vector<std::pair<std::string, std::string>> headers;
};

// Messages for one connection that stays open, made on any thread and taken on the connection's.
// Thread-safe.
class Feed {
 public:
  struct Message {
    std::shared_ptr<const void> owner;  // keeps `bytes` alive
    std::string_view bytes;
    bool text = true;  // WebSocket: text or binary
  };
  virtual ~Feed() = default;
  // The next message; nothing when there is none now. `wake` is called once there is one again.
  virtual std::optional<Message> next() = 0;
  // Called on any thread, must not block or call the feed. Once set_wake() returns, the function
  // set before is not running and will never be called again.
  virtual void set_wake(std::function<void()> wake) = 0;
  // Whether there will be no further message: once next() has none left, the connection is closed.
  virtual bool over() const { return false; }
};

// An answer that goes on: server-sent events, or messages on a WebSocket.
struct StreamReply {
  enum class Kind { events, web_socket };
  Kind kind = Kind::events;
  std::shared_ptr<Feed> feed;
  std::vector<std::pair<std::string, std::string>> headers;
};

using Reply = std::variant<HttpResponse, StreamReply>;

// What a request may send.
struct Admission {
  std::uint64_t body_limit = 1u << 20;  // bytes
  std::filesystem::path folder;         // not empty: the body goes into a new file there
  std::string lane;                     // requests of one lane never take all handler threads
};

// What answers the requests of a server.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Sees the request before its body is read: what the body may be, or a refusal. On the IO
  // thread, so it must be quick.
  virtual std::variant<Admission, HttpResponse> admit(const HttpRequest& request) = 0;
  // Answers a whole request. On one of a few handler threads, so it may take some time.
  virtual Reply handle(HttpRequest& request) = 0;
  // Puts the headers on an answer that the server itself gives (broken requests).
  virtual void finish(HttpResponse& response) = 0;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

// application/problem+json (RFC 9457): {"type","title","status","code","detail","field"?}.
HttpResponse problem(int status, Code code, std::string detail, std::string field = "");
// The status is http_status(error.code).
HttpResponse problem(const Error& error, std::string field = "");
// Everything that is wrong with what was sent: `problems` lists all, `detail` joins them.
HttpResponse problem(int status, Code code, const std::vector<FieldError>& errors);

// "Bad Request" and so on (RFC 9110, 15).
std::string_view status_title(int status);

HttpResponse json_response(std::string text);

// The file with ETag and Last-Modified, or what the request's conditions and its Range make of it:
// 304, 206, 416 (RFC 9110, 13 and 14; one range, as video players ask). A problem when the file is
// not there. The body is read while it is sent.
HttpResponse file_response(const HttpRequest& request, const std::filesystem::path& path,
                           std::string content_type);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(std::time_t time);

// Whether the value of If-None-Match names this tag (RFC 9110, 13.1.2; weak comparison).
bool names_etag(std::string_view header, std::string_view tag);

// The schema of a problem, for the API document.
json::object problem_schema();

}  // namespace poss::server
