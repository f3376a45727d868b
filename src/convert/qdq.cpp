// Rewriting a float graph into QDQ form, node by node.
#include "convert/qdq.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "convert/onnx_model.h"

namespace poss::convert {
namespace {

using onnx::TensorProto;

constexpr int kLeastOpset = 13;  // the first with a scale for each channel
// Two products of uint8 with weights that add up to this fit into int16: 255 · 128 < 2¹⁵.
constexpr int kMostPair = 128;

// Operators that only move elements, or choose among them: bytes pass through as they are.
constexpr auto kMoving = std::to_array<std::string_view>(
    {"Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Concat", "Split", "Slice",
     "Gather", "MaxPool", "Resize", "DepthToSpace", "Identity", "Pad", "Expand", "Tile"});

// `value` rounded into low … high; 0 when it is no number.
std::int64_t rounded(double value, std::int64_t low, std::int64_t high) {
  if (std::isnan(value)) return 0;
  return static_cast<std::int64_t>(
      std::clamp(std::nearbyint(value), static_cast<double>(low), static_cast<double>(high)));
}

std::uint8_t byte_of(double value, const ByteScale& scale) {
  return static_cast<std::uint8_t>(rounded(value / scale.scale + scale.zero, 0, 255));
}

// The scale that holds least … most, with 0 exact.
ByteScale scale_of(std::span<const float> values) {
  float least = 0, most = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  ByteScale out;
  out.scale = (most - least) / 255;
  if (!std::isnormal(out.scale)) return {1, 0};
  out.zero = static_cast<std::uint8_t>(rounded(-least / out.scale, 0, 255));
  return out;
}

// How the weights of one output channel lie: weight k of channel o is at `at(o, k)`, in the order
// in which the runtime multiplies them.
struct WeightLayout {
  std::int64_t channels = 0;
  std::int64_t count = 0;  // a channel
  std::int64_t inner = 1;  // input channels a group
  std::int64_t plane = 1;  // of a filter
  bool columns = false;    // [count, channels] instead of [channels, count]
  bool depthwise = false;  // added up one by one: nothing to overflow
  int axis = 0;            // of the channels

  std::int64_t at(std::int64_t channel, std::int64_t k) const {
    if (columns) return k * channels + channel;
    return (channel * inner + k % inner) * plane + k / inner;
  }
};

std::optional<WeightLayout> layout_of(const onnx::NodeProto& node, const TensorProto& weights) {
  WeightLayout out;
  std::vector<std::int64_t> dims(weights.dims().begin(), weights.dims().end());
  if (std::ranges::find(dims, 0) != dims.end()) return std::nullopt;
  if (node.op_type() == "Conv") {
    if (dims.size() < 3) return std::nullopt;
    out.channels = dims[0];
    out.inner = dims[1];
    for (size_t i = 2; i < dims.size(); ++i) out.plane *= dims[i];
    out.depthwise = out.inner == 1 && integer_attribute(node, "group", 1) == out.channels;
  } else {
    if (dims.size() != 2) return std::nullopt;
    const bool rows = node.op_type() == "Gemm" && integer_attribute(node, "transB", 0) != 0;
    out.columns = !rows;
    out.channels = dims[rows ? 0 : 1];
    out.inner = dims[rows ? 1 : 0];
    out.axis = rows ? 0 : 1;
  }
  out.count = out.inner * out.plane;
  return out;
}

struct ByteWeights {
  std::vector<std::int8_t> values;
  std::vector<float> scale;  // one a channel
};

bool may_overflow(const std::vector<int>& channel) {
  for (size_t k = 1; k < channel.size(); ++k) {
    const int a = channel[k - 1], b = channel[k];
    if (std::max(a, 0) + std::max(b, 0) > kMostPair) return true;
    if (std::min(a, 0) + std::min(b, 0) < -kMostPair) return true;
  }
  return false;
}

// `bias` (empty: none) bounds the scale from below, so that the bias fits 32 bits as a multiple of
// input scale · weight scale.
ByteWeights quantise_weights(const std::vector<float>& weights, const WeightLayout& layout,
                             const std::vector<float>* given, const std::vector<float>& bias,
                             float input_scale) {
  ByteWeights out;
  out.values.resize(weights.size());
  std::vector<int> channel(static_cast<size_t>(layout.count));
  for (std::int64_t o = 0; o < layout.channels; ++o) {
    double largest = 0;
    for (std::int64_t k = 0; k < layout.count; ++k) {
      const double size = std::abs(weights[layout.at(o, k)]);
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
    double scale = largest / 127;
    if (given && (given->size() == 1 || given->size() == static_cast<size_t>(layout.channels))) {
      const double kept = (*given)[given->size() == 1 ? 0 : o];
      if (kept > 0 && largest / kept < 127.5) scale = kept;
    }
    if (!bias.empty() && std::isfinite(bias[o])) {
      const double steps = largest > 0 ? 1 << 30 : 1 << 20;
      scale = std::max(scale, std::abs(bias[o]) / (steps * input_scale));
    }
    if (!std::isnormal(static_cast<float>(scale))) scale = 1;
    for (std::int64_t k = 0; k < layout.count; ++k) {
      channel[k] = static_cast<int>(rounded(weights[layout.at(o, k)] / scale, -127, 127));
    }
    if (!layout.depthwise && may_overflow(channel)) {
      scale *= 2;
      for (int& weight : channel) weight = static_cast<int>(rounded(weight / 2.0, -64, 64));
    }
    for (std::int64_t k = 0; k < layout.count; ++k) {
      out.values[layout.at(o, k)] = static_cast<std::int8_t>(channel[k]);
    }
    out.scale.push_back(static_cast<float>(scale));
  }
  return out;
}

class Writer {
 public:
  Writer(onnx::GraphProto& graph, const QdqPlan& plan)
      : graph_(graph), plan_(plan), initializers_(added_) {
    for (const auto& tensor : graph.initializer()) constants_[tensor.name()] = &tensor;
    for (const auto& input : graph.input()) inputs_.insert(input.name());
    for (const auto& output : graph.output()) outputs_.insert(output.name());
    for (const auto& node : graph.node()) {
      for (const auto& output : node.output()) producers_[output] = &node;
    }
  }

  void write() {
    for (const auto& input : graph_.input()) {
      if (const auto* scale = planned(input.name())) quantise(input.name(), input.name(), *scale);
    }
    for (const auto& node : graph_.node()) {
      if (!move(node) && !absorb(node)) compute(node);
    }
    graph_.mutable_node()->Swap(added_.mutable_node());
    for (auto& tensor : *added_.mutable_initializer()) {
      *graph_.add_initializer() = std::move(tensor);
    }
    graph_.clear_value_info();  // says of some tensors what they no longer are
    prune(graph_);
  }

 private:
  struct Bytes {
    std::string name;
    ByteScale scale;
  };

  const ByteScale* planned(const std::string& name) const {
    const auto found = plan_.activations.find(name);
    return found == plan_.activations.end() ? nullptr : &found->second;
  }
  const Bytes* bytes(const std::string& name) const {
    const auto found = bytes_.find(name);
    return found == bytes_.end() ? nullptr : &found->second;
  }
  std::optional<std::vector<float>> constant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? std::nullopt : float_values(*found->second);
  }
  std::string fresh(const std::string& hint) { return hint + "." + std::to_string(++count_); }

  void add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
           std::int64_t axis = -1) {
    auto& node = *added_.add_node();
    node.set_op_type(op);
    node.set_name(output);
    for (const auto& input : inputs) node.add_input(input);
    node.add_output(output);
    if (axis < 0) return;
    auto& attribute = *node.add_attribute();
    attribute.set_name("axis");
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(axis);
  }

  std::vector<std::string> scale_inputs(const std::string& from, const ByteScale& scale) {
    return {
        from, initializers_.scalar(scale.scale),
        initializers_.add(TensorProto::UINT8, {}, std::string(1, static_cast<char>(scale.zero)))};
  }

  // A float tensor made of `stored`, for one consumer: the runtime fuses only what nobody shares.
  std::string dequantise(const Bytes& stored) {
    auto name = fresh(stored.name + ".real");
    add("DequantizeLinear", scale_inputs(stored.name, stored.scale), name);
    return name;
  }

  // Bytes of the tensor `name`, whose float values are in `from`.
  void quantise(const std::string& name, std::string from, const ByteScale& scale) {
    ByteScale step = scale;
    fold_input(from, step);
    Bytes stored{name + ".bytes", scale};
    add("QuantizeLinear", scale_inputs(from, step), stored.name);
    bytes_[name] = stored;
  }

  // The normalisation between a picture and its first bytes, as part of their scale: with
  // from = a · input + b, bytes of `from` are those of the input under another scale.
  void fold_input(std::string& from, ByteScale& scale) const {
    double factor = 1, offset = 0;
    std::string at = from;
    for (int steps = 0; !inputs_.contains(at); ++steps) {
      const auto producer = producers_.find(at);
      if (producer == producers_.end() || producer->second->input_size() != 2 || steps == 8) return;
      const auto& node = *producer->second;
      const auto number = constant(node.input(1));
      if (!number || number->size() != 1 || bytes_.contains(node.input(0))) return;
      const double c = (*number)[0];
      if (node.op_type() == "Mul" || node.op_type() == "Div") {
        factor *= node.op_type() == "Mul" ? c : 1 / c;
      } else if (node.op_type() == "Add" || node.op_type() == "Sub") {
        offset += factor * (node.op_type() == "Add" ? c : -c);
      } else {
        return;
      }
      at = node.input(0);
    }
    const double zero = scale.zero + offset / scale.scale;
    const auto step = static_cast<float>(scale.scale / factor);
    const bool whole = std::abs(zero - std::nearbyint(zero)) < 1e-3 && zero > -0.5 && zero < 255.5;
    if (!whole || !std::isnormal(step) || step <= 0) return;
    from = at;
    // A step of 1 within rounding: the picture's own bytes.
    scale.scale = std::abs(step - 1) < 1e-5f ? 1.0f : step;
    scale.zero = static_cast<std::uint8_t>(rounded(zero, 0, 255));
  }

  // The outputs of a node are there as bytes of `scale` in `names`.
  void settle(const std::string& name, const std::string& stored, const ByteScale& scale) {
    Bytes now{stored, scale};
    if (const auto* wanted = planned(name); wanted && *wanted != scale) {
      const auto real = dequantise(now);
      now = {fresh(name + ".bytes"), *wanted};
      add("QuantizeLinear", scale_inputs(real, now.scale), now.name);
    }
    if (outputs_.contains(name)) add("DequantizeLinear", scale_inputs(now.name, now.scale), name);
    bytes_[name] = now;
  }

  // Runs a moving operator on bytes, if it can.
  bool move(const onnx::NodeProto& node) {
    if (std::ranges::find(kMoving, node.op_type()) == kMoving.end() || node.input_size() == 0 ||
        (!node.domain().empty() && node.domain() != "ai.onnx")) {
      return false;
    }
    const auto* first = bytes(node.input(0));
    if (!first) return false;
    const ByteScale scale = first->scale;
    onnx::NodeProto moved = node;
    moved.set_input(0, first->name);
    if (node.op_type() == "Concat") {
      for (int i = 0; i < node.input_size(); ++i) {
        const auto* part = bytes(node.input(i));
        if (!part || part->scale != scale) return false;
        moved.set_input(i, part->name);
      }
      if (const auto* wanted = planned(node.output(0)); wanted && *wanted != scale) return false;
    }
    if (node.op_type() == "MaxPool" && node.output_size() > 1) return false;
    if (node.op_type() == "Resize") {
      const auto* mode = find_attribute(node, "mode");
      if (mode && mode->s() != "nearest" && mode->s() != "linear") return false;
    }
    if (node.op_type() == "Pad" && !move_pad(node, moved, scale)) return false;
    std::vector<std::string> names;
    for (int i = 0; i < node.output_size(); ++i) {
      names.push_back(node.output(i).empty() ? "" : fresh(node.output(i) + ".bytes"));
      moved.set_output(i, names.back());
    }
    if (node.op_type() == "Identity") {
      names = {first->name};
    } else {
      *added_.add_node() = std::move(moved);
    }
    for (int i = 0; i < node.output_size(); ++i) {
      if (!names[i].empty()) settle(node.output(i), names[i], scale);
    }
    return true;
  }

  // The border's value as a byte. False when it is computed.
  bool move_pad(const onnx::NodeProto& node, onnx::NodeProto& moved, const ByteScale& scale) {
    const auto* mode = find_attribute(node, "mode");
    if (mode && mode->s() != "constant") return true;
    float value = 0;
    if (node.input_size() > 2 && !node.input(2).empty()) {
      const auto given = constant(node.input(2));
      if (!given || given->size() != 1) return false;
      value = (*given)[0];
    }
    while (moved.input_size() < 3) moved.add_input("");
    moved.set_input(2, initializers_.add(TensorProto::UINT8, {},
                                         std::string(1, static_cast<char>(byte_of(value, scale)))));
    return true;
  }

  // A Relu or Clip whose bounds the bytes of its output hold anyway.
  bool absorb(const onnx::NodeProto& node) {
    if ((node.op_type() != "Relu" && node.op_type() != "Clip") || node.input_size() < 1) {
      return false;
    }
    const auto* scale = planned(node.output(0));
    if (!scale || constants_.contains(node.input(0)) || outputs_.contains(node.output(0))) {
      return false;
    }
    const auto holds = [&](int input, std::uint8_t end) {
      if (node.op_type() == "Relu") return end == 255 || byte_of(0, *scale) == 0;
      if (node.input_size() <= input || node.input(input).empty()) return true;
      const auto bound = constant(node.input(input));
      return bound && bound->size() == 1 && byte_of((*bound)[0], *scale) == end;
    };
    if (!holds(1, 0) || !holds(2, 255)) return false;
    if (const auto* stored = bytes(node.input(0))) {
      settle(node.output(0), stored->name, stored->scale);
    } else {
      quantise(node.output(0), node.input(0), *scale);
    }
    return true;
  }

  // Runs an operator on the real numbers its bytes stand for; the runtime fuses it with what is
  // around it where it can.
  void compute(const onnx::NodeProto& node) {
    onnx::NodeProto real = node;
    const auto& op = node.op_type();
    const bool stored = node.input_size() > 0 && bytes(node.input(0));
    const bool weighted = stored && node.input_size() > 1 && weigh(node, real);
    if (weighted) {
      real.set_input(0, dequantise(*bytes(node.input(0))));
    } else {
      const bool pairs = op == "Add" || op == "Mul" || op == "Concat";
      for (int i = 0; i < node.input_size(); ++i) {
        if (const auto* part = bytes(node.input(i))) {
          real.set_input(i, dequantise(*part));
        } else if (pairs && planned(node.output(0))) {
          if (const auto values = constant(node.input(i))) {
            real.set_input(i, constant_bytes(*constants_.at(node.input(i)), *values));
          }
        }
      }
    }
    for (int i = 0; i < node.output_size(); ++i) {
      if (planned(node.output(i)) && outputs_.contains(node.output(i))) {
        real.set_output(i, fresh(node.output(i)));
      }
    }
    const auto outputs = real.output();
    *added_.add_node() = std::move(real);
    for (int i = 0; i < node.output_size(); ++i) {
      const auto* scale = planned(node.output(i));
      if (!scale) continue;
      quantise(node.output(i), outputs[i], *scale);
      if (outputs_.contains(node.output(i))) {
        const Bytes& made = bytes_[node.output(i)];
        add("DequantizeLinear", scale_inputs(made.name, made.scale), node.output(i));
      }
    }
  }

  std::string constant_bytes(const TensorProto& tensor, const std::vector<float>& values) {
    const ByteScale scale = scale_of(values);
    std::vector<std::uint8_t> stored;
    for (const float value : values) stored.push_back(byte_of(value, scale));
    const std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
    return dequantise(
        {initializers_.add(TensorProto::UINT8, dims, std::span<const std::uint8_t>(stored)),
         scale});
  }

  // Weights and bias of a Conv, Gemm or MatMul as integers. False when they are not constant.
  bool weigh(const onnx::NodeProto& node, onnx::NodeProto& real) {
    const auto& op = node.op_type();
    if ((op != "Conv" && op != "Gemm" && op != "MatMul") ||
        (!node.domain().empty() && node.domain() != "ai.onnx")) {
      return false;
    }
    if (op == "Gemm" && (integer_attribute(node, "transA", 0) != 0 || scaled(node))) return false;
    const auto weights = constant(node.input(1));
    if (!weights) return false;
    const auto& tensor = *constants_.at(node.input(1));
    const auto layout = layout_of(node, tensor);
    if (!layout) return false;
    std::vector<float> bias;
    if (node.input_size() > 2 && !node.input(2).empty()) {
      const auto given = constant(node.input(2));
      if (!given || given->size() != static_cast<size_t>(layout->channels)) return false;
      bias = *given;
    }
    const float input_scale = bytes(node.input(0))->scale.scale;
    const auto kept = plan_.weights.find(node.input(1));
    const auto made =
        quantise_weights(*weights, *layout, kept == plan_.weights.end() ? nullptr : &kept->second,
                         bias, input_scale);
    const std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
    const auto stored =
        initializers_.add(TensorProto::INT8, dims, std::span<const std::int8_t>(made.values));
    const auto channels = static_cast<size_t>(layout->channels);
    real.set_input(1, channelwise(stored, TensorProto::INT8, std::string(channels, '\0'),
                                  made.scale, layout->axis));
    if (bias.empty()) return true;
    std::vector<std::int32_t> steps;
    std::vector<float> scale;
    for (size_t i = 0; i < bias.size(); ++i) {
      scale.push_back(input_scale * made.scale[i]);
      steps.push_back(static_cast<std::int32_t>(rounded(static_cast<double>(bias[i]) / scale[i],
                                                        std::numeric_limits<std::int32_t>::min(),
                                                        std::numeric_limits<std::int32_t>::max())));
    }
    const auto bias_steps = initializers_.add(TensorProto::INT32, {layout->channels},
                                              std::span<const std::int32_t>(steps));
    real.set_input(
        2, channelwise(bias_steps, TensorProto::INT32, std::string(channels * 4, '\0'), scale, 0));
    return true;
  }

  static bool scaled(const onnx::NodeProto& gemm) {
    for (const char* name : {"alpha", "beta"}) {
      if (const auto* found = find_attribute(gemm, name); found && found->f() != 1) return true;
    }
    return false;
  }

  std::string channelwise(const std::string& stored, int type, const std::string& zeros,
                          const std::vector<float>& scale, int axis) {
    const auto channels = static_cast<std::int64_t>(scale.size());
    auto name = fresh(stored + ".real");
    add("DequantizeLinear",
        {stored, initializers_.add(TensorProto::FLOAT, {channels}, std::span<const float>(scale)),
         initializers_.add(type, {channels}, zeros)},
        name, axis);
    return name;
  }

  onnx::GraphProto& graph_;
  const QdqPlan& plan_;
  onnx::GraphProto added_;
  Initializers initializers_;
  std::map<std::string, const TensorProto*> constants_;
  std::map<std::string, const onnx::NodeProto*> producers_;
  std::set<std::string> inputs_, outputs_;
  std::map<std::string, Bytes> bytes_;
  int count_ = 0;
};

}  // namespace

Result<void> to_qdq(onnx::ModelProto& model, const QdqPlan& plan) {
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() && import.version() < kLeastOpset) {
      return Error{Code::invalid_argument, "the model has opset " +
                                               std::to_string(import.version()) + "; INT8 needs " +
                                               std::to_string(kLeastOpset) + " or later"};
    }
  }
  for (const auto& [name, scale] : plan.activations) {
    if (!std::isnormal(scale.scale) || scale.scale < 0) {
      return Error{Code::invalid_argument, "tensor '" + name + "' has an impossible scale"};
    }
  }
  Writer(*model.mutable_graph(), plan).write();
  return {};
}

}  // namespace poss::convert
