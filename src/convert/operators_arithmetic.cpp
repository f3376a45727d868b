// Operators that work element by element or along one axis: sums, activations, reductions.
#include <algorithm>
#include <array>
#include <cmath>

#include "convert/operators.h"

namespace poss::convert {
namespace {

using Op = tflite::BuiltinOperator;

Result<Value> binary(Step& step, const char* op) {
  POSS_ASSIGN(const Value a, step.value(0));
  POSS_ASSIGN(const Value b, step.value(1));
  return step.named(combine(step.graph, op, a, b));
}

template <class Options>
tflite::Activation activation_of(const Options* options) {
  return options ? options->activation() : tflite::Activation::NONE;
}

Result<Values> add(Step& step) {
  POSS_ASSIGN(const Value sum, binary(step, "Add"));
  POSS_ASSIGN(Value out, step.finish(sum, activation_of(step.table().options_as_AddOptions())));
  return Values{out};
}

Result<Values> subtract(Step& step) {
  POSS_ASSIGN(const Value difference, binary(step, "Sub"));
  POSS_ASSIGN(Value out,
              step.finish(difference, activation_of(step.table().options_as_SubOptions())));
  return Values{out};
}

Result<Values> multiply(Step& step) {
  POSS_ASSIGN(const Value product, binary(step, "Mul"));
  POSS_ASSIGN(Value out, step.finish(product, activation_of(step.table().options_as_MulOptions())));
  return Values{out};
}

Result<Values> divide(Step& step) {
  POSS_ASSIGN(const Value quotient, binary(step, "Div"));
  POSS_ASSIGN(Value out,
              step.finish(quotient, activation_of(step.table().options_as_DivOptions())));
  return Values{out};
}

Result<Values> maximum(Step& step) {
  POSS_ASSIGN(Value out, binary(step, "Max"));
  return Values{out};
}

Result<Values> minimum(Step& step) {
  POSS_ASSIGN(Value out, binary(step, "Min"));
  return Values{out};
}

Result<Values> squared_difference(Step& step) {
  POSS_ASSIGN(const Value difference, binary(step, "Sub"));
  return Values{step.graph.binary("Mul", difference, difference, difference.shape)};
}

// The real numbers are the same before and after.
Result<Values> same(Step& step) {
  POSS_ASSIGN(Value out, step.real(0));
  return Values{out};
}

template <class F>
Result<Values> with_real(Step& step, F make) {
  POSS_ASSIGN(const Value in, step.real(0));
  return Values{make(in)};
}

// TFLite operators that ONNX has under another name, float32 in and out.
template <Op code>
Result<Values> renamed(Step& step) {
  constexpr const char* kName = [] {
    switch (code) {
      case Op::LOGISTIC:
        return "Sigmoid";
      case Op::TANH:
        return "Tanh";
      case Op::EXP:
        return "Exp";
      case Op::LOG:
        return "Log";
      case Op::SQRT:
        return "Sqrt";
      case Op::ABS:
        return "Abs";
      case Op::NEG:
        return "Neg";
      case Op::FLOOR:
        return "Floor";
      case Op::CEIL:
        return "Ceil";
      case Op::ELU:
        return "Elu";
      default:
        return "";
    }
  }();
  static_assert(kName[0] != 0);
  return with_real(step, [&](const Value& in) { return step.graph.unary(kName, in); });
}

Result<Values> rsqrt(Step& step) {
  return with_real(step, [&](const Value& in) {
    return step.graph.unary("Reciprocal", step.graph.unary("Sqrt", in));
  });
}

Result<Values> square(Step& step) {
  return with_real(step,
                   [&](const Value& in) { return step.graph.binary("Mul", in, in, in.shape); });
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Result<Values> relu(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, kInfinity); });
}

Result<Values> relu6(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, 6); });
}

Result<Values> relu_n1_to_1(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, -1, 1); });
}

Result<Values> relu_0_to_1(Step& step) {
  return with_real(step, [&](const Value& in) { return step.graph.clip(in, 0, 1); });
}

Result<Values> leaky_relu(Step& step) {
  const auto* options = step.table().options_as_LeakyReluOptions();
  const float alpha = options ? options->alpha() : 0;
  return with_real(step, [&](const Value& in) {
    return step.graph.unary("LeakyRelu", in, {{"alpha", alpha}});
  });
}

// x · relu6(x + 3) / 6
Result<Values> hard_swish(Step& step) {
  return with_real(step, [&](const Value& in) {
    const Value gate =
        step.graph.unary("HardSigmoid", in, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}});
    return step.graph.binary("Mul", in, gate, in.shape);
  });
}

Result<Values> sloped(Step& step) {
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const Value slope, step.real(1));
  POSS_ASSIGN(Value out, step.named(prelu(step.graph, in, slope)));
  return Values{out};
}

Result<Values> softmax_of(Step& step) {
  const auto* options = step.table().options_as_SoftmaxOptions();
  const float beta = options ? options->beta() : 1;
  POSS_ASSIGN(const Value in, step.real(0));
  if (in.rank() == 0) return step.error("has no axis");
  const Value scaled =
      beta == 1 ? in : step.graph.binary("Mul", in, OnnxGraph::constant({}, {beta}), in.shape);
  return Values{softmax(step.graph, scaled, in.rank() - 1)};
}

Result<Values> l2_normalization(Step& step) {
  POSS_ASSIGN(const Value in, step.real(0));
  if (in.rank() == 0) return step.error("has no axis");
  return Values{step.graph.unary(
      "LpNormalization", in,
      {{"axis", std::int64_t{in.position(in.rank() - 1)}}, {"p", std::int64_t{2}}})};
}

Result<Values> reduced(Step& step, const std::string& op) {
  const auto* options = step.table().options_as_ReducerOptions();
  POSS_ASSIGN(const Value in, step.real(0));
  POSS_ASSIGN(const auto axes, step.integers(1));
  POSS_ASSIGN(Value out,
              step.named(reduce(step.graph, op, in, axes, options && options->keep_dims())));
  return Values{out};
}

Result<Values> mean(Step& step) { return reduced(step, "ReduceMean"); }
Result<Values> sum(Step& step) { return reduced(step, "ReduceSum"); }
Result<Values> reduce_max(Step& step) { return reduced(step, "ReduceMax"); }
Result<Values> reduce_min(Step& step) { return reduced(step, "ReduceMin"); }

Result<Values> cast_to(Step& step) {
  using enum tflite::TensorType;
  POSS_ASSIGN(const Value in, step.value(0));
  const auto to = step.output().type;
  const auto type = element_of(step.output());
  const bool real = to == FLOAT32 || to == FLOAT16;
  if (!type || (*type == Element::f32 && !real)) {
    return step.error(std::string("turns numbers into ") + tflite::EnumNameTensorType(to) +
                      ", which is not supported");
  }
  POSS_ASSIGN(Value out, step.named(cast(step.graph, in, *type)));
  return Values{out};
}

constexpr auto kOperators = std::to_array<OperatorEntry>({
    {Op::ADD, add},
    {Op::SUB, subtract},
    {Op::MUL, multiply},
    {Op::DIV, divide},
    {Op::MAXIMUM, maximum},
    {Op::MINIMUM, minimum},
    {Op::SQUARED_DIFFERENCE, squared_difference},
    {Op::QUANTIZE, same},
    {Op::DEQUANTIZE, same},
    {Op::LOGISTIC, renamed<Op::LOGISTIC>},
    {Op::TANH, renamed<Op::TANH>},
    {Op::EXP, renamed<Op::EXP>},
    {Op::LOG, renamed<Op::LOG>},
    {Op::SQRT, renamed<Op::SQRT>},
    {Op::ABS, renamed<Op::ABS>},
    {Op::NEG, renamed<Op::NEG>},
    {Op::FLOOR, renamed<Op::FLOOR>},
    {Op::CEIL, renamed<Op::CEIL>},
    {Op::ELU, renamed<Op::ELU>},
    {Op::RSQRT, rsqrt},
    {Op::SQUARE, square},
    {Op::RELU, relu},
    {Op::RELU6, relu6},
    {Op::RELU_N1_TO_1, relu_n1_to_1},
    {Op::RELU_0_TO_1, relu_0_to_1},
    {Op::LEAKY_RELU, leaky_relu},
    {Op::HARD_SWISH, hard_swish},
    {Op::PRELU, sloped},
    {Op::SOFTMAX, softmax_of},
    {Op::L2_NORMALIZATION, l2_normalization},
    {Op::MEAN, mean},
    {Op::SUM, sum},
    {Op::REDUCE_MAX, reduce_max},
    {Op::REDUCE_MIN, reduce_min},
    {Op::CAST, cast_to},
});

}  // namespace

std::span<const OperatorEntry> arithmetic_operators() { return kOperators; }

}  // namespace poss::convert
