// libcurl's result codes as sentences.
#include "net/transfer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <sys/socket.h>

namespace poss::net {
namespace {

std::string_view reason(long status) {
  switch (status) {
    case 400:
      return " (bad request)";
    case 401:
      return " (not authorised)";
    case 403:
      return " (forbidden)";
    case 404:
      return " (not found)";
    case 405:
      return " (method not allowed)";
    case 413:
      return " (too large)";
    case 415:
      return " (media type not taken)";
    case 429:
      return " (too many requests)";
    case 500:
      return " (internal server error)";
    case 502:
      return " (bad gateway)";
    case 503:
      return " (service unavailable)";
    case 504:
      return " (gateway timed out)";
    default:
      return "";
  }
}

curl_socket_t open_guarded(void* state, curlsocktype, curl_sockaddr* address) {
  auto& sockets = *static_cast<GuardedSockets*>(state);
  if (!sockets.guard.allows(address->addr)) {
    sockets.refused = address_text(address->addr);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

Error transfer_error(const std::string& name, CURL* handle, CURLcode code,
                     std::chrono::milliseconds timeout) {
  long system_error = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &system_error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Code::unavailable, name + ": no such host; check the name and the name server"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Code::unavailable, name + ": the proxy's host is not known"};
    case CURLE_COULDNT_CONNECT:
      if (system_error == ECONNREFUSED) {
        return {Code::unavailable,
                name + ": the connection was refused; is the server running on this port?"};
      }
      return {Code::unavailable,
              name + ": no connection" +
                  (system_error != 0
                       ? std::string(" (") + std::strerror(static_cast<int>(system_error)) + ")"
                       : std::string())};
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::timed_out,
              name + ": no answer within " + std::to_string(timeout.count()) + " ms"};
    case CURLE_LOGIN_DENIED:
      return {Code::permission_denied, name + ": refused the user name or password; check both"};
    case CURLE_USE_SSL_FAILED:
      return {Code::unavailable, name + ": offers no encryption; check the port, or allow none"};
    case CURLE_WEIRD_SERVER_REPLY:
      return {Code::invalid_argument,
              name + ": answers in another protocol; check the address and port"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
      return {Code::permission_denied, name + ": no secure connection (" +
                                           curl_easy_strerror(code) +
                                           "); check which authority signed its certificate"};
    case CURLE_TOO_MANY_REDIRECTS:
      return {Code::invalid_argument, name + ": redirects more than 5 times"};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {Code::invalid_argument, name + ": not an address that can be used"};
    case CURLE_OUT_OF_MEMORY:
      return {Code::resource_exhausted, name + ": no memory left for the request"};
    default:
      return {Code::unavailable, name + ": " + curl_easy_strerror(code)};
  }
}

Error status_error(const std::string& name, long status) {
  Code code = Code::invalid_argument;
  if (status == 401 || status == 403 || status == 407) code = Code::permission_denied;
  if (status == 404 || status == 410) code = Code::not_found;
  if (status == 409) code = Code::conflict;
  if (status == 413 || status == 429 || status == 507) code = Code::resource_exhausted;
  if (status == 408 || status == 504) code = Code::timed_out;
  if (status >= 500 && status != 504 && status != 507) code = Code::unavailable;
  const std::string answer =
      name + " answered with status " + std::to_string(status) + std::string(reason(status));
  if (status >= 300 && status < 400) {
    return {code, answer + ", a redirection; use the address it points to"};
  }
  return {code, answer};
}

std::map<std::string, std::string> headers_of(CURL* handle) {
  std::map<std::string, std::string> headers;
  for (curl_header* at = nullptr;
       (at = curl_easy_nextheader(handle, CURLH_HEADER, -1, at)) != nullptr;) {
    std::string name = at->name;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string& value = headers[name];
    if (!value.empty()) value += ", ";
    value += at->value;
  }
  return headers;
}

bool plain_header(const std::string& name, const std::string& value) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != std::string_view::npos;
  });
  return token && std::none_of(value.begin(), value.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
         });
}

void guard_sockets(CURL* handle, GuardedSockets& sockets) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_guarded);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &sockets);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);  // none that was opened unguarded
}

Error refused_error(const std::string& name, const std::string& address) {
  return {Code::permission_denied,
          name + ": its address " + address +
              " is not a public one; an administrator can allow its network in the settings, "
              "under networks to import from"};
}

}  // namespace poss::net
