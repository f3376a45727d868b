// What the fuzz targets share.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/json.h"

namespace poss::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process, as a sanitizer would, when `holds` is false.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// The value after a journey as text, in both of the forms that POSS writes.
inline json::value reread(const json::value& value) {
  const auto pretty = parse_json(pretty_json(value));
  require(pretty.has_value(), "pretty text is JSON");
  const auto plain = parse_json(json::serialize(value));
  require(plain.has_value(), "plain text is JSON");
  require(*pretty == *plain, "both texts mean the same");
  return *plain;
}

}  // namespace poss::fuzz
