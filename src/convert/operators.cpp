// What every operator's conversion shares: reading constants, activations, quantisation ranges.
#include "convert/operators.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "convert/onnx_model.h"

namespace poss::convert {
namespace {

template <class T>
T element(std::string_view data, size_t index) {
  T value;
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::int64_t stored_integer(const TfliteTensor& tensor, size_t index) {
  using enum tflite::TensorType;
  switch (tensor.type) {
    case UINT8:
    case BOOL:
      return element<std::uint8_t>(tensor.data, index);
    case INT8:
      return element<std::int8_t>(tensor.data, index);
    case INT16:
      return element<std::int16_t>(tensor.data, index);
    case INT32:
      return element<std::int32_t>(tensor.data, index);
    default:
      return element<std::int64_t>(tensor.data, index);
  }
}

float dequantised(const TfliteTensor& tensor, const Quantization& quantization, size_t index,
                  size_t channel) {
  const auto stored = static_cast<double>(stored_integer(tensor, index));
  return static_cast<float>((stored - static_cast<double>(quantization.zero_point[channel])) *
                            quantization.scale[channel]);
}

}  // namespace

std::optional<Element> element_of(const TfliteTensor& tensor) {
  using enum tflite::TensorType;
  switch (tensor.type) {
    case FLOAT32:
    case FLOAT16:
    case UINT8:
    case INT8:
    case INT16:
      return Element::f32;
    case INT32:
      return tensor.quantization ? Element::f32 : Element::i32;
    case INT64:
      return tensor.quantization ? Element::f32 : Element::i64;
    case BOOL:
      return Element::boolean;
    default:
      return std::nullopt;
  }
}

Result<Value> constant_value(const TfliteTensor& tensor) {
  const auto type = element_of(tensor);
  if (!type) {
    return Error{Code::invalid_argument, "tensor '" + tensor.name + "' has the element type " +
                                             tflite::EnumNameTensorType(tensor.type) +
                                             ", which is not supported"};
  }
  const auto count = static_cast<size_t>(*element_count(tensor.shape));
  if (*type != Element::f32) {
    std::vector<std::int64_t> integers(count);
    for (size_t i = 0; i < count; ++i) integers[i] = stored_integer(tensor, i);
    return OnnxGraph::constant(tensor.shape, *type, std::move(integers));
  }
  std::vector<float> floats(count);
  if (tensor.type == tflite::TensorType::FLOAT32) {
    std::memcpy(floats.data(), tensor.data.data(), tensor.data.size());
  } else if (tensor.type == tflite::TensorType::FLOAT16) {
    for (size_t i = 0; i < count; ++i) {
      floats[i] = half_to_float(element<std::uint16_t>(tensor.data, i));
    }
  } else if (!tensor.quantization) {
    for (size_t i = 0; i < count; ++i) floats[i] = static_cast<float>(stored_integer(tensor, i));
  } else {
    const auto& quantization = *tensor.quantization;
    const size_t channels = quantization.scale.size();
    size_t inner = count;  // elements between two steps of the quantised axis
    if (channels > 1) {
      inner = 1;
      for (size_t k = quantization.axis + 1; k < tensor.shape.size(); ++k) inner *= tensor.shape[k];
    }
    for (size_t i = 0; i < count; ++i) {
      floats[i] = dequantised(tensor, quantization, i, i / inner % channels);
    }
  }
  return OnnxGraph::constant(tensor.shape, std::move(floats));
}

Error Step::error(const std::string& what) const {
  const std::string tensor = outputs() > 0 ? " (making '" + output().name + "')" : "";
  return {Code::invalid_argument, "operator " + op_.name + tensor + " " + what};
}

Result<Value> Step::value(size_t input) const {
  if (!has(input)) return error("lacks its input " + std::to_string(input));
  const int index = op_.inputs[input];
  if (!values_[index]) {
    if (file_.tensors[index].data.empty()) {
      return error("uses '" + file_.tensors[index].name + "', which is not available");
    }
    POSS_ASSIGN(values_[index], constant_value(file_.tensors[index]));
  }
  return *values_[index];
}

Result<Value> Step::real(size_t input, int rank) const {
  POSS_ASSIGN(Value found, value(input));
  if (found.type != Element::f32) {
    return error("expects numbers with fractions as input " + std::to_string(input));
  }
  if (rank >= 0 && found.rank() != rank) {
    return error("expects " + std::to_string(rank) + " dimensions as input " +
                 std::to_string(input) + ", not " + shape_text(found.shape));
  }
  return found;
}

Result<Value> Step::weights(size_t input, int rank) const {
  POSS_ASSIGN(Value found, real(input, rank));
  if (!found.is_constant()) {
    return error("computes its weights (input " + std::to_string(input) +
                 "), which is not supported");
  }
  return found;
}

Result<std::vector<std::int64_t>> Step::integers(size_t input) const {
  if (!has(input)) return error("lacks its input " + std::to_string(input));
  const auto& tensor = file_.tensors[op_.inputs[input]];
  const bool whole =
      tensor.type == tflite::TensorType::INT32 || tensor.type == tflite::TensorType::INT64;
  if (!whole || tensor.data.empty()) {
    return error("computes its input " + std::to_string(input) +
                 ", which must be constant integers");
  }
  std::vector<std::int64_t> out(static_cast<size_t>(*element_count(tensor.shape)));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = stored_integer(tensor, i);
    if (out[i] < std::numeric_limits<std::int32_t>::min() ||
        out[i] > std::numeric_limits<std::int32_t>::max()) {
      return error("has the impossible number " + std::to_string(out[i]));
    }
  }
  return out;
}

void Step::keep_scales(const std::string& name) {
  const auto& tensor = file_.tensors[op_.inputs[1]];
  if (!tensor.quantization) return;
  auto& kept = plan_.weights[name];
  kept.clear();
  for (const double scale : tensor.quantization->scale) {
    kept.push_back(static_cast<float>(scale));
  }
}

Result<Value> Step::finish(const Value& value, tflite::Activation activation) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double low = -kInfinity, high = kInfinity;
  using enum tflite::Activation;
  switch (activation) {
    case NONE:
    case TANH:
      break;
    case RELU:
      low = 0;
      break;
    case RELU_N1_TO_1:
      low = -1;
      high = 1;
      break;
    case RELU6:
      low = 0;
      high = 6;
      break;
    default:
      return error("has an activation that is not supported");
  }
  const Value active = activation == TANH ? graph.unary("Tanh", value) : value;
  const auto& tensor = output();
  if (tensor.quantization && tensor.quantization->scale.size() == 1 && !value.is_constant()) {
    const double scale = tensor.quantization->scale[0];
    const auto zero = static_cast<double>(tensor.quantization->zero_point[0]);
    const auto hold = [&](double least, double most) {
      low = std::max(low, (least - zero) * scale);
      high = std::min(high, (most - zero) * scale);
    };
    if (tensor.type == tflite::TensorType::UINT8) hold(0, 255);
    if (tensor.type == tflite::TensorType::INT8) hold(-128, 127);
    if (tensor.type == tflite::TensorType::INT16) hold(-32768, 32767);
  }
  return graph.clip(active, low, high);
}

}  // namespace poss::convert
