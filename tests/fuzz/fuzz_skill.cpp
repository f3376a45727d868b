// Fuzzes skill files against all node types: what is accepted is accepted again, unchanged.
#include "fuzz.h"
#include "graph/skill.h"

namespace {

using poss::NodeRegistry;
using poss::Skill;

void check(const Skill& skill, const NodeRegistry& registry) {
  const auto checked = poss::check_skill(skill, registry);
  if (!checked) {
    poss::fuzz::require(!checked.error().message.empty(), "an error says something");
    return;
  }
  poss::fuzz::require(checked->types.size() == checked->skill.nodes.size(), "each node has a type");
  poss::fuzz::require(checked->camera_input < checked->skill.nodes.size(), "frames have an entry");
  for (const auto& link : checked->links) {
    poss::fuzz::require(link.from < checked->types.size() && link.to < checked->types.size(),
                        "links join nodes");
    poss::fuzz::require(link.from_port < checked->types[link.from]->info.outputs.size() &&
                            link.to_port < checked->types[link.to]->info.inputs.size(),
                        "links join ports");
  }
  const poss::json::object written = poss::to_json(checked->skill);
  const auto read = poss::parse_skill(poss::fuzz::reread(written));
  poss::fuzz::require(read.has_value(), "a checked skill can be read again");
  const auto again = poss::check_skill(*read, registry);
  poss::fuzz::require(again.has_value(), "a checked skill passes again");
  poss::fuzz::require(poss::to_json(again->skill) == written, "checking again changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = poss::parse_json(poss::fuzz::text(data, size));
  if (!value) return 0;
  const auto skill = poss::parse_skill(*value);
  if (!skill) {
    poss::fuzz::require(!skill.error().message.empty(), "an error says something");
    return 0;
  }
  check(*skill, poss::node_registry());
  return 0;
}
