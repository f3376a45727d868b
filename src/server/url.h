// Request targets taken apart: decoded path segments and query parameters.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace poss::server {

// "/a/b%2Fc?d=e" as segments {"a", "b/c"} and query {{"d", "e"}}. A segment is decoded after the
// path was split, so it may hold a '/' that nobody may take for a folder. All text is valid UTF-8
// without control characters; no segment is "." or "..".
struct Target {
  std::vector<std::string> segments;  // "/" has none; "/a/" ends with an empty one
  std::vector<std::pair<std::string, std::string>> query;
};

// Parses the origin form of a request target (RFC 9112, 3.2.1). Reentrant.
Result<Target> parse_target(std::string_view text);

// True for well-formed UTF-8 (RFC 3629) without control characters.
bool is_clean_utf8(std::string_view text);

}  // namespace poss::server
