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
  float least = 0;
  float most = 0;
};
using TensorRanges = std::map<std::string, TensorRange>;

// Thread-bound.
class RangeCollector {
 public:
  // Of each tensor and picture, the share `percentile` / 100 of the values counts on either side;
  // 100: all of them.
  explicit RangeCollector(double percentile = 99.999) : percentile_(percentile) {}

  void add(const std::string& tensor, std::span<const float> values);
  // The average over the pictures added.
  TensorRanges ranges() const;

 private:
  struct Sum {
    double least = 0, most = 0;
    int pictures = 0;
  };
  double percentile_;
  std::map<std::string, Sum> sums_;
};

struct QuantizedModel {
  std::string onnx;   // as qdq.h describes; inputs and outputs as they were
  int quantized = 0;  // convolutions and matrix products in INT8
  int left = 0;       // those left in float32
};

// `ranges` of the tensors that observe() names for the same bytes; what has none stays float32, and
// so does what follows the last convolutions and matrix products, where boxes are decoded.
// Deterministic; reentrant.
Result<QuantizedModel> quantize_onnx(std::string_view onnx, const TensorRanges& ranges);

}  // namespace poss::convert
