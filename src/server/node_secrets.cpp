// Telling which settings are secrets, sealing and revealing them.
#include "server/node_secrets.h"

#include <algorithm>

namespace poss::server {
namespace {

using store::NodeSecret;

const NodeSecret* find(const std::vector<NodeSecret>& secrets, const std::string& node,
                       const std::string& setting) {
  const auto found = std::find_if(secrets.begin(), secrets.end(), [&](const NodeSecret& secret) {
    return secret.node == node && secret.setting == setting;
  });
  return found == secrets.end() ? nullptr : &*found;
}

// Calls `each(node, setting)` for every secret setting of every node of a known type.
template <class Each>
void for_each_secret(Skill& skill, const NodeRegistry& registry, const Each& each) {
  for (NodeSpec& node : skill.nodes) {
    const NodeType* type = registry.find(node.type);
    if (!type) continue;
    const json::object schema = type->settings_schema();
    for (const auto& property : schema.at("properties").get_object()) {
      const auto* format = property.value().get_object().if_contains("format");
      if (format && *format == json::value(store::kSecretKind)) each(node, property.key());
    }
  }
}

std::string key_of(const NodeSpec& node, const std::string& setting) {
  return node.id + "." + setting;
}

}  // namespace

void take_node_secrets(Skill& skill, const NodeRegistry& registry,
                       const std::vector<NodeSecret>& before,
                       std::map<std::string, std::string>& typed, std::vector<FieldError>& errors) {
  for_each_secret(skill, registry, [&](NodeSpec& node, const std::string& setting) {
    const bool is_stored = find(before, node.id, setting);
    json::value* value = node.settings.if_contains(setting);
    if (!value) {
      if (is_stored) node.settings[setting] = kStoredSecret;
    } else if (*value == json::value(kStoredSecret)) {
      if (!is_stored) {
        errors.push_back({"graph.nodes." + node.id, "node '" + node.id + "' has no stored " +
                                                        setting + "; type it, or leave it empty"});
      }
    } else if (value->is_string() && !value->get_string().empty()) {
      typed[key_of(node, setting)] = value->get_string();
      *value = kStoredSecret;
    }
  });
}

Result<std::vector<NodeSecret>> seal_node_secrets(store::Store& store, const Skill& skill,
                                                  const NodeRegistry& registry,
                                                  const std::vector<NodeSecret>& before,
                                                  const std::map<std::string, std::string>& typed) {
  std::vector<NodeSecret> out;
  Result<void> sealed;
  Skill marked = skill;
  for_each_secret(marked, registry, [&](NodeSpec& node, const std::string& setting) {
    if (!sealed) return;
    if (const auto plain = typed.find(key_of(node, setting)); plain != typed.end()) {
      auto id = store.seal(plain->second);
      if (!id) {
        sealed = id.error();
      } else {
        out.push_back({node.id, setting, std::move(*id)});
      }
    } else if (const auto* value = node.settings.if_contains(setting);
               value && *value == json::value(kStoredSecret)) {
      if (const NodeSecret* kept = find(before, node.id, setting)) out.push_back(*kept);
    }
  });
  POSS_TRY(std::move(sealed));
  return out;
}

Result<void> reveal_node_secrets(store::Store& store, const std::vector<NodeSecret>& secrets,
                                 Skill& skill) {
  for (NodeSpec& node : skill.nodes) {
    for (const NodeSecret& secret : secrets) {
      if (secret.node != node.id) continue;
      auto plain = store.reveal(secret.secret);
      if (!plain) {
        return Error{plain.error().code, "the " + secret.setting + " of the node '" + node.id +
                                             "' cannot be read (" + plain.error().message +
                                             "); type it again"};
      }
      node.settings[secret.setting] = *plain;
    }
  }
  return {};
}

void remove_node_secrets(const std::vector<NodeSecret>& secrets, Skill& skill) {
  for (NodeSpec& node : skill.nodes) {
    for (const NodeSecret& secret : secrets) {
      if (secret.node == node.id) node.settings.erase(secret.setting);
    }
  }
}

}  // namespace poss::server
