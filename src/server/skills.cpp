// /api/v1/skills: the skills people composed.
#include <algorithm>
#include <set>

#include "base/id.h"
#include "server/audit.h"
#include "server/node_secrets.h"
#include "server/resource.h"
#include "server/skill_record.h"

namespace poss::server {
namespace {

using Errors = std::vector<FieldError>;
using StoredSkill = store::Stored<store::SkillRecord>;

constexpr int kKeptVersions = 50;

// "node 'model'" as the editor finds it: "graph.nodes.model".
FieldError in_graph(const FieldError& error) {
  constexpr std::string_view node = "node '";
  if (error.path.starts_with(node)) {
    const std::string id = error.path.substr(node.size(), error.path.size() - node.size() - 1);
    return {"graph.nodes." + id, error.path + " " + error.message};
  }
  return {error.path.empty() ? "graph" : "graph." + error.path, error.message};
}

// What a setting of this format names, in any node.
std::set<std::string> named_in(const CheckedSkill& skill, std::string_view format) {
  std::set<std::string> found;
  for (size_t i = 0; i < skill.types.size(); ++i) {
    const json::object schema = skill.types[i]->settings_schema();
    for (const auto& property : schema.at("properties").get_object()) {
      const auto* is = property.value().get_object().if_contains("format");
      const auto* value = skill.skill.nodes[i].settings.if_contains(property.key());
      if (!is || *is != json::value(format) || !value || !value->is_string()) continue;
      if (!value->get_string().empty()) found.emplace(value->get_string());
    }
  }
  return found;
}

// Ids of the stored models with one of these slugs.
Result<std::vector<std::string>> models_named(store::Store& store,
                                              const std::set<std::string>& slugs) {
  std::vector<std::string> ids;
  if (slugs.empty()) return ids;
  store::Query query{.limit = 1000};
  do {
    POSS_ASSIGN(const auto page, store.list(store::kind_of<store::Model>(), query));
    for (const auto& model : page.items) {
      const auto* slug = model.value.if_contains("slug");
      if (slug && slug->is_string() && slugs.count(std::string(slug->get_string()))) {
        ids.push_back(model.id);
      }
    }
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return ids;
}

std::vector<store::NodeSecret> secrets_before(const Draft<store::SkillRecord>& draft) {
  return draft.before ? draft.before->value.secrets : std::vector<store::NodeSecret>();
}

void check(const Draft<store::SkillRecord>& draft, store::SkillRecord& record, Errors& errors) {
  const Resources& resources = draft.resources;
  auto skill = skill_of({{}, record});
  if (!skill) return errors.push_back({"graph", skill.error().message});
  take_node_secrets(*skill, resources.registry, secrets_before(draft), draft.secrets, errors);
  Errors found;
  const auto checked = check_skill(*skill, resources.registry, found);
  for (const auto& error : found) errors.push_back(in_graph(error));
  if (!checked) return;
  // As this POSS writes it: settings made current, every member there.
  record.graph = to_json(SkillGraph{.nodes = checked->skill.nodes, .edges = checked->skill.edges});
  const auto models = named_in(*checked, "model");
  for (const auto& name : models) {
    if (!resources.models.has(name)) {
      errors.push_back({"graph", "names the model '" + name +
                                     "', which is not on this machine; add it on the page Models, "
                                     "or choose another"});
    }
  }
  auto ids = models_named(resources.store, models);
  if (!ids) return errors.push_back({"graph", ids.error().message});
  record.models = std::move(*ids);
  const auto connections = named_in(*checked, "connection");
  record.connections = {connections.begin(), connections.end()};
}

Result<void> seal_secrets(const Draft<store::SkillRecord>& draft, store::SkillRecord& record) {
  POSS_ASSIGN(const Skill skill, skill_of({{}, record}));
  POSS_ASSIGN(record.secrets,
              seal_node_secrets(draft.resources.store, skill, draft.resources.registry,
                                secrets_before(draft), draft.secrets));
  return {};
}

void show(const store::StoredJson& stored, json::object& out) {
  const auto* graph = stored.value.if_contains("graph");
  const auto* nodes =
      graph && graph->is_object() ? graph->get_object().if_contains("nodes") : nullptr;
  out["node_count"] = nodes && nodes->is_array() ? nodes->get_array().size() : 0;
}

// Keeps what a skill was, so that a change can be looked at and undone.
void keep_version(const Resources& resources, const HttpRequest&, const StoredSkill* before,
                  const StoredSkill* now) {
  if (!now || (before && before->value.graph == now->value.graph)) return;
  const auto versions = resources.store.list<store::SkillVersion>(
      {.refers_to = now->id, .sort = store::SortBy::created, .descending = true, .limit = 1000});
  if (!versions) return;
  std::int64_t newest = 0;
  for (const auto& version : versions->items) newest = std::max(newest, version.value.number);
  const auto kept = resources.store.create(
      store::SkillVersion{.skill = now->id, .number = newest + 1, .graph = now->value.graph});
  if (!kept) return;
  for (size_t i = kKeptVersions - 1; i < versions->items.size(); ++i) {
    const auto& old = versions->items[i];
    (void)resources.store.remove<store::SkillVersion>(old.id, old.revision);
  }
}

// A skill as a file people keep: the shape of examples/skills.
Result<json::object> skill_file(const StoredSkill& stored) {
  POSS_ASSIGN(Skill skill, skill_of(stored));
  remove_node_secrets(stored.value.secrets, skill);
  skill.id = slugify(stored.value.name);
  return to_json(skill);
}

Result<Reply> export_file(const Call<NoParameters>& call) {
  POSS_ASSIGN(const StoredSkill stored,
              call.resources.store.get<store::SkillRecord>(call.path("id")));
  POSS_ASSIGN(const json::object file, skill_file(stored));
  HttpResponse response = json_response(pretty_json(file));
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"" + slugify(stored.value.name) + ".json\"");
  return Reply(std::move(response));
}

struct NewName {
  std::string name;
  static void declare(Fields<NewName>& f) { f.add(&NewName::name, "name").required(); }
};

// Runs the checks of a create and stores what passes them.
Result<Reply> create(const Resources& resources, const HttpRequest& request,
                     store::SkillRecord record, const store::Tags& tags) {
  Errors errors;
  std::map<std::string, std::string> secrets;
  const Draft<store::SkillRecord> draft{resources, request, nullptr, secrets};
  check(draft, record, errors);
  const store::Kind& kind = store::kind_of<store::SkillRecord>();
  POSS_ASSIGN(const auto faults, resources.store.check(kind, to_json(record), tags, ""));
  Code code = Code::invalid_argument;
  for (const auto& fault : faults) {
    if (errors.empty()) code = fault.code;
    errors.push_back(fault.error);
  }
  if (!errors.empty()) return Reply(problem(http_status(code), code, errors));
  POSS_TRY(seal_secrets(draft, record));
  POSS_ASSIGN(const auto stored, resources.store.create(kind, to_json(record), tags));
  announce(resources, request, kind, stored, "create");
  POSS_ASSIGN(const StoredSkill typed, stored_as<store::SkillRecord>(stored));
  keep_version(resources, request, nullptr, &typed);
  json::object shown = shown_object(kind, stored);
  show(stored, shown);
  HttpResponse response = object_response(201, shown, stored.revision);
  response.headers.emplace_back("Location", "/api/v1/skills/" + stored.id);
  return Reply(std::move(response));
}

Result<Reply> duplicate(const Call<NoParameters>& call) {
  POSS_ASSIGN(const json::object body, json_body(call.request));
  POSS_ASSIGN(const NewName wanted, parse_fields<NewName>(body));
  POSS_ASSIGN(StoredSkill stored, call.resources.store.get<store::SkillRecord>(call.path("id")));
  POSS_ASSIGN(Skill skill, skill_of(stored));
  POSS_TRY(reveal_node_secrets(call.resources.store, stored.value.secrets, skill));
  skill.name = wanted.name;
  const auto acceleration = stored.value.acceleration;
  stored.value = skill_record(skill);
  stored.value.acceleration = acceleration;
  return create(call.resources, call.request, std::move(stored.value), stored.tags);
}

// Takes a skill file as export_file() gives it.
Result<Reply> import_file(const Call<NoParameters>& call) {
  POSS_ASSIGN(const json::object body, json_body(call.request));
  POSS_ASSIGN(const Skill skill, parse_skill(body));
  return create(call.resources, call.request, skill_record(skill), {});
}

}  // namespace

void SkillGraph::declare(Fields<SkillGraph>& f) {
  f.add(&SkillGraph::nodes, "nodes").max_length(200);
  f.add(&SkillGraph::edges, "edges").max_length(1000);
}

Result<Skill> skill_of(const StoredSkill& record) {
  POSS_ASSIGN(SkillGraph graph, parse_fields<SkillGraph>(record.value.graph));
  return Skill{.id = record.id,
               .name = record.value.name,
               .description = record.value.description,
               .fps = record.value.fps,
               .nodes = std::move(graph.nodes),
               .edges = std::move(graph.edges)};
}

store::SkillRecord skill_record(const Skill& skill) {
  return {.name = skill.name,
          .description = skill.description,
          .fps = skill.fps,
          .graph = to_json(SkillGraph{.nodes = skill.nodes, .edges = skill.edges})};
}

void declare_skills(Api& api) {
  ResourceHooks<store::SkillRecord> hooks;
  hooks.check = check;
  hooks.before_store = seal_secrets;
  hooks.shown = {{"node_count", {{"type", "integer"}}}};
  hooks.show_stored = show;
  hooks.changed = keep_version;
  const ResourceInfo info{
      .path = "/api/v1/skills", .tag = "skills", .name = "Skill", .not_listed = {"graph"}};
  const AnswerInfo made{.status = 201,
                        .description = "The skill, as stored.",
                        .content_type = "application/json",
                        .schema = shown_schema(store::kind_of<store::SkillRecord>(), hooks.shown)};
  declare_resource<store::SkillRecord>(api, info, std::move(hooks));
  api.name_schema<NodeSpec>("SkillNode");
  api.name_schema<EdgeSpec>("SkillEdge");
  api.name_schema<Skill>("SkillFile");
  declare_resource<store::SkillVersion>(api, {.path = "/api/v1/skill_versions",
                                              .tag = "skills",
                                              .name = "SkillVersion",
                                              .create = false,
                                              .change = false,
                                              .remove = false});
  api.add<NoParameters>({.method = "POST",
                         .path = "/api/v1/skills/{id}/duplicate",
                         .id = "duplicateSkill",
                         .tag = "skills",
                         .summary = "Make a copy under another name.",
                         .body_type = "application/json",
                         .body_schema = schema_of<NewName>()},
                        made, duplicate);
  api.add<NoParameters>({.method = "POST",
                         .path = "/api/v1/skills/import",
                         .id = "importSkill",
                         .tag = "skills",
                         .summary = "Make a skill from a skill file.",
                         .body_type = "application/json",
                         .body_schema = schema_of<Skill>()},
                        made, import_file);
  api.add<NoParameters>({.path = "/api/v1/skills/{id}/export",
                         .id = "exportSkill",
                         .tag = "skills",
                         .summary = "The skill as a file."},
                        {.description = "A skill file.",
                         .content_type = "application/json",
                         .schema = response_schema(schema_of<Skill>())},
                        export_file);
}

}  // namespace poss::server
