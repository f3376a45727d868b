// Builds small TF.js models for tests: model.json and the bytes of its weights.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace poss::convert {

class TinyTfjs {
 public:
  std::string weights;

  // A node of a graph model; `attributes` as JSON.
  TinyTfjs& node(const std::string& op, const std::string& name,
                 const std::vector<std::string>& inputs = {},
                 const std::string& attributes = "{}") {
    nodes_.push_back(json::object{{"name", name},
                                  {"op", op},
                                  {"input", json::value_from(inputs)},
                                  {"attr", json::parse(attributes)}});
    return *this;
  }
  TinyTfjs& picture(const std::string& name, int height, int width, int type = 1) {
    const auto dim = [](int size) { return json::object{{"size", std::to_string(size)}}; };
    nodes_.push_back(json::object{
        {"name", name},
        {"op", "Placeholder"},
        {"attr",
         {{"dtype", {{"type", type}}},
          {"shape", {{"shape", {{"dim", {dim(-1), dim(height), dim(width), dim(3)}}}}}}}}});
    return *this;
  }
  template <class T>
  TinyTfjs& weight(const std::string& name, const std::vector<int>& shape,
                   const std::vector<T>& values, const std::string& type,
                   const std::string& quantization = "") {
    const size_t at = weights.size();
    weights.resize(at + values.size() * sizeof(T));
    if (!values.empty()) {
      std::memcpy(weights.data() + at, values.data(), values.size() * sizeof(T));
    }
    json::object entry{{"name", name}, {"shape", json::value_from(shape)}, {"dtype", type}};
    if (!quantization.empty()) entry["quantization"] = json::parse(quantization);
    entries_.push_back(std::move(entry));
    return *this;
  }
  // A constant of a graph model: a weight and its node.
  TinyTfjs& floats(const std::string& name, const std::vector<int>& shape,
                   const std::vector<float>& values) {
    return weight(name, shape, values, "float32").node("Const", name);
  }
  TinyTfjs& integers(const std::string& name, const std::vector<int>& shape,
                     const std::vector<std::int32_t>& values) {
    return weight(name, shape, values, "int32").node("Const", name);
  }
  // A layers model instead of a graph; `config` is Keras' JSON.
  TinyTfjs& layers(const std::string& config) {
    topology_ = {{"keras_version", "2"}, {"model_config", json::parse(config)}};
    return *this;
  }

  std::string json_text() const {
    json::object topology = topology_;
    if (topology.empty()) topology["node"] = nodes_;
    return json::serialize(json::object{
        {"format", topology.contains("node") ? "graph-model" : "layers-model"},
        {"modelTopology", std::move(topology)},
        {"weightsManifest", {{{"paths", {"group1-shard1of1.bin"}}, {"weights", entries_}}}}});
  }

 private:
  json::array nodes_, entries_;
  json::object topology_;
};

}  // namespace poss::convert
