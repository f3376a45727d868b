// From output tensors to objects and classes: the decoder of the family, suppression, and the way
// back to the picture.
#include "infer/decode.h"

#include <algorithm>
#include <cmath>

#include "infer/decoder.h"
#include "infer/suppress.h"

namespace poss::infer {

namespace {

constexpr std::int64_t kMaxClasses = 1 << 24;

// [B,K], also with further dimensions of 1, and [K] for one picture.
Result<void> check_classes(const TensorInfo& info, std::int64_t labels) {
  POSS_TRY(check_numbers(info));
  const Shape shape = info.shape;
  if (shape.empty()) return shape_error(info.name, shape, "classes are [B,K]");
  if (shape.size() == 1) {
    if (shape[0] < 0 || shape[0] == labels) return {};
    return shape_error(info.name, shape, mismatch_text(labels, shape[0]));
  }
  std::int64_t classes = 1;
  for (const auto size : shape.subspan(1)) {
    if (size < 0) return {};
    if (size > kMaxClasses) return shape_error(info.name, shape, "classes are [B,K]");
    classes *= size;
    if (classes > kMaxClasses) return shape_error(info.name, shape, "classes are [B,K]");
  }
  if (classes == labels) return {};
  return shape_error(info.name, shape, mismatch_text(labels, classes));
}

MakeDecoder* maker_of(Decoder type) {
  switch (type) {
    case Decoder::boxes_scores:
      return make_boxes_scores;
    case Decoder::detections:
      return make_detections;
    case Decoder::rows:
      return make_rows;
    case Decoder::selected:
      return make_selected;
    case Decoder::anchors:
      return make_anchors;
    case Decoder::grid:
      return make_grid;
    case Decoder::distances:
      return make_distances;
    case Decoder::anchor_grid:
      return make_anchor_grid;
    case Decoder::heatmap:
      return make_heatmap;
    case Decoder::classification:
      break;
  }
  return nullptr;
}

// A box in fractions of the picture itself, cut to it.
Box cut(const Corners& box) {
  const float left = std::clamp(box.left, 0.0f, 1.0f);
  const float top = std::clamp(box.top, 0.0f, 1.0f);
  return {left, top, std::clamp(box.right, 0.0f, 1.0f) - left,
          std::clamp(box.bottom, 0.0f, 1.0f) - top};
}

}  // namespace

OutputDecoder::OutputDecoder(const Manifest& manifest) : manifest_(&manifest) {}
OutputDecoder::OutputDecoder(OutputDecoder&&) noexcept = default;
OutputDecoder& OutputDecoder::operator=(OutputDecoder&&) noexcept = default;
OutputDecoder::~OutputDecoder() = default;

Result<OutputDecoder> OutputDecoder::create(const Manifest& manifest,
                                            std::span<const TensorInfo> outputs,
                                            const std::filesystem::path& folder) {
  OutputDecoder out(manifest);
  if (MakeDecoder* make = maker_of(manifest.decoder.type)) {
    POSS_ASSIGN(auto plan, make(manifest, outputs, folder));
    out.wanted_ = std::move(plan.wanted);
    out.boxes_ = std::move(plan.decoder);
    return out;
  }
  OutputChooser chooser(outputs);
  POSS_TRY(chooser.choose(manifest.decoder.scores, "scores", {"prob", "softmax", "logit", "output"},
                          [&](const TensorInfo& info) {
                            return check_classes(info,
                                                 static_cast<std::int64_t>(manifest.labels.size()));
                          }));
  out.wanted_ = chooser.taken();
  return out;
}

Result<std::vector<DetectedObject>> OutputDecoder::objects(std::span<const OutputTensor> tensors,
                                                           const DetectOptions& options,
                                                           const Placement& placement) const {
  const auto& spec = manifest_->decoder;
  DecodeInput in{tensors, options.min_score};
  in.picture_width = static_cast<float>(std::max(placement.picture_width, 1));
  in.picture_height = static_cast<float>(std::max(placement.picture_height, 1));
  for (const auto& tensor : tensors) {
    if (elements(tensor.shape) != std::ssize(tensor.values)) {
      return Error{Code::invalid_argument, "an output of the shape " + shape_text(tensor.shape) +
                                               " has " + std::to_string(tensor.values.size()) +
                                               " values"};
    }
  }
  std::vector<Candidate> candidates;
  POSS_TRY(boxes_->decode(in, candidates));

  const bool of_picture = spec.box_units == BoxUnits::picture_pixels;
  std::vector<DetectedObject> out;
  for (const auto& kept : spec.suppress ? suppress(candidates, options.max_iou, options.max_objects)
                                        : best(candidates, options.max_objects)) {
    const Box box = of_picture ? cut(kept.box) : to_picture(kept.box, manifest_->input, placement);
    if (box.w > 0 && box.h > 0) out.push_back({kept.class_index, kept.score, box});
  }
  return out;
}

Result<std::vector<std::vector<ClassScore>>> OutputDecoder::classes(
    std::span<const OutputTensor> tensors, size_t batch, int top) const {
  const auto& tensor = tensors[0];
  const auto labels = manifest_->labels.size();
  POSS_TRY(check_classes({"scores", ElementType::float32, tensor.shape},
                         static_cast<std::int64_t>(labels)));
  if (tensor.values.size() != batch * labels) {
    return Error{Code::invalid_argument,
                 "the model answered " + std::to_string(tensor.values.size() / labels) +
                     " rows of classes for " + std::to_string(batch) + " pictures"};
  }
  const auto activation = manifest_->decoder.activation;
  const Scorer scorer(*manifest_, 0);
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
      if (!scorer.usable(static_cast<std::int64_t>(k)) || !std::isfinite(row[k])) continue;
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
