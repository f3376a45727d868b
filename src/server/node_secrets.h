// Secrets in the settings of a skill's nodes: sealed in the store, with a mark in the graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/node.h"
#include "graph/skill.h"
#include "store/store.h"

namespace poss::server {

// Stands in a graph for a secret that is stored; sent back, it means "as it is".
inline constexpr std::string_view kStoredSecret = "(stored)";

// Moves the secrets typed into `skill` to `typed`, as plain text by "NODE.SETTING", and leaves the
// mark in their place. A setting that was not sent keeps the secret of `before`, the stored ones;
// an empty one loses it. A mark without a secret behind it is an error.
void take_node_secrets(Skill& skill, const NodeRegistry& registry,
                       const std::vector<store::NodeSecret>& before,
                       std::map<std::string, std::string>& typed, std::vector<FieldError>& errors);

// What `record`, whose graph has the marks, is to be stored with: those of `before` it still has,
// and the `typed` ones, sealed.
Result<std::vector<store::NodeSecret>> seal_node_secrets(
    store::Store& store, const Skill& skill, const NodeRegistry& registry,
    const std::vector<store::NodeSecret>& before, const std::map<std::string, std::string>& typed);

// Puts the plain text in the place of the marks: for running a skill, and for a copy of it.
Result<void> reveal_node_secrets(store::Store& store, const std::vector<store::NodeSecret>& secrets,
                                 Skill& skill);

// Takes the marks out: for a file that leaves this machine.
void remove_node_secrets(const std::vector<store::NodeSecret>& secrets, Skill& skill);

}  // namespace poss::server
