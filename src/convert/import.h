// Putting a model into a folder of models: converted from TFLite, or copied as ONNX, checked, and
// there as a whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "convert/convert.h"

namespace poss::convert {

struct ImportOptions {
  std::string name;    // of the model and its folder: a-z, 0-9, '_', '-', at most 64
  bool force = false;  // replace a model of that name
  std::optional<std::filesystem::path> labels;  // see parse_labels
  ConvertOptions convert;                       // its labels come from the file above
  // Called with the finished folder before it gets its name; its error ends the import. The place
  // to load the model as it will be used.
  std::function<Result<void>(const std::filesystem::path& folder)> check;
};

// Converts the TFLite `file` and makes `out`/NAME/{model.onnx,model.json}; returns that folder.
// Readers see the old model or the new one, never a part. Blocks; any thread. Fails with conflict
// when the name is taken and `force` is off.
Result<std::filesystem::path> import_tflite(const std::filesystem::path& file,
                                            const std::filesystem::path& out,
                                            const ImportOptions& options);

// Copies the ONNX `file` and the `manifest` made for it, after checking that both parse and fit
// each other: the input's name, size and type, the outputs' names, no data outside of the file.
// Only name, force and check of the options apply; `manifest` names its file as it likes.
Result<std::filesystem::path> import_onnx(const std::filesystem::path& file,
                                          const std::filesystem::path& manifest,
                                          const std::filesystem::path& out,
                                          const ImportOptions& options);

}  // namespace poss::convert
