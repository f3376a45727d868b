// The JSON types POSS uses (Boost.JSON), and reading and writing them as text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/result.h"

namespace poss {

namespace json = boost::json;

// Parses one UTF-8 JSON document, at most 64 levels deep. The error names line and column.
Result<json::value> parse_json(std::string_view text);

// Reads and parses a file of at most `max_bytes`. The error names the file.
Result<json::value> read_json_file(const std::filesystem::path& path, size_t max_bytes = 16u << 20);

// Text on one line, numbers in their shortest form that reads back the same: 0.91, 1700000000.123
// (Boost.JSON's own would be 9.1E-1).
std::string json_text(const json::value& value);

// Text with two-space indentation, keys in their order, a newline at the end. The same value
// always gives the same bytes: generated files are compared in CI.
std::string pretty_json(const json::value& value);

}  // namespace poss
