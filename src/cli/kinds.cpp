// The table of kinds, walks along schemas, and names for ids.
#include "cli/kinds.h"

#include <algorithm>

#include "base/id.h"
#include "graph/node.h"
#include "net/encoding.h"
#include "server/api.h"
#include "store/text.h"

namespace poss::cli {
namespace {

// This version's routes; declared once, at first use.
const server::Api& rest_api() {
  static const server::Api api = server::make_api();
  return api;
}

const server::Route* find_route(std::string_view method, std::string_view path) {
  for (const auto& route : rest_api().routes()) {
    if (route.info.method == method && route.info.path == path) return &route;
  }
  return nullptr;
}

bool is_uuid(const std::string& text) {
  return text.size() == 36 && is_slug(text) && std::count(text.begin(), text.end(), '-') == 4;
}

// References in the settings of a skill's nodes, by the schemas of the node types. Models are
// called by the name that nodes know them by, not by an id.
Result<void> visit_graph(json::value& graph, const VisitReference& visit) {
  auto* nodes = graph.is_object() ? graph.get_object().if_contains("nodes") : nullptr;
  if (!nodes || !nodes->is_array()) return {};
  for (auto& node : nodes->get_array()) {
    if (!node.is_object()) continue;
    const NodeType* type = node_registry().find(text_member(node.get_object(), "type"));
    auto* settings = node.get_object().if_contains("settings");
    if (!type || !settings) continue;
    const std::string field = "graph.nodes." + text_member(node.get_object(), "id");
    POSS_TRY(visit_references(
        *settings, type->settings_schema(), field,
        [&](const KindInfo& kind, json::string& reference, const std::string& at) -> Result<void> {
          return kind.kind == "model" ? Result<void>() : visit(kind, reference, at);
        }));
  }
  return {};
}

}  // namespace

const std::vector<KindInfo>& kinds() {
  static const std::vector<KindInfo> table{
      {.kind = "location",
       .command = "location",
       .title = "location",
       .path = "/api/v1/locations",
       .help = "Places where cameras are",
       .add = "add",
       .columns = {{"NAME", "name", ""}, {"DESCRIPTION", "description", ""}},
       .test_path = "",
       .not_flags = {}},
      {.kind = "device",
       .command = "device",
       .title = "compute device",
       .path = "/api/v1/devices",
       .help = "Compute devices, on which skills run",
       .add = "add",
       .columns = {{"NAME", "name", ""},
                   {"TYPE", "type", ""},
                   {"STATE", "status.state", ""},
                   {"ACCELERATION", "acceleration", ""},
                   {"CAUSE", "status.cause", ""}},
       .test_path = "",
       .not_flags = {}},
      {.kind = "model",
       .command = "model",
       .title = "model",
       .path = "/api/v1/models",
       .help = "Models on the server (poss models: those in this machine's folders)",
       .add = "add",
       .columns = {{"NAME", "name", ""},
                   {"TASK", "task", ""},
                   {"SOURCE", "source", ""},
                   {"STATUS", "status", ""},
                   {"LABELS", "labels", ""},
                   {"LICENCE", "license", ""}},
       .test_path = "",
       .not_flags = {}},
      {.kind = "connection",
       .command = "connection",
       .title = "connection",
       .path = "/api/v1/connections",
       .help = "Connections to where results go",
       .add = "add",
       .columns = {{"NAME", "name", ""}, {"TYPE", "type", ""}, {"ADDRESS", "address", ""}},
       .test_path = "/api/v1/connection_tests",
       .not_flags = {}},
      {.kind = "camera",
       .command = "camera",
       .title = "camera",
       .path = "/api/v1/cameras",
       .help = "Cameras",
       .add = "add",
       .columns = {{"NAME", "name", ""},
                   {"STATE", "status.state", ""},
                   {"LOCATION", "location", "location"},
                   {"ADDRESS", "uri", ""},
                   {"CAUSE", "status.cause", ""}},
       .test_path = "/api/v1/camera_tests",
       .not_flags = {}},
      {.kind = "skill",
       .command = "skill",
       .title = "skill",
       .path = "/api/v1/skills",
       .help = "AI skills",
       .add = "",
       .columns = {{"NAME", "name", ""},
                   {"FPS", "fps", ""},
                   {"NODES", "node_count", ""},
                   {"DESCRIPTION", "description", ""}},
       .test_path = "",
       .not_flags = {"graph"}},
      {.kind = "deployment",
       .command = "deployment",
       .title = "deployment",
       .path = "/api/v1/deployments",
       .help = "Skills at work on cameras",
       .add = "create",
       .columns = {{"NAME", "name", ""},
                   {"STATE", "status.state", ""},
                   {"DEVICE", "device", "device"},
                   {"CAMERAS", "cameras", ""},
                   {"CAUSE", "status.cause", ""}},
       .test_path = "",
       .not_flags = {}},
      {.kind = "user",
       .command = "user",
       .title = "user",
       .path = "/api/v1/users",
       .help = "People who may sign in (for administrators)",
       .add = "add",
       .columns = {{"NAME", "name", ""}, {"ROLE", "role", ""}, {"DISABLED", "disabled", ""}},
       .test_path = "",
       .not_flags = {}},
      {.kind = "api_token",
       .command = "token",
       .title = "API token",
       .path = "/api/v1/tokens",
       .help = "API tokens, with which programs sign in",
       .add = "add",
       .columns = {{"NAME", "name", ""},
                   {"USER", "user_name", ""},
                   {"ROLE", "role", ""},
                   {"EXPIRES", "expires", ""}},
       .test_path = "",
       .not_flags = {}},
  };
  return table;
}

const KindInfo* find_kind(std::string_view kind) {
  for (const auto& info : kinds()) {
    if (info.kind == kind) return &info;
  }
  return nullptr;
}

const json::object* body_schema_of(std::string_view method, std::string_view path) {
  const auto* route = find_route(method, path);
  return route ? &route->info.body_schema : nullptr;
}

const json::object* input_schema_of(const KindInfo& kind) {
  return body_schema_of("POST", kind.path);
}

const json::object* list_parameters_of(const KindInfo& kind) {
  const auto* route = find_route("GET", kind.path);
  return route ? &route->parameters : nullptr;
}

const json::object* property_of(const json::object& schema, std::string_view name) {
  const auto* properties = schema.if_contains("properties");
  const auto* found = properties ? properties->get_object().if_contains(name) : nullptr;
  return found ? &found->get_object() : nullptr;
}

std::string_view keyword(const json::object& schema, std::string_view name) {
  const auto* found = schema.if_contains(name);
  return found && found->is_string() ? std::string_view(found->get_string()) : "";
}

bool is_secret(const json::object& property) {
  const std::string_view format = keyword(property, "format");
  return format == "secret" || format == "password";
}

Result<void> visit_references(json::value& value, const json::object& schema,
                              const std::string& field, const VisitReference& visit) {
  if (auto* text = value.if_string()) {
    const KindInfo* kind = find_kind(keyword(schema, "format"));
    return kind && !text->empty() ? visit(*kind, *text, field) : Result<void>();
  }
  if (auto* list = value.if_array()) {
    const auto* items = schema.if_contains("items");
    if (!items || !items->is_object()) return {};
    for (size_t i = 0; i < list->size(); ++i) {
      POSS_TRY(visit_references((*list)[i], items->get_object(),
                                field + "[" + std::to_string(i) + "]", visit));
    }
  }
  if (auto* members = value.if_object()) {
    for (auto& member : *members) {
      const auto* property = property_of(schema, member.key());
      if (!property) continue;
      POSS_TRY(visit_references(member.value(), *property, detail::join_path(field, member.key()),
                                visit));
    }
  }
  return {};
}

Result<void> visit_references(const KindInfo& kind, json::object& value,
                              const VisitReference& visit) {
  const auto* schema = input_schema_of(kind);
  if (!schema) return {};
  for (auto& member : value) {
    const auto* property = property_of(*schema, member.key());
    if (!property) continue;
    if (kind.kind == "skill" && member.key() == "graph") {
      POSS_TRY(visit_graph(member.value(), visit));
    } else {
      POSS_TRY(visit_references(member.value(), *property, std::string(member.key()), visit));
    }
  }
  return {};
}

bool is_this_machine(const json::object& device) {
  return text_member(device, "type") == "this_machine";
}

std::string object_path(const KindInfo& kind, std::string_view id) {
  return std::string(kind.path) + "/" + net::percent_encode(id);
}

std::string number_member(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found && found->is_int64() ? std::to_string(found->get_int64()) : "";
}

Result<json::object> Finder::find(const KindInfo& kind, const std::string& text) {
  const auto by_id = [&](const std::string& id) -> Result<json::object> {
    POSS_ASSIGN(Answer answer, client_.get(object_path(kind, id)));
    return object_of(std::move(answer));
  };
  if (is_uuid(text)) {
    auto found = by_id(text);
    if (found || found.error().code != Code::not_found) return found;
  }
  const std::string title(kind.title);
  if (text.empty()) return Error{Code::invalid_argument, "the name of the " + title + " is empty"};
  POSS_ASSIGN(const auto candidates,
              client_.list(std::string(kind.path), "search=" + net::percent_encode(text)));
  std::vector<const json::object*> found;
  const std::string wanted = store::fold_case(text);
  for (const auto& candidate : candidates) {
    if (!candidate.is_object()) continue;
    if (store::fold_case(text_member(candidate.get_object(), "name")) == wanted) {
      found.push_back(&candidate.get_object());
    }
  }
  if (found.size() > 1) {
    std::string all;
    for (const auto* object : found) {
      all += (all.empty() ? "" : " and ") +
             ("'" + text_member(*object, "name") + "' (" + text_member(*object, "id") + ")");
    }
    return Error{Code::conflict, "more than one " + title + " has this name: " + all +
                                     "; give the id of the one you mean"};
  }
  if (found.size() == 1) return by_id(text_member(*found[0], "id"));
  if (kind.kind == "device" && wanted == store::fold_case(kThisMachineName)) {
    POSS_ASSIGN(const auto devices, client_.list(std::string(kind.path), ""));
    for (const auto& device : devices) {
      if (!device.is_object() || !is_this_machine(device.get_object())) continue;
      return by_id(text_member(device.get_object(), "id"));
    }
  }
  if (is_slug(text) && !is_uuid(text)) {
    auto object = by_id(text);
    if (object || object.error().code != Code::not_found) return object;
  }
  return Error{Code::not_found, "there is no " + title + " '" + text + "'; poss " +
                                    std::string(kind.command) + " list shows all"};
}

Result<std::string> Finder::id_of(const KindInfo& kind, const std::string& text) {
  POSS_ASSIGN(const auto object, find(kind, text));
  return text_member(object, "id");
}

Result<std::string> Finder::name_of(const KindInfo& kind, const std::string& id) {
  auto known = names_.find(kind.kind);
  if (known == names_.end()) {
    POSS_ASSIGN(const auto objects, client_.list(std::string(kind.path), ""));
    known = names_.emplace(kind.kind, std::map<std::string, std::string>()).first;
    for (const auto& object : objects) {
      if (!object.is_object()) continue;
      known->second[text_member(object.get_object(), "id")] =
          text_member(object.get_object(), "name");
    }
  }
  const auto name = known->second.find(id);
  return name == known->second.end() ? id : name->second;
}

}  // namespace poss::cli
