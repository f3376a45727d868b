// The parts of fields() that do not depend on the member's type: messages, ranges, schema hints.
#include "base/fields.h"

#include <algorithm>
#include <cstdio>

namespace poss {

Error join_errors(std::span<const FieldError> errors) {
  std::string text;
  for (const auto& error : errors) {
    if (!text.empty()) text += "; ";
    // A path is quoted unless it is words already, such as: node 'model'.
    const bool words = error.path.find(' ') != std::string::npos;
    const char* quote = words || error.path.empty() ? "" : "'";
    text += quote + error.path + quote + (error.path.empty() ? "" : " ") + error.message;
  }
  return Error{Code::invalid_argument, text};
}

namespace detail {
namespace {

std::string short_number(double number) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", number);
  return buffer;
}

// Levenshtein distance between two short names.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string json_kind(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

void check_length(size_t length, const char* what, const FieldSpec& spec, const std::string& path,
                  std::vector<FieldError>& errors) {
  if (spec.max_length && length > *spec.max_length) {
    errors.push_back({path, "has " + std::to_string(length) + " " + what + "; at most " +
                                std::to_string(*spec.max_length) + " are allowed"});
  }
}

void check_range(double number, const FieldSpec& spec, const std::string& path,
                 std::vector<FieldError>& errors) {
  if (spec.minimum && number < *spec.minimum) {
    errors.push_back({path, "is " + short_number(number) + "; it must be at least " +
                                short_number(*spec.minimum)});
  }
  if (spec.maximum && number > *spec.maximum) {
    errors.push_back({path, "is " + short_number(number) + "; it must be at most " +
                                short_number(*spec.maximum)});
  }
}

void describe(json::object& schema, const FieldSpec& spec) {
  if (!spec.title.empty()) schema["title"] = spec.title;
  if (!spec.help.empty()) schema["description"] = spec.help;
  // A range, and a picker, of a list belong to its items.
  json::object* item = &schema;
  if (auto* items = schema.if_contains("items"); items && items->is_object()) {
    item = &items->get_object();
  }
  const auto bound = [](double number) -> json::value {
    if (std::nearbyint(number) == number && std::abs(number) < 9e15) {
      return static_cast<std::int64_t>(number);
    }
    return number;
  };
  if (spec.minimum) (*item)["minimum"] = bound(*spec.minimum);
  if (spec.maximum) (*item)["maximum"] = bound(*spec.maximum);
  if (!spec.format.empty()) (*item)["format"] = spec.format;
  if (spec.max_length) {
    const auto* type = schema.if_contains("type");
    const bool list = type && *type == json::value("array");
    schema[list ? "maxItems" : "maxLength"] = static_cast<std::int64_t>(*spec.max_length);
  }
  if (!spec.unit.empty()) schema["x-unit"] = spec.unit;
  if (spec.read_only) schema["readOnly"] = true;
  if (spec.internal) schema["x-internal"] = true;
  if (!spec.visible_when_field.empty()) {
    schema["x-visible-when"] = {{"field", spec.visible_when_field},
                                {"value", spec.visible_when_value}};
  }
}

std::string nearest(std::string_view name, std::span<const std::string> known) {
  std::string best;
  size_t best_distance = 3;  // two typing errors still read as the same word
  for (const auto& candidate : known) {
    const size_t distance = name.size() > 64 ? 64 : edit_distance(name, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace detail
}  // namespace poss
