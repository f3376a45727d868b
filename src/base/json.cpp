// Reading and writing JSON text.
#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

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

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 64;
  json::stream_parser parser({}, options);
  json::error_code error;
  const size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read == text.size()) parser.finish(error);
  size_t position = read;
  if (!error) {
    if (read == text.size()) return parser.release();
    position = read;
    while (position < text.size() && std::isspace(static_cast<unsigned char>(text[position]))) {
      ++position;
    }
    if (position == text.size()) {
      parser.finish(error);
      if (!error) return parser.release();
    }
  }
  const std::string_view before = text.substr(0, std::min(position, text.size()));
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
