// How one TFLite operator becomes ONNX nodes: what its conversion sees, and the tables of them all.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "convert/builders.h"
#include "convert/onnx_graph.h"
#include "convert/qdq.h"
#include "convert/tflite_file.h"

namespace poss::convert {

// Decoded outputs of TFLite_Detection_PostProcess.
struct DetectionOutputs {
  Value boxes;   // [1, N, 4]: xmin, ymin, xmax, ymax as fractions of the picture
  Value scores;  // [1, N, K]: K classes without background
};

// The conversion of one operator: its inputs as values, its outputs' declarations. Thread-bound.
class Step {
 public:
  Step(const TfliteFile& file, const TfliteOperator& op, std::vector<std::optional<Value>>& values,
       OnnxGraph& to, QdqPlan& plan)
      : graph(to), file_(file), op_(op), values_(values), plan_(plan) {}

  OnnxGraph& graph;
  std::optional<DetectionOutputs> detection;  // set by the one operator that makes them

  const tflite::Operator& table() const { return *op_.table; }
  bool has(size_t input) const { return input < op_.inputs.size() && op_.inputs[input] >= 0; }
  size_t inputs() const { return op_.inputs.size(); }
  size_t outputs() const { return op_.outputs.size(); }
  const TfliteTensor& output(size_t index = 0) const { return file_.tensors[op_.outputs[index]]; }

  // The input as a value; quantised constants are dequantised.
  Result<Value> value(size_t input) const;
  // The same, which must be float32; with a rank when one is given.
  Result<Value> real(size_t input, int rank = -1) const;
  // A constant float32 input of the rank given.
  Result<Value> weights(size_t input, int rank) const;
  // The elements of a constant int32 or int64 input.
  Result<std::vector<std::int64_t>> integers(size_t input) const;
  Result<int> axis(std::int64_t written, int rank) const { return named(axis_of(written, rank)); }

  // `value` after the activation, held within the range the output's quantisation can store. Some
  // files have their ReLU6 only there.
  Result<Value> finish(const Value& value, tflite::Activation activation) const;
  // The same as the operator's one output.
  Result<Values> finished(const Value& value, tflite::Activation activation) const {
    POSS_ASSIGN(Value out, finish(value, activation));
    return Values{out};
  }

  // Notes the scales of the weights (input 1), one an output channel, which are the initialiser
  // `name` of the graph.
  void keep_scales(const std::string& name);

  Error error(const std::string& what) const;
  // What a builder made, or its error with the operator's name.
  template <class T>
  Result<T> named(Result<T> made) const {
    if (made) return made;
    return error(made.error().message);
  }
  Error missing_options() const { return error("has no options"); }

 private:
  const TfliteFile& file_;
  const TfliteOperator& op_;
  std::vector<std::optional<Value>>& values_;
  QdqPlan& plan_;
};

// Makes the outputs of an operator, in their order.
using Convert = Result<std::vector<Value>> (*)(Step& step);

struct OperatorEntry {
  tflite::BuiltinOperator code;
  Convert convert;
};

std::span<const OperatorEntry> arithmetic_operators();
std::span<const OperatorEntry> convolution_operators();
std::span<const OperatorEntry> shape_operators();
// TFLite_Detection_PostProcess without its non-maximum suppression: sets step.detection.
Result<std::vector<Value>> convert_detection_postprocess(Step& step);

// The type a tensor has in the ONNX graph; none when ONNX has no use for it here.
std::optional<Element> element_of(const TfliteTensor& tensor);

// A constant tensor as a value: quantised data as the real numbers it stands for.
Result<Value> constant_value(const TfliteTensor& tensor);

}  // namespace poss::convert
