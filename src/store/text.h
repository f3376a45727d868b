// Names and tags as people type them: Unicode checks, and comparison without case.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace poss::store {

// Key and value; keys differ in more than case.
using Tags = std::map<std::string, std::string>;

constexpr size_t kMaxNameLength = 128;  // characters
constexpr size_t kMaxTags = 50;
constexpr size_t kMaxTagLength = 256;  // characters, of a value

// The form in which two names are the same name: every character lower case (Unicode simple
// mappings, by the C library). Composed and decomposed accents stay different.
std::string fold_case(std::string_view text);

// The number of characters of UTF-8 text; an error when it is not UTF-8.
Result<size_t> count_characters(std::string_view text);

// `text` with U+FFFD for whatever is not UTF-8 and for NUL, which PostgreSQL cannot hold.
std::string clean_utf8(std::string_view text);

// A name: 1 to 128 characters, no control characters, no space at either end. The error starts
// with `what`, such as "the name".
Result<void> check_name(std::string_view name, std::string_view what);

// At most 50, keys like names and each only once, values of at most 256 characters.
Result<void> check_tags(const Tags& tags);

}  // namespace poss::store
