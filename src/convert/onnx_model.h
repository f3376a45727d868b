// What several parts do with ONNX models: reading constants, adding them, dropping what is unused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <onnx/onnx_pb.h>

namespace poss::convert {

// The elements of a float32 tensor stored inside the model; none when it is something else or its
// bytes do not fit its shape.
std::optional<std::vector<float>> float_values(const onnx::TensorProto& tensor);

// The same for int64 tensors.
std::optional<std::vector<std::int64_t>> integer_values(const onnx::TensorProto& tensor);

// IEEE 754 binary16 to binary32.
float half_to_float(std::uint16_t half);

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const std::string& name);
std::int64_t integer_attribute(const onnx::NodeProto& node, const std::string& name,
                               std::int64_t otherwise);

// Drops the nodes and initialisers that no output of the graph needs. Nodes are in the order in
// which they compute.
void prune(onnx::GraphProto& graph);

// Adds initialisers to a graph under names of their own; equal ones once. Thread-bound.
class Initializers {
 public:
  explicit Initializers(onnx::GraphProto& graph) : graph_(graph) {}

  // `type` as onnx::TensorProto names it; `bytes` in the order in which they lie.
  std::string add(int type, const std::vector<std::int64_t>& dims, std::string bytes);
  template <class T>
  std::string add(int type, const std::vector<std::int64_t>& dims, std::span<const T> values) {
    return add(type, dims,
               std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes()));
  }
  std::string scalar(float value) {
    return add(onnx::TensorProto::FLOAT, {}, std::span<const float>(&value, 1));
  }

 private:
  onnx::GraphProto& graph_;
  std::map<std::tuple<int, std::vector<std::int64_t>, std::string>, std::string> names_;
};

}  // namespace poss::convert
