// ModelPool: finds models by name in folders and keeps weak references to the loaded ones.
#include <algorithm>
#include <map>
#include <set>

#include "base/id.h"
#include "base/log.h"
#include "base/sync.h"
#include "infer/model.h"

namespace poss::infer {

namespace {

// One model; its mutex lets others be loaded meanwhile, and the same one only once.
struct Entry {
  Mutex mutex;
  std::weak_ptr<const Model> model GUARDED_BY(mutex);
  std::filesystem::file_time_type written GUARDED_BY(mutex);  // its manifest, when loaded
};

bool holds_model(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder / "model.json", error);
}

}  // namespace

struct ModelPool::State {
  std::vector<std::filesystem::path> folders;
  ModelOptions options;
  mutable Mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>> entries GUARDED_BY(mutex);
  std::set<std::string> left_out GUARDED_BY(mutex);  // by list(), which says so once

  // Names of all models, in the order of the alphabet, with the folder of each.
  std::map<std::string, std::filesystem::path> names() const {
    std::map<std::string, std::filesystem::path> out;
    for (const auto& folder : folders) {
      std::error_code error;
      for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
           entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (is_slug(name) && holds_model(entry->path())) out.emplace(name, entry->path());
      }
    }
    return out;
  }

  Error unknown(const std::string& name) const {
    std::string known;
    for (const auto& [candidate, folder] : names()) {
      known += (known.empty() ? "" : ", ") + candidate;
    }
    std::string where;
    for (const auto& folder : folders) {
      where += (where.empty() ? "'" : ", '") + folder.string() + "'";
    }
    return Error{Code::not_found, "there is no model '" + name + "'; " +
                                      (known.empty() ? "no model was found in " +
                                                           (where.empty() ? "any folder" : where)
                                                     : "known are: " + known)};
  }
};

ModelPool::ModelPool(std::vector<std::filesystem::path> folders, ModelOptions options)
    : state_(std::make_unique<State>()) {
  state_->folders = std::move(folders);
  state_->options = std::move(options);
}

ModelPool::~ModelPool() = default;

Result<std::shared_ptr<const Model>> ModelPool::get(const std::string& name) {
  std::filesystem::path found;
  if (is_slug(name)) {
    for (const auto& folder : state_->folders) {
      if (!holds_model(folder / name)) continue;
      found = folder / name;
      break;
    }
  }
  if (found.empty()) return state_->unknown(name);

  std::shared_ptr<Entry> entry;
  {
    Lock lock(state_->mutex);
    auto& slot = state_->entries[name];
    if (!slot) slot = std::make_shared<Entry>();
    entry = slot;
  }
  Lock lock(entry->mutex);
  // Who runs a model that was replaced keeps it; who asks now gets the new one.
  std::error_code ignored;
  const auto written = std::filesystem::last_write_time(found / "model.json", ignored);
  if (auto model = entry->model.lock(); model && entry->written == written) return model;
  POSS_ASSIGN(auto model, Model::load(found, state_->options).with("model '" + name + "'"));
  entry->model = model;
  entry->written = written;
  return model;
}

bool ModelPool::has(const std::string& name) const { return state_->names().count(name) > 0; }

std::vector<ModelInfo> ModelPool::list() const {
  std::vector<ModelInfo> out;
  for (const auto& [name, folder] : state_->names()) {
    auto manifest = read_manifest(folder);
    if (!manifest) {
      Lock lock(state_->mutex);
      if (state_->left_out.insert(name).second) {
        spdlog::warn("model '{}' is left out: {}", name, manifest.error().message);
      }
      continue;
    }
    ModelInfo info{name, std::move(*manifest), 0};
    std::error_code error;
    const auto bytes = std::filesystem::file_size(folder / info.manifest.file, error);
    if (!error) info.bytes = bytes;
    out.push_back(std::move(info));
  }
  return out;
}

const std::vector<std::filesystem::path>& ModelPool::folders() const { return state_->folders; }

}  // namespace poss::infer
