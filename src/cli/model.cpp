// `poss model import`: brings a model file into the folder of models.
#include "infer/model.h"

#include <cstdio>

#include "cli/command.h"
#include "convert/import.h"

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
  auto& options = arguments.options;
  if (!arguments.labels.empty()) options.labels = arguments.labels;
  // What is imported has been loaded and run once.
  options.check = [](const std::filesystem::path& folder) -> Result<void> {
    POSS_ASSIGN(const auto model, infer::Model::load(folder));
    return model->run_empty();
  };
  const auto out =
      arguments.out.empty() ? model_folders("").front() : std::filesystem::path(arguments.out);
  const bool onnx = std::filesystem::path(arguments.file).extension() == ".onnx";
  if (onnx && arguments.manifest.empty()) {
    return Error{Code::invalid_argument, "'" + arguments.file +
                                             "' is an ONNX model, which needs its manifest: give "
                                             "--manifest model.json (docs/models.md)"};
  }
  POSS_ASSIGN(const auto folder,
              onnx ? convert::import_onnx(arguments.file, arguments.manifest, out, options)
                   : convert::import_tflite(arguments.file, out, options));
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
