// Decoders: a network's output tensors become objects or classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"
#include "infer/manifest.h"
#include "infer/model.h"
#include "infer/preprocess.h"
#include "infer/session.h"

namespace poss::infer {

// Reads the outputs of one model as its manifest says. Immutable once made, so any number of
// threads may decode at once.
class OutputDecoder {
 public:
  // Chooses the outputs to ask for and checks that their shapes fit the labels, as far as the file
  // declares them; what it leaves to run time is checked at every decode. `folder` holds the anchor
  // file. The manifest must outlive the decoder.
  static Result<OutputDecoder> create(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                      const std::filesystem::path& folder);

  // Indices into the model's outputs, in the order decoding expects the tensors in.
  const std::vector<size_t>& wanted() const { return wanted_; }

  // Objects of at least min_score after class-wise non-maximum suppression, best first, in
  // fractions of the picture that was placed. Outputs that are not numbers give no objects.
  Result<std::vector<DetectedObject>> objects(std::span<const OutputTensor> tensors,
                                              const DetectOptions& options,
                                              const Placement& placement) const;

  // The `top` best classes of each of the `batch` pictures, best first.
  Result<std::vector<std::vector<ClassScore>>> classes(std::span<const OutputTensor> tensors,
                                                       size_t batch, int top) const;

 private:
  explicit OutputDecoder(const Manifest& manifest) : manifest_(&manifest) {}
  bool usable(std::int64_t index) const;

  const Manifest* manifest_;
  std::vector<size_t> wanted_;
  std::vector<float> anchors_;  // N × cy, cx, h, w
};

}  // namespace poss::infer
