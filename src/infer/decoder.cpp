// Tables inside tensors, choosing outputs, reading scores and boxes.
#include "infer/decoder.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace poss::infer {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;

// The product of the first dimensions, one more with each step, is `width` at some point.
// The innermost dimension, where not known, may be anything; the batch, the very first, is 1.
template <class Dimensions>
bool reaches(const Dimensions& sizes, std::int64_t width, bool starts_with_batch) {
  std::int64_t product = 1;
  bool first = starts_with_batch;
  for (const std::int64_t size : sizes) {
    if (size < 0 && !first) return product == 1;
    if (size > 0) product *= std::min(size, kMaxElements);
    if (size == 0) return false;
    first = false;
    if (product == width) return true;
    if (product > width) return false;
  }
  return false;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_finite(const Corners& box) {
  return std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.right) &&
         std::isfinite(box.bottom);
}

}  // namespace

bool may_hold(Shape shape, std::int64_t width, Order order) {
  const auto total = elements(shape);
  if (total && *total == 0) return true;
  if (total && *total % width != 0) return false;
  if (width == 1) {
    // One value a box: a list, or a dimension that is 1 where the values of a box lie.
    const auto many = [](auto size) { return size < 0 || size > 1; };
    if (shape.size() < 2 ||
        std::ranges::count_if(shape.subspan(1), many) <= (shape[0] > 1 ? 0 : 1)) {
      return true;
    }
    return order == Order::planes ? shape[1] == 1 : shape.back() == 1 || shape.back() < 0;
  }
  if (order == Order::planes) return reaches(shape, width, true);
  const std::vector<std::int64_t> backwards(shape.rbegin(), shape.rend());
  return reaches(backwards, width, shape.size() == 1);
}

std::optional<std::int64_t> elements(Shape shape) {
  std::int64_t count = 1;
  for (const auto size : shape) {
    if (size < 0 || size > kMaxElements) return std::nullopt;
    count *= size;
    if (count > kMaxElements) return std::nullopt;
  }
  return count;
}

Result<Rows> rows_of(const OutputTensor& tensor, std::int64_t width, const std::string& name,
                     Order preferred) {
  const std::int64_t total = std::ssize(tensor.values);
  Rows out{tensor.values.data(), total / width, width, width, 1};
  if (total == 0) return out;
  const bool rows = may_hold(tensor.shape, width, Order::rows);
  const bool planes = may_hold(tensor.shape, width, Order::planes);
  if (!rows && !planes) {
    return shape_error(
        name, tensor.shape,
        std::to_string(width) + " values a box are needed: [1,N," + std::to_string(width) + "]");
  }
  if (planes && (!rows || preferred == Order::planes)) {
    out.row_stride = 1;
    out.value_stride = out.count;
  }
  return out;
}

Error shape_error(const std::string& name, Shape shape, const std::string& expected) {
  return Error{Code::invalid_argument,
               "output '" + name + "' has the shape " + shape_text(shape) + ", but " + expected};
}

std::string mismatch_text(std::int64_t labels, std::int64_t classes) {
  return "the manifest has " + std::to_string(labels) + (labels == 1 ? " label" : " labels") +
         " and the model " + std::to_string(classes) + (classes == 1 ? " class" : " classes");
}

Error count_error(const char* what, std::int64_t count, std::int64_t boxes) {
  return Error{Code::invalid_argument, "there are " + std::to_string(count) + " " + what + " for " +
                                           std::to_string(boxes) + " boxes"};
}

Result<size_t> OutputChooser::named(const std::string& name) const {
  std::string known;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].name == name) {
      POSS_TRY(check_numbers(outputs_[i]));
      if (!is_taken(i)) return i;
      return Error{Code::invalid_argument, "output '" + name + "' is named twice"};
    }
    known += (known.empty() ? "" : ", ") + outputs_[i].name;
  }
  return Error{Code::invalid_argument, "the model has no output '" + name + "'; it has: " + known};
}

bool OutputChooser::is_taken(size_t index) const {
  return std::ranges::find(taken_, index) != taken_.end();
}

Result<size_t> OutputChooser::likeliest(const std::vector<size_t>& fitting, const char* usual,
                                        std::initializer_list<const char*> hints) const {
  if (fitting.size() == 1) return fitting.front();
  std::vector<size_t> hinted;
  for (const size_t index : fitting) {
    if (outputs_[index].name == usual) return index;
    const std::string name = lower(outputs_[index].name);
    if (std::ranges::any_of(
            hints, [&](const char* hint) { return name.find(hint) != std::string::npos; })) {
      hinted.push_back(index);
    }
  }
  if (hinted.size() == 1) return hinted.front();
  return Error{Code::invalid_argument, std::string(fitting.empty() ? "no" : "more than one") +
                                           " output of the model can be the " + usual +
                                           ": name it in decoder." + usual};
}

Result<void> check_numbers(const TensorInfo& info) {
  if (element_size(info.type) > 0) return {};
  return Error{Code::invalid_argument, "output '" + info.name +
                                           "' does not hold numbers: export the model with tensors "
                                           "of numbers as outputs"};
}

Result<void> check_boxes(const TensorInfo& info) {
  POSS_TRY(check_numbers(info));
  if (may_hold(info.shape, 4, Order::rows) || may_hold(info.shape, 4, Order::planes)) return {};
  return shape_error(info.name, info.shape, "boxes are [1,N,4]");
}

Result<void> check_scores(const TensorInfo& info, std::int64_t labels, std::int64_t boxes) {
  POSS_TRY(check_numbers(info));
  const auto total = elements(info.shape);
  const bool fits =
      may_hold(info.shape, labels, Order::rows) || may_hold(info.shape, labels, Order::planes);
  if (fits && (!total || boxes < 0 || *total == boxes * labels)) return {};
  if (total && boxes > 0 && *total % boxes == 0) {
    return shape_error(info.name, info.shape, mismatch_text(labels, *total / boxes));
  }
  if (fits) return count_error("rows of scores", *total / labels, boxes);
  if (info.shape.empty() || info.shape.back() < 0) {
    return shape_error(info.name, info.shape, "scores are [1,N,K]");
  }
  return shape_error(info.name, info.shape, mismatch_text(labels, info.shape.back()));
}

float sigmoid(float value) { return 1.0f / (1.0f + std::exp(-value)); }

float softmax_at(const float* values, std::int64_t classes, std::int64_t stride,
                 std::int64_t index) {
  float most = values[0];
  for (std::int64_t k = 1; k < classes; ++k) most = std::max(most, values[k * stride]);
  float sum = 0;
  for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(values[k * stride] - most);
  return std::exp(values[index * stride] - most) / sum;
}

Scorer::Scorer(const Manifest& manifest, float min_score)
    : manifest_(manifest), min_score_(min_score) {}

bool Scorer::usable(std::int64_t index) const {
  return index != manifest_.decoder.background &&
         !manifest_.labels[static_cast<size_t>(index)].empty();
}

std::int64_t counted(std::span<const float> count, std::int64_t boxes) {
  if (count.empty() || count[0] <= 0) return 0;
  // Of a count that is no number nothing is known, so all boxes are read.
  return count[0] < static_cast<float>(boxes) ? std::lround(count[0]) : boxes;
}

std::optional<int> Scorer::class_of(float value) const {
  if (!(value > -0.5f) || !(value < static_cast<float>(manifest_.labels.size()) - 0.5f)) {
    return std::nullopt;
  }
  const auto index = std::lround(value);
  if (!usable(index)) return std::nullopt;
  return static_cast<int>(index);
}

float Scorer::activated(float raw) const {
  return manifest_.decoder.activation == Activation::none ? raw : sigmoid(raw);
}

float Scorer::raw_threshold() const {
  if (manifest_.decoder.activation == Activation::none) return min_score_;
  if (min_score_ <= 0) return -kInfinity;
  if (min_score_ >= 1) return kInfinity;
  return std::log(min_score_ / (1 - min_score_)) - 1e-4f;
}

std::vector<Scored> Scorer::above(const ScoreTable& scores) const {
  std::vector<Scored> out;
  for (const auto anchor : anchors_above(scores, raw_threshold(), -1)) {
    const float score = activated(scores.at(anchor, 0));
    if (!std::isfinite(score) || score < min_score_) continue;
    out.push_back({anchor, 0, score});
  }
  return out;
}

std::vector<Scored> Scorer::best_classes(const ScoreTable& classes,
                                         const ScoreTable* objectness) const {
  const auto activation = manifest_.decoder.activation;
  const int background = manifest_.decoder.background;
  const bool softmax = activation == Activation::softmax;
  // A class as likely as the score asked for is this much above the background at least.
  const float above_background = raw_threshold();
  const bool compare = softmax && background >= 0 && min_score_ > 0 && min_score_ < 1;
  // What is multiplied by an objectness below the minimum stays below it.
  const auto anchors =
      objectness ? anchors_above(*objectness, raw_threshold(), -1)
                 : anchors_above(classes, softmax ? -kInfinity : raw_threshold(), background);
  std::vector<Scored> out;
  for (const auto anchor : anchors) {
    std::int64_t best = -1;
    float raw = -kInfinity;
    for (std::int64_t k = 0; k < classes.classes; ++k) {
      const float value = classes.at(anchor, k);
      if (value > raw && usable(k)) {
        raw = value;
        best = k;
      }
    }
    if (best < 0) continue;
    float score = raw;
    if (activation == Activation::sigmoid) score = sigmoid(raw);
    if (softmax) {
      if (compare && raw - classes.at(anchor, background) < above_background) continue;
      score = softmax_at(classes.values + anchor * classes.anchor_stride, classes.classes,
                         classes.class_stride, best);
    }
    if (objectness) score *= activated(objectness->at(anchor, 0));
    if (!std::isfinite(score) || score < min_score_) continue;
    out.push_back({anchor, static_cast<int>(best), score});
  }
  return out;
}

BoxReader::BoxReader(const Manifest& manifest, const DecodeInput& in)
    : format_(manifest.decoder.box_format), scale_x_(1), scale_y_(1) {
  if (manifest.decoder.box_units == BoxUnits::input_pixels) {
    scale_x_ = 1 / static_cast<float>(manifest.input.width);
    scale_y_ = 1 / static_cast<float>(manifest.input.height);
  } else if (manifest.decoder.box_units == BoxUnits::picture_pixels) {
    scale_x_ = 1 / in.picture_width;
    scale_y_ = 1 / in.picture_height;
  }
}

Corners BoxReader::read(const float* values, std::int64_t stride) const {
  const float a = values[0];
  const float b = values[stride];
  const float c = values[2 * stride];
  const float d = values[3 * stride];
  switch (format_) {
    case BoxFormat::xyxy:
      return {a * scale_x_, b * scale_y_, c * scale_x_, d * scale_y_};
    case BoxFormat::yxyx:
      return {b * scale_x_, a * scale_y_, d * scale_x_, c * scale_y_};
    case BoxFormat::cxcywh:
      return {(a - c / 2) * scale_x_, (b - d / 2) * scale_y_, (a + c / 2) * scale_x_,
              (b + d / 2) * scale_y_};
    case BoxFormat::xywh:
      break;
  }
  return {a * scale_x_, b * scale_y_, (a + c) * scale_x_, (b + d) * scale_y_};
}

void add_box(std::vector<Candidate>& out, const Scored& scored, const Corners& box) {
  if (!std::isfinite(scored.score) || !is_finite(box)) return;
  if (box.right <= box.left || box.bottom <= box.top) return;
  out.push_back({std::min(scored.score, 1.0f), scored.class_index, box});
}

GridPoints::GridPoints(const InputSpec& input, std::span<const int> strides)
    : strides_(strides.begin(), strides.end()), first_{0} {
  for (const int stride : strides_) {
    columns_.push_back((input.width + stride - 1) / stride);
    const std::int64_t rows = (input.height + stride - 1) / stride;
    first_.push_back(first_.back() + rows * columns_.back());
  }
}

GridPoints::Point GridPoints::at(std::int64_t index) const {
  size_t level = 0;
  while (index >= first_[level + 1]) ++level;
  const std::int64_t cell = index - first_[level];
  const std::int64_t row = cell / columns_[level];
  return {static_cast<float>(cell % columns_[level]), static_cast<float>(row),
          static_cast<float>(strides_[level])};
}

}  // namespace poss::infer
