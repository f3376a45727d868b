// Reading objects from files, and comparing them with what is stored.
#include "cli/files.h"

#include <algorithm>

#include "base/log.h"
#include "cli/document.h"
#include "graph/skill.h"
#include "server/node_secrets.h"
#include "store/text.h"

namespace poss::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10'000;

Error wrong(const std::string& where, const std::string& what) {
  return {Code::invalid_argument, where + ": " + what};
}

// {env: NAME} or {file: PATH}, as read_secret_from() takes it.
Result<std::string> secret_source(const std::string& field, const json::value& value,
                                  const fs::path& folder) {
  const auto* map = value.if_object();
  if (map && map->size() == 1) {
    const std::string env = text_member(*map, "env");
    const std::string file = text_member(*map, "file");
    if (!env.empty()) return "env:" + env;
    if (!file.empty()) return "file:" + (folder / file).string();
  }
  return Error{Code::invalid_argument,
               field + ": a secret does not stand in a file; write {env: NAME} or {file: PATH}"};
}

std::string kind_names() {
  std::string names;
  for (const auto& kind : kinds_of_files()) {
    names += (names.empty() ? "" : ", ") + std::string(kind.kind);
  }
  return names;
}

Result<void> take_tags(const json::value& value, WantedObject& object) {
  const auto* tags = value.if_object();
  bool text = tags != nullptr;
  if (tags) {
    for (const auto& tag : *tags) text = text && tag.value().is_string();
  }
  if (!text) return Error{Code::invalid_argument, "tags: must be names with text values"};
  object.has_tags = true;
  for (const auto& tag : *tags) {
    object.tags[std::string(tag.key())] = std::string(tag.value().get_string());
  }
  return {};
}

// Secrets in the settings of a skill's nodes, which are {env: NAME} or {file: PATH} as well.
Result<void> take_node_secrets(const fs::path& folder, WantedObject& object) {
  auto* graph = object.fields.if_contains("graph");
  auto* nodes = graph && graph->is_object() ? graph->get_object().if_contains("nodes") : nullptr;
  if (!nodes || !nodes->is_array()) return {};
  for (size_t i = 0; i < nodes->get_array().size(); ++i) {
    auto& node = nodes->get_array()[i];
    auto* settings = node.is_object() ? node.get_object().if_contains("settings") : nullptr;
    if (!settings || !settings->is_object()) continue;
    for (auto& setting : settings->get_object()) {
      const auto* map = setting.value().if_object();
      if (!map || map->size() != 1 || !(map->contains("env") || map->contains("file"))) continue;
      const std::string name(setting.key());
      POSS_ASSIGN(object.secrets["/graph/nodes/" + std::to_string(i) + "/settings/" + name],
                  secret_source(name, setting.value(), folder));
      setting.value() = server::kStoredSecret;
    }
  }
  return {};
}

Result<WantedObject> object_of_document(const Document& document, const std::string& where) {
  if (document.node.type != YamlNode::Type::map) {
    return wrong(where, "must be a map with kind, name and fields");
  }
  const json::value as_text = typed(document.node, {});
  const std::string kind = text_member(as_text.get_object(), "kind");
  WantedObject object{.where = where};
  for (const auto& candidate : kinds_of_files()) {
    if (candidate.kind == kind) object.kind = &candidate;
  }
  if (!object.kind) {
    return wrong(where, kind.empty() ? "kind: is missing; it is one of " + kind_names()
                                     : "kind: '" + kind + "' is none of " + kind_names());
  }
  const auto* schema = input_schema_of(*object.kind);
  if (!schema) return wrong(where, "kind: this version cannot make a " + kind);
  json::value value = typed(document.node, *schema);
  object.fields = std::move(value.get_object());
  object.fields.erase("kind");
  object.name = text_member(object.fields, "name");
  if (object.name.empty()) return wrong(where, "name: is missing");
  if (const auto* tags = object.fields.if_contains("tags")) {
    POSS_TRY(take_tags(*tags, object).with(where));
    object.fields.erase("tags");
  }
  std::vector<std::string> secrets;
  for (const auto& field : object.fields) {
    const auto* property = property_of(*schema, field.key());
    if (property && is_secret(*property)) secrets.emplace_back(field.key());
    const bool address = property && keyword(*property, "format") == "uri";
    if (address && field.value().is_string()) {
      const std::string uri(field.value().get_string());
      const size_t host = uri.find("://");
      const size_t at = host == std::string::npos ? host : uri.find('@', host + 3);
      if (at != std::string::npos && at < uri.find('/', host + 3)) {
        return wrong(where, std::string(field.key()) + ": '" + mask_uri(uri) +
                                "' holds a user name or password; write them as user_name and "
                                "password: {env: NAME}");
      }
    }
  }
  for (const auto& field : secrets) {
    POSS_ASSIGN(
        object.secrets[field],
        secret_source(field, object.fields.at(field), document.file.parent_path()).with(where));
    object.fields.erase(field);
  }
  POSS_TRY(take_node_secrets(document.file.parent_path(), object).with(where));
  return object;
}

Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return Error{Code::not_found, "there is no file or folder '" + path.string() + "'"};
  }
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entries(path, error);
  while (!error && entries != fs::recursive_directory_iterator()) {
    const fs::path& file = entries->path();
    const std::string extension = file.extension().string();
    const bool hidden = file.filename().string().starts_with(".");
    if (hidden && entries->is_directory(error)) entries.disable_recursion_pending();
    const bool ours = extension == ".yaml" || extension == ".yml" || extension == ".json";
    if (!hidden && ours && entries->is_regular_file(error)) files.push_back(file);
    if (files.size() > kMaxFiles) {
      return Error{Code::invalid_argument,
                   "'" + path.string() + "' has more than " + std::to_string(kMaxFiles) + " files"};
    }
    entries.increment(error);
  }
  if (error) {
    return Error{Code::permission_denied,
                 "cannot read '" + path.string() + "': " + error.message()};
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_bool() && !value.get_bool()) ||
         (value.is_number() && value.to_number<double>() == 0) ||
         (value.is_string() && value.get_string().empty()) ||
         (value.is_array() && value.get_array().empty()) ||
         (value.is_object() && value.get_object().empty());
}

// Whether `current` is what `wanted` asks for. Members that are not asked for must be empty or
// their defaults; a map of free names must be the same.
bool same(const json::value& current, const json::value& wanted, const json::object& schema) {
  if (current.is_number() && wanted.is_number()) {
    return current.to_number<double>() == wanted.to_number<double>();
  }
  if (const auto* list = wanted.if_array(); list && current.is_array()) {
    const json::array& other = current.get_array();
    const auto* items = schema.if_contains("items");
    const json::object any;
    return list->size() == other.size() &&
           std::equal(list->begin(), list->end(), other.begin(), [&](const auto& a, const auto& b) {
             return same(b, a, items && items->is_object() ? items->get_object() : any);
           });
  }
  const auto* object = wanted.if_object();
  if (!object || !current.is_object()) return current == wanted;
  const json::object& other = current.get_object();
  const auto* free = schema.if_contains("additionalProperties");
  const bool is_map = free && free->is_object();
  const json::object any;
  for (const auto& member : *object) {
    const auto* property = property_of(schema, member.key());
    const auto* now = other.if_contains(member.key());
    if (now ? !same(*now, member.value(), property ? *property : any)
            : is_map || !is_empty(member.value())) {
      return false;
    }
  }
  for (const auto& member : other) {
    if (object->contains(member.key())) continue;
    const auto* property = property_of(schema, member.key());
    const auto* fallback = property ? property->if_contains("default") : nullptr;
    const bool stays =
        fallback ? same(member.value(), *fallback, *property) : is_empty(member.value());
    if (is_map || !stays) return false;
  }
  return true;
}

// RFC 7396: what turns `current` into `wanted`.
json::value merge_patch(const json::value& current, const json::value& wanted) {
  if (!current.is_object() || !wanted.is_object()) return wanted;
  json::object patch;
  for (const auto& member : wanted.get_object()) {
    const auto* now = current.get_object().if_contains(member.key());
    if (!now) {
      patch[member.key()] = member.value();
    } else if (*now != member.value()) {
      patch[member.key()] = merge_patch(*now, member.value());
    }
  }
  for (const auto& member : current.get_object()) {
    if (!wanted.get_object().contains(member.key())) patch[member.key()] = nullptr;
  }
  return patch;
}

// A skill's graph with everything that may be left out filled in; as it is when it is none.
json::value whole_graph(const json::value& graph) {
  if (!graph.is_object()) return graph;
  json::object skill = graph.get_object();
  skill["name"] = "skill";
  const auto parsed = parse_skill(skill);
  if (!parsed) return graph;
  json::object parts = to_json(*parsed);
  return json::object{{"nodes", parts.at("nodes")}, {"edges", parts.at("edges")}};
}

}  // namespace

std::span<const KindInfo> kinds_of_files() {
  const auto& all = kinds();
  const auto end = std::find_if(all.begin(), all.end(),
                                [](const KindInfo& kind) { return kind.kind == "user"; });
  return {all.data(), static_cast<size_t>(end - all.begin())};
}

Result<std::vector<WantedObject>> read_objects(const fs::path& path, std::vector<Error>& errors) {
  POSS_ASSIGN(const auto files, files_of(path));
  std::vector<WantedObject> objects;
  std::map<std::string, std::string> seen;  // kind and name → where
  for (const auto& file : files) {
    auto documents = read_documents(file);
    if (!documents) {
      errors.push_back(documents.error());
      continue;
    }
    for (size_t i = 0; i < documents->size(); ++i) {
      std::string where = file.string();
      if (documents->size() > 1) where += " (document " + std::to_string(i + 1) + ")";
      auto object = object_of_document((*documents)[i], where);
      if (!object) {
        errors.push_back(object.error());
        continue;
      }
      const std::string key =
          std::string(object->kind->kind) + " " + store::fold_case(object->name);
      const auto [other, fresh] = seen.emplace(key, where);
      if (!fresh) {
        errors.push_back(
            wrong(where, "name: '" + object->name + "' stands in " + other->second + " too"));
        continue;
      }
      objects.push_back(std::move(*object));
    }
  }
  return objects;
}

json::object changes(const KindInfo& kind, const json::object& current,
                     const json::object& wanted) {
  static const json::object kAny;
  const auto* schema = input_schema_of(kind);
  json::object patch;
  for (const auto& field : wanted) {
    const auto* property = schema ? property_of(*schema, field.key()) : nullptr;
    const auto* found = current.if_contains(field.key());
    json::value now = found ? *found : json::value();
    if (kind.kind == "skill" && field.key() == "graph") {
      const json::value graph = whole_graph(field.value());
      if (whole_graph(now) != graph) patch["graph"] = graph;
    } else if (!same(now, field.value(), property ? *property : kAny)) {
      patch[field.key()] = merge_patch(now, field.value());
    }
  }
  return patch;
}

}  // namespace poss::cli
