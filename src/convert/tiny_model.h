// Builds small TFLite files for tests: a picture in, operators, one row of numbers out.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tflite_generated.h"

namespace poss::convert {

// How a tensor is quantised; no scale: it is not.
struct TinyScale {
  std::vector<float> scale;
  std::vector<std::int64_t> zero_point;
  int axis = 0;
};

class TinyModel {
 public:
  using Op = tflite::BuiltinOperator;
  using Options = tflite::BuiltinOptions;
  using Type = tflite::TensorType;
  flatbuffers::FlatBufferBuilder builder;

  TinyModel() { buffers_.push_back(tflite::CreateBuffer(builder)); }

  // Each returns the index of a new tensor.
  int tensor(const std::vector<int>& shape, Type type = Type::FLOAT32,
             const TinyScale& scale = {}) {
    return add(shape, type, scale, 0);
  }
  template <class T>
  int constant(const std::vector<int>& shape, const std::vector<T>& values, Type type,
               const TinyScale& scale = {}) {
    std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    buffers_.push_back(tflite::CreateBufferDirect(builder, &bytes));
    return add(shape, type, scale, static_cast<std::uint32_t>(buffers_.size() - 1));
  }
  int floats(const std::vector<int>& shape, const std::vector<float>& values) {
    return constant(shape, values, Type::FLOAT32);
  }
  int integers(const std::vector<std::int32_t>& values) {
    return constant({static_cast<int>(values.size())}, values, Type::INT32);
  }

  void op(Op code, const std::vector<int>& inputs, const std::vector<int>& outputs,
          Options type = Options::NONE, flatbuffers::Offset<void> options = 0, int version = 1) {
    codes_.push_back(tflite::CreateOperatorCode(
        builder, static_cast<std::int8_t>(std::min(static_cast<int>(code), 127)), 0, version,
        code));
    operators_.push_back(tflite::CreateOperatorDirect(
        builder, static_cast<std::uint32_t>(codes_.size() - 1), &inputs, &outputs, type, options));
  }
  void custom(const char* name, const std::vector<int>& inputs, const std::vector<int>& outputs,
              const std::vector<std::uint8_t>& settings) {
    const auto code = static_cast<std::int8_t>(Op::CUSTOM);
    codes_.push_back(tflite::CreateOperatorCodeDirect(builder, code, name, 1, Op::CUSTOM));
    operators_.push_back(
        tflite::CreateOperatorDirect(builder, static_cast<std::uint32_t>(codes_.size() - 1),
                                     &inputs, &outputs, Options::NONE, 0, &settings));
  }
  // Flattens `from` of `count` elements to one row and returns that tensor.
  int row(int from, int count, Type type = Type::FLOAT32, const TinyScale& scale = {}) {
    const int to = tensor({1, count}, type, scale);
    op(Op::RESHAPE, {from, integers({1, count})}, {to});
    return to;
  }

  // The file. Nothing may be added after.
  std::string finish(const std::vector<int>& inputs, const std::vector<int>& outputs) {
    const std::vector graphs{
        tflite::CreateSubGraphDirect(builder, &tensors_, &inputs, &outputs, &operators_, "main")};
    builder.Finish(tflite::CreateModelDirect(builder, 3, &codes_, &graphs, "tiny", &buffers_),
                   tflite::ModelIdentifier());
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
  }

 private:
  int add(const std::vector<int>& shape, Type type, const TinyScale& scale, std::uint32_t buffer) {
    flatbuffers::Offset<tflite::QuantizationParameters> quantization = 0;
    if (!scale.scale.empty()) {
      quantization = tflite::CreateQuantizationParametersDirect(
          builder, nullptr, nullptr, &scale.scale, &scale.zero_point, 0, scale.axis);
    }
    const std::string name = "tensor" + std::to_string(tensors_.size());
    tensors_.push_back(
        tflite::CreateTensorDirect(builder, &shape, type, buffer, name.c_str(), quantization));
    return static_cast<int>(tensors_.size()) - 1;
  }

  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tflite::Operator>> operators_;
};

}  // namespace poss::convert
