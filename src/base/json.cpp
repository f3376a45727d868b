// Reading and writing JSON text.
#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/json/basic_parser_impl.hpp>

#include "base/file.h"

namespace poss {
namespace {

void write_number(double number, std::string& out) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
  if (std::isfinite(number) &&
      std::none_of(buffer, end, [](char c) { return c == '.' || c == 'e'; })) {
    out += ".0";
  }
}

// Writes `value`; with `depth` below 0 on one line, else indented from there.
void write(const json::value& value, int depth, std::string& out) {
  const bool pretty = depth >= 0;
  const auto newline = [&](int to) {
    if (!pretty) return;
    out += '\n';
    out.append(static_cast<size_t>(to) * 2, ' ');
  };
  const int inner = pretty ? depth + 1 : depth;
  if (const auto* object = value.if_object()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      newline(inner);
      out += json::serialize(json::string(member.key()));
      out += pretty ? ": " : ":";
      write(member.value(), inner, out);
    }
    if (!first) newline(depth);
    out += '}';
  } else if (const auto* array = value.if_array()) {
    // A list of plain values stays on one line.
    const bool flat = std::none_of(array->begin(), array->end(), [](const json::value& item) {
      return item.is_object() || item.is_array();
    });
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += flat && pretty ? ", " : ",";
      if (!flat) newline(inner);
      write((*array)[i], inner, out);
    }
    if (!flat) newline(depth);
    out += ']';
  } else if (value.is_double()) {
    write_number(value.get_double(), out);
  } else {
    out += json::serialize(value);
  }
}

// Builds a value as Boost's own parser does, but reads doubles exactly: Boost 1.81 may be off in
// the last digit, and what is written must read back the same. The whole text comes in one piece,
// so that `digits` is the whole number.
struct Builder {
  using Error = json::error_code;
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);
  json::value_stack stack;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(size_t count, Error&) {
    return push([&] { stack.push_object(count); });
  }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(size_t count, Error&) {
    return push([&] { stack.push_array(count); });
  }
  bool on_key_part(json::string_view part, size_t, Error&) {
    return push([&] { stack.push_chars(part); });
  }
  bool on_key(json::string_view part, size_t, Error&) {
    return push([&] { stack.push_key(part); });
  }
  bool on_string_part(json::string_view part, size_t, Error&) {
    return push([&] { stack.push_chars(part); });
  }
  bool on_string(json::string_view part, size_t, Error&) {
    return push([&] { stack.push_string(part); });
  }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, Error&) {
    return push([&] { stack.push_int64(number); });
  }
  bool on_uint64(std::uint64_t number, json::string_view, Error&) {
    return push([&] { stack.push_uint64(number); });
  }
  bool on_double(double number, json::string_view digits, Error&) {
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return push([&] { stack.push_double(number); });
  }
  bool on_bool(bool flag, Error&) {
    return push([&] { stack.push_bool(flag); });
  }
  bool on_null(Error&) {
    return push([&] { stack.push_null(); });
  }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

 private:
  template <class F>
  static bool push(F&& add) {
    add();
    return true;
  }
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 64;
  json::basic_parser<Builder> parser(options);
  parser.handler().stack.reset();
  json::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read == text.size()) return parser.handler().stack.release();
  const std::string_view before = text.substr(0, read);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto last = before.rfind('\n');
  const auto column = last == std::string_view::npos ? before.size() + 1 : before.size() - last;
  return Error{Code::invalid_argument, "not valid JSON at line " + std::to_string(line) +
                                           ", column " + std::to_string(column) + ": " +
                                           (error ? error.message() : "extra text")};
}

Result<json::value> read_json_file(const std::filesystem::path& path, size_t max_bytes) {
  POSS_ASSIGN(const std::string text, read_file(path, max_bytes));
  return parse_json(text).with("'" + path.string() + "'");
}

std::string json_text(const json::value& value) {
  std::string out;
  write(value, -1, out);
  return out;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  write(value, 0, out);
  out += '\n';
  return out;
}

}  // namespace poss
