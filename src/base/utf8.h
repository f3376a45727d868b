// Well-formed UTF-8 (RFC 3629), a character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace poss {

// Bytes of the character that `text` begins with; 0 when that is not well-formed, or nothing.
size_t utf8_length(std::string_view text);

// Well-formed, and without control characters (below U+0020, and U+007F).
bool is_plain_text(std::string_view text);

}  // namespace poss
