// Operators that move elements without changing them: reshape, transpose, join, cut, pad, gather.
#include <array>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Op = tflite::BuiltinOperator;

Result<Values> one(Step& step, Result<Value> made) {
  POSS_ASSIGN(Value out, step.named(std::move(made)));
  return Values{out};
}

// RESHAPE, SQUEEZE and EXPAND_DIMS: the file states the resulting shape.
Result<Values> reshape_to(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  return one(step, reshape(step.graph, in, step.output().shape));
}

Result<Values> transposed(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const auto written, step.integers(1));
  return one(step, transpose(step.graph, in, written));
}

Result<Values> all_values(Step& step) {
  Values values;
  for (size_t i = 0; i < step.inputs(); ++i) {
    POSS_ASSIGN(values.emplace_back(), step.value(i));
  }
  return values;
}

Result<Values> concatenation(Step& step) {
  const auto* options = step.table().options_as_ConcatenationOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Values values, all_values(step));
  POSS_ASSIGN(const Value joined, step.named(join(step.graph, values, options->axis())));
  if (options->activation() == tflite::Activation::NONE) return Values{joined};
  return step.finished(joined, options->activation());
}

Result<Values> pack(Step& step) {
  const auto* options = step.table().options_as_PackOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Values values, all_values(step));
  return one(step, stack(step.graph, values, options->axis()));
}

Result<Values> parts(Step& step, const Value& in, const Ints& sizes, std::int64_t axis) {
  if (sizes.size() != step.outputs()) {
    return step.error("cannot cut " + shape_text(in.shape) + " into " +
                      std::to_string(step.outputs()) + " parts");
  }
  return step.named(cut(step.graph, in, sizes, axis));
}

Result<Values> split(Step& step) {
  POSS_ASSIGN(const auto written, step.integers(0));
  POSS_ASSIGN(const Value in, step.value(1));
  if (written.size() != 1 || step.outputs() == 0) return step.error("needs one axis");
  POSS_ASSIGN(const int axis, step.axis(written[0], in.rank()));
  const auto count = static_cast<std::int64_t>(step.outputs());
  return parts(step, in, Ints(step.outputs(), in.shape[axis] / count), axis);
}

Result<Values> split_v(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(auto sizes, step.integers(1));
  POSS_ASSIGN(const auto written, step.integers(2));
  if (written.size() != 1) return step.error("needs one axis");
  POSS_ASSIGN(const int axis, step.axis(written[0], in.rank()));
  // One size may be left open as −1.
  std::int64_t rest = in.shape[axis];
  for (const auto size : sizes) rest -= size == -1 ? 0 : size;
  for (auto& size : sizes) size = size == -1 ? rest : size;
  return parts(step, in, sizes, axis);
}

Result<Values> unpack(Step& step) {
  const auto* options = step.table().options_as_UnpackOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.value(0));
  return step.named(unstack(step.graph, in, options->axis()));
}

Result<Values> sliced(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const auto begin, step.integers(1));
  POSS_ASSIGN(const auto size, step.integers(2));
  return one(step, slice(step.graph, in, begin, size));
}

Result<Values> sliced_with_strides(Step& step) {
  const auto* options = step.table().options_as_StridedSliceOptions();
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.value(0));
  StridedSlice range;
  POSS_ASSIGN(range.begin, step.integers(1));
  POSS_ASSIGN(range.end, step.integers(2));
  POSS_ASSIGN(range.strides, step.integers(3));
  range.begin_mask = options->begin_mask();
  range.end_mask = options->end_mask();
  range.shrink_axis_mask = options->shrink_axis_mask();
  range.ellipsis_mask = options->ellipsis_mask();
  range.new_axis_mask = options->new_axis_mask();
  return one(step, strided_slice(step.graph, in, range));
}

Result<Values> padded(Step& step, const std::string& mode, float fill) {
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const auto pads, step.integers(1));
  return one(step, pad(step.graph, in, pads, mode, fill));
}

Result<Values> pad_zero(Step& step) { return padded(step, "constant", 0); }

Result<Values> pad_value(Step& step) {
  POSS_ASSIGN(const Value fill, step.real(2));
  if (!fill.is_constant() || fill.constant->floats.size() != 1) {
    return step.error("computes the value of its border, which is not supported");
  }
  return padded(step, "constant", fill.constant->floats[0]);
}

Result<Values> mirror_pad(Step& step) {
  const auto* options = step.table().options_as_MirrorPadOptions();
  if (options && options->mode() != tflite::MirrorPadMode::REFLECT) {
    return step.error("repeats the border's own pixels, which is not supported");
  }
  return padded(step, "reflect", 0);
}

Result<Values> gathered(Step& step) {
  const auto* options = step.table().options_as_GatherOptions();
  if (options && options->batch_dims() != 0) {
    return step.error("gathers by batch, which is not supported");
  }
  POSS_ASSIGN(const Value in, step.value(0));
  POSS_ASSIGN(const Value indices, step.value(1));
  return one(step, gather(step.graph, in, indices, options ? options->axis() : 0));
}

template <class Options>
Result<Values> rearranged(Step& step, const Options* options, bool to_space) {
  if (!options) return step.missing_options();
  POSS_ASSIGN(const Value in, step.real(0, 4));
  return one(step, blocks(step.graph, in, options->block_size(), to_space));
}

Result<Values> depth_to_space(Step& step) {
  return rearranged(step, step.table().options_as_DepthToSpaceOptions(), true);
}
Result<Values> space_to_depth(Step& step) {
  return rearranged(step, step.table().options_as_SpaceToDepthOptions(), false);
}

Result<Values> shape_of(Step& step) {
  POSS_ASSIGN(const Value in, step.value(0));
  const auto type = element_of(step.output());
  if (type != Element::i32 && type != Element::i64) return step.error("has no whole numbers");
  if (in.shape.empty()) return step.error("asks a number for its shape");
  return Values{OnnxGraph::constant({static_cast<std::int64_t>(in.shape.size())}, *type, in.shape)};
}

constexpr auto kOperators = std::to_array<OperatorEntry>({
    {Op::RESHAPE, reshape_to},
    {Op::SQUEEZE, reshape_to},
    {Op::EXPAND_DIMS, reshape_to},
    {Op::TRANSPOSE, transposed},
    {Op::CONCATENATION, concatenation},
    {Op::PACK, pack},
    {Op::UNPACK, unpack},
    {Op::SPLIT, split},
    {Op::SPLIT_V, split_v},
    {Op::SLICE, sliced},
    {Op::STRIDED_SLICE, sliced_with_strides},
    {Op::PAD, pad_zero},
    {Op::PADV2, pad_value},
    {Op::MIRROR_PAD, mirror_pad},
    {Op::GATHER, gathered},
    {Op::DEPTH_TO_SPACE, depth_to_space},
    {Op::SPACE_TO_DEPTH, space_to_depth},
    {Op::SHAPE, shape_of},
});

}  // namespace

std::span<const OperatorEntry> shape_operators() { return kOperators; }

}  // namespace poss::convert
