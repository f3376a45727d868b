// Layers models of TensorFlow.js: a Keras model as JSON, sequential or functional, models inside
// of models.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "convert/tfjs_model.h"

namespace poss::convert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMostDepth = 8;  // models inside of models
constexpr size_t kMostLayers = 2'000;

struct Layer {
  std::string type, name;
  const json::object* config = nullptr;
  const json::object* whole = nullptr;
};

Result<Layer> layer_of(const json::value& value) {
  const auto* whole = value.if_object();
  const auto* config = whole ? object_at(*whole, "config") : nullptr;
  Layer out{whole ? text_at(*whole, "class_name") : "", "", config, whole};
  if (config) out.name = text_at(*config, "name");
  if (out.name.empty() && whole) out.name = text_at(*whole, "name");
  // A sequential model may be a list of layers only.
  const bool list = whole && whole->contains("config") && whole->at("config").is_array();
  if (out.type.empty() || (!config && !list)) return unfit("the model has a damaged layer");
  return out;
}

// The layers of a model.
const json::array* layers_of(const Layer& model) {
  if (model.config) return array_at(*model.config, "layers");
  return model.whole ? array_at(*model.whole, "config") : nullptr;
}

bool is_model(const Layer& layer) {
  return layer.type == "Sequential" || layer.type == "Model" || layer.type == "Functional";
}

class LayersReader {
 public:
  LayersReader(const TfjsWeights& weights, const ConvertOptions& options, TfjsModel& out)
      : weights_(weights), options_(options), out_(out), graph_(out.graph) {}

  Result<void> read(const json::object& topology) {
    const auto* config = topology.if_contains("model_config");
    const json::value whole = config ? *config : json::value(topology);  // outlives its layers
    POSS_ASSIGN(const Layer model, layer_of(whole));
    if (!is_model(model)) {
      return unfit("the model is a '" + clean_text(model.type, 40) +
                   "'; only Sequential and functional models are supported");
    }
    POSS_ASSIGN(const Values outputs, apply_model(model, {}, 0));
    for (size_t i = 0; i < outputs.size(); ++i) {
      out_.outputs.push_back(
          {outputs.size() == 1 ? "scores" : "output_" + std::to_string(i), outputs[i], activated_});
    }
    return {};
  }

 private:
  Error error(const Layer& layer, const std::string& what) const {
    return {Code::invalid_argument, "layer " + clean_text(layer.type, 60) + " ('" +
                                        clean_text(layer.name, 200) + "') " + what};
  }

  template <class T>
  Result<T> named(const Layer& layer, Result<T> made) const {
    if (made) return made;
    if (made.error().message.starts_with("layer ")) return made;
    return error(layer, made.error().message);
  }

  // A model on its inputs; without inputs it is the outermost, and takes the picture.
  Result<Values> apply_model(const Layer& model, const Values& inputs, int depth) {
    if (depth > kMostDepth) return unfit("the model nests models too deeply");
    const auto* layers = layers_of(model);
    if (!layers || layers->empty() || layers->size() > kMostLayers) {
      return unfit("the model '" + clean_text(model.name, 200) + "' has no layers");
    }
    return model.type == "Sequential" ? apply_sequence(*layers, inputs, depth)
                                      : apply_graph(model, *layers, inputs, depth);
  }

  Result<Values> apply_sequence(const json::array& layers, Values values, int depth) {
    for (const auto& entry : layers) {
      POSS_ASSIGN(const Layer layer, layer_of(entry));
      if (values.empty() && !is_model(layer)) {
        POSS_ASSIGN(values, input_of(layer));
      }
      if (layer.type == "InputLayer") continue;
      POSS_ASSIGN(values, named(layer, apply(layer, values, depth)));
    }
    return values;
  }

  // The picture, as the first layer declares it.
  Result<Values> input_of(const Layer& layer) {
    const auto* shape = layer.config ? array_at(*layer.config, "batch_input_shape") : nullptr;
    if (!shape && layer.config) shape = array_at(*layer.config, "batch_shape");
    if (!shape) return error(layer, "does not say what picture it takes");
    Shape sizes;
    for (const auto& size : *shape) sizes.push_back(as_integer(size).value_or(-1));
    POSS_ASSIGN(Value picture, named(layer, out_.picture(sizes, options_)));
    return Values{picture};
  }

  // The names a layer's call takes its inputs from: [[name, call, output, …] …] a call.
  struct Source {
    std::string layer;
    size_t output = 0;
  };
  static Result<std::vector<Source>> sources_of(const json::value& call) {
    std::vector<Source> out;
    const auto* list = call.if_array();
    if (!list) return unfit("the model has a damaged connection");
    for (const auto& entry : *list) {
      const auto* parts = entry.if_array();
      if (!parts || parts->size() < 3 || !(*parts)[0].is_string()) {
        return unfit("the model has a damaged connection");
      }
      if (as_integer((*parts)[1]).value_or(0) != 0) {
        return unfit("layer '" + clean_text(std::string((*parts)[0].as_string()), 200) +
                     "' is used more than once, which is not supported");
      }
      const auto output = as_integer((*parts)[2]).value_or(0);
      out.push_back({std::string((*parts)[0].as_string()),
                     static_cast<size_t>(std::clamp<std::int64_t>(output, 0, 1000))});
    }
    return out;
  }

  Result<Values> apply_graph(const Layer& model, const json::array& layers, const Values& inputs,
                             int depth) {
    std::map<std::string, Values> made;
    size_t next_input = 0;
    std::vector<Layer> waiting;
    for (const auto& entry : layers) {
      POSS_ASSIGN(waiting.emplace_back(), layer_of(entry));
    }
    const auto find = [&](const Source& source) -> const Value* {
      const auto found = made.find(source.layer);
      if (found == made.end() || source.output >= found->second.size()) return nullptr;
      return &found->second[source.output];
    };
    // Layers stand in any order: those whose inputs are there go first.
    while (!waiting.empty()) {
      std::vector<Layer> later;
      for (const auto& layer : waiting) {
        if (layer.type == "InputLayer") {
          if (inputs.empty()) {
            POSS_ASSIGN(made[layer.name], input_of(layer));
          } else if (next_input < inputs.size()) {
            made[layer.name] = {inputs[next_input++]};
          } else {
            return error(layer, "gets no input");
          }
          continue;
        }
        const auto* calls = array_at(*layer.whole, "inbound_nodes");
        if (!calls || calls->size() != 1) {
          return error(layer, "is used more than once, which is not supported");
        }
        POSS_ASSIGN(const auto sources, named(layer, sources_of(calls->at(0))));
        Values values;
        for (const auto& source : sources) {
          if (const auto* value = find(source)) values.push_back(*value);
        }
        if (values.size() != sources.size() || values.empty()) {
          later.push_back(layer);
          continue;
        }
        POSS_ASSIGN(made[layer.name], named(layer, apply(layer, values, depth)));
      }
      if (later.size() == waiting.size()) {
        return error(later[0], "takes what no layer makes");
      }
      waiting = std::move(later);
    }
    const auto* list = model.config ? array_at(*model.config, "output_layers") : nullptr;
    if (!list || list->empty()) return error(model, "has no outputs");
    const bool single = list->at(0).is_string();  // [name, call, output]
    POSS_ASSIGN(const auto outputs, sources_of(single ? json::value(json::array{*list}) : *list));
    Values out;
    for (const auto& source : outputs) {
      const auto* value = find(source);
      if (!value) return error(model, "has an output that no layer makes");
      out.push_back(*value);
    }
    return out;
  }

  // A weight of the layer, by the last part of its name.
  Result<Value> weight(const Layer& layer, const std::string& part) const {
    const auto usable = [&](const Value& value) -> Result<Value> {
      if (!element_count(value.shape)) return error(layer, "has an empty weight '" + part + "'");
      return value;
    };
    if (const auto found = weights_.find(layer.name + "/" + part); found != weights_.end()) {
      return usable(found->second);
    }
    // Names of models stand in front, and the layer's own name may stand twice.
    const Value* only = nullptr;
    for (const auto& [name, value] : weights_) {
      const bool mine =
          name.ends_with("/" + part) && (name.starts_with(layer.name + "/") ||
                                         name.find("/" + layer.name + "/") != std::string::npos);
      if (!mine) continue;
      if (only) return error(layer, "has several weights named '" + part + "'");
      only = &value;
    }
    if (!only) return error(layer, "lacks its weight '" + part + "'");
    return usable(*only);
  }

  Result<std::optional<Value>> bias(const Layer& layer) const {
    if (!flag_at(*layer.config, "use_bias", true)) return std::nullopt;
    POSS_ASSIGN(Value value, weight(layer, "bias"));
    return value;
  }

  // One or two numbers: height and width.
  static Result<std::pair<std::int64_t, std::int64_t>> pair_at(const Layer& layer,
                                                               std::string_view key,
                                                               std::int64_t otherwise) {
    const auto* found = layer.config->if_contains(key);
    if (!found || found->is_null()) return std::pair{otherwise, otherwise};
    if (const auto* list = found->if_array()) {
      if (list->size() == 2) {
        return std::pair{as_integer(list->at(0)).value_or(0), as_integer(list->at(1)).value_or(0)};
      }
      return unfit("has a damaged '" + std::string(key) + "'");
    }
    const auto number = as_integer(*found).value_or(0);
    return std::pair{number, number};
  }

  static Result<Sliding> sliding_of(const Layer& layer, std::int64_t stride) {
    const auto format = text_at(*layer.config, "data_format");
    if (!format.empty() && format != "channels_last") {
      return unfit("stores pictures channels first, which is not supported");
    }
    Sliding out;
    POSS_ASSIGN(const auto strides, pair_at(layer, "strides", stride));
    POSS_ASSIGN(const auto dilations, pair_at(layer, "dilation_rate", 1));
    std::tie(out.stride_h, out.stride_w) = strides;
    std::tie(out.dilation_h, out.dilation_w) = dilations;
    const auto padding = text_at(*layer.config, "padding");
    if (padding != "same" && padding != "valid" && !padding.empty()) {
      return unfit("has the padding '" + clean_text(padding, 20) + "'");
    }
    out.padding = padding == "same" ? Padding::same : Padding::valid;
    return out;
  }

  // `name` as Keras names activations.
  Result<Value> activate(const Value& value, const std::string& name) {
    activated_ = name == "softmax" || name == "sigmoid";
    if (name.empty() || name == "linear") return value;
    if (name == "relu") return graph_.clip(value, 0, kInfinity);
    if (name == "relu6") return graph_.clip(value, 0, 6);
    if (name == "sigmoid") return graph_.unary("Sigmoid", value);
    if (name == "tanh") return graph_.unary("Tanh", value);
    if (name == "elu") return graph_.unary("Elu", value);
    if (name == "selu") return graph_.unary("Selu", value);
    if (name == "softplus") return graph_.unary("Softplus", value);
    if (name == "softmax" && value.rank() > 0) return softmax(graph_, value, value.rank() - 1);
    if (name == "hard_sigmoid" || name == "hardSigmoid") {
      return graph_.unary("HardSigmoid", value, {{"alpha", 0.2f}, {"beta", 0.5f}});
    }
    if (name == "swish" || name == "silu") {
      return combine(graph_, "Mul", value, graph_.unary("Sigmoid", value));
    }
    return unfit("has the activation '" + clean_text(name, 40) + "', which is not supported");
  }

  Result<Value> depthwise(const Layer& layer, const Value& in, const std::string& part,
                          const Sliding& sliding, const std::optional<Value>& biases) {
    POSS_ASSIGN(const Value weights, weight(layer, part));  // [kh, kw, inputs, multiplier]
    if (weights.rank() != 4 || in.rank() != 4) return unfit("has damaged filters");
    const auto& s = weights.shape;
    const Value each =
        graph_.reshape(graph_.transpose(weights, {2, 3, 0, 1}), {s[2] * s[3], s[0], s[1], 1});
    return convolution(graph_, in, each, in.shape[3], sliding, biases);
  }

  Result<Value> convolve(const Layer& layer, const Value& in) {
    POSS_ASSIGN(const Sliding sliding, sliding_of(layer, 1));
    POSS_ASSIGN(const auto biases, bias(layer));
    if (layer.type == "DepthwiseConv2D") {
      return depthwise(layer, in, "depthwise_kernel", sliding, biases);
    }
    Value from = in;
    Sliding own = sliding;
    const bool separable = layer.type == "SeparableConv2D";
    if (separable) {
      POSS_ASSIGN(from, depthwise(layer, in, "depthwise_kernel", sliding, std::nullopt));
      own = {};
    }
    POSS_ASSIGN(const Value weights,
                weight(layer, separable ? "pointwise_kernel" : "kernel"));  // [kh, kw, in, out]
    if (weights.rank() != 4 || from.rank() != 4 || from.shape[3] % weights.shape[2] != 0) {
      return unfit("has filters " + shape_text(weights.shape) + " for " + shape_text(from.shape));
    }
    return convolution(graph_, from, graph_.transpose(weights, {3, 0, 1, 2}),
                       from.shape[3] / weights.shape[2], own, biases);
  }

  Result<Value> transposed(const Layer& layer, const Value& in) {
    POSS_ASSIGN(const Sliding sliding, sliding_of(layer, 1));
    POSS_ASSIGN(const auto biases, bias(layer));
    POSS_ASSIGN(const Value weights, weight(layer, "kernel"));  // [kh, kw, outputs, inputs]
    if (weights.rank() != 4 || in.rank() != 4) return unfit("has damaged filters");
    const auto size = [&](int axis, std::int64_t stride, std::int64_t window) {
      const auto grown = in.shape[axis] * stride;
      return sliding.padding == Padding::same ? grown
                                              : grown + std::max<std::int64_t>(window - stride, 0);
    };
    const Shape shape{in.shape[0], size(1, sliding.stride_h, weights.shape[0]),
                      size(2, sliding.stride_w, weights.shape[1]), weights.shape[2]};
    return transposed_convolution(graph_, in, graph_.transpose(weights, {2, 0, 1, 3}), shape,
                                  sliding, biases);
  }

  Result<Value> normalise(const Layer& layer, const Value& in) {
    const auto numbers = [&](const char* part, bool used,
                             double otherwise) -> Result<std::vector<float>> {
      const auto channels = in.shape.empty() ? 1 : in.shape.back();
      if (!used)
        return std::vector<float>(static_cast<size_t>(channels), static_cast<float>(otherwise));
      POSS_ASSIGN(const Value value, weight(layer, part));
      if (value.type != Element::f32 || *element_count(value.shape) != channels) {
        return unfit("has a weight '" + std::string(part) + "' that does not fit");
      }
      return value.constant->floats;
    };
    const auto* axes = layer.config->if_contains("axis");
    const auto axis = axes && axes->is_array() && axes->as_array().size() == 1
                          ? as_integer(axes->as_array()[0])
                      : axes ? as_integer(*axes)
                             : std::optional<std::int64_t>(-1);
    if (axis != -1 && axis != in.rank() - 1) return unfit("normalises another axis than the last");
    POSS_ASSIGN(const auto gamma, numbers("gamma", flag_at(*layer.config, "scale", true), 1));
    POSS_ASSIGN(const auto beta, numbers("beta", flag_at(*layer.config, "center", true), 0));
    POSS_ASSIGN(const auto mean, numbers("moving_mean", true, 0));
    POSS_ASSIGN(const auto variance, numbers("moving_variance", true, 1));
    const double epsilon = number_at(*layer.config, "epsilon", 1e-3);
    std::vector<float> factor, offset;
    for (size_t i = 0; i < gamma.size(); ++i) {
      const double by = gamma[i] / std::sqrt(variance[i] + epsilon);
      factor.push_back(static_cast<float>(by));
      offset.push_back(static_cast<float>(beta[i] - mean[i] * by));
    }
    const Shape shape{static_cast<std::int64_t>(factor.size())};
    POSS_ASSIGN(const Value scaled, combine(graph_, "Mul", in, OnnxGraph::constant(shape, factor)));
    return combine(graph_, "Add", scaled, OnnxGraph::constant(shape, offset));
  }

  Result<Value> connect(const Layer& layer, const Value& in) {
    POSS_ASSIGN(const Value kernel, weight(layer, "kernel"));  // [inputs, outputs]
    POSS_ASSIGN(const auto biases, bias(layer));
    if (kernel.rank() != 2 || in.rank() < 1) return unfit("has damaged weights");
    const auto inputs = in.shape.back();
    POSS_ASSIGN(const Value rows, reshape(graph_, in, {-1, inputs}));
    POSS_ASSIGN(const Value made, dense(graph_, rows, graph_.transpose(kernel, {1, 0}), biases));
    Shape shape = in.shape;
    shape.back() = kernel.shape[1];
    return reshape(graph_, made, shape);
  }

  // Zero padding and cropping: n, [h, w] or [[top, bottom], [left, right]].
  static Result<std::array<std::int64_t, 4>> borders_of(const Layer& layer, std::string_view key) {
    const auto* found = layer.config->if_contains(key);
    std::array<std::int64_t, 4> out{1, 1, 1, 1};
    if (!found || found->is_null()) return out;
    const auto* list = found->if_array();
    if (!list) {
      out.fill(as_integer(*found).value_or(-1));
      return out;
    }
    if (list->size() != 2) return unfit("has a damaged border");
    for (size_t i = 0; i < 2; ++i) {
      const auto* both = list->at(i).if_array();
      if (both && both->size() != 2) return unfit("has a damaged border");
      out[2 * i] = as_integer(both ? both->at(0) : list->at(i)).value_or(-1);
      out[2 * i + 1] = as_integer(both ? both->at(1) : list->at(i)).value_or(-1);
    }
    return out;
  }

  Result<Value> average_all(const Layer& layer, const Value& in, const char* op) {
    if (in.rank() != 4) return unfit("expects pictures");
    return reduce(graph_, op, in, {1, 2}, flag_at(*layer.config, "keepdims", false));
  }

  Result<Values> apply(const Layer& layer, const Values& values, int depth) {
    if (is_model(layer)) return apply_model(layer, values, depth + 1);
    const bool last_activation = activated_;
    activated_ = false;
    const auto& type = layer.type;
    POSS_ASSIGN(Value out, apply_one(layer, values));
    const bool passes = type == "Dropout" || type == "Flatten" || type == "Reshape";
    if (passes) activated_ = last_activation;
    return Values{out};
  }

  Result<Value> apply_one(const Layer& layer, const Values& values) {
    const auto& type = layer.type;
    const auto& config = *layer.config;
    const Value& in = values[0];
    const auto folded = [&](const char* op) -> Result<Value> {
      Value sum = in;
      for (size_t i = 1; i < values.size(); ++i) {
        POSS_ASSIGN(sum, combine(graph_, op, sum, values[i]));
      }
      return sum;
    };
    if (type == "Conv2D" || type == "DepthwiseConv2D" || type == "SeparableConv2D" ||
        type == "Conv2DTranspose" || type == "Dense") {
      POSS_ASSIGN(const Value made, type == "Dense"             ? connect(layer, in)
                                    : type == "Conv2DTranspose" ? transposed(layer, in)
                                                                : convolve(layer, in));
      return activate(made, text_at(config, "activation"));
    }
    if (type == "BatchNormalization" || type == "BatchNormalizationV1") {
      return normalise(layer, in);
    }
    if (type == "Activation") return activate(in, text_at(config, "activation"));
    if (type == "Softmax") return activate(in, "softmax");
    if (type == "ReLU") {
      const double slope = number_at(config, "negative_slope", 0);
      if (slope != 0 || number_at(config, "threshold", 0) != 0) {
        return unfit("has a slope or threshold, which is not supported");
      }
      return graph_.clip(in, 0, number_at(config, "max_value", kInfinity));
    }
    if (type == "LeakyReLU") {
      const double alpha = number_at(config, "alpha", number_at(config, "negative_slope", 0.3));
      return graph_.unary("LeakyRelu", in, {{"alpha", static_cast<float>(alpha)}});
    }
    if (type == "PReLU") {
      POSS_ASSIGN(const Value slope, weight(layer, "alpha"));
      return prelu(graph_, in, slope);
    }
    if (type == "ELU") {
      return graph_.unary("Elu", in,
                          {{"alpha", static_cast<float>(number_at(config, "alpha", 1))}});
    }
    if (type == "MaxPooling2D" || type == "AveragePooling2D") {
      POSS_ASSIGN(const auto size, pair_at(layer, "pool_size", 2));
      POSS_ASSIGN(Sliding sliding, sliding_of(layer, 0));
      if (sliding.stride_h == 0) {
        sliding.stride_h = size.first;
        sliding.stride_w = size.second;
      }
      return pool(graph_, type == "MaxPooling2D" ? "MaxPool" : "AveragePool", in, size.first,
                  size.second, sliding);
    }
    if (type == "GlobalAveragePooling2D") return average_all(layer, in, "ReduceMean");
    if (type == "GlobalMaxPooling2D") return average_all(layer, in, "ReduceMax");
    if (type == "Add") return folded("Add");
    if (type == "Multiply") return folded("Mul");
    if (type == "Maximum") return folded("Max");
    if (type == "Minimum") return folded("Min");
    if (type == "Subtract" && values.size() == 2) return folded("Sub");
    if (type == "Average") {
      POSS_ASSIGN(const Value sum, folded("Add"));
      return combine(graph_, "Mul", sum,
                     OnnxGraph::constant({}, {1.0f / static_cast<float>(values.size())}));
    }
    if (type == "Concatenate") return join(graph_, values, integer_at(config, "axis", -1));
    if (type == "ZeroPadding2D") {
      POSS_ASSIGN(const auto b, borders_of(layer, "padding"));
      return pad(graph_, in, {0, 0, b[0], b[1], b[2], b[3], 0, 0}, "constant");
    }
    if (type == "Cropping2D") {
      POSS_ASSIGN(const auto b, borders_of(layer, "cropping"));
      if (in.rank() != 4) return unfit("expects pictures");
      return slice(
          graph_, in, {0, b[0], b[2], 0},
          {in.shape[0], in.shape[1] - b[0] - b[1], in.shape[2] - b[2] - b[3], in.shape[3]});
    }
    if (type == "UpSampling2D") {
      POSS_ASSIGN(const auto size, pair_at(layer, "size", 2));
      const bool nearest = text_at(config, "interpolation") != "bilinear";
      const bool sane = in.rank() == 4 && size.first >= 1 && size.second >= 1 &&
                        size.first <= 1024 && size.second <= 1024;
      if (!sane) return unfit("has an impossible size");
      return resize(graph_, in, in.shape[1] * size.first, in.shape[2] * size.second,
                    {nearest, false, !nearest});
    }
    if (type == "Flatten") return reshape(graph_, in, {in.shape.empty() ? 1 : in.shape[0], -1});
    if (type == "Reshape") {
      Shape shape{in.shape.empty() ? 1 : in.shape[0]};
      if (const auto* target = array_at(config, "target_shape")) {
        for (const auto& size : *target) shape.push_back(as_integer(size).value_or(-1));
      }
      return reshape(graph_, in, shape);
    }
    if (type == "Permute") {
      Ints order{0};
      if (const auto* dims = array_at(config, "dims")) {
        for (const auto& dim : *dims) order.push_back(as_integer(dim).value_or(-1));
      }
      return transpose(graph_, in, order);
    }
    if (type == "Rescaling") {
      POSS_ASSIGN(
          const Value scaled,
          combine(graph_, "Mul", in,
                  OnnxGraph::constant({}, {static_cast<float>(number_at(config, "scale", 1))})));
      return combine(graph_, "Add", scaled,
                     OnnxGraph::constant({}, {static_cast<float>(number_at(config, "offset", 0))}));
    }
    if (type == "Dropout" || type == "SpatialDropout2D" || type == "GaussianNoise" ||
        type == "GaussianDropout" || type == "AlphaDropout") {
      return in;  // only does something in training
    }
    return unfit("cannot be converted; export the model to ONNX from where it was made instead");
  }

  const TfjsWeights& weights_;
  const ConvertOptions& options_;
  TfjsModel& out_;
  OnnxGraph& graph_;
  bool activated_ = false;  // what was made last came out of a softmax or sigmoid
};

}  // namespace

Result<void> build_layers_model(const json::object& topology, const TfjsWeights& weights,
                                const ConvertOptions& options, TfjsModel& out) {
  return LayersReader(weights, options, out).read(topology);
}

}  // namespace poss::convert
