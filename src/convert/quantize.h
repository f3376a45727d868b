// Static INT8 of a float32 ONNX model: the ranges that its tensors have on somebody's own pictures
// decide how they are stored as bytes.
//
// Three steps: observe() gives a model that shows its tensors; whoever has a runtime runs it on
// pictures and hands what it shows to a RangeCollector; quantize_onnx() makes the INT8 model.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::convert {

struct ObservedModel {
  std::string onnx;  // with more outputs than the model given
  // What to hand to a RangeCollector: outputs of that model, and those of its inputs, which the
  // caller has anyway, that matter as well.
  std::vector<std::string> tensors;
};

// Reentrant. Refuses models that are quantised already, have graphs inside of nodes, keep data
// outside of the file, or have an opset below 11.
Result<ObservedModel> observe(std::string_view onnx);

struct TensorRange {
  float least = 0;  // of any picture, without its rarest values
  float most = 0;
  float lowest = 0;  // of any picture
  float highest = 0;
};
using TensorRanges = std::map<std::string, TensorRange>;

// Thread-bound.
class RangeCollector {
 public:
  // Of each tensor and picture, the share `percentile` / 100 of the values counts for `least` and
  // `most`, on either side; 100: all of them.
  explicit RangeCollector(double percentile = 99.999) : percentile_(percentile) {}

  void add(const std::string& tensor, std::span<const float> values);
  const TensorRanges& ranges() const { return ranges_; }

 private:
  double percentile_;
  TensorRanges ranges_;
};

struct QuantizedModel {
  std::string onnx;   // as qdq.h describes; inputs and outputs as they were
  int quantized = 0;  // convolutions and matrix products in INT8
  int left = 0;       // those left in float32
};

// `ranges` of the tensors that observe() names for the same bytes; what has none stays float32, and
// so does what follows the last convolutions and matrix products, where boxes are decoded. What
// those make is held whole, and with much to spare: its rarest values are the objects, and there
// may be none on the pictures measured.
// Deterministic; reentrant.
Result<QuantizedModel> quantize_onnx(std::string_view onnx, const TensorRanges& ranges);

}  // namespace poss::convert
