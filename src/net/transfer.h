// What this folder's users of libcurl share: starting it, guarding where it connects to, and the
// sentences for its failures.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include <curl/curl.h>

#include "base/result.h"
#include "net/address.h"

namespace poss::net {

struct EasyRelease {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListRelease {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlRelease {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// Before any other use of libcurl. Thread-safe.
void start_curl();

// Why the transfer on `handle`, which ended with `code` (not CURLE_OK), failed. `name` tells the
// peer, without credentials.
Error transfer_error(const std::string& name, CURL* handle, CURLcode code,
                     std::chrono::milliseconds timeout);

// That a peer answered with `status`, which is not the one wanted.
Error status_error(const std::string& name, long status);

// The last answer's headers by their names in lower case; a repeated header's values are joined.
std::map<std::string, std::string> headers_of(CURL* handle);

// Whether these can be a header's name and value: RFC 9110, sections 5.1 and 5.5.
bool plain_header(const std::string& name, const std::string& value);

// Keeps a transfer from connecting to addresses that `guard` does not allow, and from proxies.
struct GuardedSockets {
  const AddressGuard& guard;
  std::string refused;  // the address that was, if any
};
// `sockets` must outlive the transfer.
void guard_sockets(CURL* handle, GuardedSockets& sockets);
Error refused_error(const std::string& name, const std::string& address);

}  // namespace poss::net
