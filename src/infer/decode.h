// Decoders: a network's output tensors become objects or classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "infer/manifest.h"
#include "infer/model.h"
#include "infer/preprocess.h"
#include "infer/session.h"

namespace poss::infer {

class BoxDecoder;  // infer/decoder.h

// Reads the outputs of one model as its manifest says. Immutable once made, so any number of
// threads may decode at once.
class OutputDecoder {
 public:
  OutputDecoder(OutputDecoder&&) noexcept;
  OutputDecoder& operator=(OutputDecoder&&) noexcept;
  ~OutputDecoder();

  // Chooses the outputs to ask for and checks that their shapes fit the labels, as far as the file
  // declares them; what it leaves to run time is checked at every decode. `folder` holds the anchor
  // file. The manifest must outlive the decoder.
  static Result<OutputDecoder> create(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                      const std::filesystem::path& folder);

  // Indices into the model's outputs, in the order decoding expects the tensors in.
  const std::vector<size_t>& wanted() const { return wanted_; }

  // Objects of at least min_score, best first, in fractions of the picture that was placed; after
  // class-wise non-maximum suppression, unless the manifest says that the graph has done so. Values
  // that are not numbers give no objects. Only for detection.
  Result<std::vector<DetectedObject>> objects(std::span<const OutputTensor> tensors,
                                              const DetectOptions& options,
                                              const Placement& placement) const;

  // The `top` best classes of each of the `batch` pictures, best first. Only for classification.
  Result<std::vector<std::vector<ClassScore>>> classes(std::span<const OutputTensor> tensors,
                                                       size_t batch, int top) const;

 private:
  explicit OutputDecoder(const Manifest& manifest);

  const Manifest* manifest_;
  std::vector<size_t> wanted_;
  std::unique_ptr<const BoxDecoder> boxes_;  // of a detector
};

}  // namespace poss::infer
