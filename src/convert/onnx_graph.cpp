// The builder of ONNX graphs with lazy transposes, and its serialisation.
#include "convert/onnx_graph.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "convert/onnx_model.h"

namespace poss::convert {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX raw data is little-endian");

constexpr int kOpset = 13;
constexpr int kIrVersion = 7;

template <class T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Shape permuted(const Shape& shape, const Order& order) {
  Shape out;
  for (const int axis : order) out.push_back(shape[axis]);
  return out;
}

// Calls `visit` with the flat logical index of every element, in the order in which they lie.
template <class F>
void walk(const Shape& shape, const Order& order, F visit) {
  const size_t rank = shape.size();
  std::vector<std::int64_t> stride(rank, 1), step(rank), size(rank), at(rank, 0);
  for (size_t i = rank; i-- > 1;) stride[i - 1] = stride[i] * shape[i];
  for (size_t k = 0; k < rank; ++k) {
    step[k] = stride[order[k]];
    size[k] = shape[order[k]];
  }
  const std::int64_t count =
      std::accumulate(size.begin(), size.end(), std::int64_t{1}, std::multiplies<>());
  std::int64_t index = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    visit(index);
    for (size_t k = rank; k-- > 0;) {
      index += step[k];
      if (++at[k] < size[k]) break;
      index -= step[k] * size[k];
      at[k] = 0;
    }
  }
}

onnx::ValueInfoProto value_info(const std::string& name, Element type, const Shape& dims) {
  onnx::ValueInfoProto info;
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx_type(type));
  auto* shape = tensor->mutable_shape();
  for (const auto size : dims) shape->add_dim()->set_dim_value(size);
  return info;
}

std::string lower(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return out;
}

}  // namespace

int onnx_type(Element type) {
  switch (type) {
    case Element::f32:
      return onnx::TensorProto::FLOAT;
    case Element::i32:
      return onnx::TensorProto::INT32;
    case Element::i64:
      return onnx::TensorProto::INT64;
    case Element::boolean:
      return onnx::TensorProto::BOOL;
  }
  return onnx::TensorProto::UNDEFINED;
}

int Value::position(int axis) const {
  return static_cast<int>(std::ranges::find(order, axis) - order.begin());
}

Order plain_order(size_t rank) {
  Order out(rank);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

std::string OnnxGraph::fresh(const std::string& hint) {
  std::string name;
  do {
    name = hint + "_" + std::to_string(++counters_[hint]);
  } while (reserved_.contains(name));
  return name;
}

std::string OnnxGraph::store(Blob blob, const std::string& hint) {
  const auto [at, added] = blobs_.try_emplace(std::move(blob));
  if (added) {
    at->second = fresh(hint);
    blob_order_.push_back(at);
  }
  return at->second;
}

std::string OnnxGraph::floats(const Shape& dims, std::span<const float> values) {
  Blob blob{onnx::TensorProto::FLOAT, dims, {}};
  blob.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return store(std::move(blob), values.size() > 1 ? "weight" : "constant");
}

std::string OnnxGraph::scalar(float value) { return floats({}, std::span(&value, 1)); }

std::string OnnxGraph::integers(std::span<const std::int64_t> values) {
  Blob blob{onnx::TensorProto::INT64, {static_cast<std::int64_t>(values.size())}, {}};
  blob.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return store(std::move(blob), "shape");
}

std::string OnnxGraph::store(const Value& value, const Order& order) {
  const Constant& constant = *value.constant;
  Blob blob{onnx_type(value.type), permuted(value.shape, order), {}};
  const size_t width = value.type == Element::i64 ? 8 : value.type == Element::boolean ? 1 : 4;
  blob.bytes.reserve(width * std::max(constant.floats.size(), constant.integers.size()));
  walk(value.shape, order, [&](std::int64_t i) {
    switch (value.type) {
      case Element::f32:
        append(blob.bytes, constant.floats[i]);
        break;
      case Element::i32:
        append(blob.bytes, static_cast<std::int32_t>(constant.integers[i]));
        break;
      case Element::i64:
        append(blob.bytes, constant.integers[i]);
        break;
      case Element::boolean:
        append(blob.bytes, static_cast<std::uint8_t>(constant.integers[i] != 0));
        break;
    }
  });
  return store(std::move(blob), "constant");
}

bool OnnxGraph::afford(std::int64_t elements) {
  if (elements > affordable_) return false;
  affordable_ -= elements;
  return true;
}

Value OnnxGraph::input(const std::string& name, const Shape& shape, const Order& order) {
  inputs_.push_back(value_info(name, Element::f32, permuted(shape, order)));
  return {name, shape, Element::f32, order, nullptr};
}

Value OnnxGraph::constant(const Shape& shape, std::vector<float> floats) {
  auto data = std::make_shared<Constant>();
  data->floats = std::move(floats);
  return {"", shape, Element::f32, plain_order(shape.size()), std::move(data)};
}

Value OnnxGraph::constant(const Shape& shape, Element type, std::vector<std::int64_t> integers) {
  auto data = std::make_shared<Constant>();
  data->integers = std::move(integers);
  return {"", shape, type, plain_order(shape.size()), std::move(data)};
}

std::string OnnxGraph::as(const Value& value, const Order& order) {
  if (value.is_constant()) return store(value, order);
  if (value.order == order) return value.name;
  // Two values may name the same tensor with different axis meanings: the key is what happens to
  // the stored axes.
  std::vector<std::int64_t> permutation;
  for (const int axis : order) permutation.push_back(value.position(axis));
  const std::tuple key{value.name, Order(permutation.begin(), permutation.end())};
  if (const auto found = transposed_.find(key); found != transposed_.end()) return found->second;
  const auto name = nodes("Transpose", {value.name}, 1, {{"perm", permutation}})[0];
  transposed_.emplace(key, name);
  return name;
}

std::vector<std::string> OnnxGraph::nodes(const std::string& op,
                                          const std::vector<std::string>& inputs, size_t outputs,
                                          const std::vector<Attribute>& attributes) {
  auto& proto = nodes_.emplace_back();
  proto.set_op_type(op);
  proto.set_name(fresh(lower(op)));
  for (const auto& input : inputs) proto.add_input(input);
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs; ++i) {
    names.push_back(proto.name() + (outputs > 1 ? "." + std::to_string(i) : ""));
    proto.add_output(names.back());
  }
  for (const auto& [name, value] : attributes) {
    auto* attribute = proto.add_attribute();
    attribute->set_name(name);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      attribute->set_type(onnx::AttributeProto::INT);
      attribute->set_i(*integer);
    } else if (const auto* real = std::get_if<float>(&value)) {
      attribute->set_type(onnx::AttributeProto::FLOAT);
      attribute->set_f(*real);
    } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
      attribute->set_type(onnx::AttributeProto::INTS);
      for (const auto item : *list) attribute->add_ints(item);
    } else {
      attribute->set_type(onnx::AttributeProto::STRING);
      attribute->set_s(std::get<std::string>(value));
    }
  }
  return names;
}

Value OnnxGraph::node(const std::string& op, const std::vector<std::string>& inputs,
                      const Shape& shape, const Order& order, Element type,
                      const std::vector<Attribute>& attributes) {
  return {nodes(op, inputs, 1, attributes)[0], shape, type, order, nullptr};
}

Value OnnxGraph::unary(const std::string& op, const Value& value,
                       const std::vector<Attribute>& attributes) {
  return node(op, {as(value, value.order)}, value.shape, value.order, value.type, attributes);
}

Value OnnxGraph::binary(const std::string& op, const Value& a, const Value& b, const Shape& shape) {
  const int rank = static_cast<int>(shape.size());
  // The larger computed operand decides how the result lies.
  const Value* leader = nullptr;
  for (const Value* value : {&a, &b}) {
    if (value->is_constant() || value->rank() != rank) continue;
    if (!leader || *element_count(value->shape) > *element_count(leader->shape)) leader = value;
  }
  const Order order = leader ? leader->order : plain_order(shape.size());
  const auto operand = [&](const Value& value) {
    if (value.is_constant() && value.type == Element::f32 && value.constant->floats.size() == 1 &&
        leader) {
      return scalar(value.constant->floats[0]);
    }
    if (value.rank() == rank) return as(value, order);
    Shape padded(rank - value.rank(), 1);
    padded.insert(padded.end(), value.shape.begin(), value.shape.end());
    return as(reshape(value, padded), order);
  };
  const auto left = operand(a);
  const auto right = operand(b);
  return node(op, {left, right}, shape, order, a.type);
}

Value OnnxGraph::clip(const Value& value, double low, double high) {
  if (std::isinf(low) && std::isinf(high)) return value;
  if (low == 0 && std::isinf(high)) return unary("Relu", value);
  return node("Clip",
              {as(value, value.order), std::isinf(low) ? "" : scalar(static_cast<float>(low)),
               std::isinf(high) ? "" : scalar(static_cast<float>(high))},
              value.shape, value.order, value.type);
}

Value OnnxGraph::reshape(const Value& value, const Shape& shape) {
  if (shape == value.shape) return value;
  if (value.is_constant()) {
    return {"", shape, value.type, plain_order(shape.size()), value.constant};
  }
  return node("Reshape", {plain(value), integers(shape)}, shape, plain_order(shape.size()),
              value.type);
}

Value OnnxGraph::transpose(const Value& value, const Order& permutation) {
  Value out = value;
  out.shape = permuted(value.shape, permutation);
  if (value.is_constant()) {
    auto data = std::make_shared<Constant>();
    walk(value.shape, permutation, [&](std::int64_t i) {
      if (value.type == Element::f32) {
        data->floats.push_back(value.constant->floats[i]);
      } else {
        data->integers.push_back(value.constant->integers[i]);
      }
    });
    out.constant = std::move(data);
    return out;
  }
  // Nothing moves: only the names of the axes do.
  for (auto& axis : out.order) {
    axis = static_cast<int>(std::ranges::find(permutation, axis) - permutation.begin());
  }
  return out;
}

Value OnnxGraph::concat(const std::vector<Value>& values, int axis) {
  const Value* leader = &values[0];
  for (const auto& value : values) {
    const bool better =
        leader->is_constant() || *element_count(value.shape) > *element_count(leader->shape);
    if (!value.is_constant() && better) leader = &value;
  }
  Shape shape = values[0].shape;
  shape[axis] = 0;
  std::vector<std::string> names;
  for (const auto& value : values) {
    shape[axis] += value.shape[axis];
    names.push_back(as(value, leader->order));
  }
  return node("Concat", names, shape, leader->order, leader->type,
              {{"axis", std::int64_t{leader->position(axis)}}});
}

std::vector<Value> OnnxGraph::split(const Value& value, const std::vector<std::int64_t>& sizes,
                                    int axis) {
  const auto names = nodes("Split", {as(value, value.order), integers(sizes)}, sizes.size(),
                           {{"axis", std::int64_t{value.position(axis)}}});
  std::vector<Value> out;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Shape shape = value.shape;
    shape[axis] = sizes[i];
    out.push_back({names[i], shape, value.type, value.order, nullptr});
  }
  return out;
}

Value OnnxGraph::slice(const Value& value, const std::vector<std::int64_t>& begin,
                       const std::vector<std::int64_t>& step, const Shape& shape) {
  std::vector<std::int64_t> starts, ends, axes, steps;
  for (int axis = 0; axis < value.rank(); ++axis) {
    if (shape[axis] == value.shape[axis] && step[axis] == 1) continue;
    starts.push_back(begin[axis]);
    // One past the last element; before the first one ONNX needs a number below −size.
    const auto end = begin[axis] + step[axis] * shape[axis];
    ends.push_back(end < 0 ? std::numeric_limits<std::int32_t>::min() : end);
    axes.push_back(value.position(axis));
    steps.push_back(step[axis]);
  }
  if (axes.empty()) return value;
  return node(
      "Slice",
      {as(value, value.order), integers(starts), integers(ends), integers(axes), integers(steps)},
      shape, value.order, value.type);
}

void OnnxGraph::output(const Value& value, const std::string& name, const Order& order) {
  const auto from = as(value, order);
  auto& identity = nodes_.emplace_back();
  identity.set_op_type("Identity");
  identity.set_name(name);
  identity.add_input(from);
  identity.add_output(name);
  outputs_.push_back(value_info(name, value.type, permuted(value.shape, order)));
}

onnx::ModelProto OnnxGraph::model(const std::string& description) const {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("poss");
  model.set_producer_version(POSS_VERSION);
  model.set_doc_string(description);
  model.add_opset_import()->set_version(kOpset);
  auto* graph = model.mutable_graph();
  graph->set_name("model");
  for (const auto& node : nodes_) *graph->add_node() = node;
  for (const auto& at : blob_order_) {
    const auto& [blob, name] = *at;
    auto* tensor = graph->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(blob.type);
    for (const auto size : blob.dims) tensor->add_dims(size);
    tensor->set_raw_data(blob.bytes);
  }
  for (const auto& input : inputs_) *graph->add_input() = input;
  for (const auto& output : outputs_) *graph->add_output() = output;
  prune(*graph);
  return model;
}

}  // namespace poss::convert
