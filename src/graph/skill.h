// A skill: the nodes and edges a person composed, as text; and the rules it must keep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/result.h"
#include "graph/node.h"

namespace poss {

struct NodeSpec {
  std::string id;    // unique in the skill
  std::string type;  // of a registered node type
  std::string name;  // as people see it; empty: the type's title
  int version = 1;   // of the settings
  json::object settings;
  bool operator==(const NodeSpec&) const = default;
  static void declare(Fields<NodeSpec>& f);
};

// "node" or "node:port"; without a port the first one is meant.
struct EdgeSpec {
  std::string from;
  std::string to;
  bool operator==(const EdgeSpec&) const = default;
  static void declare(Fields<EdgeSpec>& f);
};

struct Skill {
  std::string id;  // empty: made from the name
  std::string name;
  std::string description;
  double fps = 15;  // at most so many frames a second; 0: every frame
  std::vector<NodeSpec> nodes;
  std::vector<EdgeSpec> edges;
  bool operator==(const Skill&) const = default;
  static void declare(Fields<Skill>& f);
};

// An edge with its ends found: indices into Skill::nodes and into the types' ports.
struct Link {
  size_t from = 0;
  size_t from_port = 0;
  size_t to = 0;
  size_t to_port = 0;
};

// A skill that keeps all the rules, with settings made current.
struct CheckedSkill {
  Skill skill;
  std::vector<const NodeType*> types;  // one per node
  std::vector<Link> links;
  size_t camera_input = 0;  // index of the node frames enter at
};

// Reads a skill from JSON; unknown fields are errors. The rules are check_skill()'s.
Result<Skill> parse_skill(const json::value& value);

// Checks: known types, unique ids, settings, edges between existing ports, one camera input,
// everything connected, no cycle. The error gathers everything that is wrong, each naming its node.
Result<CheckedSkill> check_skill(Skill skill, const NodeRegistry& registry);
// The same with each error for itself, appended to `errors`; its path is "node 'ID'", "edges[N].to"
// or empty. Nothing when there is any.
std::optional<CheckedSkill> check_skill(Skill skill, const NodeRegistry& registry,
                                        std::vector<FieldError>& errors);

}  // namespace poss
