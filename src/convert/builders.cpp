// TensorFlow's operators as ONNX nodes.
#include "convert/builders.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace poss::convert {
namespace {

// A window that slides over one axis.
struct Window {
  std::int64_t size = 0;
  std::int64_t stride = 0;
  std::int64_t dilation = 1;
  std::int64_t output = 0;  // number of places
  std::int64_t before = 0;  // padding
  std::int64_t after = 0;
};

// SAME and VALID as TensorFlow defines them: SAME makes ceil(input / stride) places and puts the
// odd element of padding behind.
bool place(Window& window, std::int64_t input, const Sliding& sliding, size_t first_border) {
  constexpr std::int64_t kMost = 1 << 16;
  for (const auto number : {window.size, window.stride, window.dilation}) {
    if (number < 1 || number > kMost) return false;
  }
  const auto extent = (window.size - 1) * window.dilation + 1;
  if (sliding.borders) {
    window.before = (*sliding.borders)[first_border];
    window.after = (*sliding.borders)[first_border + 1];
    if (window.before < 0 || window.after < 0 || window.before > kMost || window.after > kMost) {
      return false;
    }
    input += window.before + window.after;
    window.output = input < extent ? 0 : (input - extent) / window.stride + 1;
  } else if (sliding.padding == Padding::same) {
    window.output = (input + window.stride - 1) / window.stride;
    const auto total =
        std::max<std::int64_t>(0, (window.output - 1) * window.stride + extent - input);
    window.before = total / 2;
    window.after = total - total / 2;
  } else {
    window.output = input < extent ? 0 : (input - extent) / window.stride + 1;
  }
  return window.output >= 1;
}

struct Windows {
  Window h, w;
};

std::optional<Windows> place(std::int64_t height, std::int64_t width, const Shape& in,
                             const Sliding& sliding) {
  Windows out{{height, sliding.stride_h, sliding.dilation_h},
              {width, sliding.stride_w, sliding.dilation_w}};
  if (!place(out.h, in[1], sliding, 0) || !place(out.w, in[2], sliding, 2)) return std::nullopt;
  return out;
}

std::vector<Attribute> attributes(const Windows& windows) {
  const auto& [h, w] = windows;
  return {{"kernel_shape", Ints{h.size, w.size}},
          {"strides", Ints{h.stride, w.stride}},
          {"pads", Ints{h.before, w.before, h.after, w.after}}};
}

Error too_large(const Shape& shape) {
  return unfit("makes too large a tensor " + shape_text(shape));
}

Result<void> need_rank(const Value& in, int rank) {
  if (in.rank() == rank && in.type == Element::f32) return {};
  return unfit("expects numbers with fractions of " + std::to_string(rank) + " dimensions, not " +
               shape_text(in.shape));
}

// The bias as an initialiser; "" when there is none.
Result<std::string> bias_name(OnnxGraph& graph, const std::optional<Value>& bias,
                              std::int64_t channels) {
  if (!bias) return std::string();
  if (!bias->is_constant() || bias->type != Element::f32 ||
      *element_count(bias->shape) != channels) {
    return unfit("has biases " + shape_text(bias->shape) + " for " + std::to_string(channels) +
                 " channels");
  }
  return graph.floats({channels}, bias->constant->floats);
}

// Whether to compute `shape` here, from constants.
bool foldable(OnnxGraph& graph, std::initializer_list<const Value*> from, const Shape& shape) {
  return std::ranges::all_of(from, [](const Value* value) { return value->is_constant(); }) &&
         graph.afford(*element_count(shape));
}

// A constant whose element i is element from(i) of `value`.
template <class F>
Value rearranged(const Value& value, const Shape& shape, F from) {
  const auto count = static_cast<size_t>(*element_count(shape));
  auto data = std::make_shared<Constant>();
  Value out = value;
  out.shape = shape;
  out.order = plain_order(shape.size());
  for (size_t i = 0; i < count; ++i) {
    if (value.type == Element::f32) {
      data->floats.push_back(value.constant->floats[from(i)]);
    } else {
      data->integers.push_back(value.constant->integers[from(i)]);
    }
  }
  out.constant = std::move(data);
  return out;
}

// Where the element of the broadcast `shape` at flat index i lies in a tensor of `part`.
size_t broadcast_index(const Shape& shape, const Shape& part, size_t i) {
  size_t out = 0, stride = 1;
  for (size_t k = 0; k < part.size(); ++k) {
    const auto size = static_cast<size_t>(shape[shape.size() - 1 - k]);
    const auto mine = static_cast<size_t>(part[part.size() - 1 - k]);
    if (mine > 1) out += i % size * stride;
    stride *= mine;
    i /= size;
  }
  return out;
}

// `op` on two numbers; integers wrap around, and divide towards zero, as ONNX has it.
std::optional<double> computed(const std::string& op, double a, double b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Div") return a / b;
  if (op == "Max") return std::max(a, b);
  if (op == "Min") return std::min(a, b);
  return std::nullopt;
}

std::optional<std::int64_t> computed(const std::string& op, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  if (op == "Add") return static_cast<std::int64_t>(ua + ub);
  if (op == "Sub") return static_cast<std::int64_t>(ua - ub);
  if (op == "Mul") return static_cast<std::int64_t>(ua * ub);
  if (op == "Div" && b != 0 && b != -1) return a / b;
  if (op == "Max") return std::max(a, b);
  if (op == "Min") return std::min(a, b);
  return std::nullopt;
}

std::optional<Value> folded(OnnxGraph& graph, const std::string& op, const Value& a, const Value& b,
                            const Shape& shape) {
  if (a.type == Element::boolean || !foldable(graph, {&a, &b}, shape)) return std::nullopt;
  const auto count = static_cast<size_t>(*element_count(shape));
  std::vector<float> floats;
  Ints integers;
  for (size_t i = 0; i < count; ++i) {
    const size_t at_a = broadcast_index(shape, a.shape, i);
    const size_t at_b = broadcast_index(shape, b.shape, i);
    if (a.type == Element::f32) {
      const auto number = computed(op, static_cast<double>(a.constant->floats[at_a]),
                                   static_cast<double>(b.constant->floats[at_b]));
      if (!number) return std::nullopt;
      floats.push_back(static_cast<float>(*number));
    } else {
      const auto number = computed(op, a.constant->integers[at_a], b.constant->integers[at_b]);
      if (!number) return std::nullopt;
      integers.push_back(a.type == Element::i32 ? static_cast<std::int32_t>(*number) : *number);
    }
  }
  return a.type == Element::f32 ? OnnxGraph::constant(shape, std::move(floats))
                                : OnnxGraph::constant(shape, a.type, std::move(integers));
}

// begin, begin + step … of an axis.
struct Range {
  std::int64_t begin = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

Result<Value> take(OnnxGraph& graph, const Value& in, const std::vector<Range>& ranges) {
  Ints begin, steps;
  Shape shape;
  for (const auto& range : ranges) {
    if (range.count < 1) return unfit("cuts nothing out of " + shape_text(in.shape));
    begin.push_back(range.begin);
    steps.push_back(range.step);
    shape.push_back(range.count);
  }
  if (!foldable(graph, {&in}, shape)) return graph.slice(in, begin, steps, shape);
  return rearranged(in, shape, [&](size_t i) {
    std::int64_t at = 0, stride = 1;
    auto rest = static_cast<std::int64_t>(i);
    for (size_t k = shape.size(); k-- > 0;) {
      at += (begin[k] + rest % shape[k] * steps[k]) * stride;
      rest /= shape[k];
      stride *= in.shape[k];
    }
    return static_cast<size_t>(at);
  });
}

}  // namespace

Error unfit(const std::string& what) { return {Code::invalid_argument, what}; }

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto at = [&](const Shape& s) { return i < s.size() ? s[s.size() - 1 - i] : 1; };
    if (at(a) != at(b) && at(a) != 1 && at(b) != 1) return std::nullopt;
    out[out.size() - 1 - i] = std::max(at(a), at(b));
  }
  if (!element_count(out)) return std::nullopt;
  return out;
}

Result<int> axis_of(std::int64_t written, int rank) {
  const auto axis = written < 0 ? written + rank : written;
  if (axis < 0 || axis >= rank) {
    return unfit("names axis " + std::to_string(written) + " of " + std::to_string(rank));
  }
  return static_cast<int>(axis);
}

Result<Value> convolution(OnnxGraph& graph, const Value& in, const Value& weights,
                          std::int64_t groups, const Sliding& sliding,
                          const std::optional<Value>& bias, std::string* weights_name) {
  POSS_TRY(need_rank(in, 4));
  POSS_TRY(need_rank(weights, 4));
  const auto channels = weights.shape[0];
  if (!weights.is_constant() || groups < 1 || in.shape[3] != groups * weights.shape[3] ||
      channels % groups != 0) {
    return unfit("has filters " + shape_text(weights.shape) + " for " +
                 std::to_string(in.shape[3]) + " channels");
  }
  const auto windows = place(weights.shape[1], weights.shape[2], in.shape, sliding);
  if (!windows) {
    return unfit("cannot slide a window " + shape_text(weights.shape) + " over " +
                 shape_text(in.shape));
  }
  const Shape shape{in.shape[0], windows->h.output, windows->w.output, channels};
  if (!element_count(shape)) return too_large(shape);
  std::vector<std::string> inputs{graph.as(in, kNchw), graph.as(weights, kNchw)};
  if (weights_name) *weights_name = inputs[1];
  POSS_ASSIGN(const auto named_bias, bias_name(graph, bias, channels));
  if (!named_bias.empty()) inputs.push_back(named_bias);
  auto options = attributes(*windows);
  options.push_back({"dilations", Ints{sliding.dilation_h, sliding.dilation_w}});
  options.push_back({"group", groups});
  return graph.node("Conv", inputs, shape, kNchw, Element::f32, options);
}

Result<Value> transposed_convolution(OnnxGraph& graph, const Value& in, const Value& weights,
                                     const Shape& shape, const Sliding& sliding,
                                     const std::optional<Value>& bias) {
  POSS_TRY(need_rank(in, 4));
  POSS_TRY(need_rank(weights, 4));
  // It is the gradient of a convolution from the output's size to the input's.
  const auto windows = shape.size() == 4 && element_count(shape)
                           ? place(weights.shape[1], weights.shape[2], shape, sliding)
                           : std::nullopt;
  const bool fits = windows && weights.is_constant() && shape[0] == in.shape[0] &&
                    shape[3] == weights.shape[0] && in.shape[3] == weights.shape[3] &&
                    windows->h.output == in.shape[1] && windows->w.output == in.shape[2] &&
                    sliding.dilation_h == 1 && sliding.dilation_w == 1;
  if (!fits) {
    return unfit("cannot make " + shape_text(shape) + " from " + shape_text(in.shape) +
                 " with filters " + shape_text(weights.shape));
  }
  // Rows that no window reaches lie behind the others.
  const auto beyond = [](const Window& window, std::int64_t size) {
    return size -
           ((window.output - 1) * window.stride + window.size - window.before - window.after);
  };
  std::vector<std::string> inputs{graph.as(in, kNchw), graph.as(weights, {3, 0, 1, 2})};
  POSS_ASSIGN(const auto named_bias, bias_name(graph, bias, shape[3]));
  if (!named_bias.empty()) inputs.push_back(named_bias);
  auto list = attributes(*windows);
  list.push_back(
      {"output_padding", Ints{beyond(windows->h, shape[1]), beyond(windows->w, shape[2])}});
  return graph.node("ConvTranspose", inputs, shape, kNchw, Element::f32, list);
}

Result<Value> pool(OnnxGraph& graph, const std::string& op, const Value& in, std::int64_t height,
                   std::int64_t width, const Sliding& sliding) {
  POSS_TRY(need_rank(in, 4));
  const auto windows = place(height, width, in.shape, sliding);
  if (!windows) return unfit("cannot slide its window over " + shape_text(in.shape));
  const Shape shape{in.shape[0], windows->h.output, windows->w.output, in.shape[3]};
  return graph.node(op, {graph.as(in, kNchw)}, shape, kNchw, Element::f32, attributes(*windows));
}

Result<Value> resize(OnnxGraph& graph, const Value& in, std::int64_t height, std::int64_t width,
                     const Resampling& resampling) {
  POSS_TRY(need_rank(in, 4));
  const Shape shape{in.shape[0], height, width, in.shape[3]};
  if (!element_count(shape)) return unfit("cannot resize to " + shape_text(shape));
  if (shape == in.shape) return in;
  const bool align = resampling.align_corners, half = resampling.half_pixel;
  std::vector<Attribute> list{
      {"mode", std::string(resampling.nearest ? "nearest" : "linear")},
      {"coordinate_transformation_mode", std::string(align  ? "align_corners"
                                                     : half ? "half_pixel"
                                                            : "asymmetric")}};
  // TensorFlow rounds to the nearest with aligned corners; with half pixels it floors x + 0.5,
  // which is the same rounding; else it floors.
  if (resampling.nearest) {
    list.push_back({"nearest_mode", std::string(align || half ? "round_prefer_ceil" : "floor")});
  }
  const auto sizes = graph.integers(Ints{shape[0], shape[3], shape[1], shape[2]});
  return graph.node("Resize", {graph.as(in, kNchw), "", "", sizes}, shape, kNchw, Element::f32,
                    list);
}

Result<Value> dense(OnnxGraph& graph, const Value& in, const Value& weights,
                    const std::optional<Value>& bias, std::string* weights_name) {
  POSS_TRY(need_rank(in, 2));
  POSS_TRY(need_rank(weights, 2));
  if (!weights.is_constant() || in.shape[1] != weights.shape[1]) {
    return unfit("has weights " + shape_text(weights.shape) + " for " + shape_text(in.shape));
  }
  const Shape shape{in.shape[0], weights.shape[0]};
  if (!element_count(shape)) return too_large(shape);
  std::vector<std::string> names{graph.plain(in), graph.plain(weights)};
  if (weights_name) *weights_name = names[1];
  POSS_ASSIGN(const auto named_bias, bias_name(graph, bias, shape[1]));
  if (!named_bias.empty()) names.push_back(named_bias);
  return graph.node("Gemm", names, shape, plain_order(2), Element::f32,
                    {{"transB", std::int64_t{1}}});
}

Result<Value> combine(OnnxGraph& graph, const std::string& op, const Value& a, const Value& b,
                      std::optional<Element> out) {
  const auto shape = broadcast(a.shape, b.shape);
  const bool logical = op == "And" || op == "Or";
  if (!shape || a.type != b.type || (a.type == Element::boolean) != logical) {
    return unfit("cannot combine " + shape_text(a.shape) + " with " + shape_text(b.shape));
  }
  if (!out) {
    if (auto known = folded(graph, op, a, b, *shape)) return *known;
  }
  Value made = graph.binary(op, a, b, *shape);
  if (out) made.type = *out;
  return made;
}

Result<Value> cast(OnnxGraph& graph, const Value& in, Element type) {
  if (type == in.type) return in;
  if (foldable(graph, {&in}, in.shape)) {
    const auto count = static_cast<size_t>(*element_count(in.shape));
    std::vector<float> floats;
    Ints integers;
    for (size_t i = 0; i < count; ++i) {
      if (in.type == Element::f32) {
        const float number = in.constant->floats[i];
        if (!(std::abs(number) < 2e9f)) return unfit("turns impossible numbers into whole ones");
        integers.push_back(type == Element::boolean ? number != 0
                                                    : static_cast<std::int64_t>(number));
      } else if (type == Element::f32) {
        floats.push_back(static_cast<float>(in.constant->integers[i]));
      } else {
        const auto number = in.constant->integers[i];
        integers.push_back(type == Element::boolean ? number != 0 : number);
      }
    }
    return type == Element::f32 ? OnnxGraph::constant(in.shape, std::move(floats))
                                : OnnxGraph::constant(in.shape, type, std::move(integers));
  }
  return graph.node("Cast", {graph.as(in, in.order)}, in.shape, in.order, type,
                    {{"to", std::int64_t{onnx_type(type)}}});
}

Result<Value> prelu(OnnxGraph& graph, const Value& in, const Value& slope) {
  if (in.is_constant() || !slope.is_constant() || broadcast(in.shape, slope.shape) != in.shape) {
    return unfit("has slopes " + shape_text(slope.shape) + " for " + shape_text(in.shape));
  }
  return graph.binary("PRelu", in, slope, in.shape);
}

Value softmax(OnnxGraph& graph, const Value& in, int axis) {
  return graph.unary("Softmax", in, {{"axis", std::int64_t{in.position(axis)}}});
}

Result<Value> reduce(OnnxGraph& graph, const std::string& op, const Value& in, const Ints& axes,
                     bool keep) {
  std::vector<bool> reduced(in.shape.size());
  for (const auto number : axes) {
    POSS_ASSIGN(const int axis, axis_of(number, in.rank()));
    reduced[axis] = true;
  }
  Shape kept_shape = in.shape, short_shape;
  Ints positions;
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (reduced[axis]) {
      kept_shape[axis] = 1;
      positions.push_back(in.position(axis));
    } else {
      short_shape.push_back(in.shape[axis]);
    }
  }
  if (positions.empty()) return in;
  if (in.is_constant() && in.type != Element::f32 && op == "ReduceProd" && short_shape.empty()) {
    std::uint64_t product = 1;
    for (const auto number : in.constant->integers) product *= static_cast<std::uint64_t>(number);
    return OnnxGraph::constant(keep ? kept_shape : short_shape, in.type,
                               {static_cast<std::int32_t>(product)});
  }
  std::ranges::sort(positions);
  const auto name = graph.as(in, in.order);
  Value out;
  if (op == "ReduceMean" && in.order == kNchw && positions == Ints{2, 3}) {
    out = graph.node("GlobalAveragePool", {name}, kept_shape, in.order, in.type);
  } else if (op == "ReduceSum") {  // takes its axes as an input since opset 13
    out = graph.node(op, {name, graph.integers(positions)}, kept_shape, in.order, in.type,
                     {{"keepdims", std::int64_t{1}}});
  } else {
    out = graph.node(op, {name}, kept_shape, in.order, in.type,
                     {{"axes", positions}, {"keepdims", std::int64_t{1}}});
  }
  return keep ? out : graph.reshape(out, short_shape);
}

Result<Value> reshape(OnnxGraph& graph, const Value& in, Shape shape) {
  const auto open = std::ranges::find(shape, -1);
  if (open != shape.end()) {
    *open = 1;
    const auto rest = element_count(shape);
    if (rest && *element_count(in.shape) % *rest == 0) *open = *element_count(in.shape) / *rest;
  }
  if (element_count(shape) != element_count(in.shape)) {
    return unfit("cannot turn " + shape_text(in.shape) + " into " + shape_text(shape));
  }
  return graph.reshape(in, shape);
}

Result<Value> transpose(OnnxGraph& graph, const Value& in, const Ints& permutation) {
  Order order;
  for (const auto number : permutation) {
    POSS_ASSIGN(order.emplace_back(), axis_of(number, in.rank()));
  }
  Order sorted = order;
  std::ranges::sort(sorted);
  if (sorted != plain_order(in.shape.size())) return unfit("has an impossible permutation");
  return graph.transpose(in, order);
}

// All values must agree but for the size of `axis`.
Result<Value> join(OnnxGraph& graph, const Values& values, std::int64_t written) {
  if (values.empty()) return unfit("joins nothing");
  POSS_ASSIGN(const int axis, axis_of(written, values[0].rank()));
  std::int64_t total = 0;
  for (const auto& value : values) {
    Shape expected = values[0].shape;
    if (value.shape.size() == expected.size()) expected[axis] = value.shape[axis];
    if (value.shape != expected || value.type != values[0].type) {
      return unfit("cannot join " + shape_text(values[0].shape) + " and " +
                   shape_text(value.shape));
    }
    total += value.shape[axis];
  }
  Shape shape = values[0].shape;
  shape[axis] = total;
  if (!element_count(shape)) return too_large(shape);
  const bool known = std::ranges::all_of(values, [](const Value& v) { return v.is_constant(); });
  if (!known || !graph.afford(*element_count(shape))) return graph.concat(values, axis);
  Constant data;
  std::int64_t outer = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (std::int64_t row = 0; row < outer; ++row) {
    for (const auto& value : values) {
      const auto size = *element_count(value.shape) / outer;
      const auto copy = [&](const auto& from, auto& to) {
        if (from.empty()) return;
        to.insert(to.end(), from.begin() + row * size, from.begin() + (row + 1) * size);
      };
      copy(value.constant->floats, data.floats);
      copy(value.constant->integers, data.integers);
    }
  }
  return values[0].type == Element::f32
             ? OnnxGraph::constant(shape, std::move(data.floats))
             : OnnxGraph::constant(shape, values[0].type, std::move(data.integers));
}

Result<Value> stack(OnnxGraph& graph, const Values& values, std::int64_t written) {
  Values thin;
  for (const auto& value : values) {
    POSS_ASSIGN(const int axis, axis_of(written, value.rank() + 1));
    Shape shape = value.shape;
    shape.insert(shape.begin() + axis, 1);
    thin.push_back(graph.reshape(value, shape));
  }
  return join(graph, thin, written);
}

Result<Values> cut(OnnxGraph& graph, const Value& in, const Ints& sizes, std::int64_t written) {
  POSS_ASSIGN(const int axis, axis_of(written, in.rank()));
  std::int64_t total = 0;
  for (const auto size : sizes) {
    if (size < 1) return unfit("cuts a part of no size");
    total += size;
  }
  if (sizes.empty() || total != in.shape[axis]) {
    return unfit("cannot cut " + shape_text(in.shape) + " into " + std::to_string(sizes.size()) +
                 " parts");
  }
  if (sizes.size() == 1) return Values{in};
  if (!in.is_constant()) return graph.split(in, sizes, axis);
  Values parts;
  std::int64_t begin = 0;
  for (const auto size : sizes) {
    Ints from(in.shape.size(), 0);
    Ints count = in.shape;
    from[axis] = begin;
    count[axis] = size;
    POSS_ASSIGN(parts.emplace_back(), slice(graph, in, from, count));
    begin += size;
  }
  return parts;
}

Result<Values> unstack(OnnxGraph& graph, const Value& in, std::int64_t written) {
  POSS_ASSIGN(const int axis, axis_of(written, in.rank()));
  constexpr std::int64_t kMostParts = 10'000;
  if (in.shape[axis] > kMostParts) return unfit("cuts " + shape_text(in.shape) + " too finely");
  POSS_ASSIGN(Values parts, cut(graph, in, Ints(static_cast<size_t>(in.shape[axis]), 1), axis));
  Shape shape = in.shape;
  shape.erase(shape.begin() + axis);
  for (auto& part : parts) part = graph.reshape(part, shape);
  return parts;
}

Result<Value> slice(OnnxGraph& graph, const Value& in, const Ints& begin, const Ints& size) {
  if (begin.size() != in.shape.size() || size.size() != in.shape.size()) {
    return unfit("does not fit " + shape_text(in.shape));
  }
  std::vector<Range> ranges;
  for (size_t i = 0; i < begin.size(); ++i) {
    const auto count = size[i] == -1 ? in.shape[i] - begin[i] : size[i];
    if (begin[i] < 0 || begin[i] + count > in.shape[i]) {
      return unfit("reaches outside of " + shape_text(in.shape));
    }
    ranges.push_back({begin[i], 1, count});
  }
  return take(graph, in, ranges);
}

Result<Value> strided_slice(OnnxGraph& graph, const Value& in, const StridedSlice& range) {
  if (range.ellipsis_mask != 0 || range.new_axis_mask != 0) {
    return unfit("uses an ellipsis or a new axis, which is not supported");
  }
  if (range.begin.size() > in.shape.size() || range.end.size() != range.begin.size() ||
      range.strides.size() != range.begin.size()) {
    return unfit("does not fit " + shape_text(in.shape));
  }
  std::vector<Range> ranges;
  Shape shape;
  for (size_t i = 0; i < in.shape.size(); ++i) {
    const auto size = in.shape[i];
    Range one{0, 1, size};
    bool shrink = false;
    if (i < range.begin.size()) {
      const auto masked = [i](std::int64_t mask) { return (mask >> i & 1) != 0; };
      shrink = masked(range.shrink_axis_mask);
      one.step = shrink ? 1 : range.strides[i];
      if (one.step == 0) return unfit("has the stride 0");
      const bool forward = one.step > 0;
      const auto clamped = [&](std::int64_t index) {
        return std::clamp(index < 0 ? index + size : index, std::int64_t{forward ? 0 : -1},
                          forward ? size : size - 1);
      };
      one.begin =
          masked(range.begin_mask) && !shrink ? (forward ? 0 : size - 1) : clamped(range.begin[i]);
      auto stop = masked(range.end_mask) ? (forward ? size : -1) : clamped(range.end[i]);
      if (shrink) stop = std::min(one.begin + 1, size);
      const auto span = forward ? stop - one.begin : one.begin - stop;
      const auto stride = forward ? one.step : -one.step;
      one.count = span <= 0 ? 0 : (span + stride - 1) / stride;
    }
    ranges.push_back(one);
    if (!shrink) shape.push_back(one.count);
  }
  POSS_ASSIGN(const Value taken, take(graph, in, ranges));
  return graph.reshape(taken, shape);
}

Result<Value> pad(OnnxGraph& graph, const Value& in, const Ints& pads, const std::string& mode,
                  float fill) {
  if (in.type != Element::f32) return unfit("pads whole numbers, which is not supported");
  if (pads.size() != 2 * in.shape.size()) return unfit("has too few or too many borders");
  Shape shape;
  Ints before(in.shape.size()), after(in.shape.size());
  for (int axis = 0; axis < in.rank(); ++axis) {
    const auto first = pads[2 * axis], last = pads[2 * axis + 1];
    const bool reflectable = mode != "reflect" || std::max(first, last) < in.shape[axis];
    if (first < 0 || last < 0 || !reflectable) return unfit("has an impossible border");
    shape.push_back(in.shape[axis] + first + last);
    before[in.position(axis)] = first;
    after[in.position(axis)] = last;
  }
  if (!element_count(shape)) return too_large(shape);
  if (shape == in.shape) return in;
  before.insert(before.end(), after.begin(), after.end());
  std::vector<std::string> inputs{graph.as(in, in.order), graph.integers(before)};
  if (mode == "constant") inputs.push_back(graph.scalar(fill));
  return graph.node("Pad", inputs, shape, in.order, Element::f32, {{"mode", mode}});
}

Result<Value> gather(OnnxGraph& graph, const Value& in, const Value& indices,
                     std::int64_t written) {
  POSS_ASSIGN(const int axis, axis_of(written, in.rank()));
  if (indices.type != Element::i32 && indices.type != Element::i64) {
    return unfit("needs whole numbers as indices");
  }
  if (indices.is_constant()) {
    for (const auto index : indices.constant->integers) {
      if (index < 0 || index >= in.shape[axis]) {
        return unfit("gathers outside of " + shape_text(in.shape));
      }
    }
  }
  Shape shape(in.shape.begin(), in.shape.begin() + axis);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), in.shape.begin() + axis + 1, in.shape.end());
  if (!element_count(shape)) return too_large(shape);
  if (foldable(graph, {&in, &indices}, shape)) {
    std::int64_t inner = 1;
    for (size_t k = axis + 1; k < in.shape.size(); ++k) inner *= in.shape[k];
    const auto picked = static_cast<std::int64_t>(indices.constant->integers.size());
    return rearranged(in, shape, [&](size_t i) {
      const auto at = static_cast<std::int64_t>(i);
      const auto index = indices.constant->integers[at / inner % picked];
      return static_cast<size_t>((at / (inner * picked) * in.shape[axis] + index) * inner +
                                 at % inner);
    });
  }
  return graph.node("Gather", {graph.plain(in), graph.plain(indices)}, shape,
                    plain_order(shape.size()), in.type, {{"axis", std::int64_t{axis}}});
}

Result<Value> blocks(OnnxGraph& graph, const Value& in, std::int64_t side, bool to_space) {
  POSS_TRY(need_rank(in, 4));
  Shape shape = in.shape;
  const bool fits =
      side >= 1 && side <= 1024 &&
      (to_space ? shape[3] % (side * side) == 0 : shape[1] % side == 0 && shape[2] % side == 0);
  if (!fits) return unfit("has blocks that do not fit " + shape_text(in.shape));
  for (const int axis : {1, 2}) shape[axis] = to_space ? shape[axis] * side : shape[axis] / side;
  shape[3] = to_space ? shape[3] / (side * side) : shape[3] * side * side;
  return graph.node(to_space ? "DepthToSpace" : "SpaceToDepth", {graph.as(in, kNchw)}, shape, kNchw,
                    Element::f32, {{"blocksize", side}});
}

}  // namespace poss::convert
