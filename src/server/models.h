// Models that people have added: what the resources of models share.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/resources.h"
#include "store/store.h"

namespace poss::server {

// Every model stored.
Result<std::vector<store::Stored<store::Model>>> all_models(store::Store& store);

// The folder with one folder a model, named by its slug.
std::filesystem::path models_folder(const std::filesystem::path& data);

// Sets right what a stop in the middle of an import has left: finishes what was in its place, and
// marks the others as failed. Call it before requests come.
Result<void> recover_imports(store::Store& store, const std::filesystem::path& data);

// /api/v1/models/{id}/versions; in model_versions.cpp.
void declare_model_versions(Api& api);

}  // namespace poss::server
