// Builds tiny ONNX files whose answers are known in advance, and folders of models: only for tests.
#pragma once

#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/id.h"

namespace poss::infer {

// An ONNX model under construction; opset 11. A dimension of −1 is decided at run time.
class TestGraph {
 public:
  TestGraph() {
    model_.set_ir_version(6);
    model_.add_opset_import()->set_version(11);
    graph().set_name("test");
  }

  TestGraph& opset(int version) {
    model_.mutable_opset_import(0)->set_version(version);
    return *this;
  }
  TestGraph& input(const std::string& name, const std::vector<int>& shape,
                   int type = onnx::TensorProto::FLOAT) {
    describe(*graph().add_input(), name, shape, type);
    return *this;
  }
  TestGraph& output(const std::string& name, const std::vector<int>& shape,
                    int type = onnx::TensorProto::FLOAT) {
    describe(*graph().add_output(), name, shape, type);
    return *this;
  }
  TestGraph& constant(const std::string& name, const std::vector<int>& shape,
                      const std::vector<float>& values) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const int size : shape) tensor.add_dims(size);
    for (const float value : values) tensor.add_float_data(value);
    return *this;
  }
  TestGraph& whole_numbers(const std::string& name, const std::vector<int>& shape,
                           const std::vector<std::int64_t>& values) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    for (const int size : shape) tensor.add_dims(size);
    for (const auto value : values) tensor.add_int64_data(value);
    return *this;
  }
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    auto& made = *graph().add_node();
    made.set_op_type(op);
    for (const auto& name : inputs) made.add_input(name);
    made.add_output(output);
    return made;
  }
  static void attribute(onnx::NodeProto& node, const std::string& name,
                        const std::vector<int>& values) {
    auto& made = *node.add_attribute();
    made.set_name(name);
    made.set_type(onnx::AttributeProto::INTS);
    for (const int value : values) made.add_ints(value);
  }
  static void attribute(onnx::NodeProto& node, const std::string& name, int value) {
    auto& made = *node.add_attribute();
    made.set_name(name);
    made.set_type(onnx::AttributeProto::INT);
    made.set_i(value);
  }

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  std::string bytes() const { return model_.SerializeAsString(); }

  // A constant answer: `name` = `values`, whatever the picture; in the number type `type`.
  TestGraph& answer(const std::string& name, const std::vector<int>& shape,
                    const std::vector<float>& values, int type = onnx::TensorProto::FLOAT) {
    constant(name + "_value", shape, values);
    if (type == onnx::TensorProto::FLOAT) {
      node("Identity", {name + "_value"}, name);
    } else {
      attribute(node("Cast", {name + "_value"}, name), "to", type);
    }
    return output(name, shape, type);
  }

  // [B,3]: the mean of each colour over `axes` of input `x`.
  static TestGraph mean_of_colors(const std::vector<int>& shape, const std::vector<int>& axes,
                                  int type = onnx::TensorProto::FLOAT) {
    TestGraph out;
    out.input("x", shape, type);
    std::string from = "x";
    if (type != onnx::TensorProto::FLOAT) {
      attribute(out.node("Cast", {"x"}, "as_float"), "to", onnx::TensorProto::FLOAT);
      from = "as_float";
    }
    auto& mean = out.node("ReduceMean", {from}, "mean");
    attribute(mean, "axes", axes);
    attribute(mean, "keepdims", 0);
    return out.output("mean", {shape[0], 3});
  }

 private:
  static void describe(onnx::ValueInfoProto& info, const std::string& name,
                       const std::vector<int>& shape, int type) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    auto& dims = *tensor.mutable_shape();
    for (size_t i = 0; i < shape.size(); ++i) {
      auto& dim = *dims.add_dim();
      if (shape[i] < 0) {
        dim.set_dim_param(name + std::to_string(i));
      } else {
        dim.set_dim_value(shape[i]);
      }
    }
  }

  onnx::ModelProto model_;
};

// A folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / ("poss-" + new_id())) {
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void write(const std::filesystem::path& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace poss::infer
