// Choosing outputs by name or shape, and reading boxes, scores and classes out of them.
#include "infer/decode.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/file.h"
#include "infer/scan.h"
#include "infer/suppress.h"

namespace poss::infer {

namespace {

constexpr size_t kMaxAnchorBytes = 64u << 20;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

using Shape = std::span<const std::int64_t>;

bool fits(std::int64_t declared, std::int64_t needed) { return declared < 0 || declared == needed; }

Error shape_error(const std::string& name, Shape shape, const std::string& expected) {
  return Error{Code::invalid_argument,
               "output '" + name + "' has the shape " + shape_text(shape) + ", but " + expected};
}

std::string mismatch_text(std::int64_t labels, std::int64_t classes) {
  return "the manifest has " + std::to_string(labels) + (labels == 1 ? " label" : " labels") +
         " and the model " + std::to_string(classes) + (classes == 1 ? " class" : " classes");
}

// [1,N,K] or [1,K,N] for K labels; the first where both fit.
Result<void> check_scores(const std::string& name, Shape shape, std::int64_t labels) {
  if (shape.size() != 3 || !fits(shape[0], 1)) {
    return shape_error(name, shape, "scores are [1,N,K]");
  }
  if (fits(shape[2], labels) || fits(shape[1], labels)) return {};
  return shape_error(name, shape, mismatch_text(labels, shape[2]));
}

Result<void> check_boxes(const std::string& name, Shape shape) {
  if (shape.size() == 3 && fits(shape[0], 1) && fits(shape[2], 4)) return {};
  return shape_error(name, shape, "boxes are [1,N,4]");
}

Result<void> check_rows(const std::string& name, Shape shape, std::int64_t labels) {
  if (shape.size() != 3 || !fits(shape[0], 1)) {
    return shape_error(name, shape, "rows of box and scores are [1,4+K,N]");
  }
  if (fits(shape[1], labels + 4) || fits(shape[2], labels + 4)) return {};
  const auto rows = std::min(shape[1], shape[2]);  // there are more boxes than rows of values
  return shape_error(name, shape,
                     "for the manifest's " + std::to_string(labels) + " labels it needs 4 + " +
                         std::to_string(labels) + " = " + std::to_string(labels + 4) +
                         " rows, and it has " + std::to_string(rows));
}

// [B,K], also with further dimensions of 1.
Result<void> check_classes(const std::string& name, Shape shape, std::int64_t labels) {
  if (shape.size() < 2) return shape_error(name, shape, "classes are [B,K]");
  std::int64_t classes = 1;
  for (const auto size : shape.subspan(1)) {
    if (size < 0) return {};
    if (size > (1 << 24)) return shape_error(name, shape, "classes are [B,K]");
    classes *= size;
    if (classes > (1 << 24)) return shape_error(name, shape, "classes are [B,K]");
  }
  if (classes == labels) return {};
  return shape_error(name, shape, mismatch_text(labels, classes));
}

Result<size_t> output_named(std::span<const TensorInfo> outputs, const std::string& name) {
  std::string known;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name == name) return i;
    known += (known.empty() ? "" : ", ") + outputs[i].name;
  }
  return Error{Code::invalid_argument, "the model has no output '" + name + "'; it has: " + known};
}

// The output whose shape passes `check`; the conventional name decides between several.
template <class Check>
Result<size_t> output_like(std::span<const TensorInfo> outputs, const char* usual,
                           const char* setting, size_t not_this, const Check& check) {
  std::vector<size_t> found;
  Result<void> first_error;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (i == not_this) continue;
    if (auto result = check(outputs[i]); result) {
      if (outputs[i].name == usual) return i;
      found.push_back(i);
    } else if (first_error || outputs[i].name == usual) {
      first_error = std::move(result);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty() && !first_error) return first_error.error();
  return Error{Code::invalid_argument, std::string(found.empty() ? "no" : "more than one") +
                                           " output of the model can be the " + usual +
                                           ": name it in decoder." + setting};
}

float sigmoid(float value) { return 1.0f / (1.0f + std::exp(-value)); }

// The raw value from which on the activated score may reach `score`.
float raw_threshold(Activation activation, float score) {
  if (activation == Activation::none) return score;
  if (activation == Activation::softmax) return -kInfinity;
  if (score <= 0) return -kInfinity;
  if (score >= 1) return kInfinity;
  return std::log(score / (1 - score)) - 1e-4f;
}

// The score of class `index` among `classes` values `stride` apart.
float softmax_at(const float* values, std::int64_t classes, std::int64_t stride,
                 std::int64_t index) {
  float most = values[0];
  for (std::int64_t k = 1; k < classes; ++k) most = std::max(most, values[k * stride]);
  float sum = 0;
  for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(values[k * stride] - most);
  return std::exp(values[index * stride] - most) / sum;
}

bool is_finite(const Corners& box) {
  return std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.right) &&
         std::isfinite(box.bottom);
}

// `usable(class)` says whether a class may be reported; `box(anchor)` decodes one box.
template <class Usable, class MakeBox>
std::vector<Candidate> gather(const ScoreTable& table, const DecoderSpec& spec, float min_score,
                              const Usable& usable, const MakeBox& box) {
  const float threshold = raw_threshold(spec.activation, min_score);
  std::vector<Candidate> out;
  for (const auto anchor : anchors_above(table, threshold, spec.background)) {
    std::int64_t best = -1;
    float raw = -kInfinity;
    for (std::int64_t k = 0; k < table.classes; ++k) {
      const float value = table.at(anchor, k);
      if (value > raw && usable(k)) {
        raw = value;
        best = k;
      }
    }
    if (best < 0) continue;
    float score = raw;
    if (spec.activation == Activation::sigmoid) score = sigmoid(raw);
    if (spec.activation == Activation::softmax) {
      // A class as likely as the score asked for is this much above the background at least.
      if (spec.background >= 0 && min_score > 0 && min_score < 1 &&
          raw - table.at(anchor, spec.background) < std::log(min_score / (1 - min_score)) - 1e-4f) {
        continue;
      }
      score = softmax_at(table.values + anchor * table.anchor_stride, table.classes,
                         table.class_stride, best);
    }
    if (!std::isfinite(score) || score < min_score) continue;
    const Corners corners = box(anchor);
    if (!is_finite(corners)) continue;
    if (corners.right <= corners.left || corners.bottom <= corners.top) continue;
    out.push_back({std::min(score, 1.0f), static_cast<int>(best), corners});
  }
  return out;
}

Result<std::vector<float>> read_anchors(const std::filesystem::path& file) {
  POSS_ASSIGN(const std::string bytes, read_file(file, kMaxAnchorBytes));
  if (bytes.empty() || bytes.size() % (4 * sizeof(float)) != 0) {
    return Error{Code::invalid_argument,
                 "'" + file.string() + "' has " + std::to_string(bytes.size()) +
                     " bytes; anchors are rows of four float32, 16 bytes each"};
  }
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), bytes.size());  // little endian, as all our machines are
  if (!std::ranges::all_of(out, [](float value) { return std::isfinite(value); })) {
    return Error{Code::invalid_argument,
                 "'" + file.string() + "' holds values that are not numbers"};
  }
  return out;
}

Error count_error(const char* what, std::int64_t count, std::int64_t boxes) {
  return Error{Code::invalid_argument, "there are " + std::to_string(count) + " " + what + " for " +
                                           std::to_string(boxes) + " boxes"};
}

Result<void> check_supported(const DecoderSpec& spec) {
  bool supported = true;
  switch (spec.type) {
    case Decoder::rows:
      supported = spec.columns == std::vector<std::string>{"box", "scores"} &&
                  spec.box_format == BoxFormat::cxcywh && spec.box_units == BoxUnits::input_pixels;
      break;
    case Decoder::boxes_scores:
      supported = spec.box_format == BoxFormat::xyxy && spec.box_units == BoxUnits::fraction;
      break;
    case Decoder::anchors:
      supported = spec.outputs.empty() && spec.offset_form == OffsetForm::yxhw;
      break;
    case Decoder::classification:
      break;
    default:
      supported = false;
  }
  if (supported && spec.suppress) return {};
  return Error{Code::invalid_argument, "these settings of the decoder '" +
                                           std::string(enum_name(spec.type)) +
                                           "' are not supported yet: export the model with boxes "
                                           "and scores as outputs"};
}

}  // namespace

bool OutputDecoder::usable(std::int64_t index) const {
  return index != manifest_->decoder.background &&
         !manifest_->labels[static_cast<size_t>(index)].empty();
}

Result<OutputDecoder> OutputDecoder::create(const Manifest& manifest,
                                            std::span<const TensorInfo> outputs,
                                            const std::filesystem::path& folder) {
  OutputDecoder out(manifest);
  const auto& spec = manifest.decoder;
  POSS_TRY(check_supported(spec));
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  constexpr size_t kNone = std::numeric_limits<size_t>::max();

  const auto choose = [&](const std::string& name, const char* usual, const char* setting,
                          size_t not_this, const auto& check) -> Result<size_t> {
    if (name.empty()) return output_like(outputs, usual, setting, not_this, check);
    POSS_ASSIGN(const size_t index, output_named(outputs, name));
    POSS_TRY(check(outputs[index]));
    return index;
  };

  if (spec.type == Decoder::rows || spec.type == Decoder::classification) {
    POSS_ASSIGN(
        const size_t index,
        choose(spec.scores, "scores", "scores", kNone, [&](const TensorInfo& info) -> Result<void> {
          return spec.type == Decoder::rows ? check_rows(info.name, info.shape, labels)
                                            : check_classes(info.name, info.shape, labels);
        }));
    out.wanted_ = {index};
  } else {
    POSS_ASSIGN(const size_t boxes,
                choose(spec.boxes, "boxes", "boxes", kNone,
                       [](const TensorInfo& info) { return check_boxes(info.name, info.shape); }));
    POSS_ASSIGN(const size_t scores,
                choose(spec.scores, "scores", "scores", boxes, [&](const TensorInfo& info) {
                  return check_scores(info.name, info.shape, labels);
                }));
    if (boxes == scores) {
      return Error{Code::invalid_argument,
                   "boxes and scores cannot be the same output '" + outputs[boxes].name + "'"};
    }
    out.wanted_ = {boxes, scores};
  }
  for (const size_t index : out.wanted_) {
    if (element_size(outputs[index].type) == 0) {
      return Error{Code::invalid_argument, "output '" + outputs[index].name +
                                               "' does not hold numbers: export the model with "
                                               "tensors of numbers as outputs"};
    }
  }
  if (spec.type == Decoder::anchors) {
    POSS_ASSIGN(out.anchors_, read_anchors(folder / spec.anchors));
    const auto count = static_cast<std::int64_t>(out.anchors_.size() / 4);
    const auto boxes = outputs[out.wanted_[0]].shape[1];
    if (!fits(boxes, count)) return count_error("anchors", count, boxes);
  }
  return out;
}

Result<std::vector<DetectedObject>> OutputDecoder::objects(std::span<const OutputTensor> tensors,
                                                           const DetectOptions& options,
                                                           const Placement& placement) const {
  const auto& spec = manifest_->decoder;
  const auto& input = manifest_->input;
  const auto labels = static_cast<std::int64_t>(manifest_->labels.size());
  const auto is_usable = [this](std::int64_t index) { return usable(index); };
  const auto width = static_cast<float>(input.width);
  const auto height = static_cast<float>(input.height);

  std::vector<Candidate> candidates;
  if (spec.type == Decoder::rows) {
    const auto& tensor = tensors[0];
    POSS_TRY(check_rows("scores", tensor.shape, labels));
    const bool rows_of_values = tensor.shape[1] == labels + 4;
    const std::int64_t anchors = tensor.shape[rows_of_values ? 2 : 1];
    const std::int64_t anchor_stride = rows_of_values ? 1 : labels + 4;
    const std::int64_t value_stride = rows_of_values ? anchors : 1;
    const float* values = tensor.values.data();
    const ScoreTable table{values + 4 * value_stride, anchors, labels, anchor_stride, value_stride};
    candidates = gather(table, spec, options.min_score, is_usable, [&](std::int64_t anchor) {
      const float* row = values + anchor * anchor_stride;
      const float x = row[0] / width;
      const float y = row[value_stride] / height;
      const float half_width = row[2 * value_stride] / width / 2;
      const float half_height = row[3 * value_stride] / height / 2;
      return Corners{x - half_width, y - half_height, x + half_width, y + half_height};
    });
  } else {
    POSS_TRY(check_boxes("boxes", tensors[0].shape));
    POSS_TRY(check_scores("scores", tensors[1].shape, labels));
    const std::int64_t anchors = tensors[0].shape[1];
    const auto& shape = tensors[1].shape;
    const bool row_a_box = shape[2] == labels && shape[1] == anchors;
    if (!row_a_box && !(shape[1] == labels && shape[2] == anchors)) {
      return count_error("rows of scores", shape[2] == labels ? shape[1] : shape[2], anchors);
    }
    const ScoreTable table{tensors[1].values.data(), anchors, labels, row_a_box ? labels : 1,
                           row_a_box ? 1 : anchors};
    const float* boxes = tensors[0].values.data();
    if (spec.type == Decoder::boxes_scores) {
      candidates = gather(table, spec, options.min_score, is_usable, [&](std::int64_t anchor) {
        const float* row = boxes + anchor * 4;
        return Corners{row[0], row[1], row[2], row[3]};
      });
    } else {
      if (std::ssize(anchors_) != anchors * 4) {
        return count_error("anchors", std::ssize(anchors_) / 4, anchors);
      }
      // As in TFLite_Detection_PostProcess: offsets ty, tx, th, tw to anchors cy, cx, h, w.
      std::array<float, 4> scale{};
      for (size_t i = 0; i < 4; ++i) scale[i] = static_cast<float>(spec.anchor_scales[i]);
      candidates = gather(table, spec, options.min_score, is_usable, [&](std::int64_t anchor) {
        const float* row = boxes + anchor * 4;
        const float* at = anchors_.data() + anchor * 4;
        const float y = row[0] / scale[0] * at[2] + at[0];
        const float x = row[1] / scale[1] * at[3] + at[1];
        const float half_height = std::exp(row[2] / scale[2]) * at[2] / 2;
        const float half_width = std::exp(row[3] / scale[3]) * at[3] / 2;
        return Corners{x - half_width, y - half_height, x + half_width, y + half_height};
      });
    }
  }

  std::vector<DetectedObject> out;
  for (const auto& kept : suppress(candidates, options.max_iou, options.max_objects)) {
    const Box box = to_picture(kept.box, input, placement);
    if (box.w > 0 && box.h > 0) out.push_back({kept.class_index, kept.score, box});
  }
  return out;
}

Result<std::vector<std::vector<ClassScore>>> OutputDecoder::classes(
    std::span<const OutputTensor> tensors, size_t batch, int top) const {
  const auto& tensor = tensors[0];
  const auto labels = manifest_->labels.size();
  POSS_TRY(check_classes("scores", tensor.shape, static_cast<std::int64_t>(labels)));
  if (tensor.values.size() != batch * labels) {
    return Error{Code::invalid_argument,
                 "the model answered " + std::to_string(tensor.values.size() / labels) +
                     " rows of classes for " + std::to_string(batch) + " pictures"};
  }
  const auto activation = manifest_->decoder.activation;
  std::vector<std::vector<ClassScore>> out(batch);
  for (size_t i = 0; i < batch; ++i) {
    std::vector<float> row(tensor.values.begin() + static_cast<std::ptrdiff_t>(i * labels),
                           tensor.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * labels));
    if (activation == Activation::sigmoid) {
      for (float& value : row) value = sigmoid(value);
    } else if (activation == Activation::softmax) {
      const float most = *std::ranges::max_element(row);
      float sum = 0;
      for (float& value : row) sum += value = std::exp(value - most);
      for (float& value : row) value /= sum;
    }
    for (size_t k = 0; k < labels; ++k) {
      if (!usable(static_cast<std::int64_t>(k)) || !std::isfinite(row[k])) continue;
      out[i].push_back({static_cast<int>(k), row[k]});
    }
    const auto count = std::min(out[i].size(), static_cast<size_t>(std::max(top, 0)));
    std::ranges::partial_sort(out[i], out[i].begin() + static_cast<std::ptrdiff_t>(count),
                              std::greater{}, &ClassScore::score);
    out[i].resize(count);
  }
  return out;
}

}  // namespace poss::infer
