// Bringing a model file into a folder of models, for `poss model import` and for the REST
// interface.
#pragma once

#include <filesystem>

#include "convert/import.h"

namespace poss::server {

// Converts a TFLite file, or copies an ONNX file with its manifest (empty: refused, for ONNX needs
// one), and makes `out`/NAME after loading and running it once; returns that folder. What the file
// is, its first bytes tell. `options.check` is called after that.
Result<std::filesystem::path> import_model(const std::filesystem::path& file,
                                           const std::filesystem::path& manifest,
                                           const std::filesystem::path& out,
                                           convert::ImportOptions options);

}  // namespace poss::server
