// Operators that move elements without changing them: reshape, transpose, join, cut, pad, gather.
#include <algorithm>
#include <array>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Values = std::vector<Value>;
using Ints = std::vector<std::int64_t>;
using Op = tflite::BuiltinOperator;

// RESHAPE, SQUEEZE and EXPAND_DIMS: the file states the resulting shape.
Result<Values> reshape(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  const Shape& shape = step.output().shape;
  if (element_count(shape) != element_count(in.shape)) {
    return step.error("cannot turn " + shape_text(in.shape) + " into " + shape_text(shape));
  }
  return Values{step.graph.reshape(in, shape)};
}

Result<Values> transpose(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const auto written, step.integers(1));
  Order permutation;
  for (const auto number : written) {
    POSS_ASSIGN(permutation.emplace_back(), step.axis(number, in.rank()));
  }
  Order sorted = permutation;
  std::ranges::sort(sorted);
  if (sorted != plain_order(in.shape.size())) return step.error("has an impossible permutation");
  return Values{step.graph.transpose(in, permutation)};
}

// All values must agree but for the size of `axis`.
Result<Value> join(Step& step, const std::vector<Value>& values, int axis) {
  std::int64_t total = 0;
  for (const auto& value : values) {
    Shape expected = values[0].shape;
    if (value.shape.size() == expected.size()) expected[axis] = value.shape[axis];
    if (value.shape != expected || value.type != values[0].type) {
      return step.error("cannot join " + shape_text(values[0].shape) + " and " +
                        shape_text(value.shape));
    }
    total += value.shape[axis];
  }
  Shape shape = values[0].shape;
  shape[axis] = total;
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  return step.graph.concat(values, axis);
}

Result<Values> concatenation(Step& step) {
  const auto* options = step.table().options_as_ConcatenationOptions();
  if (!options) return step.missing_options();
  std::vector<Value> values;
  for (size_t i = 0; i < step.inputs(); ++i) {
    POSS_ASSIGN(values.emplace_back(), step.value(i));
  }
  if (values.empty()) return step.error("joins nothing");
  POSS_ASSIGN(const int axis, step.axis(options->axis(), values[0].rank()));
  POSS_ASSIGN(const Value joined, join(step, values, axis));
  if (options->activation() == tflite::Activation::NONE) return Values{joined};
  POSS_ASSIGN(Value out, step.finish(joined, options->activation()));
  return Values{out};
}

Result<Values> pack(Step& step) {
  const auto* options = step.table().options_as_PackOptions();
  if (!options) return step.missing_options();
  std::vector<Value> values;
  int axis = 0;
  for (size_t i = 0; i < step.inputs(); ++i) {
    POSS_ASSIGN(const Value value, step.value(i));
    POSS_ASSIGN(axis, step.axis(options->axis(), value.rank() + 1));
    Shape shape = value.shape;
    shape.insert(shape.begin() + axis, 1);
    values.push_back(step.graph.reshape(value, shape));
  }
  if (values.empty()) return step.error("joins nothing");
  POSS_ASSIGN(Value out, join(step, values, axis));
  return Values{out};
}

Result<Values> cut(Step& step, const Value& in, const Ints& sizes, int axis) {
  std::int64_t total = 0;
  for (const auto size : sizes) {
    if (size < 1) return step.error("cuts a part of no size");
    total += size;
  }
  if (sizes.empty() || sizes.size() != step.outputs() || total != in.shape[axis]) {
    return step.error("cannot cut " + shape_text(in.shape) + " into " +
                      std::to_string(step.outputs()) + " parts");
  }
  return step.graph.split(in, sizes, axis);
}

Result<Values> split(Step& step) {
  POSS_ASSIGN(const auto written, step.integers(0));
  POSS_ASSIGN(const Value in, step.value(1));
  if (written.size() != 1 || step.outputs() == 0) return step.error("needs one axis");
  POSS_ASSIGN(const int axis, step.axis(written[0], in.rank()));
  const auto parts = static_cast<std::int64_t>(step.outputs());
  return cut(step, in, Ints(step.outputs(), in.shape[axis] / parts), axis);
}

Result<Values> split_v(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(auto sizes, step.integers(1));
  POSS_ASSIGN(const auto written, step.integers(2));
  if (written.size() != 1) return step.error("needs one axis");
  POSS_ASSIGN(const int axis, step.axis(written[0], in.rank()));
  // One size may be left open as −1.
  std::int64_t rest = in.shape[axis];
  for (const auto size : sizes) rest -= std::max<std::int64_t>(size, 0);
  const auto open = std::ranges::find(sizes, -1);
  if (open != sizes.end()) *open = rest;
  return cut(step, in, sizes, axis);
}

Result<Values> unpack(Step& step) {
  const auto* options = step.table().options_as_UnpackOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const int axis, step.axis(options->axis(), in.rank()));
  POSS_ASSIGN(Values parts, cut(step, in, Ints(step.outputs(), 1), axis));
  Shape shape = in.shape;
  shape.erase(shape.begin() + axis);
  for (auto& part : parts) part = step.graph.reshape(part, shape);
  return parts;
}

// begin, begin + step … before `end`, all within 0 … size − 1.
struct Range {
  std::int64_t begin = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

Result<Values> take(Step& step, const Value& in, const std::vector<Range>& ranges) {
  Ints begin, steps;
  Shape shape;
  for (const auto& range : ranges) {
    if (range.count < 1) return step.error("cuts nothing out of " + shape_text(in.shape));
    begin.push_back(range.begin);
    steps.push_back(range.step);
    shape.push_back(range.count);
  }
  return Values{step.graph.slice(in, begin, steps, shape)};
}

Result<Values> slice(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const auto begin, step.integers(1));
  POSS_ASSIGN(const auto size, step.integers(2));
  if (begin.size() != in.shape.size() || size.size() != in.shape.size()) {
    return step.error("does not fit " + shape_text(in.shape));
  }
  std::vector<Range> ranges;
  for (size_t i = 0; i < begin.size(); ++i) {
    const auto count = size[i] == -1 ? in.shape[i] - begin[i] : size[i];
    if (begin[i] < 0 || begin[i] + count > in.shape[i]) {
      return step.error("reaches outside of " + shape_text(in.shape));
    }
    ranges.push_back({begin[i], 1, count});
  }
  return take(step, in, ranges);
}

Result<Values> strided_slice(Step& step) {
  const auto* options = step.table().options_as_StridedSliceOptions();
  if (!options) return step.missing_options();
  if (options->ellipsis_mask() != 0 || options->new_axis_mask() != 0) {
    return step.error("uses an ellipsis or a new axis, which is not supported");
  }
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const auto begin, step.integers(1));
  POSS_ASSIGN(const auto end, step.integers(2));
  POSS_ASSIGN(const auto strides, step.integers(3));
  if (begin.size() > in.shape.size() || end.size() != begin.size() ||
      strides.size() != begin.size()) {
    return step.error("does not fit " + shape_text(in.shape));
  }
  std::vector<Range> ranges;
  Shape shape;
  for (size_t i = 0; i < in.shape.size(); ++i) {
    const auto size = in.shape[i];
    Range range{0, 1, size};
    bool shrink = false;
    if (i < begin.size()) {
      const auto masked = [i](int mask) { return (mask >> i & 1) != 0; };
      shrink = masked(options->shrink_axis_mask());
      range.step = shrink ? 1 : strides[i];
      if (range.step == 0) return step.error("has the stride 0");
      const bool forward = range.step > 0;
      const auto place = [&](std::int64_t index) {
        return std::clamp(index < 0 ? index + size : index, std::int64_t{forward ? 0 : -1},
                          forward ? size : size - 1);
      };
      range.begin =
          masked(options->begin_mask()) && !shrink ? (forward ? 0 : size - 1) : place(begin[i]);
      auto stop = masked(options->end_mask()) ? (forward ? size : -1) : place(end[i]);
      if (shrink) stop = std::min(range.begin + 1, size);
      const auto span = forward ? stop - range.begin : range.begin - stop;
      const auto stride = forward ? range.step : -range.step;
      range.count = span <= 0 ? 0 : (span + stride - 1) / stride;
    }
    ranges.push_back(range);
    if (!shrink) shape.push_back(range.count);
  }
  POSS_ASSIGN(Values taken, take(step, in, ranges));
  return Values{step.graph.reshape(taken[0], shape)};
}

// `mode` as ONNX names it; `fill` is the initialiser of the border's value.
Result<Values> pad(Step& step, const std::string& mode, const std::string& fill) {
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const auto pads, step.integers(1));  // [rank, 2]
  if (pads.size() != 2 * in.shape.size()) return step.error("has too few or too many borders");
  Shape shape;
  Ints before(in.shape.size()), after(in.shape.size());
  for (int axis = 0; axis < in.rank(); ++axis) {
    const auto first = pads[2 * axis], last = pads[2 * axis + 1];
    const bool reflectable = mode != "reflect" || std::max(first, last) < in.shape[axis];
    if (first < 0 || last < 0 || !reflectable) return step.error("has an impossible border");
    shape.push_back(in.shape[axis] + first + last);
    before[in.position(axis)] = first;
    after[in.position(axis)] = last;
  }
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  before.insert(before.end(), after.begin(), after.end());
  std::vector<std::string> inputs{step.graph.as(in, in.order), step.graph.integers(before)};
  if (!fill.empty()) inputs.push_back(fill);
  return Values{step.graph.node("Pad", inputs, shape, in.order, Element::f32, {{"mode", mode}})};
}

Result<Values> pad_zero(Step& step) { return pad(step, "constant", step.graph.scalar(0)); }

Result<Values> pad_value(Step& step) {
  POSS_ASSIGN(const Value fill, step.real(2));
  if (!fill.is_constant() || fill.constant->floats.size() != 1) {
    return step.error("computes the value of its border, which is not supported");
  }
  return pad(step, "constant", step.graph.scalar(fill.constant->floats[0]));
}

Result<Values> mirror_pad(Step& step) {
  const auto* options = step.table().options_as_MirrorPadOptions();
  if (options && options->mode() != tflite::MirrorPadMode::REFLECT) {
    return step.error("repeats the border's own pixels, which is not supported");
  }
  return pad(step, "reflect", "");
}

Result<Values> gather(Step& step) {
  const auto* options = step.table().options_as_GatherOptions();
  if (options && options->batch_dims() != 0) {
    return step.error("gathers by batch, which is not supported");
  }
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const Value indices, step.value(1));
  POSS_ASSIGN(const int axis, step.axis(options ? options->axis() : 0, in.rank()));
  if (indices.type != Element::i32 && indices.type != Element::i64) {
    return step.error("needs whole numbers as indices");
  }
  if (indices.is_constant()) {
    for (const auto index : indices.constant->integers) {
      if (index < 0 || index >= in.shape[axis]) {
        return step.error("gathers outside of " + shape_text(in.shape));
      }
    }
  }
  Shape shape(in.shape.begin(), in.shape.begin() + axis);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), in.shape.begin() + axis + 1, in.shape.end());
  if (!element_count(shape)) return step.error("makes too large a tensor " + shape_text(shape));
  return Values{step.graph.node("Gather", {step.graph.plain(in), step.graph.plain(indices)}, shape,
                                plain_order(shape.size()), in.type,
                                {{"axis", std::int64_t{axis}}})};
}

// Block rearrangement: the depth of a block counts row, column, channel, as ONNX's DCR does.
Result<Values> blocks(Step& step, bool to_space) {
  const auto* options = to_space ? step.table().options_as_DepthToSpaceOptions()
                                 : step.table().options_as_SpaceToDepthOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  const std::int64_t side = options->block_size();
  Shape shape = in.shape;
  const bool fits =
      side >= 1 && side <= 1024 &&
      (to_space ? shape[3] % (side * side) == 0 : shape[1] % side == 0 && shape[2] % side == 0);
  if (!fits) return step.error("has blocks that do not fit " + shape_text(in.shape));
  for (const int axis : {1, 2}) shape[axis] = to_space ? shape[axis] * side : shape[axis] / side;
  shape[3] = to_space ? shape[3] / (side * side) : shape[3] * side * side;
  return Values{step.graph.node(to_space ? "DepthToSpace" : "SpaceToDepth",
                                {step.graph.as(in, kNchw)}, shape, kNchw, Element::f32,
                                {{"blocksize", side}})};
}

Result<Values> depth_to_space(Step& step) { return blocks(step, true); }
Result<Values> space_to_depth(Step& step) { return blocks(step, false); }

Result<Values> shape_of(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  const auto type = element_of(step.output());
  if (type != Element::i32 && type != Element::i64) return step.error("has no whole numbers");
  if (in.shape.empty()) return step.error("asks a number for its shape");
  return Values{OnnxGraph::constant({static_cast<std::int64_t>(in.shape.size())}, *type, in.shape)};
}

constexpr auto kOperators = std::to_array<OperatorEntry>({
    {Op::RESHAPE, reshape},
    {Op::SQUEEZE, reshape},
    {Op::EXPAND_DIMS, reshape},
    {Op::TRANSPOSE, transpose},
    {Op::CONCATENATION, concatenation},
    {Op::PACK, pack},
    {Op::UNPACK, unpack},
    {Op::SPLIT, split},
    {Op::SPLIT_V, split_v},
    {Op::SLICE, slice},
    {Op::STRIDED_SLICE, strided_slice},
    {Op::PAD, pad_zero},
    {Op::PADV2, pad_value},
    {Op::MIRROR_PAD, mirror_pad},
    {Op::GATHER, gather},
    {Op::DEPTH_TO_SPACE, depth_to_space},
    {Op::SPACE_TO_DEPTH, space_to_depth},
    {Op::SHAPE, shape_of},
});

}  // namespace

std::span<const OperatorEntry> shape_operators() { return kOperators; }

}  // namespace poss::convert
