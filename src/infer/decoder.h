// What the decoders share: tables inside tensors, the choice of outputs, scores and boxes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "infer/manifest.h"
#include "infer/scan.h"
#include "infer/session.h"
#include "infer/suppress.h"

namespace poss::infer {

using Shape = std::span<const std::int64_t>;

// One call of a decoder.
struct DecodeInput {
  std::span<const OutputTensor> tensors;  // the outputs that the decoder wanted, in that order
  float min_score = 0;
  float picture_width = 1;  // pixels
  float picture_height = 1;
};

// One layout of outputs, for one model. Immutable; any number of threads may call it.
class BoxDecoder {
 public:
  virtual ~BoxDecoder() = default;
  // Appends the boxes of at least min_score, in fractions of the model's input (of the picture
  // where box_units says so), before suppression. Fails when the tensors have not the shapes it
  // needs.
  virtual Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const = 0;
};

struct DecoderPlan {
  std::vector<size_t> wanted;  // indices of outputs
  std::unique_ptr<const BoxDecoder> decoder;
};

// The decoders by family: each chooses its outputs and checks what the file declares of them. The
// manifest must outlive the plan.
using MakeDecoder = Result<DecoderPlan>(const Manifest& manifest,
                                        std::span<const TensorInfo> outputs,
                                        const std::filesystem::path& folder);
MakeDecoder make_boxes_scores;  // decode_boxes.cpp
MakeDecoder make_detections;
MakeDecoder make_selected;
MakeDecoder make_rows;  // decode_rows.cpp
MakeDecoder make_grid;
MakeDecoder make_anchors;      // decode_anchors.cpp
MakeDecoder make_distances;    // decode_distances.cpp
MakeDecoder make_anchor_grid;  // decode_maps.cpp
MakeDecoder make_heatmap;

// ---- tables inside tensors ----

// `count` rows of `width` values in a tensor.
struct Rows {
  const float* values = nullptr;
  std::int64_t count = 0;
  std::int64_t width = 0;
  std::int64_t row_stride = 0;
  std::int64_t value_stride = 1;

  const float* row(std::int64_t index) const { return values + index * row_stride; }
  float at(std::int64_t index, std::int64_t column) const {
    return values[index * row_stride + column * value_stride];
  }
  // `width` columns from `first` on as scores.
  ScoreTable columns(std::int64_t first, std::int64_t number) const {
    return {values + first * value_stride, count, number, row_stride, value_stride};
  }
};

// How the values of one row lie: side by side in the last dimensions, [1,N,W] or [1,H,W',W]; or
// each in its own plane of the first ones, [1,W,N] or [1,W,H,W'].
enum class Order { rows, planes };

// Whether `shape` can hold rows of `width` values in that order; −1 stands for any size.
bool may_hold(Shape shape, std::int64_t width, Order order);

// A tensor, of which OutputDecoder has checked that shape and values agree, as rows of `width`
// values; `preferred` decides where both orders are possible. Fails
// with one sentence naming the output.
Result<Rows> rows_of(const OutputTensor& tensor, std::int64_t width, const std::string& name,
                     Order preferred = Order::rows);

// Elements of a tensor of `shape`; nothing where that is not known or beyond all bounds.
std::optional<std::int64_t> elements(Shape shape);

// How many of `boxes` boxes an output that counts them leaves.
std::int64_t counted(std::span<const float> count, std::int64_t boxes);

// ---- outputs ----

Error shape_error(const std::string& name, Shape shape, const std::string& expected);
// "the manifest has 3 labels and the model 90 classes"
std::string mismatch_text(std::int64_t labels, std::int64_t classes);
// "there are 3 scores for 9 boxes"
Error count_error(const char* what, std::int64_t count, std::int64_t boxes);

// Chooses outputs one after the other, none twice.
class OutputChooser {
 public:
  explicit OutputChooser(std::span<const TensorInfo> outputs) : outputs_(outputs) {}

  // The output `name`, which must pass `check`. Without a name the one that passes; of several that
  // called `usual`, or the only one whose name contains one of `hints`. `usual` is also the setting
  // that names it.
  template <class Check>
  Result<size_t> choose(const std::string& name, const char* usual,
                        std::initializer_list<const char*> hints, const Check& check) {
    if (!name.empty()) {
      POSS_ASSIGN(const size_t index, named(name));
      POSS_TRY(check(outputs_[index]));
      return take(index);
    }
    std::vector<size_t> fitting;
    Result<void> first_error;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (is_taken(i)) continue;
      if (auto result = check(outputs_[i]); result) {
        fitting.push_back(i);
      } else if (first_error || outputs_[i].name == usual) {
        first_error = std::move(result);
      }
    }
    if (fitting.empty() && !first_error) return first_error.error();
    POSS_ASSIGN(const size_t index, likeliest(fitting, usual, hints));
    return take(index);
  }

  Result<size_t> named(const std::string& name) const;
  bool is_taken(size_t index) const;
  size_t take(size_t index) {
    taken_.push_back(index);
    return index;
  }
  const std::vector<size_t>& taken() const { return taken_; }

 private:
  Result<size_t> likeliest(const std::vector<size_t>& fitting, const char* usual,
                           std::initializer_list<const char*> hints) const;

  std::span<const TensorInfo> outputs_;
  std::vector<size_t> taken_;
};

// Checks for choose(): an output of numbers that can hold rows of four values, and of K scores for
// `boxes` boxes (−1: not known).
Result<void> check_boxes(const TensorInfo& info);
Result<void> check_scores(const TensorInfo& info, std::int64_t labels, std::int64_t boxes);
Result<void> check_numbers(const TensorInfo& info);

// ---- scores ----

// The class of a box, and how sure it is.
struct Scored {
  std::int64_t anchor = 0;
  int class_index = 0;
  float score = 0;
};

// Reads scores as a manifest says.
class Scorer {
 public:
  Scorer(const Manifest& manifest, float min_score);

  // The best class of each anchor that may be reported, where its score reaches the minimum. With
  // `objectness`, a table of one column, scores are multiplied by it.
  std::vector<Scored> best_classes(const ScoreTable& classes,
                                   const ScoreTable* objectness = nullptr) const;
  // The anchors of a table of one column that reach the minimum; class 0.
  std::vector<Scored> above(const ScoreTable& scores) const;

  // Whether a class given as a number may be reported, and which it is.
  std::optional<int> class_of(float value) const;
  bool usable(std::int64_t index) const;
  // The score of a single raw value.
  float activated(float raw) const;
  // The raw value that a score must reach for certain.
  float raw_threshold() const;
  float min_score() const { return min_score_; }

 private:
  const Manifest& manifest_;
  float min_score_;
};

float sigmoid(float value);
// The score of class `index` among `classes` raw values `stride` apart.
float softmax_at(const float* values, std::int64_t classes, std::int64_t stride,
                 std::int64_t index);

// ---- boxes ----

// Four numbers as a box, as box_format and box_units say.
class BoxReader {
 public:
  BoxReader(const Manifest& manifest, const DecodeInput& in);
  Corners read(const float* values, std::int64_t stride) const;

 private:
  BoxFormat format_;
  float scale_x_;
  float scale_y_;
};

// Appends the box, with a score of 1 at most, unless it is empty or something is not a number.
void add_box(std::vector<Candidate>& out, const Scored& scored, const Corners& box);

// The grid points of all levels, row by row, the levels one after the other.
class GridPoints {
 public:
  struct Point {
    float x = 0;  // cell
    float y = 0;
    float stride = 0;
  };
  GridPoints(const InputSpec& input, std::span<const int> strides);
  std::int64_t count() const { return first_.back(); }
  std::int64_t count(size_t level) const { return first_[level + 1] - first_[level]; }
  std::int64_t first(size_t level) const { return first_[level]; }
  std::int64_t columns(size_t level) const { return columns_[level]; }
  Point at(std::int64_t index) const;

 private:
  std::vector<int> strides_;
  std::vector<std::int64_t> columns_;
  std::vector<std::int64_t> first_;  // index of the first point of each level, and the total
};

}  // namespace poss::infer
