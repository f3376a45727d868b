// /api/v1/skills: what can be deployed on cameras.
#include "server/resource.h"

namespace poss::server {
namespace {

void show(const Resources&, const store::Stored<store::SkillRecord>& skill, json::object& out) {
  const auto* nodes = skill.value.graph.if_contains("nodes");
  out["node_count"] = nodes && nodes->is_array() ? nodes->get_array().size() : 0;
}

}  // namespace

void declare_skills(Api& api) {
  declare_resource<store::SkillRecord>(api,
                                       {.path = "/api/v1/skills",
                                        .tag = "skills",
                                        .name = "Skill",
                                        .create = false,
                                        .change = false,
                                        .remove = false,
                                        .not_listed = {"graph"}},
                                       {.check = {},
                                        .shown = {{"node_count", {{"type", "integer"}}}},
                                        .show = show,
                                        .before_remove = {},
                                        .changed = {}});
}

}  // namespace poss::server
