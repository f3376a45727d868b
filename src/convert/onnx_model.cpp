// Constants and unused parts of ONNX models.
#include "convert/onnx_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

namespace poss::convert {
namespace {

// Elements of the tensor; none when a dimension is negative or the number is absurd.
std::optional<size_t> count_of(const onnx::TensorProto& tensor) {
  std::int64_t count = 1;
  for (const auto size : tensor.dims()) {
    if (size < 0) return std::nullopt;
    if (size > 0 && count > std::numeric_limits<std::int32_t>::max() / size) return std::nullopt;
    count *= size;
  }
  return static_cast<size_t>(count);
}

template <class T, class Field>
std::optional<std::vector<T>> values_of(const onnx::TensorProto& tensor, int type,
                                        const Field& field) {
  const auto count = count_of(tensor);
  if (tensor.data_type() != type || !count ||
      tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    return std::nullopt;
  }
  std::vector<T> out;
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != *count * sizeof(T)) return std::nullopt;
    out.resize(*count);
    if (*count > 0) std::memcpy(out.data(), tensor.raw_data().data(), tensor.raw_data().size());
  } else {
    if (static_cast<size_t>(field.size()) != *count) return std::nullopt;
    out.assign(field.begin(), field.end());
  }
  return out;
}

}  // namespace

std::optional<std::vector<float>> float_values(const onnx::TensorProto& tensor) {
  return values_of<float>(tensor, onnx::TensorProto::FLOAT, tensor.float_data());
}

std::optional<std::vector<std::int64_t>> integer_values(const onnx::TensorProto& tensor) {
  return values_of<std::int64_t>(tensor, onnx::TensorProto::INT64, tensor.int64_data());
}

float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const float sign = half >> 15 ? -1.0f : 1.0f;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  if (exponent == 31) {
    return fraction ? std::numeric_limits<float>::quiet_NaN()
                    : sign * std::numeric_limits<float>::infinity();
  }
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const std::string& name) {
  const auto found = std::ranges::find(
      node.attribute(), name, [](const auto& a) -> const std::string& { return a.name(); });
  return found == node.attribute().end() ? nullptr : &*found;
}

std::int64_t integer_attribute(const onnx::NodeProto& node, const std::string& name,
                               std::int64_t otherwise) {
  const auto* found = find_attribute(node, name);
  return found ? found->i() : otherwise;
}

void prune(onnx::GraphProto& graph) {
  std::set<std::string> needed;
  for (const auto& output : graph.output()) needed.insert(output.name());
  // What graphs inside of nodes use from outside cannot be told apart from what is theirs by a
  // name alone; counting too much as needed is harmless.
  const auto need = [&](const auto& self, const onnx::NodeProto& node) -> void {
    needed.insert(node.input().begin(), node.input().end());
    for (const auto& attribute : node.attribute()) {
      for (const auto& inner : attribute.g().node()) self(self, inner);
      for (const auto& output : attribute.g().output()) needed.insert(output.name());
    }
  };
  std::vector<onnx::NodeProto> kept;
  for (int i = graph.node_size(); i-- > 0;) {
    auto& node = *graph.mutable_node(i);
    const bool used =
        std::ranges::any_of(node.output(), [&](const auto& o) { return needed.contains(o); });
    if (!used) continue;
    need(need, node);
    kept.push_back(std::move(node));
  }
  graph.clear_node();
  for (auto node = kept.rbegin(); node != kept.rend(); ++node) {
    *graph.add_node() = std::move(*node);
  }
  auto& initializers = *graph.mutable_initializer();
  initializers.erase(
      std::remove_if(initializers.begin(), initializers.end(),
                     [&](const auto& tensor) { return !needed.contains(tensor.name()); }),
      initializers.end());
}

std::string Initializers::add(int type, const std::vector<std::int64_t>& dims, std::string bytes) {
  const auto [at, added] = names_.try_emplace({type, dims, std::move(bytes)});
  if (added) {
    at->second = "poss.constant." + std::to_string(names_.size());
    auto& tensor = *graph_.add_initializer();
    tensor.set_name(at->second);
    tensor.set_data_type(type);
    for (const auto size : dims) tensor.add_dims(size);
    tensor.set_raw_data(std::get<2>(at->first));
  }
  return at->second;
}

}  // namespace poss::convert
