// Choosing what of a float model becomes INT8, and preparing its graph for that.
#include "convert/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "convert/onnx_model.h"
#include "convert/qdq.h"

namespace poss::convert {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

constexpr int kLeastOpset = 11;
constexpr int kOpset = 13;
// How much wider than measured a tensor is held, as a share of its range, on either side. With 8
// bits and the last tensors three times as wide a class score is still exact to a hundredth.
constexpr double kSpare = 0.1;
constexpr double kSpareOfLast = 1;

// Operators that INT8 pays for between convolutions.
constexpr auto kBetween = std::to_array<std::string_view>(
    {"Add", "Mul", "Concat", "AveragePool", "GlobalAveragePool", "Relu", "Clip", "LeakyRelu",
     "Sigmoid", "HardSigmoid", "HardSwish", "Conv", "Gemm", "MatMul"});
// Operators that move elements or choose among them: what they make is stored as what they take.
constexpr auto kMoving = std::to_array<std::string_view>(
    {"Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Split", "Slice", "Gather",
     "MaxPool", "Resize", "DepthToSpace", "Identity", "Pad", "Expand", "Tile"});

template <class List>
bool one_of(const List& list, const std::string& op) {
  return std::ranges::find(list, op) != list.end();
}

Error refused(const std::string& what) {
  return {Code::invalid_argument, "the model cannot be made INT8: " + what};
}

std::int64_t opset_of(const onnx::ModelProto& model) {
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") return import.version();
  }
  return 0;
}

Result<void> check(const onnx::ModelProto& model) {
  const auto opset = opset_of(model);
  if (opset < kLeastOpset) {
    return refused("it has opset " + std::to_string(opset) + "; export it with " +
                   std::to_string(kLeastOpset) + " or later");
  }
  for (const auto& node : model.graph().node()) {
    if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear" ||
        node.op_type().starts_with("QLinear")) {
      return refused("it is quantised already");
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g() || attribute.graphs_size() > 0) {
        return refused("its operator " + node.op_type() + " holds a graph of its own");
      }
    }
  }
  for (const auto& tensor : model.graph().initializer()) {
    if (tensor.data_location() == TensorProto::EXTERNAL) {
      return refused("it keeps its weights in another file; export it as one file");
    }
  }
  return {};
}

// Constants that stand as nodes become initialisers.
void lift_constants(onnx::GraphProto& graph) {
  auto& nodes = *graph.mutable_node();
  for (auto& node : nodes) {
    if (node.op_type() != "Constant" || node.output_size() != 1) continue;
    const auto* value = find_attribute(node, "value");
    if (!value || !value->has_t()) continue;
    auto& tensor = *graph.add_initializer();
    tensor = value->t();
    tensor.set_name(node.output(0));
    node.clear_output();
  }
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                             [](const NodeProto& node) { return node.output_size() == 0; }),
              nodes.end());
}

// What was an attribute up to opset 12 and is an input since 13. Softmax over another axis than the
// last, which also changed, is what no exporter writes.
void raise_opset(onnx::ModelProto& model) {
  if (opset_of(model) >= kOpset) return;
  for (auto& import : *model.mutable_opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") import.set_version(kOpset);
  }
  auto& graph = *model.mutable_graph();
  int count = 0;
  for (auto& node : *graph.mutable_node()) {
    const bool axes = node.op_type() == "Squeeze" || node.op_type() == "Unsqueeze" ||
                      node.op_type() == "ReduceSum";
    if (!axes && node.op_type() != "Split") continue;
    auto& attributes = *node.mutable_attribute();
    const auto found =
        std::ranges::find(attributes, axes ? "axes" : "split",
                          [](const auto& a) -> const std::string& { return a.name(); });
    if (found == attributes.end()) continue;
    auto& tensor = *graph.add_initializer();
    tensor.set_name("poss.axes." + std::to_string(++count));
    tensor.set_data_type(TensorProto::INT64);
    tensor.add_dims(found->ints_size());
    for (const auto number : found->ints()) tensor.add_int64_data(number);
    attributes.erase(found);
    node.add_input(tensor.name());
  }
}

// The numbers that a Mul, Add or BatchNormalization behind a convolution does to each channel.
struct Affine {
  std::vector<double> factor, offset;
};

class Preparation {
 public:
  explicit Preparation(onnx::GraphProto& graph) : graph_(graph) {
    for (const auto& tensor : graph.initializer()) constants_[tensor.name()] = tensor;
    for (const auto& output : graph.output()) ++uses_[output.name()];
    for (const auto& node : graph.node()) {
      for (const auto& input : node.input()) ++uses_[input];
    }
  }

  // Makes what follows a convolution channel by channel part of its weights.
  void fold() {
    std::map<std::string, int> convolutions;  // by output
    std::set<int> dropped;
    for (int i = 0; i < graph_.node_size(); ++i) {
      auto& node = *graph_.mutable_node(i);
      if (node.op_type() == "Conv" && node.output_size() == 1) {
        convolutions[node.output(0)] = i;
        continue;
      }
      for (const auto& input : node.input()) {
        const auto found = convolutions.find(input);
        if (found == convolutions.end() || uses_[input] != 1) continue;
        auto& convolution = *graph_.mutable_node(found->second);
        if (!absorb(convolution, node, input)) break;
        // The convolution's place is before all that uses the output.
        convolution.set_output(0, node.output(0));
        convolutions[node.output(0)] = found->second;
        dropped.insert(i);
        break;
      }
    }
    std::vector<NodeProto> kept;
    for (int i = 0; i < graph_.node_size(); ++i) {
      if (!dropped.contains(i)) kept.push_back(std::move(*graph_.mutable_node(i)));
    }
    graph_.clear_node();
    for (auto& node : kept) *graph_.add_node() = std::move(node);
  }

 private:
  std::optional<std::vector<float>> numbers(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? std::nullopt : float_values(found->second);
  }

  // One number a channel, where the tensor stands for that in a combination with [N, C, H, W].
  std::optional<std::vector<double>> channels_of(const std::string& name, size_t channels) const {
    const auto values = numbers(name);
    if (!values) return std::nullopt;
    if (values->size() == 1) return std::vector<double>(channels, (*values)[0]);
    const auto& dims = constants_.at(name).dims();
    const bool fits = values->size() == channels && dims.size() >= 3 &&
                      dims[dims.size() - 3] == static_cast<std::int64_t>(channels);
    if (!fits) return std::nullopt;
    return std::vector<double>(values->begin(), values->end());
  }

  std::optional<Affine> affine_of(const NodeProto& node, const std::string& from,
                                  size_t channels) const {
    Affine out{std::vector<double>(channels, 1), std::vector<double>(channels, 0)};
    if ((node.op_type() == "Mul" || node.op_type() == "Add") && node.input_size() == 2) {
      const auto other = channels_of(node.input(node.input(0) == from ? 1 : 0), channels);
      if (!other) return std::nullopt;
      (node.op_type() == "Mul" ? out.factor : out.offset) = *other;
      return out;
    }
    if (node.op_type() != "BatchNormalization" || node.input_size() != 5 || node.input(0) != from ||
        node.output_size() != 1) {
      return std::nullopt;
    }
    std::array<std::vector<float>, 4> given;  // scale, bias, mean, variance
    for (int i = 0; i < 4; ++i) {
      const auto values = numbers(node.input(i + 1));
      if (!values || values->size() != channels) return std::nullopt;
      given[static_cast<size_t>(i)] = *values;
    }
    const auto* attribute = find_attribute(node, "epsilon");
    const double epsilon = attribute ? attribute->f() : 1e-5;
    for (size_t c = 0; c < channels; ++c) {
      out.factor[c] = given[0][c] / std::sqrt(given[3][c] + epsilon);
      out.offset[c] = given[1][c] - given[2][c] * out.factor[c];
    }
    return out;
  }

  bool absorb(NodeProto& convolution, const NodeProto& node, const std::string& from) {
    if (convolution.input_size() < 2) return false;
    auto weights = numbers(convolution.input(1));
    if (!weights || constants_.at(convolution.input(1)).dims_size() < 3) return false;
    const TensorProto& shape = constants_.at(convolution.input(1));
    const auto channels = static_cast<size_t>(shape.dims(0));
    if (channels == 0 || weights->empty()) return false;
    std::vector<float> bias(channels, 0);
    if (convolution.input_size() > 2 && !convolution.input(2).empty()) {
      const auto given = numbers(convolution.input(2));
      if (!given || given->size() != channels) return false;
      bias = *given;
    }
    const auto affine = affine_of(node, from, channels);
    if (!affine) return false;
    const size_t each = weights->size() / channels;
    for (size_t c = 0; c < channels; ++c) {
      for (size_t k = 0; k < each; ++k) {
        auto& weight = (*weights)[c * each + k];
        weight = static_cast<float>(weight * affine->factor[c]);
      }
      bias[c] = static_cast<float>(bias[c] * affine->factor[c] + affine->offset[c]);
    }
    const std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    convolution.set_input(1, store(dims, *weights));
    if (convolution.input_size() < 3) convolution.add_input("");
    convolution.set_input(2, store({static_cast<std::int64_t>(channels)}, bias));
    return true;
  }

  std::string store(const std::vector<std::int64_t>& dims, const std::vector<float>& values) {
    auto& tensor = *graph_.add_initializer();
    tensor.set_name("poss.folded." + std::to_string(++count_));
    tensor.set_data_type(TensorProto::FLOAT);
    for (const auto size : dims) tensor.add_dims(size);
    tensor.set_raw_data(
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
    constants_[tensor.name()] = tensor;
    return tensor.name();
  }

  onnx::GraphProto& graph_;
  std::map<std::string, TensorProto> constants_;
  std::map<std::string, int> uses_;
  int count_ = 0;
};

// The model as both steps see it.
Result<onnx::ModelProto> prepared(std::string_view onnx) {
  onnx::ModelProto model;
  if (!model.ParseFromArray(onnx.data(), static_cast<int>(onnx.size()))) {
    return refused("it is not an ONNX file, or is damaged");
  }
  POSS_TRY(check(model));
  lift_constants(*model.mutable_graph());
  raise_opset(model);
  Preparation(*model.mutable_graph()).fold();
  prune(*model.mutable_graph());
  return model;
}

// A convolution or matrix product with constant weights.
bool is_weighted(const NodeProto& node, const std::set<std::string>& constants) {
  return (node.op_type() == "Conv" || node.op_type() == "Gemm" || node.op_type() == "MatMul") &&
         node.domain().empty() && node.input_size() >= 2 && constants.contains(node.input(1)) &&
         !constants.contains(node.input(0));
}

std::set<std::string> constants_of(const onnx::GraphProto& graph) {
  std::set<std::string> out;
  for (const auto& tensor : graph.initializer()) out.insert(tensor.name());
  return out;
}

struct Chosen {
  std::string tensor;
  bool first = false;  // no weighted operator made it: the picture
  bool last = false;   // no further weighted operator depends on it
};

// The tensors to store as bytes: what weighted operators take and make, and what lies between
// them. What follows the last of them stays float32.
std::vector<Chosen> chosen(const onnx::GraphProto& graph) {
  const auto constants = constants_of(graph);
  std::map<std::string, std::vector<const NodeProto*>> consumers;
  for (const auto& node : graph.node()) {
    for (const auto& input : node.input()) consumers[input].push_back(&node);
  }
  std::set<std::string> outputs;
  for (const auto& output : graph.output()) outputs.insert(output.name());
  // Backwards: the tensors that a weighted operator depends on as numbers, not as shapes.
  std::set<std::string> wanted;
  for (int i = graph.node_size(); i-- > 0;) {
    const auto& node = graph.node(i);
    if (is_weighted(node, constants)) wanted.insert(node.input(0));
    const bool feeds = std::ranges::any_of(
        node.output(), [&](const std::string& output) { return wanted.contains(output); });
    if (!feeds) continue;
    const bool all =
        node.op_type() == "Add" || node.op_type() == "Mul" || node.op_type() == "Concat";
    if (one_of(kMoving, node.op_type()) || one_of(kBetween, node.op_type())) {
      for (int k = 0; k < (all ? node.input_size() : std::min(node.input_size(), 1)); ++k) {
        if (!constants.contains(node.input(k))) wanted.insert(node.input(k));
      }
    }
  }
  // A convolution whose only consumer is a Relu or Clip is stored behind that.
  const auto behind = [&](const std::string& tensor) -> std::string {
    const auto found = consumers.find(tensor);
    if (outputs.contains(tensor) || found == consumers.end() || found->second.size() != 1) {
      return tensor;
    }
    const auto& next = *found->second[0];
    return next.op_type() == "Relu" || next.op_type() == "Clip" ? next.output(0) : tensor;
  };
  std::set<std::string> seen;
  std::vector<Chosen> out;
  std::set<std::string> made;  // by weighted operators, and by what follows them
  const auto choose = [&](const std::string& tensor, bool first) {
    if (seen.insert(tensor).second) out.push_back({tensor, first, !wanted.contains(tensor)});
  };
  for (const auto& input : graph.input()) {
    if (wanted.contains(input.name()) && !constants.contains(input.name())) {
      choose(input.name(), true);
    }
  }
  for (const auto& node : graph.node()) {
    const bool weighted = is_weighted(node, constants);
    const bool later = weighted || std::ranges::any_of(node.input(), [&](const std::string& input) {
                         return made.contains(input);
                       });
    for (const auto& output : node.output()) {
      if (later) made.insert(output);
      if (output.empty() || outputs.contains(output)) continue;
      if (weighted || (wanted.contains(output) && !one_of(kMoving, node.op_type()))) {
        choose(weighted ? behind(output) : output, !later);
      }
    }
  }
  // What was chosen behind its Relu must not be stored in front of it as well.
  std::erase_if(out, [&](const Chosen& one) {
    return behind(one.tensor) != one.tensor && seen.contains(behind(one.tensor));
  });
  return out;
}

// What a Relu or Clip lets through, by its output.
std::map<std::string, std::pair<double, double>> bounds_of(const onnx::GraphProto& graph) {
  std::map<std::string, const TensorProto*> constants;
  for (const auto& tensor : graph.initializer()) constants[tensor.name()] = &tensor;
  std::map<std::string, std::pair<double, double>> out;
  for (const auto& node : graph.node()) {
    const bool relu = node.op_type() == "Relu";
    if (!relu && node.op_type() != "Clip") continue;
    const auto bound = [&](int input, double otherwise) {
      if (node.input_size() <= input) return otherwise;
      const auto found = constants.find(node.input(input));
      const auto value = found == constants.end() ? std::nullopt : float_values(*found->second);
      return value && value->size() == 1 ? static_cast<double>((*value)[0]) : otherwise;
    };
    out[node.output(0)] = {relu ? 0 : bound(1, -INFINITY), relu ? INFINITY : bound(2, INFINITY)};
  }
  return out;
}

}  // namespace

Result<ObservedModel> observe(std::string_view onnx) {
  POSS_ASSIGN(onnx::ModelProto model, prepared(onnx));
  auto& graph = *model.mutable_graph();
  std::set<std::string> there;
  for (const auto& output : graph.output()) there.insert(output.name());
  std::set<std::string> inputs;
  for (const auto& input : graph.input()) inputs.insert(input.name());
  ObservedModel out;
  for (const auto& [tensor, first, last] : chosen(graph)) {
    out.tensors.push_back(tensor);
    if (!inputs.contains(tensor) && there.insert(tensor).second) {
      graph.add_output()->set_name(tensor);
    }
  }
  model.SerializeToString(&out.onnx);
  return out;
}

void RangeCollector::add(const std::string& tensor, std::span<const float> values) {
  std::vector<float> finite;
  std::ranges::copy_if(values, std::back_inserter(finite),
                       [](float v) { return std::isfinite(v); });
  if (finite.empty()) return;
  const auto beyond = static_cast<std::ptrdiff_t>(std::clamp(1 - percentile_ / 100, 0.0, 0.49) *
                                                  static_cast<double>(finite.size()));
  const auto low = finite.begin() + beyond;
  std::ranges::nth_element(finite, low);
  const float least = *low;
  const auto high = finite.end() - 1 - beyond;
  std::ranges::nth_element(finite, high);
  const float most = *high;
  const auto [lowest, highest] = std::ranges::minmax(finite);
  const TensorRange now{least, most, lowest, highest};
  const auto [at, first] = ranges_.try_emplace(tensor, now);
  auto& range = at->second;
  range = {std::min(range.least, now.least), std::max(range.most, now.most),
           std::min(range.lowest, now.lowest), std::max(range.highest, now.highest)};
}

Result<QuantizedModel> quantize_onnx(std::string_view onnx, const TensorRanges& ranges) {
  POSS_ASSIGN(onnx::ModelProto model, prepared(onnx));
  auto& graph = *model.mutable_graph();
  QdqPlan plan;
  const auto bounds = bounds_of(graph);
  for (const auto& [tensor, first, last] : chosen(graph)) {
    const auto found = ranges.find(tensor);
    if (found == ranges.end()) continue;
    const auto& range = found->second;
    double least = last ? range.lowest : range.least, most = last ? range.highest : range.most;
    const double spare = (first ? 0 : last ? kSpareOfLast : kSpare) * (most - least);
    // A bound at 0 is one that cannot be crossed.
    if (least != 0) least = std::min(0.0, least - spare);
    if (most != 0) most = std::max(0.0, most + spare);
    // Bytes that hold no more than a Relu or Clip lets through need none.
    if (const auto held = bounds.find(tensor); held != bounds.end()) {
      least = std::max(least, std::min(0.0, held->second.first));
      most = std::min(most, std::max(0.0, held->second.second));
    }
    ByteScale scale;
    scale.scale = static_cast<float>((most - least) / 255);
    if (!std::isnormal(scale.scale)) continue;  // always 0: nothing to gain
    scale.zero =
        static_cast<std::uint8_t>(std::clamp(std::nearbyint(-least / scale.scale), 0.0, 255.0));
    plan.activations.emplace(tensor, scale);
  }
  QuantizedModel out;
  int weighted = 0;
  const auto constants = constants_of(graph);
  for (const auto& node : graph.node()) weighted += is_weighted(node, constants);
  POSS_TRY(to_qdq(model, plan));
  std::set<std::string> bytes;
  for (const auto& tensor : graph.initializer()) {
    if (tensor.data_type() == TensorProto::INT8) bytes.insert(tensor.name());
  }
  std::set<std::string> real;
  for (const auto& node : graph.node()) {
    if (node.op_type() == "DequantizeLinear" && bytes.contains(node.input(0))) {
      real.insert(node.output(0));
    }
    if (node.input_size() >= 2 && real.contains(node.input(1))) ++out.quantized;
  }
  out.left = weighted - out.quantized;
  if (out.quantized == 0) {
    return refused("none of its convolutions and matrix products has a known range");
  }
  model.SerializeToString(&out.onnx);
  return out;
}

}  // namespace poss::convert
