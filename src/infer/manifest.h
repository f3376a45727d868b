// model.json: how to feed a model and how to read its answer. No model is special-cased in code.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace poss::infer {

enum class Task { detection, classification };
enum class Fit { letterbox, stretch };  // letterbox: scaled to fit, the rest padded
enum class LetterboxAlign { center, top_left };
enum class ColorOrder { rgb, bgr };
enum class TensorLayout { nchw, nhwc };
enum class TensorType { float32, uint8 };
enum class Decoder {
  boxes_scores,    // `boxes` [1,N,4] xyxy 0..1 and `scores` [1,N,K] (EfficientDet, SSD decoded)
  anchors,         // `boxes` [1,N,4] offsets to anchors, `scores` [1,N,K]; SSD and EfficientDet
  yolov8,          // one output [1, 4+K, N]: cx, cy, w, h in input pixels, then class scores
  classification,  // one output [B, K]
};
enum class Activation { none, sigmoid, softmax };

// The model's one image input, and how a picture becomes it.
struct InputSpec {
  std::string name;  // empty: the model's first input
  int width = 0;     // pixels
  int height = 0;
  TensorLayout layout = TensorLayout::nchw;
  TensorType type = TensorType::float32;
  ColorOrder color = ColorOrder::rgb;
  Fit fit = Fit::stretch;
  LetterboxAlign align = LetterboxAlign::center;
  double pad = 114;  // value of the letterbox border, 0..255
  std::vector<double> mean{
      0, 0, 0};  // tensor = (pixel 0..255 − mean) / std, per channel in `color` order
  std::vector<double> std{1, 1, 1};
  static void declare(Fields<InputSpec>& f);
};

// How the outputs become objects or classes.
struct DecoderSpec {
  Decoder type = Decoder::boxes_scores;
  Activation activation = Activation::none;  // still to be applied to scores
  std::string boxes;                         // output names; empty: found by shape
  std::string scores;
  int background = -1;  // index of a class that means "nothing", left out; −1: none
  std::vector<double> anchor_scales{10, 10, 5, 5};  // y, x, h, w divisors of the offsets
  std::string anchors;  // file beside the manifest: N × 4 little-endian float32 cy, cx, h, w, 0..1
  static void declare(Fields<DecoderSpec>& f);
};

struct Manifest {
  int version = 1;
  std::string title;
  std::string description;
  std::string license;
  std::string source;
  Task task = Task::detection;
  std::string file = "model.onnx";  // beside the manifest
  InputSpec input;
  DecoderSpec decoder;
  std::vector<std::string> labels;  // one per class, in the order of the output; "" = unused class
  static void declare(Fields<Manifest>& f);
  void validate(const std::string& path, std::vector<FieldError>& errors) const;
};

// Reads and checks `folder`/model.json. Unknown settings are refused.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace poss::infer

namespace poss {

template <>
struct EnumNames<infer::Task> {
  static constexpr std::array values{std::pair{infer::Task::detection, "detection"},
                                     std::pair{infer::Task::classification, "classification"}};
};
template <>
struct EnumNames<infer::Fit> {
  static constexpr std::array values{std::pair{infer::Fit::letterbox, "letterbox"},
                                     std::pair{infer::Fit::stretch, "stretch"}};
};
template <>
struct EnumNames<infer::LetterboxAlign> {
  static constexpr std::array values{std::pair{infer::LetterboxAlign::center, "center"},
                                     std::pair{infer::LetterboxAlign::top_left, "top_left"}};
};
template <>
struct EnumNames<infer::ColorOrder> {
  static constexpr std::array values{std::pair{infer::ColorOrder::rgb, "rgb"},
                                     std::pair{infer::ColorOrder::bgr, "bgr"}};
};
template <>
struct EnumNames<infer::TensorLayout> {
  static constexpr std::array values{std::pair{infer::TensorLayout::nchw, "nchw"},
                                     std::pair{infer::TensorLayout::nhwc, "nhwc"}};
};
template <>
struct EnumNames<infer::TensorType> {
  static constexpr std::array values{std::pair{infer::TensorType::float32, "float32"},
                                     std::pair{infer::TensorType::uint8, "uint8"}};
};
template <>
struct EnumNames<infer::Decoder> {
  static constexpr std::array values{std::pair{infer::Decoder::boxes_scores, "boxes_scores"},
                                     std::pair{infer::Decoder::anchors, "anchors"},
                                     std::pair{infer::Decoder::yolov8, "yolov8"},
                                     std::pair{infer::Decoder::classification, "classification"}};
};
template <>
struct EnumNames<infer::Activation> {
  static constexpr std::array values{std::pair{infer::Activation::none, "none"},
                                     std::pair{infer::Activation::sigmoid, "sigmoid"},
                                     std::pair{infer::Activation::softmax, "softmax"}};
};

}  // namespace poss
