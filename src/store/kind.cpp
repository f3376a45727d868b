// Walks an object's JSON along its schema to find what it refers to.
#include "store/kind.h"

namespace poss::store {
namespace {

const std::string* text_of(const json::object& object, std::string_view name, std::string& out) {
  const auto* found = object.if_contains(name);
  if (!found || !found->is_string()) return nullptr;
  out.assign(found->get_string().data(), found->get_string().size());
  return &out;
}

void walk(const json::object& schema, const json::value& value, const std::string& path,
          std::vector<Reference>& out) {
  std::string format;
  if (value.is_string()) {
    if (!text_of(schema, "format", format)) return;
    const auto& kinds = referable_kinds();
    if (std::find(kinds.begin(), kinds.end(), format) == kinds.end()) return;
    std::string id(value.get_string());
    if (!id.empty()) out.push_back({path, format, std::move(id)});
  } else if (const auto* items = value.if_array()) {
    const auto* item = schema.if_contains("items");
    if (!item || !item->is_object()) return;
    for (size_t i = 0; i < items->size(); ++i) {
      walk(item->get_object(), (*items)[i], path + "[" + std::to_string(i) + "]", out);
    }
  } else if (const auto* members = value.if_object()) {
    const auto* properties = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    for (const auto& member : *members) {
      const json::value* inner = nullptr;
      if (properties && properties->is_object()) {
        inner = properties->get_object().if_contains(member.key());
      } else if (others) {
        inner = others;
      }
      if (!inner || !inner->is_object()) continue;
      walk(inner->get_object(), member.value(),
           poss::detail::join_path(path, std::string(member.key())), out);
    }
  }
}

}  // namespace

Kind detail::make_kind(std::string_view name, std::vector<std::string> unique,
                       std::string_view owner, json::object schema) {
  Kind kind;
  kind.name = name;
  kind.title = name;
  std::replace(kind.title.begin(), kind.title.end(), '_', ' ');
  kind.unique = std::move(unique);
  kind.owner = owner;
  kind.named = schema.at("properties").as_object().contains("name");
  kind.schema = std::move(schema);
  return kind;
}

const std::vector<std::string>& referable_kinds() {
  static const std::vector<std::string> kinds{
      "user",          "location",      "camera",       "device", "model",
      "model_version", "dataset_image", "training_run", "skill",  "skill_version",
      "deployment",    "connection",    "secret"};
  return kinds;
}

std::vector<Reference> references_of(const Kind& kind, const json::object& body) {
  std::vector<Reference> found;
  walk(kind.schema, body, "", found);
  for (auto& reference : found) {
    reference.owner = !kind.owner.empty() && reference.path == kind.owner;
  }
  return found;
}

std::string unique_key(const Kind& kind, const json::object& body) {
  std::string key;
  for (const auto& field : kind.unique) {
    if (!key.empty()) key += '/';
    std::string text;
    const auto* value = body.if_contains(field);
    if (text_of(body, field, text)) {
      key += fold_case(text);
    } else if (value) {
      key += json_text(*value);
    }
  }
  return key;
}

}  // namespace poss::store
