// /api/v1/zoo: the catalogue, what of it is installed, and what has been added to the models.
#include "server/zoo.h"

#include <algorithm>

#include "server/api.h"
#include "server/models.h"

namespace poss::server {
namespace {

// One model of catalogue.json, which has further members.
Result<ZooModel> read_model(const json::value& value) {
  const auto text = [&](const char* name) {
    const auto* found = value.is_object() ? value.get_object().if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  ZooModel model{.name = text("name"),
                 .title = text("title"),
                 .description = text("description"),
                 .license = text("license"),
                 .labels = {},
                 .added = ""};
  if (!is_slug(model.name)) {
    return Error{Code::internal, "the zoo's catalogue has a model without a proper name"};
  }
  if (text("task") == enum_name(infer::Task::classification)) {
    model.task = infer::Task::classification;
  }
  if (const auto* input = value.get_object().if_contains("input"); input && input->is_object()) {
    const auto pixels = [&](const char* name) {
      const auto* found = input->get_object().if_contains(name);
      return found && found->is_int64() ? static_cast<int>(found->get_int64()) : 0;
    };
    model.width = pixels("width");
    model.height = pixels("height");
  }
  return model;
}

Result<Page<ZooModel>> list(const Call<NoParameters>& call) {
  POSS_ASSIGN(auto models, list_zoo(call.resources));
  return Page<ZooModel>{std::move(models)};
}

}  // namespace

void ZooModel::declare(Fields<ZooModel>& f) {
  f.add(&ZooModel::name, "name").help("What skills call it.");
  f.add(&ZooModel::title, "title");
  f.add(&ZooModel::description, "description");
  f.add(&ZooModel::task, "task");
  f.add(&ZooModel::license, "license");
  f.add(&ZooModel::width, "width").unit("px").help("Of the input.");
  f.add(&ZooModel::height, "height").unit("px").help("Of the input.");
  f.add(&ZooModel::labels, "labels").help("Of an installed model; empty: not used.");
  f.add(&ZooModel::bytes, "bytes").unit("B").help("Of an installed model.");
  f.add(&ZooModel::installed, "installed");
  f.add(&ZooModel::added, "added").help("The id of the model that was made of it, or empty.");
}

Result<std::vector<ZooModel>> list_zoo(const Resources& resources) {
  std::vector<ZooModel> models;
  const auto& file = resources.options.zoo_catalogue;
  if (file.empty()) return models;
  POSS_ASSIGN(const json::value catalogue, read_json_file(file));
  const auto* entries =
      catalogue.is_object() ? catalogue.get_object().if_contains("models") : nullptr;
  if (!entries || !entries->is_array()) {
    return Error{Code::internal, "'" + file.string() + "' is no catalogue of models"};
  }
  POSS_ASSIGN(const auto added, all_models(resources.store));
  auto installed = resources.models.list();
  for (const json::value& entry : entries->get_array()) {
    POSS_ASSIGN(ZooModel model, read_model(entry));
    for (auto& info : installed) {
      if (info.name != model.name) continue;
      model.installed = true;
      model.labels = std::move(info.manifest.labels);
      model.bytes = info.bytes;
    }
    for (const auto& stored : added) {
      if (stored.value.source == store::ModelSource::zoo && stored.value.zoo_name == model.name) {
        model.added = stored.id;
      }
    }
    models.push_back(std::move(model));
  }
  return models;
}

void declare_zoo(Api& api) {
  api.name_schema<ZooModel>("ZooModel");
  api.get<NoParameters, Page<ZooModel>>(
      {.path = "/api/v1/zoo",
       .id = "listZoo",
       .tag = "models",
       .summary = "The models that come with POSS, which models can be made of at once."},
      list);
}

}  // namespace poss::server
