// `poss api`: the generated documents that are committed under api/, and `poss version`.
#include <cstdio>

#include "cli/command.h"
#include "graph/node.h"
#include "infer/runtime.h"
#include "server/openapi.h"

namespace poss::cli {

void add_api(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("api", "Print the OpenAPI document of the REST API");
  auto node_types = std::make_shared<bool>(false);
  command->add_flag("--node-types", *node_types, "Print the node types and their settings instead");
  command->callback([=, &action] {
    action = [=]() -> Result<void> {
      const std::string text =
          *node_types ? pretty_json(node_types_json(node_registry())) : server::openapi_text();
      std::fputs(text.c_str(), stdout);
      return {};
    };
  });
}

void add_version(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&action] {
    action = []() -> Result<void> {
      const auto runtime = infer::Runtime::get();
      std::printf("poss %s\nonnxruntime %s\n", POSS_VERSION,
                  runtime ? (*runtime)->version().c_str() : "not found");
      return {};
    };
  });
}

}  // namespace poss::cli
