// Exports of training tools, as a zip or a folder: what of it is the model, its labels, and what
// describes it.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "convert/zip_file.h"

namespace poss::convert {

enum class ModelFormat { onnx, tflite, tfjs };

// Who made it, as far as the files beside the model tell.
enum class ModelOrigin { other, poss, custom_vision, ultralytics, teachable_machine };

struct ModelFiles {
  ModelFormat format = ModelFormat::onnx;
  ModelOrigin origin = ModelOrigin::other;
  std::filesystem::path model;   // .onnx, .tflite, or TF.js's model.json
  std::filesystem::path labels;  // for parse_labels; empty: there is no such file
  // What describes the model: metadata.yaml (Ultralytics), metadata.json (Teachable Machine),
  // cvexport.manifest and metadata_properties.json (Custom Vision), model.json (POSS).
  std::vector<std::filesystem::path> metadata;
  std::vector<std::filesystem::path> weights;  // of TF.js: the shards that model.json names
};

// Makes `folder`, which is not there before, and unpacks into it what belongs to the one model in
// the archive, and nothing else. On failure there is no folder. Blocks; reentrant.
Result<ModelFiles> unpack_model(const std::filesystem::path& archive,
                                const std::filesystem::path& folder, const ZipLimits& limits = {});

// The same of files that lie in a folder and the folders in it; links are not followed.
Result<ModelFiles> find_model(const std::filesystem::path& folder);

}  // namespace poss::convert
