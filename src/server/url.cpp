// Splitting and percent-decoding of request targets.
#include "server/url.h"

#include <cstdint>

namespace poss::server {
namespace {

constexpr size_t kMaxQueryParameters = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Error{Code::invalid_argument,
                     "the address holds a '%' without two hexadecimal digits"};
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!is_clean_utf8(out)) {
    return Error{Code::invalid_argument,
                 "the address holds control characters or text that is not UTF-8"};
  }
  return out;
}

}  // namespace

bool is_clean_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x20 || lead == 0x7f) return false;
    size_t more = 0;
    std::uint32_t point = lead;
    if (lead >= 0x80) {
      more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
      if (lead < 0xc2 || lead > 0xf4) return false;
      point = lead & (0x3fu >> more);
    }
    if (i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fu);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    const bool c1_control = point >= 0x80 && point < 0xa0;
    if (overlong || surrogate || c1_control || point > 0x10ffff) return false;
    i += more + 1;
  }
  return true;
}

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') {
    return Error{Code::invalid_argument, "the address of a request must begin with '/'"};
  }
  Target target;
  text = text.substr(0, text.find('#'));
  const auto question = text.find('?');
  std::string_view path =
      text.substr(1, question == std::string_view::npos ? question : question - 1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    auto segment = decode(path.substr(0, slash), false);
    if (!segment) return segment.error();
    if (*segment == "." || *segment == "..") {
      return Error{Code::invalid_argument, "the address may not hold '.' or '..' as a folder"};
    }
    target.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) target.segments.emplace_back();
  }
  if (question == std::string_view::npos) return target;
  std::string_view query = text.substr(question + 1);
  while (!query.empty()) {
    const auto amp = query.find('&');
    const std::string_view pair = query.substr(0, amp);
    query.remove_prefix(amp == std::string_view::npos ? query.size() : amp + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    POSS_ASSIGN(std::string name, decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      POSS_ASSIGN(value, decode(pair.substr(equals + 1), true));
    }
    if (target.query.size() >= kMaxQueryParameters) {
      return Error{Code::invalid_argument, "the address holds more than 64 query parameters"};
    }
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return target;
}

}  // namespace poss::server
