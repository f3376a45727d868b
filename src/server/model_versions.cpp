// /api/v1/models/{id}/versions: importing model files, and what else belongs to a model.
#include <algorithm>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "server/model_import.h"
#include "server/models.h"
#include "server/resource.h"
#include "server/uploads.h"
#include "store/digest.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using store::Model;
using store::ModelSource;
using store::ModelStatus;
using store::ModelVersion;
using store::Store;
using store::Stored;

struct ImportBody {
  std::string upload;
  std::vector<std::string> labels;
  json::object manifest;
  static void declare(Fields<ImportBody>& f) {
    f.add(&ImportBody::upload, "upload").required().max_length(64).help("The id of the file.");
    f.add(&ImportBody::labels, "labels")
        .max_length(10'000)
        .help("One a class, in the order of the output; empty: those in the file.");
    f.add(&ImportBody::manifest, "manifest")
        .help("model.json of an ONNX model (docs/models.md); a TFLite file needs none.");
  }
};

// Changes the newest revision of a model.
template <class Change>
Result<Stored<Model>> change_model(Store& store, const std::string& id, const Change& change) {
  for (;;) {
    POSS_ASSIGN(auto model, store.get<Model>(id));
    change(model.value);
    auto stored = store.update(id, model.revision, model.value);
    if (stored || stored.error().code != Code::precondition_failed) return stored;
  }
}

// Newest first.
Result<std::vector<Stored<ModelVersion>>> versions_of(Store& store, const std::string& model) {
  POSS_ASSIGN(auto page, store.list<ModelVersion>({.refers_to = model, .limit = 1000}));
  std::sort(page.items.begin(), page.items.end(),
            [](const auto& a, const auto& b) { return a.value.number > b.value.number; });
  return std::move(page.items);
}

// Makes a version of what lies in the model's folder, and the model ready.
Result<Stored<ModelVersion>> adopt(Store& store, const fs::path& folder, const std::string& id,
                                   const std::string& sha256) {
  POSS_ASSIGN(const auto manifest, infer::read_manifest(folder));
  POSS_ASSIGN(const auto versions, versions_of(store, id));
  std::error_code error;
  const auto bytes = fs::file_size(folder / manifest.file, error);
  const auto name = fs::path("models") / folder.filename() / manifest.file;
  POSS_ASSIGN(auto version, store.create(ModelVersion{
                                .model = id,
                                .number = versions.empty() ? 1 : versions[0].value.number + 1,
                                .file = name.string(),
                                .bytes = error ? 0 : static_cast<std::int64_t>(bytes),
                                .sha256 = sha256,
                                .width = manifest.input.width,
                                .height = manifest.input.height,
                                .labels = manifest.labels,
                                .metrics = {}}));
  POSS_TRY(change_model(store, id, [&](Model& model) {
    model.status = ModelStatus::ready;
    model.cause.clear();
    model.task = manifest.task == infer::Task::classification ? store::ModelTask::classification
                                                              : store::ModelTask::detection;
    model.labels.clear();
    for (const auto& label : manifest.labels) {
      if (!label.empty()) model.labels.push_back(label);
    }
  }));
  return version;
}

// An import that has not come to its end: with an older version the model goes on as it was.
Result<Stored<Model>> give_up(Store& store, const std::string& id, const std::string& cause) {
  POSS_ASSIGN(const auto versions, versions_of(store, id));
  return change_model(store, id, [&](Model& model) {
    model.status = !versions.empty() ? ModelStatus::ready
                   : cause.empty()   ? ModelStatus::draft
                                     : ModelStatus::failed;
    model.cause = cause.empty() || versions.empty() ? cause : "the last import failed: " + cause;
  });
}

// One import. Whatever becomes of its job, the model does not stay "importing" and the file does
// not stay.
class Import {
 public:
  Import(const Resources& resources, std::string model, fs::path file)
      : store_(resources.store),
        hub_(resources.hub),
        agent_(resources.agent),
        data_(resources.options.data),
        model_(std::move(model)),
        file_(std::move(file)) {}
  ~Import() {
    std::error_code ignored;
    fs::remove(file_, ignored);
    fs::remove(manifest_file(), ignored);
    if (!over_) end("");
  }
  Import(const Import&) = delete;
  Import& operator=(const Import&) = delete;

  Result<json::object> run(JobContext& job, const ImportBody& wanted) {
    auto version = attempt(job, wanted);
    if (version) {
      over_ = true;
      tell();
      agent_.retry();  // a stream may have waited for this model
      const auto& kind = store::kind_of<ModelVersion>();
      tell_change(hub_, kind.name, version->id, version->revision, "create");
      return json::object{
          {"model", model_},
          {"version", version->id},
          {"number", version->value.number},
          {"labels", FieldCodec<std::vector<std::string>>::write(version->value.labels)}};
    }
    Error error = version.error();
    // The file lies under a name of ours, which tells people nothing.
    for (size_t at; (at = error.message.find(file_.string())) != std::string::npos;) {
      error.message.replace(at, file_.string().size(), "the file");
    }
    end(job.cancelled() ? "" : error.message);
    return error;
  }

 private:
  fs::path manifest_file() const { return file_.string() + ".json"; }

  Result<Stored<ModelVersion>> attempt(JobContext& job, const ImportBody& wanted) {
    POSS_ASSIGN(const auto model, store_.get<Model>(model_));
    POSS_ASSIGN(const auto versions, versions_of(store_, model_));
    std::vector<std::string> labels = wanted.labels;
    if (labels.empty() && versions.empty()) labels = model.value.labels;
    fs::path manifest;
    if (!wanted.manifest.empty()) {
      json::object text = wanted.manifest;
      if (!labels.empty()) text["labels"] = FieldCodec<std::vector<std::string>>::write(labels);
      manifest = manifest_file();
      POSS_TRY(replace_file(manifest, pretty_json(text)));
    }
    convert::ImportOptions options;
    options.name = model.value.slug;
    options.force = true;
    options.convert.title = model.value.name;
    options.convert.description = model.value.description;
    options.convert.license = model.value.license;
    if (!labels.empty()) options.convert.labels = labels;
    options.check = [&](const fs::path&) -> Result<void> {
      if (job.cancelled()) return Error{Code::unavailable, "the import was cancelled"};
      job.log("The model was loaded and has run.");
      return {};
    };
    job.progress(-1, "Reading, converting and trying the model");
    POSS_ASSIGN(const auto folder,
                import_model(file_, manifest, models_folder(data_), std::move(options)));
    POSS_ASSIGN(const auto sha256, store::sha256_of_file(folder / "model.onnx"));
    auto version = adopt(store_, folder, model_, sha256);
    if (!version && version.error().code == Code::not_found) {  // removed meanwhile
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
    if (version) job.log("It is version " + std::to_string(version->value.number) + ".");
    return version;
  }

  void end(const std::string& cause) {
    over_ = true;
    const auto model = give_up(store_, model_, cause);
    if (!model) spdlog::warn("the import into model {}: {}", model_, model.error().message);
    tell();
  }

  void tell() {
    const auto model = store_.get<Model>(model_);
    if (model) tell_change(hub_, std::string(Model::kKind), model_, model->revision, "update");
  }

  Store& store_;
  EventHub& hub_;
  fleet::LocalAgent& agent_;
  const fs::path data_;
  const std::string model_;
  const fs::path file_;
  bool over_ = false;
};

Result<JobBody> start_import(const BodyCall<NoParameters, ImportBody>& call) {
  const Resources& resources = call.resources;
  POSS_ASSIGN(auto model, resources.store.get<Model>(call.path("id")));
  const std::string title = "Importing model '" + model.value.name + "'";
  if (model.value.source == ModelSource::zoo) {
    return Error{Code::conflict, "the model '" + model.value.name +
                                     "' comes with POSS; add a model of your own to import a file"};
  }
  const Error busy{Code::conflict, "the model '" + model.value.name +
                                       "' is busy with an import or a training; wait for its end"};
  if (model.value.status == ModelStatus::importing || model.value.status == ModelStatus::training) {
    return busy;
  }
  POSS_ASSIGN(auto file, resources.uploads.claim(call.body.upload));
  model.value.status = ModelStatus::importing;
  model.value.cause.clear();
  const auto claimed = resources.store.update(model.id, model.revision, model.value);
  if (!claimed) {
    std::error_code ignored;
    fs::remove(file, ignored);
    return claimed.error().code == Code::precondition_failed ? busy : claimed.error();
  }
  auto import = std::make_shared<Import>(resources, model.id, std::move(file));
  POSS_ASSIGN(const auto record, resources.store.get(store::kind_of<Model>(), model.id));
  announce(resources, call.request, store::kind_of<Model>(), record, "update", "import");
  return resources.jobs.start("import", title,
                              [import = std::move(import), wanted = call.body](JobContext& job) {
                                return import->run(job, wanted);
                              });
}

// A list of the objects of a kind that belong to the model of the path.
void declare_list(Api& api, const store::Kind& kind, const std::string& path,
                  const std::string& name) {
  const json::object shown = shown_schema(kind, {});
  api.name_schema(name, shown);
  api.add<ListParameters>(
      {.path = "/api/v1/models/{id}/" + path,
       .id = "list" + name + "s",
       .tag = "models",
       .summary = "A page of what belongs to the model."},
      {.description = "A page.", .content_type = "application/json", .schema = list_schema(shown)},
      [&kind](const Call<ListParameters>& call) -> Result<Reply> {
        store::Store& store = call.resources.store;
        POSS_ASSIGN(const auto model, store.get(store::kind_of<Model>(), call.path("id")));
        store::Query query = call.parameters.query();
        query.refers_to = model.id;
        POSS_ASSIGN(const auto page, store.list(kind, query));
        json::array items;
        for (const auto& record : page.items) items.push_back(shown_object(kind, record));
        return Reply(json_response(json_text(json::object{{"items", std::move(items)},
                                                          {"next_cursor", page.next_cursor},
                                                          {"total", page.total}})));
      });
}

// Finishes or gives up one import that POSS was stopped in.
Result<void> recover(Store& store, const Stored<Model>& model, const fs::path& data) {
  const fs::path folder = models_folder(data) / model.value.slug;
  POSS_ASSIGN(const auto versions, versions_of(store, model.id));
  const auto sha256 = store::sha256_of_file(folder / "model.onnx");
  const bool known = sha256 && !versions.empty() && versions[0].value.sha256 == *sha256;
  if (sha256 && !known) {
    POSS_TRY(adopt(store, folder, model.id, *sha256));
    return {};
  }
  POSS_TRY(give_up(store, model.id, "POSS was stopped during the import; import the file again"));
  return {};
}

}  // namespace

Result<void> recover_imports(Store& store, const fs::path& data) {
  std::error_code error;
  std::vector<fs::path> unfinished;
  for (fs::directory_iterator entry(models_folder(data), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) unfinished.push_back(entry->path());
  }
  for (const auto& folder : unfinished) fs::remove_all(folder, error);
  POSS_ASSIGN(const auto models, all_models(store));
  for (const auto& model : models) {
    if (model.value.status != ModelStatus::importing) continue;
    const auto done = recover(store, model, data);
    if (!done) spdlog::error("model '{}': {}", model.value.name, done.error().message);
  }
  return {};
}

void declare_model_versions(Api& api) {
  declare_list(api, store::kind_of<ModelVersion>(), "versions", "ModelVersion");
  declare_list(api, store::kind_of<store::DatasetImage>(), "images", "DatasetImage");
  declare_list(api, store::kind_of<store::TrainingRun>(), "training_runs", "TrainingRun");
  api.post<NoParameters, ImportBody, JobBody>(
      {.path = "/api/v1/models/{id}/versions",
       .id = "importModelVersion",
       .tag = "models",
       .summary = "Import a file that was uploaded (TFLite, or ONNX with its manifest) as the "
                  "model's newest version."},
      202, start_import);
}

}  // namespace poss::server
