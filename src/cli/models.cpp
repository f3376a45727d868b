// `poss models`: what there is to run on this machine, without a server.
#include <cstdio>

#include "cli/command.h"
#include "infer/model.h"

namespace poss::cli {
namespace {

Result<void> list_models(const std::string& folder, bool as_json) {
  const infer::ModelPool pool(model_folders(folder));
  const auto models = pool.list();
  if (as_json) {
    json::array items;
    for (const auto& model : models) {
      items.push_back(
          {{"name", model.name},
           {"title", model.manifest.title},
           {"task", enum_name(model.manifest.task)},
           {"width", model.manifest.input.width},
           {"height", model.manifest.input.height},
           {"labels", FieldCodec<std::vector<std::string>>::write(model.manifest.labels)},
           {"license", model.manifest.license},
           {"bytes", static_cast<std::int64_t>(model.bytes)}});
    }
    std::fputs(pretty_json(items).c_str(), stdout);
    return {};
  }
  if (models.empty()) {
    return Error{Code::not_found, "no models in " + pool.folders().front().string() +
                                      "; ./up fetches the zoo, or give --models FOLDER"};
  }
  std::printf("%-22s %-15s %-9s %7s %8s  %s\n", "NAME", "TASK", "INPUT", "CLASSES", "SIZE",
              "LICENCE");
  for (const auto& model : models) {
    size_t classes = 0;
    for (const auto& label : model.manifest.labels) classes += label.empty() ? 0 : 1;
    const std::string input = std::to_string(model.manifest.input.width) + "x" +
                              std::to_string(model.manifest.input.height);
    std::printf("%-22s %-15s %-9s %7zu %5.1f MB  %s\n", model.name.c_str(),
                std::string(enum_name(model.manifest.task)).c_str(), input.c_str(), classes,
                static_cast<double>(model.bytes) / 1e6, model.manifest.license.c_str());
  }
  return {};
}

}  // namespace

void add_models(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("models",
                         "List the models in folders of this machine, which poss run uses; no "
                         "server is asked (poss model list asks one)");
  auto folder = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("--models", *folder, "Folder with models (default: the zoo)");
  command->add_flag("--json", *as_json, "Print JSON");
  command->callback([=, &action] { action = [=] { return list_models(*folder, *as_json); }; });
}

}  // namespace poss::cli
