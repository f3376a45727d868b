// Choosing the importer, and running what was imported once.
#include "server/model_import.h"

#include <fstream>

#include "infer/model.h"

namespace poss::server {
namespace {

// The identifier stands behind the root offset of the FlatBuffer.
bool is_tflite(const std::filesystem::path& file) {
  char head[8] = {};
  std::ifstream(file, std::ios::binary).read(head, sizeof head);
  return std::string_view(head + 4, 4) == "TFL3";
}

}  // namespace

Result<std::filesystem::path> import_model(const std::filesystem::path& file,
                                           const std::filesystem::path& manifest,
                                           const std::filesystem::path& out,
                                           convert::ImportOptions options) {
  options.check =
      [further = std::move(options.check)](const std::filesystem::path& folder) -> Result<void> {
    POSS_ASSIGN(const auto model, infer::Model::load(folder));
    POSS_TRY(model->run_empty());
    return further ? further(folder) : Result<void>();
  };
  if (is_tflite(file)) return convert::import_tflite(file, out, options);
  if (manifest.empty()) {
    return Error{Code::invalid_argument,
                 file.string() +
                     ": it is not a TFLite file, and an ONNX model needs its manifest, "
                     "model.json (docs/models.md)"};
  }
  return convert::import_onnx(file, manifest, out, options);
}

}  // namespace poss::server
