// Clients for the tests of the server: libcurl for whole exchanges, a bare socket for broken ones.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"

namespace poss::server {

struct Answer {
  long status = 0;                             // 0: no answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct Ask {
  std::string method = "GET";
  std::string body;
  std::vector<std::string> headers;  // "Name: value"
  std::string trusted;               // certificate file; not empty: ask over HTTPS
};

// One request on a connection of its own.
inline Answer ask(std::uint16_t port, const std::string& target, const Ask& what = {}) {
  static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)ready;
  Answer answer;
  CURL* curl = curl_easy_init();
  const std::string scheme = what.trusted.empty() ? "http" : "https";
  const std::string url = scheme + "://127.0.0.1:" + std::to_string(port) + target;
  if (!what.trusted.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, what.trusted.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, what.method.c_str());
  if (what.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!what.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, what.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(what.body.size()));
  }
  curl_slist* headers = nullptr;
  for (const auto& header : what.headers) headers = curl_slist_append(headers, header.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  using Write = size_t (*)(char*, size_t, size_t, void*);
  const Write on_body = [](char* data, size_t size, size_t count, void* to) {
    static_cast<Answer*>(to)->body.append(data, size * count);
    return size * count;
  };
  const Write on_header = [](char* data, size_t size, size_t count, void* to) {
    std::string line(data, size * count);
    const auto colon = line.find(": ");
    if (colon != std::string::npos) {
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      static_cast<Answer*>(to)->headers[name] =
          line.substr(colon + 2, line.find_last_not_of("\r\n") - colon - 1);
    }
    return size * count;
  };
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return answer;
}

// A connection that sends what it is told and reads when it is told.
class BareClient {
 public:
  explicit BareClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~BareClient() { close(); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  bool connected() const { return connected_; }
  bool send(const std::string& text) {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  // Everything up to and including `end`; what there is when it does not come within 10 s.
  std::string read_until(const std::string& end) {
    const auto deadline = Steady::now() + std::chrono::seconds(10);
    size_t at = std::string::npos;
    while ((at = buffer_.find(end)) == std::string::npos && receive(deadline)) {
    }
    const size_t size = at == std::string::npos ? buffer_.size() : at + end.size();
    std::string out = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return out;
  }
  // Everything until the server closes; `closed` says whether it did within 10 s.
  std::string read_all(bool* closed = nullptr) {
    const auto deadline = Steady::now() + std::chrono::seconds(10);
    while (receive(deadline)) {
    }
    if (closed) *closed = over_;
    return std::move(buffer_);
  }

 private:
  bool receive(Steady::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return false;
    char bytes[65536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) {
      over_ = true;
      return false;
    }
    buffer_.append(bytes, static_cast<size_t>(size));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool over_ = false;
  std::string buffer_;
};

}  // namespace poss::server
