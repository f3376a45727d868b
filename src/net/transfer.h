// What this folder's users of libcurl share: starting it, and the sentences for its failures.
#pragma once

#include <chrono>
#include <string>

#include <curl/curl.h>

#include "base/result.h"

namespace poss::net {

struct EasyRelease {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

// Before any other use of libcurl. Thread-safe.
void start_curl();

// Why the transfer on `handle`, which ended with `code` (not CURLE_OK), failed. `name` tells the
// peer, without credentials.
Error transfer_error(const std::string& name, CURL* handle, CURLcode code,
                     std::chrono::milliseconds timeout);

}  // namespace poss::net
