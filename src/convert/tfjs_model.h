// What graph models and layers models of TensorFlow.js share: their weights, and what a converted
// graph tells of itself.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "convert/builders.h"
#include "convert/convert.h"

namespace poss::convert {

using TfjsWeights = std::map<std::string, Value, std::less<>>;

// Reads every weight that the manifest describes; float16, uint8 and uint16 become float32. A
// weight may have no elements: a Value whose shape has no element_count().
Result<TfjsWeights> read_tfjs_weights(const json::object& model, std::string_view bytes);

struct TfjsOutput {
  std::string name;
  Value value;
  bool activated = false;  // ends with a softmax or sigmoid of its own
};

// The picture and the outputs of a graph being built.
struct TfjsModel {
  OnnxGraph graph;
  std::int64_t width = 0, height = 0;
  bool bytes = false;  // takes pixels 0..255 as they are
  std::vector<TfjsOutput> outputs;
  // Adds the picture: `shape` as the model declares its input, sizes below 1 left open.
  Result<Value> picture(Shape shape, const ConvertOptions& options);
};

Result<void> build_graph_model(const json::object& topology, const json::object& model,
                               const TfjsWeights& weights, const ConvertOptions& options,
                               TfjsModel& out);
Result<void> build_layers_model(const json::object& topology, const TfjsWeights& weights,
                                const ConvertOptions& options, TfjsModel& out);

// An object's member, as far as it is there and of that kind.
const json::object* object_at(const json::object& from, std::string_view key);
const json::array* array_at(const json::object& from, std::string_view key);
std::string text_at(const json::object& from, std::string_view key);
// Whole numbers may be written as texts.
std::int64_t integer_at(const json::object& from, std::string_view key, std::int64_t otherwise);
double number_at(const json::object& from, std::string_view key, double otherwise);
bool flag_at(const json::object& from, std::string_view key, bool otherwise);
std::optional<std::int64_t> as_integer(const json::value& value);

}  // namespace poss::convert
