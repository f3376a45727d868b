// /api/v1/skills: the skills that are at work.
#include "graph/skill.h"
#include "server/api.h"

namespace poss::server {
namespace {

Result<Page<Skill>> list(const Call<NoParameters>& call) {
  return Page<Skill>{call.resources.worker.skills()};
}

}  // namespace

void declare_skills(Api& api) {
  api.name_schema<NodeSpec>("SkillNode");
  api.name_schema<EdgeSpec>("SkillEdge");
  api.name_schema<Skill>("Skill");
  api.get<NoParameters, Page<Skill>>({.path = "/api/v1/skills",
                                      .id = "listSkills",
                                      .tag = "skills",
                                      .summary = "The skills of all deployments."},
                                     list);
}

}  // namespace poss::server
