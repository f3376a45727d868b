// Identifiers: random ids of messages and objects, and the check of names that people give.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace poss {

// A random version-4 UUID (RFC 9562), lower case. Thread-safe.
std::string new_id();

// A name usable as an id in URLs and file names: 1 to 64 of a-z, 0-9, '_' and '-'.
bool is_slug(std::string_view text);

// `text` made into a slug: "Detect people!" → "detect-people"; "item" when nothing is left.
std::string slugify(std::string_view text);

}  // namespace poss
