// libcurl's result codes as sentences.
#include "net/transfer.h"

#include <cerrno>
#include <cstring>

namespace poss::net {

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

}  // namespace poss::net
