// Reading model.json and its weights, and the manifest of what they become.
#include "convert/tfjs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "convert/onnx_model.h"
#include "convert/tfjs_model.h"

namespace poss::convert {
namespace {

constexpr std::int64_t kMostPixels = 8192;  // a side

Error broken(const std::string& what) {
  return {Code::invalid_argument,
          "the TF.js model is damaged or not a TF.js model: " + what + "; export it again"};
}

Result<json::object> parse_model(std::string_view text) {
  POSS_ASSIGN(json::value value, parse_json(text).with("model.json"));
  if (!value.is_object() || !object_at(value.as_object(), "modelTopology")) {
    return broken("model.json holds no modelTopology");
  }
  return std::move(value.as_object());
}

template <class T>
T element(std::string_view bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

struct Stored {
  std::string type;  // as it lies in the file
  size_t width = 0;
  double scale = 1, least = 0;
};

Result<Stored> stored_as(const std::string& name, const json::object& weight) {
  Stored out{text_at(weight, "dtype")};
  if (const auto* quantization = object_at(weight, "quantization")) {
    out.type = text_at(*quantization, "dtype");
    out.scale = number_at(*quantization, "scale", 1);
    out.least = number_at(*quantization, "min", 0);
  }
  out.width = out.type == "float32" || out.type == "int32"    ? 4
              : out.type == "float16" || out.type == "uint16" ? 2
              : out.type == "uint8" || out.type == "bool"     ? 1
                                                              : 0;
  if (out.width == 0 || !std::isfinite(out.scale) || !std::isfinite(out.least)) {
    return Error{Code::invalid_argument, "weight '" + name + "' has the type '" +
                                             clean_text(out.type, 40) +
                                             "', which is not supported"};
  }
  return out;
}

Value weight_value(const Shape& shape, const std::string& type, const Stored& stored,
                   std::string_view bytes) {
  const auto count = bytes.size() / stored.width;
  const auto number = [&](size_t i) -> double {
    if (stored.type == "float32") return element<float>(bytes, i);
    if (stored.type == "int32") return element<std::int32_t>(bytes, i);
    if (stored.type == "float16") return half_to_float(element<std::uint16_t>(bytes, i));
    const double raw = stored.type == "uint16" ? element<std::uint16_t>(bytes, i)
                                               : element<std::uint8_t>(bytes, i);
    return raw * stored.scale + stored.least;
  };
  if (type == "float32") {
    std::vector<float> floats(count);
    for (size_t i = 0; i < count; ++i) floats[i] = static_cast<float>(number(i));
    return OnnxGraph::constant(shape, std::move(floats));
  }
  Ints integers(count);
  for (size_t i = 0; i < count; ++i) {
    const double value = number(i);
    integers[i] = std::isfinite(value) ? static_cast<std::int64_t>(std::clamp(
                                             std::nearbyint(value), -2147483648.0, 2147483647.0))
                                       : 0;
  }
  return OnnxGraph::constant(shape, type == "bool" ? Element::boolean : Element::i32,
                             std::move(integers));
}

bool is_classifier(const TfjsModel& model) {
  if (model.outputs.size() != 1) return false;
  const auto& value = model.outputs[0].value;
  return value.type == Element::f32 && !value.shape.empty() && value.shape.back() >= 2 &&
         *element_count(value.shape) == value.shape.back();
}

// Which outputs are boxes and their scores: [1, N, 4] or [1, N, 1, 4], and [1, N, K]. −1: none.
std::pair<int, int> find_boxes(const TfjsModel& model) {
  std::pair found{-1, -1};
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const auto& shape = model.outputs[i].value.shape;
    const bool four = shape.size() >= 3 && shape.back() == 4;
    const bool named =
        model.outputs[i].name == "boxes" || model.outputs[i].name.find("Postprocessor") == 0;
    if (four && shape[0] == 1 && named) found.first = static_cast<int>(i);
  }
  if (found.first < 0 || model.outputs.size() != 2) return {-1, -1};
  const auto& boxes = model.outputs[found.first].value.shape;
  const auto& scores = model.outputs[1 - found.first].value.shape;
  if (scores.size() != 3 || scores[1] != boxes[1]) return {-1, -1};
  found.second = 1 - found.first;
  return found;
}

Result<json::object> make_manifest(const TfjsModel& model, const ConvertOptions& options,
                                   bool layers) {
  // Teachable Machine and Keras scale pictures to −1..1, TensorFlow Hub to 0..1.
  const double usual = model.bytes ? 0 : layers ? 127.5 : 0;
  const double mean = options.mean.value_or(usual);
  const double std = options.std.value_or(model.bytes ? 1 : layers ? 127.5 : 255);
  json::object input{{"name", "images"},
                     {"width", model.width},
                     {"height", model.height},
                     {"layout", "nchw"},
                     {"type", "float32"},
                     {"color", "rgb"},
                     {"fit", options.letterbox.empty() ? "stretch" : "letterbox"}};
  if (!options.letterbox.empty()) {
    input["align"] = options.letterbox;
    input["pad"] = std::clamp(mean, 0.0, 255.0);
  }
  input["mean"] = {mean, mean, mean};
  input["std"] = {std, std, std};
  json::object out{{"version", 1},
                   {"title", options.title},
                   {"description", options.description},
                   {"license", options.license},
                   {"source", options.source},
                   {"file", "model.onnx"},
                   {"input", std::move(input)}};
  std::int64_t classes = 0;
  if (is_classifier(model)) {
    out["task"] = "classification";
    out["decoder"] = {{"type", "classification"},
                      {"activation", model.outputs[0].activated ? "none" : "softmax"},
                      {"scores", model.outputs[0].name}};
    classes = model.outputs[0].value.shape.back();
  } else if (const auto [boxes, scores] = find_boxes(model); boxes >= 0) {
    out["task"] = "detection";
    out["decoder"] = {{"type", "boxes_scores"},
                      {"activation", "none"},
                      {"boxes", model.outputs[boxes].name},
                      {"scores", model.outputs[scores].name},
                      {"box_format", "yxyx"},
                      {"box_units", "fraction"}};
    classes = model.outputs[scores].value.shape.back();
  }
  if (options.labels) {
    if (classes > 0 && static_cast<std::int64_t>(options.labels->size()) != classes) {
      return Error{Code::invalid_argument, "there are " + std::to_string(options.labels->size()) +
                                               " labels for " + std::to_string(classes) +
                                               " classes"};
    }
    json::array names;
    for (const auto& label : *options.labels) names.emplace_back(label);
    out["labels"] = std::move(names);
  }
  return out;
}

}  // namespace

const json::object* object_at(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found ? found->if_object() : nullptr;
}

const json::array* array_at(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found ? found->if_array() : nullptr;
}

std::string text_at(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

std::optional<std::int64_t> as_integer(const json::value& value) {
  if (const auto* integer = value.if_int64()) return *integer;
  if (const auto* real = value.if_double()) {
    if (std::abs(*real) < 1e15) return static_cast<std::int64_t>(*real);
  }
  if (const auto* text = value.if_string()) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
    if (error == std::errc() && end == text->data() + text->size()) return out;
  }
  return std::nullopt;
}

std::int64_t integer_at(const json::object& from, std::string_view key, std::int64_t otherwise) {
  const auto* found = from.if_contains(key);
  return found ? as_integer(*found).value_or(otherwise) : otherwise;
}

double number_at(const json::object& from, std::string_view key, double otherwise) {
  const auto* found = from.if_contains(key);
  if (!found || !found->is_number()) return otherwise;
  return found->to_number<double>();
}

bool flag_at(const json::object& from, std::string_view key, bool otherwise) {
  const auto* found = from.if_contains(key);
  return found && found->is_bool() ? found->as_bool() : otherwise;
}

Result<TfjsWeights> read_tfjs_weights(const json::object& model, std::string_view bytes) {
  TfjsWeights out;
  size_t at = 0;
  const auto* groups = array_at(model, "weightsManifest");
  if (!groups) return broken("model.json lists no weights");
  for (const auto& group : *groups) {
    const auto* weights = group.is_object() ? array_at(group.as_object(), "weights") : nullptr;
    if (!weights) return broken("a group of weights is empty");
    for (const auto& entry : *weights) {
      if (!entry.is_object()) return broken("a weight is no object");
      const auto& weight = entry.as_object();
      const auto name = text_at(weight, "name");
      Shape shape;
      if (const auto* dims = array_at(weight, "shape")) {
        for (const auto& size : *dims) shape.push_back(as_integer(size).value_or(-1));
      }
      const auto type = text_at(weight, "dtype");
      POSS_ASSIGN(const Stored stored, stored_as(clean_text(name, 200), weight));
      // A weight may be empty, and takes no bytes then.
      const bool empty = std::ranges::find(shape, 0) != shape.end();
      const auto count = empty ? std::optional<std::int64_t>(0) : element_count(shape);
      if (!count || shape.size() > 8) {
        return broken("weight '" + clean_text(name, 200) + "' has the impossible shape " +
                      shape_text(shape));
      }
      const auto size = static_cast<size_t>(*count) * stored.width;
      if (size > bytes.size() - at) {
        return Error{Code::invalid_argument, "the weight files have " +
                                                 std::to_string(bytes.size()) +
                                                 " bytes, too few for weight '" +
                                                 clean_text(name, 200) + "'; add the missing file"};
      }
      out.insert_or_assign(name, weight_value(shape, type, stored, bytes.substr(at, size)));
      at += size;
    }
  }
  if (at != bytes.size()) {
    return Error{Code::invalid_argument, "the weight files have " + std::to_string(bytes.size()) +
                                             " bytes, but " + "model.json describes " +
                                             std::to_string(at) +
                                             "; give exactly the files that it names"};
  }
  return out;
}

Result<Value> TfjsModel::picture(Shape shape, const ConvertOptions& options) {
  const auto refused = [&] {
    return Error{Code::invalid_argument, "the model's input is " + shape_text(shape) +
                                             "; only one picture, [1, height, width, 3], is "
                                             "supported"};
  };
  if (shape.size() != 4 || width > 0) return refused();
  if (shape[0] < 1) shape[0] = 1;
  const auto colours = [](std::int64_t size) { return size == 1 || size == 3; };
  const bool planes = shape[1] == 3 && !colours(shape[3]);
  const size_t h = planes ? 2 : 1, w = planes ? 3 : 2;
  if (shape[h] < 1) shape[h] = options.height;
  if (shape[w] < 1) shape[w] = options.width;
  if (shape[h] < 1 || shape[w] < 1) {
    return Error{Code::invalid_argument,
                 "the model leaves the size of its picture open; give a width and a height"};
  }
  if (shape[0] != 1 || !colours(shape[planes ? 1 : 3]) ||
      std::max(shape[h], shape[w]) > kMostPixels) {
    return refused();
  }
  height = shape[h];
  width = shape[w];
  if (planes) return graph.input("images", shape, plain_order(4));
  Value colour = graph.input("images", {1, height, width, 3}, kNchw);
  if (shape[3] == 3) return colour;
  // Grey: the luminance of ITU-R BT.601.
  const Value weights = OnnxGraph::constant({1, 1, 1, 3}, {0.299f, 0.587f, 0.114f});
  return convolution(graph, colour, weights, 1, {}, std::nullopt);
}

Result<std::vector<std::string>> tfjs_weight_files(std::string_view model_json) {
  POSS_ASSIGN(const json::object model, parse_model(model_json));
  const auto* groups = array_at(model, "weightsManifest");
  if (!groups) return broken("model.json lists no weights");
  std::vector<std::string> out;
  for (const auto& group : *groups) {
    const auto* paths = group.is_object() ? array_at(group.as_object(), "paths") : nullptr;
    if (!paths) return broken("a group of weights names no files");
    for (const auto& path : *paths) {
      const std::string name = path.is_string() ? std::string(path.as_string()) : "";
      const bool plain = !name.empty() && name.size() <= 255 && name[0] != '.' &&
                         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
      if (!plain) {
        return broken("it names the weight file '" + clean_text(name, 100) +
                      "', which is not a plain file name");
      }
      out.push_back(name);
    }
  }
  return out;
}

Result<ConvertedModel> convert_tfjs(std::string_view model_json, std::string_view weights,
                                    const ConvertOptions& options) {
  if (options.precision != Precision::float32) {
    return Error{Code::invalid_argument,
                 "a TF.js model has no INT8 of its own to keep; import it as float32"};
  }
  POSS_ASSIGN(const json::object model, parse_model(model_json));
  POSS_ASSIGN(const TfjsWeights read, read_tfjs_weights(model, weights));
  const auto& topology = *object_at(model, "modelTopology");
  TfjsModel made;
  for (const char* name : {"images", "boxes", "scores"}) made.graph.reserve(name);
  const bool layers = !array_at(topology, "node");
  if (layers) {
    POSS_TRY(build_layers_model(topology, read, options, made));
  } else {
    POSS_TRY(build_graph_model(topology, model, read, options, made));
  }
  if (made.width == 0) return broken("its outputs do not depend on a picture");
  for (const auto& output : made.outputs) {
    if (output.value.is_constant()) {
      return broken("its output '" + output.name + "' is constant");
    }
    made.graph.output(output.value, output.name, plain_order(output.value.shape.size()));
  }
  ConvertedModel out;
  POSS_ASSIGN(out.manifest, make_manifest(made, options, layers));
  out.onnx = made.graph.model(options.description).SerializeAsString();
  return out;
}

}  // namespace poss::convert
