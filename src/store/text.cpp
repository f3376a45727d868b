// UTF-8 (RFC 3629) decoding and case folding through the C library's tables.
#include "store/text.h"

#include <optional>
#include <set>

#include <locale.h>
#include <wctype.h>

namespace poss::store {
namespace {

// Takes one character off the front of `text`; nothing when it does not start with one.
std::optional<char32_t> take_character(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80             ? 1
                        : (first & 0xe0) == 0xc0 ? 2
                        : (first & 0xf0) == 0xe0 ? 3
                        : (first & 0xf8) == 0xf0 ? 4
                                                 : 0;
  if (length == 0 || length > text.size()) return std::nullopt;
  char32_t character = length == 1 ? first : first & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    character = character << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < smallest[length] || character > 0x10ffff ||
      (character >= 0xd800 && character < 0xe000)) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return character;
}

void append(std::string& text, char32_t character) {
  const auto byte = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xc0 | character >> 6);
    byte(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    byte(0xe0 | character >> 12);
    byte(0x80 | (character >> 6 & 0x3f));
    byte(0x80 | (character & 0x3f));
  } else {
    byte(0xf0 | character >> 18);
    byte(0x80 | (character >> 12 & 0x3f));
    byte(0x80 | (character >> 6 & 0x3f));
    byte(0x80 | (character & 0x3f));
  }
}

}  // namespace

std::string fold_case(std::string_view text) {
  // Built into the C library; made once and never freed.
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character) {
      folded += text.front();
      text.remove_prefix(1);
    } else if (*character < 0x80 || !unicode) {
      const bool capital = *character >= 'A' && *character <= 'Z';
      append(folded, capital ? *character + ('a' - 'A') : *character);
    } else {
      // By way of the capital, so that the two small sigmas become one.
      const wint_t capital = towupper_l(static_cast<wint_t>(*character), unicode);
      append(folded, static_cast<char32_t>(towlower_l(capital, unicode)));
    }
  }
  return folded;
}

Result<size_t> count_characters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) {
    if (!take_character(text)) return Error{Code::invalid_argument, "is not valid UTF-8"};
  }
  return count;
}

std::string clean_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character) text.remove_prefix(1);
    append(clean, character && *character != 0 ? *character : U'\ufffd');
  }
  return clean;
}

Result<void> check_name(std::string_view name, std::string_view what) {
  const std::string subject(what);
  if (name.empty()) return Error{Code::invalid_argument, subject + " must not be empty"};
  const auto count = count_characters(name);
  if (!count) return Error{Code::invalid_argument, subject + " is not valid UTF-8"};
  if (*count > kMaxNameLength) {
    return Error{Code::invalid_argument, subject + " has " + std::to_string(*count) +
                                             " characters; at most " +
                                             std::to_string(kMaxNameLength) + " are allowed"};
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return Error{Code::invalid_argument, subject + " must not begin or end with a space"};
  }
  for (std::string_view rest = name; !rest.empty();) {
    const char32_t character = *take_character(rest);
    if (character < 0x20 || (character >= 0x7f && character < 0xa0)) {
      return Error{Code::invalid_argument, subject + " must not hold control characters"};
    }
  }
  return {};
}

Result<void> check_tags(const Tags& tags) {
  if (tags.size() > kMaxTags) {
    return Error{Code::invalid_argument, "there are " + std::to_string(tags.size()) +
                                             " tags; at most " + std::to_string(kMaxTags) +
                                             " are allowed"};
  }
  std::set<std::string> seen;
  for (const auto& [key, value] : tags) {
    POSS_TRY(check_name(key, "the name of tag '" + key + "'"));
    const auto length = count_characters(value);
    if (!length || *length > kMaxTagLength || value.find('\0') != std::string::npos) {
      return Error{Code::invalid_argument, "the value of tag '" + key +
                                               "' must be text of at most " +
                                               std::to_string(kMaxTagLength) + " characters"};
    }
    if (!seen.insert(fold_case(key)).second) {
      return Error{Code::invalid_argument,
                   "tag '" + key + "' is there twice; names of tags are compared without case"};
    }
  }
  return {};
}

}  // namespace poss::store
