// `poss model import`: brings a model file into the folder of models.
#include <cstdio>

#include "cli/command.h"
#include "server/model_import.h"

namespace poss::cli {
namespace {

struct ImportArguments {
  std::string file;
  std::string manifest;
  std::string out;
  std::string labels;
  convert::ImportOptions options;
};

Result<void> import_model(ImportArguments arguments) {
  if (!arguments.labels.empty()) arguments.options.labels = arguments.labels;
  const auto out =
      arguments.out.empty() ? model_folders("").front() : std::filesystem::path(arguments.out);
  POSS_ASSIGN(const auto folder,
              server::import_model(arguments.file, arguments.manifest, out, arguments.options));
  std::printf("%s\n", folder.c_str());
  return {};
}

}  // namespace

void add_model(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("model", "Bring models of your own");
  command->require_subcommand(1);
  auto* import = command->add_subcommand(
      "import", "Convert a TFLite model, or copy an ONNX model with its manifest");
  auto arguments = std::make_shared<ImportArguments>();
  auto& convert = arguments->options.convert;
  import->add_option("file", arguments->file, "A .tflite or .onnx file")->required();
  import->add_option("--name", arguments->options.name, "Name of the model: a-z, 0-9, '_', '-'")
      ->required();
  import->add_option("--out", arguments->out, "Folder of models (default: the zoo)");
  import->add_option("--labels", arguments->labels, "File with one label a line");
  import->add_option("--manifest", arguments->manifest, "model.json of an ONNX model");
  import->add_option("--title", convert.title, "Title people see");
  import->add_option("--description", convert.description, "What it is good for");
  import->add_option("--license", convert.license, "Its licence");
  import->add_option("--source", convert.source, "Where it comes from");
  import
      ->add_option("--letterbox", convert.letterbox,
                   "Keep the picture's proportions, standing top_left or center; else it is "
                   "stretched to the input")
      ->check(CLI::IsMember({"top_left", "center"}));
  import->add_flag("--force", arguments->options.force, "Replace a model of that name");
  import->callback([arguments, &action] { action = [arguments] { return import_model(*arguments);
};
}  // namespace poss::cli
);
}

}  // namespace poss::cli
