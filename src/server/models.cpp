// /api/v1/models: the models that people have added.
#include "server/models.h"

#include <algorithm>
#include <set>

#include "base/id.h"
#include "base/log.h"
#include "server/resource.h"
#include "server/zoo.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using store::Model;
using store::ModelSource;
using store::ModelStatus;
using store::Stored;

// A slug made of the name that no model has, not of the zoo either.
Result<std::string> free_slug(const Resources& resources, const std::string& name) {
  std::set<std::string> taken;
  POSS_ASSIGN(const auto models, all_models(resources.store));
  for (const auto& model : models) taken.insert(model.value.slug);
  POSS_ASSIGN(const auto zoo, list_zoo(resources));
  for (const auto& model : zoo) taken.insert(model.name);
  for (const auto& info : resources.models.list()) taken.insert(info.name);
  const std::string base = slugify(name).substr(0, 58);
  std::string slug = base;
  std::error_code ignored;
  const fs::path folder = models_folder(resources.options.data);
  for (int i = 2; taken.contains(slug) || fs::exists(folder / slug, ignored); ++i) {
    slug = base + "-" + std::to_string(i);
  }
  return slug;
}

void take_from_zoo(const Resources& resources, Model& model, std::vector<FieldError>& errors) {
  const auto zoo = list_zoo(resources);
  if (!zoo) return errors.push_back({"zoo_name", zoo.error().message});
  const auto found = std::find_if(zoo->begin(), zoo->end(), [&](const ZooModel& candidate) {
    return candidate.name == model.zoo_name;
  });
  if (found == zoo->end()) {
    errors.push_back({"zoo_name", "must name a model of the zoo; /api/v1/zoo lists them"});
  } else if (!found->installed) {
    errors.push_back({"zoo_name", "is not installed on this machine; ./up fetches the zoo"});
  } else if (!found->added.empty()) {
    errors.push_back({"zoo_name", "has been added already"});
  } else {
    model.slug = found->name;
    model.status = ModelStatus::ready;
    model.task = found->task == infer::Task::classification ? store::ModelTask::classification
                                                            : store::ModelTask::detection;
    model.labels.clear();
    for (const auto& label : found->labels) {
      if (!label.empty()) model.labels.push_back(label);
    }
    if (model.license.empty()) model.license = found->license;
    if (model.description.empty()) model.description = found->description;
  }
}

void check(const Draft<Model>& draft, Model& model, std::vector<FieldError>& errors) {
  if (draft.before) {
    const Model& old = draft.before->value;
    const char* fixed = "cannot be changed; add another model instead";
    if (model.source != old.source) errors.push_back({"source", fixed});
    if (model.zoo_name != old.zoo_name) errors.push_back({"zoo_name", fixed});
    return;
  }
  if (model.source == ModelSource::zoo) return take_from_zoo(draft.resources, model, errors);
  if (!model.zoo_name.empty()) errors.push_back({"zoo_name", "belongs to models of the zoo"});
  auto slug = free_slug(draft.resources, model.name);
  if (!slug) return errors.push_back({"", slug.error().message});
  model.slug = std::move(*slug);
}

// Two models made at the same time may have got the same slug: the later one takes another.
void settle_slug(const Resources& resources, const Stored<Model>& made) {
  const auto models = all_models(resources.store);
  if (!models) return;
  const bool later = std::any_of(models->begin(), models->end(), [&](const Stored<Model>& other) {
    return other.id != made.id && other.value.slug == made.value.slug &&
           std::pair(other.created, other.id) < std::pair(made.created, made.id);
  });
  if (!later) return;
  Model renamed = made.value;
  renamed.slug = renamed.slug.substr(0, 55) + "-" + made.id.substr(0, 8);
  const auto stored = resources.store.update(made.id, made.revision, renamed);
  if (!stored) spdlog::error("model '{}': {}", made.value.name, stored.error().message);
}

void remove_files(const Resources& resources, const Stored<Model>& model) {
  if (model.value.source == ModelSource::zoo || !is_slug(model.value.slug)) return;
  const fs::path folder = models_folder(resources.options.data);
  const fs::path gone = folder / ("." + model.value.slug + "." + new_id());
  std::error_code error;
  fs::rename(folder / model.value.slug, gone, error);
  if (!error) fs::remove_all(gone, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    spdlog::warn("the files of model '{}' stay: {}", model.value.name, error.message());
  }
}

Result<void> before_remove(const Resources&, const Stored<Model>& model) {
  if (model.value.status != ModelStatus::importing) return {};
  return Error{Code::conflict,
               "the model '" + model.value.name + "' is being imported; cancel that first"};
}

void changed(const Resources& resources, const HttpRequest&, const Stored<Model>* before,
             const Stored<Model>* now) {
  if (!before && now) settle_slug(resources, *now);
  if (before && !now) remove_files(resources, *before);
}

}  // namespace

Result<std::vector<Stored<Model>>> all_models(store::Store& store) {
  std::vector<Stored<Model>> models;
  store::Query query{.limit = 1000};
  do {
    POSS_ASSIGN(auto page, store.list<Model>(query));
    std::move(page.items.begin(), page.items.end(), std::back_inserter(models));
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return models;
}

fs::path models_folder(const fs::path& data) { return data / "models"; }

void declare_models(Api& api) {
  declare_resource<Model>(api, {.path = "/api/v1/models", .tag = "models", .name = "Model"},
                          {.check = check, .before_remove = before_remove, .changed = changed});
  declare_model_versions(api);
}

}  // namespace poss::server
