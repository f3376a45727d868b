// The conversion of a whole TFLite file: every operator in turn, then the manifest.
#include "convert/convert.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <memory>

#include "convert/metadata.h"
#include "convert/onnx_graph.h"
#include "convert/operators.h"
#include "convert/qdq.h"
#include "convert/tflite_file.h"

namespace poss::convert {
namespace {

constexpr const char* kInput = "images";

// What the outputs of the graph mean.
struct Meaning {
  bool detection = false;
  std::int64_t classes = 0;
  std::string activation = "none";  // still to be applied to the scores
};

Convert find_operator(tflite::BuiltinOperator code, const std::string& name) {
  if (code == tflite::BuiltinOperator::CUSTOM) {
    return name == "TFLite_Detection_PostProcess" ? convert_detection_postprocess : nullptr;
  }
  for (const auto table : {arithmetic_operators(), convolution_operators(), shape_operators()}) {
    for (const auto& entry : table) {
      if (entry.code == code) return entry.convert;
    }
  }
  return nullptr;
}

bool quantised_bytes(const TfliteTensor& tensor) {
  return tensor.quantization &&
         (tensor.type == tflite::TensorType::UINT8 || tensor.type == tflite::TensorType::INT8);
}

// The pixel 0..255 that stands for 0; int8 inputs are fed with the pixel minus 128.
double input_zero(const TfliteTensor& tensor) {
  return static_cast<double>(tensor.quantization->zero_point[0] +
                             (tensor.type == tflite::TensorType::INT8 ? 128 : 0));
}

// The picture as the file's own first operator expects it.
Result<Value> make_input(const TfliteTensor& tensor, OnnxGraph& graph) {
  const bool picture = tensor.shape.size() == 4 && tensor.shape[0] == 1 && tensor.shape[3] == 3 &&
                       std::max(tensor.shape[1], tensor.shape[2]) <= 8192;
  const bool number = tensor.type == tflite::TensorType::FLOAT32 ||
                      tensor.type == tflite::TensorType::UINT8 ||
                      tensor.type == tflite::TensorType::INT8;
  if (!picture || !number) {
    return Error{Code::invalid_argument,
                 "the model's input '" + tensor.name + "' is " +
                     tflite::EnumNameTensorType(tensor.type) + " " + shape_text(tensor.shape) +
                     "; only one picture, [1, height, width, 3], is supported"};
  }
  Value value = graph.input(kInput, tensor.shape, kNchw);
  if (!quantised_bytes(tensor)) return value;
  const auto& quantization = *tensor.quantization;
  if (quantization.scale.size() != 1) {
    return Error{Code::invalid_argument, "the model's input has a scale for every channel"};
  }
  const double zero = input_zero(tensor);
  const auto constant = [](double number_of) {
    return OnnxGraph::constant({}, {static_cast<float>(number_of)});
  };
  if (zero != 0) value = graph.binary("Sub", value, constant(zero), value.shape);
  return graph.binary("Mul", value, constant(quantization.scale[0]), value.shape);
}

// How the file stores `tensor`, as unsigned bytes; none when it is not bytes with one scale.
std::optional<ByteScale> byte_scale(const TfliteTensor& tensor) {
  if (!quantised_bytes(tensor) || tensor.quantization->scale.size() != 1) return std::nullopt;
  const auto zero =
      tensor.quantization->zero_point[0] + (tensor.type == tflite::TensorType::INT8 ? 128 : 0);
  if (zero < 0 || zero > 255) return std::nullopt;
  return ByteScale{static_cast<float>(tensor.quantization->scale[0]),
                   static_cast<std::uint8_t>(zero)};
}

// Plans to store `value` as the file does.
void plan_bytes(const TfliteTensor& tensor, OnnxGraph& graph, Value& value, QdqPlan& plan) {
  const auto scale = byte_scale(tensor);
  if (!scale || value.is_constant()) return;
  const auto [at, added] = plan.activations.try_emplace(value.name, *scale);
  if (added || at->second == *scale) return;
  value = graph.unary("Identity", value);  // the same number, stored anew
  plan.activations.emplace(value.name, *scale);
}

// Whether the file computes its convolutions on bytes.
Result<void> check_quantised(const TfliteFile& file) {
  using enum tflite::BuiltinOperator;
  bool any = false;
  for (const auto& op : file.operators) {
    if (op.code != CONV_2D && op.code != DEPTHWISE_CONV_2D && op.code != FULLY_CONNECTED) continue;
    any = true;
    for (const int output : op.outputs) {
      if (byte_scale(file.tensors[output])) continue;
      return Error{Code::invalid_argument,
                   "the file is not quantised throughout (" + op.name + " makes " +
                       tflite::EnumNameTensorType(file.tensors[output].type) +
                       "), so it has no INT8 of its own to keep; import it as float32"};
    }
  }
  if (any) return {};
  return Error{Code::invalid_argument,
               "the file has nothing that INT8 would speed up; import it as float32"};
}

Result<std::optional<DetectionOutputs>> convert_operators(const TfliteFile& file, OnnxGraph& graph,
                                                          std::vector<std::optional<Value>>& values,
                                                          QdqPlan& plan) {
  std::optional<DetectionOutputs> detection;
  for (const auto& op : file.operators) {
    Step step(file, op, values, graph, plan);
    const auto convert = find_operator(op.code, op.name);
    if (!convert) {
      return Error{Code::invalid_argument, "the model uses the operator " + op.name +
                                               ", which cannot be converted; export the model "
                                               "to ONNX from where it was made instead"};
    }
    if (op.outputs.empty()) return step.error("has no output");
    POSS_ASSIGN(auto made, convert(step));
    if (step.detection) {
      if (detection) return step.error("stands in the graph twice");
      detection = step.detection;
      continue;
    }
    if (made.size() != op.outputs.size()) return step.error("has the wrong number of outputs");
    for (size_t i = 0; i < made.size(); ++i) {
      const auto& declared = step.output(i);
      if (made[i].shape != declared.shape) {
        return step.error("makes " + shape_text(made[i].shape) + " where the file says " +
                          shape_text(declared.shape));
      }
      plan_bytes(declared, graph, made[i], plan);
      values[op.outputs[i]] = made[i];
    }
  }
  return detection;
}

// What turns raw numbers into the scores of output `tensor`: "none" when the graph ends with a
// softmax or logistic of its own.
std::string open_activation(const TfliteFile& file, int tensor) {
  using enum tflite::BuiltinOperator;
  for (auto op = file.operators.rbegin(); op != file.operators.rend(); ++op) {
    if (std::ranges::find(op->outputs, tensor) == op->outputs.end()) continue;
    if (op->code == SOFTMAX || op->code == LOGISTIC) return "none";
    const bool passes = op->code == RESHAPE || op->code == SQUEEZE || op->code == QUANTIZE ||
                        op->code == DEQUANTIZE;
    if (!passes || op->inputs.empty() || op->inputs[0] < 0) break;
    tensor = op->inputs[0];
  }
  return "softmax";
}

Result<Meaning> name_outputs(const TfliteFile& file, OnnxGraph& graph,
                             const std::vector<std::optional<Value>>& values,
                             const std::optional<DetectionOutputs>& detection) {
  if (detection) {
    graph.output(detection->boxes, "boxes", plain_order(3));
    graph.output(detection->scores, "scores", plain_order(3));
    return Meaning{true, detection->scores.shape[2], "none"};
  }
  const auto unknown = [](const std::string& what) {
    return Error{Code::invalid_argument,
                 "the model's outputs fit neither a detector with TFLite_Detection_PostProcess "
                 "nor a classifier: " +
                     what};
  };
  if (file.outputs.size() != 1) {
    return unknown("there are " + std::to_string(file.outputs.size()));
  }
  const int index = file.outputs[0];
  if (!values[index] || values[index]->is_constant()) return unknown("the output is constant");
  const Value& value = *values[index];
  const auto classes = value.shape.empty() ? 0 : value.shape.back();
  if (value.type != Element::f32 || classes < 2 || *element_count(value.shape) != classes) {
    return unknown("the output is " + shape_text(value.shape));
  }
  graph.output(graph.reshape(value, {1, classes}), "scores", plain_order(2));
  return Meaning{false, classes, open_activation(file, index)};
}

// The labels in the order of the scores.
Result<std::vector<std::string>> fit_labels(std::vector<std::string> labels,
                                            const Meaning& meaning) {
  const auto count = static_cast<size_t>(meaning.classes);
  // Label maps of detectors may start with the background, which the graph leaves out.
  if (meaning.detection && labels.size() == count + 1 && labels[0].empty()) {
    labels.erase(labels.begin());
  }
  // Trailing classes that were never used are often missing in label maps, and an empty last line
  // is no class.
  while (labels.size() > count && labels.back().empty()) labels.pop_back();
  if (meaning.detection && !labels.empty() && labels.size() < count) labels.resize(count);
  if (labels.size() == count) return labels;
  if (labels.empty()) {
    return Error{Code::invalid_argument, "the file carries no labels for its " +
                                             std::to_string(count) +
                                             " classes; give a label file with one a line"};
  }
  return Error{Code::invalid_argument, "there are " + std::to_string(labels.size()) +
                                           " labels for " + std::to_string(count) + " classes"};
}

bool is_background(const std::string& label) {
  return std::ranges::equal(label, std::string_view("background"), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

json::object make_manifest(const TfliteTensor& input, const Meaning& meaning,
                           const Metadata& metadata, const std::vector<std::string>& labels,
                           const ConvertOptions& options) {
  const auto choose = [](const std::string& given, const std::string& found) {
    return given.empty() ? found : given;
  };
  double mean = 0, std = 1, pad = 0;  // pad: the pixel that becomes 0
  if (input.type == tflite::TensorType::FLOAT32) {
    mean = options.mean.value_or(metadata.mean.value_or(127.5));
    std = options.std.value_or(metadata.std.value_or(127.5));
    pad = mean;
  } else if (quantised_bytes(input)) {
    pad = input_zero(input);
  }
  const bool background = !meaning.detection && !labels.empty() && is_background(labels[0]);
  json::array names;
  for (const auto& label : labels) names.emplace_back(label);
  json::object tensor{{"name", kInput},
                      {"width", input.shape[2]},
                      {"height", input.shape[1]},
                      {"layout", "nchw"},
                      {"type", "float32"},
                      {"color", "rgb"},
                      {"fit", options.letterbox.empty() ? "stretch" : "letterbox"}};
  if (!options.letterbox.empty()) {
    tensor["align"] = options.letterbox;
    tensor["pad"] = std::clamp(pad, 0.0, 255.0);
  }
  tensor["mean"] = {mean, mean, mean};
  tensor["std"] = {std, std, std};
  return {
      {"version", 1},
      {"title", choose(options.title, metadata.name)},
      {"description", choose(options.description, metadata.description)},
      {"license", choose(options.license, metadata.license)},
      {"source", options.source},
      {"task", meaning.detection ? "detection" : "classification"},
      {"file", "model.onnx"},
      {"input", std::move(tensor)},
      {"decoder",
       {{"type", meaning.detection ? "boxes_scores" : "classification"},
        {"activation", meaning.activation},
        {"boxes", meaning.detection ? "boxes" : ""},
        {"scores", "scores"},
        {"background", background ? 0 : -1}}},
      {"labels", std::move(names)},
  };
}

}  // namespace

Result<ConvertedModel> convert_tflite(std::string_view bytes, const ConvertOptions& options) {
  constexpr size_t kBoundary = 16;
  std::string moved;  // malloc'ed, so on a boundary
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kBoundary != 0) {
    moved.reserve(std::max<size_t>(bytes.size(), 64));
    moved = bytes;
    bytes = moved;
  }
  if (!options.letterbox.empty() && options.letterbox != "top_left" &&
      options.letterbox != "center") {
    return Error{Code::invalid_argument, "a letterbox is top_left or center, not '" +
                                             clean_text(options.letterbox, 40) + "'"};
  }
  POSS_ASSIGN(const TfliteFile file, read_tflite(bytes));
  POSS_ASSIGN(const Metadata metadata, read_metadata(file.metadata, bytes));
  if (file.inputs.size() != 1) {
    return Error{Code::invalid_argument, "the model has " + std::to_string(file.inputs.size()) +
                                             " inputs; only one picture is supported"};
  }
  const auto& input = file.tensors[file.inputs[0]];
  const bool int8 = options.precision == Precision::int8;
  if (int8) POSS_TRY(check_quantised(file));
  OnnxGraph graph;
  QdqPlan plan;
  std::vector<std::optional<Value>> values(file.tensors.size());
  POSS_ASSIGN(Value picture, make_input(input, graph));
  plan_bytes(input, graph, picture, plan);
  values[file.inputs[0]] = picture;
  POSS_ASSIGN(const auto detection, convert_operators(file, graph, values, plan));
  POSS_ASSIGN(const Meaning meaning, name_outputs(file, graph, values, detection));
  auto known = options.labels.value_or(metadata.labels);
  if (known.empty() && options.number_classes) {
    for (std::int64_t i = 0; i < meaning.classes; ++i)
      known.push_back("class " + std::to_string(i));
  }
  POSS_ASSIGN(const auto labels, fit_labels(std::move(known), meaning));
  ConvertedModel out;
  out.manifest = make_manifest(input, meaning, metadata, labels, options);
  auto model = graph.model(out.manifest["description"].as_string().c_str());
  if (int8) POSS_TRY(to_qdq(model, plan));
  out.onnx = model.SerializeAsString();
  return out;
}

}  // namespace poss::convert
