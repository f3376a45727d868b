// The stored skill and the skill that src/graph runs.
#pragma once

#include "graph/skill.h"
#include "store/store.h"

namespace poss::server {

// Nodes and edges, as SkillRecord::graph holds them.
struct SkillGraph {
  std::vector<NodeSpec> nodes;
  std::vector<EdgeSpec> edges;
  static void declare(Fields<SkillGraph>& f);
};

// The skill of a record. Errors when its graph cannot be read; check_skill() has the rules.
Result<Skill> skill_of(const store::Stored<store::SkillRecord>& record);
// The record of a skill from a file.
store::SkillRecord skill_record(const Skill& skill);

}  // namespace poss::server
