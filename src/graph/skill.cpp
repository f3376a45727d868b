// Reading and checking skills.
#include "graph/skill.h"

#include <algorithm>

#include "base/id.h"

namespace poss {

void NodeSpec::declare(Fields<NodeSpec>& f) {
  f.add(&NodeSpec::id, "id").required().max_length(64).help("Unique in the skill.");
  f.add(&NodeSpec::type, "type").required().max_length(64).help("A type of /api/v1/node_types.");
  f.add(&NodeSpec::name, "name").max_length(128);
  f.add(&NodeSpec::version, "version").at_least(1).help("Version of the settings.");
  f.add(&NodeSpec::settings, "settings").help("As the node type's schema says.");
}

void EdgeSpec::declare(Fields<EdgeSpec>& f) {
  f.add(&EdgeSpec::from, "from").required().help("node, or node:port.");
  f.add(&EdgeSpec::to, "to").required().help("node, or node:port.");
}

void Skill::declare(Fields<Skill>& f) {
  f.add(&Skill::id, "id").max_length(64);
  f.add(&Skill::name, "name").required().max_length(128);
  f.add(&Skill::description, "description");
  f.add(&Skill::fps, "fps")
      .title("Desired frame rate")
      .unit("fps")
      .range(0, 1000)
      .help("At most so many frames a second; 0 takes every frame.");
  f.add(&Skill::nodes, "nodes").required().max_length(200);
  f.add(&Skill::edges, "edges").max_length(1000);
}

Result<Skill> parse_skill(const json::value& value) {
  POSS_ASSIGN(Skill skill, parse_fields<Skill>(value));
  if (skill.id.empty()) skill.id = slugify(skill.name);
  if (!is_slug(skill.id)) {
    return Error{Code::invalid_argument,
                 "'id' may hold 1 to 64 of a-z, 0-9, '_' and '-' only, not '" + skill.id + "'"};
  }
  return skill;
}

namespace {

// Finds node and port of an edge's end; reports what it cannot find.
bool find_end(const CheckedSkill& checked, const std::string& text, bool output, size_t edge,
              size_t& node, size_t& port, std::vector<FieldError>& errors) {
  const std::string path = "edges[" + std::to_string(edge) + "]." + (output ? "from" : "to");
  const auto colon = text.find(':');
  const std::string id = text.substr(0, colon);
  const auto& nodes = checked.skill.nodes;
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const NodeSpec& spec) { return spec.id == id; });
  if (found == nodes.end()) {
    errors.push_back({path, "names the node '" + id + "', which the skill does not have"});
    return false;
  }
  node = static_cast<size_t>(found - nodes.begin());
  const NodeType* type = checked.types[node];
  if (!type) return false;  // reported with the node
  const auto& ports = output ? type->info.outputs : type->info.inputs;
  if (ports.empty()) {
    errors.push_back({path, "node '" + id + "' (" + type->info.title + ") has no " +
                                (output ? "output" : "input")});
    return false;
  }
  port = 0;
  if (colon == std::string::npos) return true;
  const std::string name = text.substr(colon + 1);
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].name == name) {
      port = i;
      return true;
    }
  }
  errors.push_back({path, "node '" + id + "' has no port '" + name + "'"});
  return false;
}

// The ids along one cycle ("a → b → a"), or "" when there is none.
std::string find_cycle(const CheckedSkill& checked) {
  enum class Mark { fresh, open, done };
  const size_t count = checked.skill.nodes.size();
  std::vector<Mark> marks(count, Mark::fresh);
  std::vector<size_t> path;
  std::string cycle;
  const auto visit = [&](auto&& self, size_t node) -> bool {
    marks[node] = Mark::open;
    path.push_back(node);
    for (const Link& link : checked.links) {
      if (link.from != node) continue;
      if (marks[link.to] == Mark::open) {
        auto at = std::find(path.begin(), path.end(), link.to);
        for (; at != path.end(); ++at) cycle += checked.skill.nodes[*at].id + " → ";
        cycle += checked.skill.nodes[link.to].id;
        return true;
      }
      if (marks[link.to] == Mark::fresh && self(self, link.to)) return true;
    }
    path.pop_back();
    marks[node] = Mark::done;
    return false;
  };
  for (size_t node = 0; node < count; ++node) {
    if (marks[node] == Mark::fresh && visit(visit, node)) return cycle;
  }
  return "";
}

void check_connected(const CheckedSkill& checked, std::vector<FieldError>& errors) {
  for (size_t node = 0; node < checked.skill.nodes.size(); ++node) {
    const NodeType* type = checked.types[node];
    if (!type) continue;
    const std::string name = "node '" + checked.skill.nodes[node].id + "'";
    const bool fed = std::any_of(checked.links.begin(), checked.links.end(),
                                 [&](const Link& link) { return link.to == node; });
    const bool used = std::any_of(checked.links.begin(), checked.links.end(),
                                  [&](const Link& link) { return link.from == node; });
    if (!type->info.inputs.empty() && !fed) {
      errors.push_back({name, "is not connected: nothing leads into it"});
    } else if (!type->info.outputs.empty() && !used) {
      errors.push_back({name, "is not connected: nothing takes what it gives"});
    }
  }
}

}  // namespace

Result<CheckedSkill> check_skill(Skill skill, const NodeRegistry& registry) {
  const std::string name = skill.name;
  std::vector<FieldError> errors;
  auto checked = check_skill(std::move(skill), registry, errors);
  if (!checked) return join_errors(errors).with("skill '" + name + "'");
  return std::move(*checked);
}

std::optional<CheckedSkill> check_skill(Skill skill, const NodeRegistry& registry,
                                        std::vector<FieldError>& errors) {
  const size_t before = errors.size();
  CheckedSkill checked{.skill = std::move(skill)};
  std::vector<size_t> inputs;
  auto& nodes = checked.skill.nodes;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::string name = "node '" + nodes[i].id + "'";
    const NodeType* type = registry.find(nodes[i].type);
    checked.types.push_back(type);
    if (!is_slug(nodes[i].id)) {
      errors.push_back({name, "needs an id of a-z, 0-9, '_' and '-'"});
    }
    for (size_t k = 0; k < i; ++k) {
      if (nodes[k].id == nodes[i].id) errors.push_back({name, "stands twice; ids must differ"});
    }
    if (!type) {
      std::vector<std::string> known;
      for (const NodeType* other : registry.list()) known.push_back(other->info.type);
      const std::string near = detail::nearest(nodes[i].type, known);
      errors.push_back({name, "has the unknown type '" + nodes[i].type + "'" +
                                  (near.empty() ? "" : "; did you mean '" + near + "'?")});
      continue;
    }
    if (type->info.category == Category::import_) inputs.push_back(i);
    auto settings = type->check(nodes[i].settings, nodes[i].version);
    if (!settings) {
      errors.push_back({name, settings.error().message});
    } else {
      nodes[i].settings = std::move(*settings);
      nodes[i].version = type->info.version;
    }
  }
  for (size_t i = 0; i < checked.skill.edges.size(); ++i) {
    const EdgeSpec& edge = checked.skill.edges[i];
    Link link;
    const bool from = find_end(checked, edge.from, true, i, link.from, link.from_port, errors);
    const bool to = find_end(checked, edge.to, false, i, link.to, link.to_port, errors);
    if (from && to) checked.links.push_back(link);
  }
  if (const std::string cycle = find_cycle(checked); !cycle.empty()) {
    errors.push_back({"", "the skill goes in a circle: " + cycle + "; remove one of these edges"});
  }
  if (inputs.size() != 1) {
    errors.push_back({"", inputs.empty() ? "the skill has no camera input; add a node of type "
                                           "'camera_input'"
                                         : "the skill has more than one camera input; keep one"});
  } else {
    checked.camera_input = inputs.front();
  }
  // An edge that names nothing would only make its nodes look unconnected as well.
  if (checked.links.size() == checked.skill.edges.size()) check_connected(checked, errors);
  if (errors.size() > before) return std::nullopt;
  return checked;
}

}  // namespace poss
