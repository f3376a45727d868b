// Checks a JSON value against the schemas of the API document: the subset of JSON Schema that the
// document uses. For tests.
#pragma once

#include <algorithm>
#include <string>

#include "base/json.h"

namespace poss::server {

// The schema that "#/components/schemas/X" names.
inline const json::value& resolve(const json::value& document, const json::value& schema) {
  const auto* reference = schema.as_object().if_contains("$ref");
  if (!reference) return schema;
  std::string path(reference->as_string());
  return document.at_pointer(path.substr(1));
}

inline bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

// What is wrong with `value`, or "". Stricter than the document: a member that the schema does not
// name is wrong too, for then somebody forgot to declare it.
inline std::string check_schema(const json::value& document, const json::value& named,
                                const json::value& value, const std::string& path = "$") {
  const auto& schema = resolve(document, named).as_object();
  if (const auto* choices = schema.if_contains("anyOf")) {
    std::string wrong;
    for (const auto& choice : choices->as_array()) {
      const std::string here = check_schema(document, choice, value, path);
      if (here.empty()) return "";
      wrong += (wrong.empty() ? "" : "; or ") + here;
    }
    return wrong;
  }
  if (const auto* type = schema.if_contains("type")) {
    if (!has_type(value, type->as_string())) {
      return path + " is not " + std::string(type->as_string()) + ": " + json::serialize(value);
    }
  }
  if (const auto* names = schema.if_contains("enum")) {
    const auto& all = names->as_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) {
      return path + " is none of the names allowed: " + json::serialize(value);
    }
  }
  if (value.is_number()) {
    const auto* minimum = schema.if_contains("minimum");
    const auto* maximum = schema.if_contains("maximum");
    const double number = value.to_number<double>();
    if (minimum && number < minimum->to_number<double>()) return path + " is too small";
    if (maximum && number > maximum->to_number<double>()) return path + " is too large";
  }
  if (value.is_array()) {
    size_t index = 0;
    for (const auto& item : value.as_array()) {
      const auto* items = schema.if_contains("items");
      if (!items) break;
      const std::string wrong =
          check_schema(document, *items, item, path + "[" + std::to_string(index++) + "]");
      if (!wrong.empty()) return wrong;
    }
  }
  if (!value.is_object()) return "";
  if (const auto* required = schema.if_contains("required")) {
    for (const auto& name : required->as_array()) {
      if (!value.as_object().contains(name.as_string())) {
        return path + " lacks " + std::string(name.as_string());
      }
    }
  }
  const auto* properties = schema.if_contains("properties");
  const auto* others = schema.if_contains("additionalProperties");
  if (!properties && !others) return "";  // free-form
  for (const auto& member : value.as_object()) {
    const std::string member_path = path + "." + std::string(member.key());
    const auto* property = properties ? properties->as_object().if_contains(member.key()) : nullptr;
    if (!property && others && others->is_object()) property = others;
    if (!property) return member_path + " is not in the document";
    const std::string wrong = check_schema(document, *property, member.value(), member_path);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace poss::server
