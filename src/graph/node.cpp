// The registry of node types and their JSON description.
#include "graph/node.h"

#include <algorithm>
#include <tuple>

namespace poss {

const NodeType* NodeRegistry::find(std::string_view type) const {
  const auto found = std::find_if(types_.begin(), types_.end(),
                                  [&](const NodeType& known) { return known.info.type == type; });
  return found == types_.end() ? nullptr : &*found;
}

std::vector<const NodeType*> NodeRegistry::list() const {
  std::vector<const NodeType*> out;
  for (const auto& type : types_) out.push_back(&type);
  std::sort(out.begin(), out.end(), [](const NodeType* a, const NodeType* b) {
    return std::tie(a->info.category, a->info.title) < std::tie(b->info.category, b->info.title);
  });
  return out;
}

NodeRegistry& node_registry() {
  static NodeRegistry registry;
  return registry;
}

json::object node_types_json(const NodeRegistry& registry) {
  json::array items;
  for (const NodeType* type : registry.list()) {
    items.push_back(json::object{
        {"type", type->info.type},
        {"title", type->info.title},
        {"help", type->info.help},
        {"category", enum_name(type->info.category)},
        {"version", type->info.version},
        {"inputs", FieldCodec<std::vector<Port>>::write(type->info.inputs)},
        {"outputs", FieldCodec<std::vector<Port>>::write(type->info.outputs)},
        {"settings", type->settings_schema()},
    });
  }
  return {{"items", std::move(items)}};
}

}  // namespace poss
