// Building an ONNX graph from values in TFLite's axis order (NHWC) while the tensors themselves lie
// as ONNX wants them (NCHW): each value knows how it lies, and is transposed only where an operator
// cannot take it as it lies.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

#include "convert/tflite_file.h"

namespace poss::convert {

enum class Element { f32, i32, i64, boolean };

// The same as TensorProto::DataType.
int onnx_type(Element type);

// A constant in logical axis order. Floats hold f32, integers all other types.
struct Constant {
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

// order[k] is the logical axis that lies at position k.
using Order = std::vector<int>;

// A tensor of the graph being built: a constant, or the output of a node.
struct Value {
  std::string name;  // of the node's output; empty for a constant
  Shape shape;       // logical
  Element type = Element::f32;
  Order order;
  std::shared_ptr<const Constant> constant;

  bool is_constant() const { return constant != nullptr; }
  int rank() const { return static_cast<int>(shape.size()); }
  // Where the logical `axis` lies.
  int position(int axis) const;
};

// 0, 1, 2 …: the value lies as TFLite stores it.
Order plain_order(size_t rank);
inline const Order kNchw{0, 3, 1, 2};

// An attribute of a node.
struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>, std::string> value;
};

// Thread-bound. Preconditions (ranks, axes, shapes) are the caller's to check.
class OnnxGraph {
 public:
  // Keeps `name` for an input or output: no node and no constant will get it.
  void reserve(const std::string& name) { reserved_.insert(name); }
  Value input(const std::string& name, const Shape& shape, const Order& order);
  // Whether another `elements` of constants may be computed while building: a small file must not
  // become a large graph.
  bool afford(std::int64_t elements);
  static Value constant(const Shape& shape, std::vector<float> floats);
  static Value constant(const Shape& shape, Element type, std::vector<std::int64_t> integers);

  // Name of the value lying in `order`; adds a Transpose or an initialiser where needed.
  std::string as(const Value& value, const Order& order);
  std::string plain(const Value& value) { return as(value, plain_order(value.shape.size())); }
  // Initialisers; equal ones are stored once.
  std::string floats(const Shape& dims, std::span<const float> values);
  std::string scalar(float value);
  std::string integers(std::span<const std::int64_t> values);

  // Adds a node with one output (or `outputs` of them) and names its output after `op`.
  Value node(const std::string& op, const std::vector<std::string>& inputs, const Shape& shape,
             const Order& order, Element type = Element::f32,
             const std::vector<Attribute>& attributes = {});
  std::vector<std::string> nodes(const std::string& op, const std::vector<std::string>& inputs,
                                 size_t outputs, const std::vector<Attribute>& attributes = {});

  // Element-wise operators, with TFLite's (numpy's) broadcasting. `shape` is the result's.
  Value unary(const std::string& op, const Value& value,
              const std::vector<Attribute>& attributes = {});
  Value binary(const std::string& op, const Value& a, const Value& b, const Shape& shape);
  // max(low, min(value, high)); infinite bounds are left open.
  Value clip(const Value& value, double low, double high);
  Value reshape(const Value& value, const Shape& shape);
  Value transpose(const Value& value, const Order& permutation);
  Value concat(const std::vector<Value>& values, int axis);
  std::vector<Value> split(const Value& value, const std::vector<std::int64_t>& sizes, int axis);
  // Elements begin, begin + step … of each axis; `shape` is the result's, steps are not 0.
  Value slice(const Value& value, const std::vector<std::int64_t>& begin,
              const std::vector<std::int64_t>& step, const Shape& shape);

  // Names `value`, lying in `order`, as an output of the graph.
  void output(const Value& value, const std::string& name, const Order& order);

  // The model, without nodes and initialisers that no output needs.
  onnx::ModelProto model(const std::string& description) const;

 private:
  struct Blob {
    int type;
    Shape dims;
    std::string bytes;
    auto operator<=>(const Blob&) const = default;
  };
  std::string fresh(const std::string& hint);
  std::string store(Blob blob, const std::string& hint);
  std::string store(const Value& value, const Order& order);

  std::vector<onnx::NodeProto> nodes_;
  std::map<Blob, std::string> blobs_;
  std::vector<std::map<Blob, std::string>::const_iterator> blob_order_;
  std::map<std::tuple<std::string, Order>, std::string> transposed_;
  std::vector<onnx::ValueInfoProto> inputs_;
  std::vector<onnx::ValueInfoProto> outputs_;
  std::map<std::string, int> counters_;
  std::int64_t affordable_ = 1 << 25;
  std::set<std::string> reserved_;
};

}  // namespace poss::convert
