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
enum class TensorType { float32, float16, uint8, int8 };
// What is put into an input besides the picture; sizes in pixels, as two numbers.
enum class ExtraValue {
  one,
  input_size_hw,    // of the model's input: height, width
  input_size_wh,    // width, height
  picture_size_hw,  // of the picture given
  picture_size_wh,
  scale_hw,  // input pixels a picture pixel: height, width
};
// How outputs become objects or classes. N boxes, K classes; output names in backquotes.
enum class Decoder {
  boxes_scores,  // `boxes` [1,N,4], also [1,N,1,4], [N,4], [1,4,N], and `scores` [1,N,K] or [1,K,N]
  detections,    // decided in the graph: `boxes` [N,4], `scores` [N], `classes` [N], maybe `count`
  rows,          // one output [1,N,C], [1,C,N] or [N,C]; `columns` says what a row holds
  selected,      // `boxes` [1,N,4], `scores` [1,K,N], `selected` [M,3]: batch, class, box
  anchors,       // `boxes`: offsets to the anchors of a file, and `scores`
  grid,          // rows [1,N,5+K] not decoded yet: (x + cell) × stride, exp(w) × stride
  distances,     // distributions of the distances from a grid point to the four sides
  anchor_grid,   // raw maps of A × (5+K) channels, one output a level
  heatmap,       // `scores` [1,K,H,W] with peaks at centres, `sizes` and `offsets` [1,2,H,W]
  classification,  // one output [B,K]
};
enum class Activation { none, sigmoid, softmax };
enum class BoxFormat { xyxy, yxyx, cxcywh, xywh };               // xywh: left, top, width, height
enum class BoxUnits { fraction, input_pixels, picture_pixels };  // fraction: of the model's input
// How the values of an anchor_grid become a box. exponential: centre σ(x) + cell, size exp(w) ×
// anchor; scaled: centre 2σ(x) − 0.5 + cell, size (2σ(w))² × anchor.
enum class GridForm { exponential, scaled };
// The four values of an offset to an anchor. yxhw and xywh: the centre moves by v × the anchor's
// size, the size grows by exp(v); xywh_linear: the size is v × the anchor's; corners: left, top,
// right and bottom move by v × the anchor's size.
enum class OffsetForm { yxhw, xywh, xywh_linear, corners };

// An input besides the picture.
struct ExtraInput {
  std::string name;
  ExtraValue value = ExtraValue::one;
  static void declare(Fields<ExtraInput>& f);
};

// The model's image input, and how a picture becomes it; its further inputs.
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
  std::vector<ExtraInput> extras;  // the model's other inputs
  static void declare(Fields<InputSpec>& f);
};

// How the outputs become objects or classes.
struct DecoderSpec {
  Decoder type = Decoder::boxes_scores;
  Activation activation = Activation::none;  // still to be applied to scores
  // Output names; empty: found by their shapes.
  std::string boxes;
  std::string scores;
  std::string classes;
  std::string count;
  std::string selected;
  std::string sizes;
  std::string offsets;
  // anchors, distances, anchor_grid: one output a level, or two (scores, boxes); finest level
  // first.
  std::vector<std::string> outputs;
  BoxFormat box_format = BoxFormat::xyxy;
  BoxUnits box_units = BoxUnits::fraction;
  // rows: "box" (4 wide), "objectness", "scores" (K wide), "score", "class", "batch", and "rest"
  // (what is left, not read).
  std::vector<std::string> columns;
  bool suppress = true;  // false: the graph has chosen among boxes that overlap
  int background = -1;   // index of a class that means "nothing", left out; −1: none
  std::vector<double> anchor_scales{10, 10, 5, 5};  // y, x, h, w divisors of the offsets
  OffsetForm offset_form = OffsetForm::yxhw;
  std::string anchors;  // file beside the manifest: N × 4 little-endian float32 cy, cx, h, w, 0..1
  std::vector<int> strides{8, 16, 32};  // grid, distances, anchor_grid: input pixels a cell
  std::vector<double> anchor_sizes;     // anchor_grid: w, h in input pixels, level by level
  GridForm grid_form = GridForm::exponential;
  int bins = 8;              // distances: values of a distribution; 1: the distance itself
  double cell_center = 0.5;  // distances: where in its cell a grid point lies
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
                                     std::pair{infer::TensorType::float16, "float16"},
                                     std::pair{infer::TensorType::uint8, "uint8"},
                                     std::pair{infer::TensorType::int8, "int8"}};
};
template <>
struct EnumNames<infer::ExtraValue> {
  static constexpr std::array values{
      std::pair{infer::ExtraValue::one, "one"},
      std::pair{infer::ExtraValue::input_size_hw, "input_size_hw"},
      std::pair{infer::ExtraValue::input_size_wh, "input_size_wh"},
      std::pair{infer::ExtraValue::picture_size_hw, "picture_size_hw"},
      std::pair{infer::ExtraValue::picture_size_wh, "picture_size_wh"},
      std::pair{infer::ExtraValue::scale_hw, "scale_hw"}};
};
template <>
struct EnumNames<infer::Decoder> {
  static constexpr std::array values{std::pair{infer::Decoder::boxes_scores, "boxes_scores"},
                                     std::pair{infer::Decoder::detections, "detections"},
                                     std::pair{infer::Decoder::rows, "rows"},
                                     std::pair{infer::Decoder::selected, "selected"},
                                     std::pair{infer::Decoder::anchors, "anchors"},
                                     std::pair{infer::Decoder::grid, "grid"},
                                     std::pair{infer::Decoder::distances, "distances"},
                                     std::pair{infer::Decoder::anchor_grid, "anchor_grid"},
                                     std::pair{infer::Decoder::heatmap, "heatmap"},
                                     std::pair{infer::Decoder::classification, "classification"}};
};
template <>
struct EnumNames<infer::BoxFormat> {
  static constexpr std::array values{
      std::pair{infer::BoxFormat::xyxy, "xyxy"}, std::pair{infer::BoxFormat::yxyx, "yxyx"},
      std::pair{infer::BoxFormat::cxcywh, "cxcywh"}, std::pair{infer::BoxFormat::xywh, "xywh"}};
};
template <>
struct EnumNames<infer::BoxUnits> {
  static constexpr std::array values{std::pair{infer::BoxUnits::fraction, "fraction"},
                                     std::pair{infer::BoxUnits::input_pixels, "input_pixels"},
                                     std::pair{infer::BoxUnits::picture_pixels, "picture_pixels"}};
};
template <>
struct EnumNames<infer::GridForm> {
  static constexpr std::array values{std::pair{infer::GridForm::exponential, "exponential"},
                                     std::pair{infer::GridForm::scaled, "scaled"}};
};
template <>
struct EnumNames<infer::OffsetForm> {
  static constexpr std::array values{std::pair{infer::OffsetForm::yxhw, "yxhw"},
                                     std::pair{infer::OffsetForm::xywh, "xywh"},
                                     std::pair{infer::OffsetForm::xywh_linear, "xywh_linear"},
                                     std::pair{infer::OffsetForm::corners, "corners"}};
};
template <>
struct EnumNames<infer::Activation> {
  static constexpr std::array values{std::pair{infer::Activation::none, "none"},
                                     std::pair{infer::Activation::sigmoid, "sigmoid"},
                                     std::pair{infer::Activation::softmax, "softmax"}};
};

}  // namespace poss
