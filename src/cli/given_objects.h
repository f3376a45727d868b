// Cameras and skills given on the command line, kept in the store like any others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace poss::cli {

// Makes or brings up to date, by name: each camera (URI or NAME=URI) on the device, each skill
// (a file), and a deployment of each skill on each camera. Those made here have the tag
// created_by=command line. `data` is POSS's own folder, in which no camera's file may lie.
Result<void> store_given(store::Store& store, const std::string& device,
                         const std::vector<std::string>& cameras,
                         const std::vector<std::string>& skills, const std::filesystem::path& data);

}  // namespace poss::cli
