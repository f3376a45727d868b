// fetch(): a file from an http or https address, streamed to disk, resumed where it broke.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace poss::net {

struct FetchRequest {
  std::string url;             // http:// or https://; may hold user:password@
  std::filesystem::path file;  // made by the fetch; there is none of that name before
  std::string sha256;          // what the file must have, 64 hexadecimal digits; empty: anything
  std::string ca_file;         // PEM; empty: the system's certificate authorities
  // The headers of a request, made anew for each try; `range` is "bytes=N-" or empty. They, and
  // the URL's credentials, go to the URL's own server only, never where it redirects to.
  std::function<Result<std::map<std::string, std::string>>(const std::string& range)> sign;
  // What an answer that is not the file means, for peers that say more than a status. It has
  // status and headers.
  std::function<std::optional<Error>(const HttpResponse& answer)> explain;
};

struct FetchLimits {
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::uint64_t keep_free_bytes = 0;     // on the file's disk
  std::vector<std::string> networks;     // may be asked besides public addresses: see AddressGuard
  int resumes = 8;                       // after a broken connection
  std::chrono::milliseconds pause{500};  // before the first of them; doubles to at most 10 s
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds stall_timeout{30'000};  // without a byte
  std::chrono::hours timeout{12};                   // for everything
};

struct Fetched {
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string etag;
};

// Some times a second, from the fetch's thread; `total` is 0 while it is not known.
using FetchProgress = std::function<void(std::uint64_t bytes, std::uint64_t total)>;

// Follows at most 5 redirections, http and https only and never from https to http, and connects
// to no address that `limits.networks` does not allow: what counts is where the connection really
// goes, each time. Proxies of the environment are not used: through one, this could not be known.
// A broken connection is resumed with Range when the answer had an ETag or Last-Modified, and from
// the beginning when not or when the file has changed meanwhile. On failure there is no file.
// Blocks; `cancelled` (may be empty) is asked five times a second. Reentrant. Errors hold neither
// credentials nor the URL's query.
Result<Fetched> fetch(const FetchRequest& request, const FetchLimits& limits,
                      const FetchProgress& progress, const std::function<bool()>& cancelled);

// The last part of a URL's path, decoded; empty when it could not name a file.
std::string file_name_of(std::string_view url);

}  // namespace poss::net
