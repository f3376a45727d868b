// /api/v1/node_types: what skills can be made of.
#include "server/api.h"

namespace poss::server {
namespace {

// The shape of node_types_json(), which writes the answer: node_types_test.cpp compares the two.
struct NodeTypeBody {
  std::string type;
  std::string title;
  std::string help;
  Category category = Category::process;
  int version = 1;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  json::object settings;
  static void declare(Fields<NodeTypeBody>& f) {
    f.add(&NodeTypeBody::type, "type").help("What skills call it.");
    f.add(&NodeTypeBody::title, "title");
    f.add(&NodeTypeBody::help, "help");
    f.add(&NodeTypeBody::category, "category");
    f.add(&NodeTypeBody::version, "version").help("Of the settings.");
    f.add(&NodeTypeBody::inputs, "inputs");
    f.add(&NodeTypeBody::outputs, "outputs");
    f.add(&NodeTypeBody::settings, "settings").help("JSON Schema of the settings.");
  }
};

Result<Reply> list(const Call<NoParameters>& call) {
  return json_response(json_text(node_types_json(call.resources.registry)));
}

}  // namespace

void declare_node_types(Api& api) {
  api.name_schema<Port>("Port");
  api.name_schema<NodeTypeBody>("NodeType");
  api.add<NoParameters>({.path = "/api/v1/node_types",
                         .id = "listNodeTypes",
                         .tag = "node_types",
                         .summary = "What skills can be made of."},
                        {.description = "Node types.",
                         .content_type = "application/json",
                         .schema = response_schema(schema_of<Page<NodeTypeBody>>())},
                        list);
}

}  // namespace poss::server
