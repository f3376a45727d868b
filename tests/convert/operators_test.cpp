// Every operator on its own: a tiny file, run by TensorFlow Lite and by ONNX Runtime.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "convert/convert.h"
#include "convert/tiny_model.h"
#include "oracle.h"

namespace poss::convert {
namespace {

using Op = TinyModel::Op;
using Options = TinyModel::Options;
using Type = TinyModel::Type;

constexpr int kHeight = 7, kWidth = 9;

// Numbers between −1 and 1, the same everywhere.
std::vector<float> numbers(int count, int seed) {
  std::vector<float> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(static_cast<float>(std::sin(0.7 * i + 1.3 * seed + 0.1 * i * i)));
  }
  return out;
}

int count_of(const std::vector<int>& shape) {
  int count = 1;
  for (const int size : shape) count *= size;
  return count;
}

struct Case {
  std::string name;
  // Adds operators behind the picture (float [1, 7, 9, 3]) and returns the result and its shape.
  std::function<std::pair<int, std::vector<int>>(TinyModel& m, int picture)> build;
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

// One operator with the picture as its only computed input.
Case one(const std::string& name, Op op, std::vector<int> shape,
         std::function<std::vector<int>(TinyModel&)> more = {}, Options type = Options::NONE,
         std::function<flatbuffers::Offset<void>(TinyModel&)> options = {}, int version = 1) {
  return {name, [=](TinyModel& m, int picture) {
            std::vector<int> inputs{picture};
            if (more) {
              for (const int input : more(m)) inputs.push_back(input);
            }
            const int out = m.tensor(shape);
            m.op(op, inputs, {out}, type, options ? options(m) : 0, version);
            return std::pair{out, shape};
          }};
}

template <class Make>
std::function<flatbuffers::Offset<void>(TinyModel&)> with(Make make) {
  return [make](TinyModel& m) { return make(m.builder).Union(); };
}

std::function<std::vector<int>(TinyModel&)> integers(std::vector<int> values) {
  return [values](TinyModel& m) { return std::vector{m.integers(values)}; };
}

int pads(TinyModel& m, const std::vector<int>& values) {
  return m.constant({static_cast<int>(values.size()) / 2, 2}, values, Type::INT32);
}

std::vector<Case> convolutions() {
  using namespace tflite;
  std::vector<Case> cases;
  const auto weights = [](std::vector<int> shape, int biases) {
    return [=](TinyModel& m) {
      return std::vector{m.floats(shape, numbers(count_of(shape), 1)),
                         m.floats({biases}, numbers(biases, 2))};
    };
  };
  cases.push_back(one("conv_same_stride_2", Op::CONV_2D, {1, 4, 5, 4}, weights({4, 3, 3, 3}, 4),
                      Options::Conv2DOptions, with([](auto& b) {
                        return CreateConv2DOptions(b, Padding::SAME, 2, 2, Activation::RELU6);
                      })));
  cases.push_back(one("conv_valid_dilated", Op::CONV_2D, {1, 3, 5, 2}, weights({2, 3, 3, 3}, 2),
                      Options::Conv2DOptions, with([](auto& b) {
                        return CreateConv2DOptions(b, Padding::VALID, 1, 1, Activation::NONE, 2, 2);
                      })));
  cases.push_back(one("depthwise", Op::DEPTHWISE_CONV_2D, {1, 7, 5, 6}, weights({1, 3, 5, 6}, 6),
                      Options::DepthwiseConv2DOptions, with([](auto& b) {
                        return CreateDepthwiseConv2DOptions(b, Padding::SAME, 2, 1, 2,
                                                            Activation::RELU);
                      })));
  for (const auto padding : {Padding::SAME, Padding::VALID}) {
    const bool same = padding == Padding::SAME;
    const std::vector<int> shape{1, same ? 4 : 3, same ? 5 : 4, 3};
    const auto options =
        with([padding](auto& b) { return CreatePool2DOptions(b, padding, 2, 2, 3, 3); });
    cases.push_back(one(same ? "max_pool_same" : "max_pool_valid", Op::MAX_POOL_2D, shape, {},
                        Options::Pool2DOptions, options));
    cases.push_back(one(same ? "average_pool_same" : "average_pool_valid", Op::AVERAGE_POOL_2D,
                        shape, {}, Options::Pool2DOptions, options));
  }
  for (const bool same : {true, false}) {
    const std::vector<int> shape{1, same ? 14 : 15, same ? 18 : 19, 2};
    cases.push_back(
        {same ? "transpose_conv_same" : "transpose_conv_valid", [=](TinyModel& m, int picture) {
           const int filters = m.floats({2, 3, 3, 3}, numbers(54, 3));
           const int out = m.tensor(shape);
           m.op(Op::TRANSPOSE_CONV, {m.integers(shape), filters, picture}, {out},
                Options::TransposeConvOptions,
                CreateTransposeConvOptions(m.builder, same ? Padding::SAME : Padding::VALID, 2, 2)
                    .Union());
           return std::pair{out, shape};
         }});
  }
  cases.push_back(one("fully_connected", Op::FULLY_CONNECTED, {63, 4}, weights({4, 3}, 4),
                      Options::FullyConnectedOptions, with([](auto& b) {
                        return CreateFullyConnectedOptions(b, Activation::RELU);
                      })));
  return cases;
}

std::vector<Case> resizes() {
  using namespace tflite;
  std::vector<Case> cases;
  struct Mode {
    const char* name;
    bool align, half;
  };
  for (const Mode mode :
       {Mode{"", false, false}, Mode{"_aligned", true, false}, Mode{"_half_pixel", false, true}}) {
    cases.push_back(
        one(std::string("resize_bilinear") + mode.name, Op::RESIZE_BILINEAR, {1, 14, 13, 3},
            integers({14, 13}), Options::ResizeBilinearOptions,
            with([mode](auto& b) { return CreateResizeBilinearOptions(b, mode.align, mode.half); }),
            3));
    cases.push_back(one(std::string("resize_nearest") + mode.name, Op::RESIZE_NEAREST_NEIGHBOR,
                        {1, 14, 13, 3}, integers({14, 13}), Options::ResizeNearestNeighborOptions,
                        with([mode](auto& b) {
                          return CreateResizeNearestNeighborOptions(b, mode.align, mode.half);
                        }),
                        3));
  }
  return cases;
}

std::vector<Case> arithmetic() {
  using namespace tflite;
  const std::vector<int> same{1, kHeight, kWidth, 3};
  std::vector<Case> cases;
  const auto per_channel = [](TinyModel& m) { return std::vector{m.floats({3}, {2, -1, .5f})}; };
  const auto per_row = [](TinyModel& m) {
    return std::vector{m.floats({kHeight, 1, 1}, numbers(kHeight, 4))};
  };
  const auto none = [](TinyModel&) { return std::vector<int>{}; };
  cases.push_back(one("add", Op::ADD, same, per_channel, Options::AddOptions,
                      with([](auto& b) { return CreateAddOptions(b, Activation::RELU_N1_TO_1); })));
  cases.push_back(one("sub", Op::SUB, same, per_row, Options::SubOptions,
                      with([](auto& b) { return CreateSubOptions(b); })));
  cases.push_back(one("mul", Op::MUL, same, per_channel, Options::MulOptions,
                      with([](auto& b) { return CreateMulOptions(b); })));
  cases.push_back(one("div", Op::DIV, same, per_channel, Options::DivOptions,
                      with([](auto& b) { return CreateDivOptions(b); })));
  cases.push_back(one("maximum", Op::MAXIMUM, same, per_row));
  cases.push_back(one("minimum", Op::MINIMUM, same, per_channel));
  cases.push_back(one("squared_difference", Op::SQUARED_DIFFERENCE, same, per_channel));
  cases.push_back(one("prelu", Op::PRELU, same, [](TinyModel& m) {
    return std::vector{m.floats({1, 1, 3}, {.1f, .2f, .3f})};
  }));
  for (const auto& [name, operation] : {std::pair{"logistic", Op::LOGISTIC},
                                        {"tanh", Op::TANH},
                                        {"exp", Op::EXP},
                                        {"abs", Op::ABS},
                                        {"neg", Op::NEG},
                                        {"floor", Op::FLOOR},
                                        {"ceil", Op::CEIL},
                                        {"elu", Op::ELU},
                                        {"relu", Op::RELU},
                                        {"relu6", Op::RELU6},
                                        {"relu_n1_to_1", Op::RELU_N1_TO_1},
                                        {"hard_swish", Op::HARD_SWISH},
                                        {"square", Op::SQUARE},
                                        {"l2_normalization", Op::L2_NORMALIZATION}}) {
    cases.push_back(one(name, operation, same, none));
  }
  cases.push_back(one("leaky_relu", Op::LEAKY_RELU, same, none, Options::LeakyReluOptions,
                      with([](auto& b) { return CreateLeakyReluOptions(b, 0.2f); })));
  cases.push_back(one("softmax", Op::SOFTMAX, same, none, Options::SoftmaxOptions,
                      with([](auto& b) { return CreateSoftmaxOptions(b, 1.5f); })));
  for (const auto& [name, operation] :
       {std::pair{"sqrt", Op::SQRT}, {"rsqrt", Op::RSQRT}, {"log", Op::LOG}}) {
    cases.push_back({name, [op = operation, same](TinyModel& m, int picture) {
                       const int positive = m.tensor(same), out = m.tensor(same);
                       m.op(Op::EXP, {picture}, {positive});
                       m.op(op, {positive}, {out});
                       return std::pair{out, same};
                     }});
  }
  for (const auto& [name, operation] : {std::pair{"mean", Op::MEAN},
                                        {"sum", Op::SUM},
                                        {"reduce_max", Op::REDUCE_MAX},
                                        {"reduce_min", Op::REDUCE_MIN}}) {
    cases.push_back(one(name, operation, {1, kHeight, 3}, integers({-2}), Options::ReducerOptions,
                        with([](auto& b) { return CreateReducerOptions(b, false); })));
  }
  cases.push_back(one("mean_of_plane", Op::MEAN, {1, 1, 1, 3}, integers({1, 2}),
                      Options::ReducerOptions,
                      with([](auto& b) { return CreateReducerOptions(b, true); })));
  return cases;
}

std::vector<Case> shapes() {
  using namespace tflite;
  std::vector<Case> cases;
  cases.push_back(one("transpose", Op::TRANSPOSE, {1, 3, 7, 9}, integers({0, 3, 1, 2})));
  cases.push_back(one("squeeze", Op::SQUEEZE, {7, 9, 3}));
  cases.push_back(one("pad", Op::PAD, {1, 10, 14, 3}, [](TinyModel& m) {
    return std::vector{pads(m, {0, 0, 1, 2, 3, 2, 0, 0})};
  }));
  cases.push_back(one("pad_value", Op::PADV2, {1, 10, 9, 4}, [](TinyModel& m) {
    return std::vector{pads(m, {0, 0, 1, 2, 0, 0, 1, 0}), m.floats({1}, {.7f})};
  }));
  cases.push_back(one(
      "mirror_pad", Op::MIRROR_PAD, {1, 10, 14, 3},
      [](TinyModel& m) {
        return std::vector{pads(m, {0, 0, 1, 2, 3, 2, 0, 0})};
      },
      Options::MirrorPadOptions, with([](auto& b) { return CreateMirrorPadOptions(b); })));
  cases.push_back(one("slice", Op::SLICE, {1, 3, 8, 2}, [](TinyModel& m) {
    return std::vector{m.integers({0, 2, 1, 1}), m.integers({1, 3, -1, 2})};
  }));
  cases.push_back(one(
      "strided_slice", Op::STRIDED_SLICE, {1, 3, 5, 3},
      [](TinyModel& m) {
        return std::vector{m.integers({0, 1, -1, 0}), m.integers({1, 6, 0, 2}),
                           m.integers({1, 2, -2, 1})};
      },
      Options::StridedSliceOptions,
      with([](auto& b) { return CreateStridedSliceOptions(b, 0, 12); })));
  cases.push_back(one(
      "strided_slice_shrinking", Op::STRIDED_SLICE, {1, 9, 3},
      [](TinyModel& m) {
        return std::vector{m.integers({0, -2, 0}), m.integers({0, 0, 0}), m.integers({1, 1, 1})};
      },
      Options::StridedSliceOptions,
      with([](auto& b) { return CreateStridedSliceOptions(b, 5, 5, 0, 0, 2); })));
  cases.push_back(one("gather", Op::GATHER, {1, 4, 9, 3}, integers({6, 0, 3, 3}),
                      Options::GatherOptions,
                      with([](auto& b) { return CreateGatherOptions(b, 1); })));
  cases.push_back(
      {"blocks_there_and_back", [](TinyModel& m, int picture) {
         const int even = m.tensor({1, 6, 8, 3}), deep = m.tensor({1, 3, 4, 12});
         const int out = m.tensor({1, 6, 8, 3});
         m.op(Op::SLICE, {picture, m.integers({0, 0, 0, 0}), m.integers({1, 6, 8, 3})}, {even});
         m.op(Op::SPACE_TO_DEPTH, {even}, {deep}, Options::SpaceToDepthOptions,
              CreateBlockSizeOptions(m.builder, 2).Union());
         const int shifted = m.tensor({1, 3, 4, 12});
         m.op(Op::ADD, {deep, m.floats({12}, numbers(12, 5))}, {shifted}, Options::AddOptions,
              CreateAddOptions(m.builder).Union());
         m.op(Op::DEPTH_TO_SPACE, {shifted}, {out}, Options::DepthToSpaceOptions,
              CreateBlockSizeOptions(m.builder, 2).Union());
         return std::pair{out, std::vector{1, 6, 8, 3}};
       }});
  cases.push_back({"split_and_concatenation", [](TinyModel& m, int picture) {
                     std::vector<int> parts;
                     for (int i = 0; i < 3; ++i) parts.push_back(m.tensor({1, 7, 9, 1}));
                     m.op(Op::SPLIT, {m.integers({3}), picture}, parts, Options::SplitOptions,
                          CreateSplitOptions(m.builder, 3).Union());
                     const int out = m.tensor({1, 7, 27, 1});
                     m.op(Op::CONCATENATION, {parts[2], parts[0], parts[1]}, {out},
                          Options::ConcatenationOptions,
                          CreateConcatenationOptions(m.builder, 2).Union());
                     return std::pair{out, std::vector{1, 7, 27, 1}};
                   }});
  cases.push_back({"unpack_and_pack", [](TinyModel& m, int picture) {
                     std::vector<int> parts;
                     for (int i = 0; i < 3; ++i) parts.push_back(m.tensor({1, 7, 9}));
                     m.op(Op::UNPACK, {picture}, parts, Options::UnpackOptions,
                          CreateUnpackOptions(m.builder, 3, 3).Union());
                     const int out = m.tensor({1, 2, 7, 9});
                     m.op(Op::PACK, {parts[2], parts[0]}, {out}, Options::PackOptions,
                          CreatePackOptions(m.builder, 2, 1).Union());
                     return std::pair{out, std::vector{1, 2, 7, 9}};
                   }});
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (auto cases : {convolutions(), resizes(), arithmetic(), shapes()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

class Operator : public testing::TestWithParam<Case> {};

TEST_P(Operator, computes_what_tensorflow_lite_computes) {
  if (!have_oracle()) GTEST_SKIP() << "scripts/fetch_zoo --oracle gets what this needs";
  TinyModel m;
  const int picture = m.tensor({1, kHeight, kWidth, 3});
  const auto [out, shape] = GetParam().build(m, picture);
  const int count = count_of(shape);
  const auto file = m.finish({picture}, {m.row(out, count)});
  auto input = numbers(kHeight * kWidth * 3, 9);
  for (auto& number : input) number *= 4;

  const auto expected = run_tflite(file, std::as_bytes(std::span(input)));
  ASSERT_TRUE(expected) << expected.error().message;
  ConvertOptions options;
  options.labels.emplace(count, "number");
  const auto model = convert_tflite(file, options);
  ASSERT_TRUE(model) << model.error().message;
  const auto outputs =
      run_onnx(model->onnx, kHeight, kWidth, to_planes(std::span<const float>(input)));
  ASSERT_TRUE(outputs) << outputs.error().message;
  const auto& scores = outputs->at("scores");
  ASSERT_EQ(scores.size(), expected->at(0).size());
  for (size_t i = 0; i < scores.size(); ++i) {
    ASSERT_NEAR(scores[i], expected->at(0)[i], 1e-4 + 1e-5 * std::abs(scores[i]))
        << "element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Tflite, Operator, testing::ValuesIn(all_cases()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace poss::convert
