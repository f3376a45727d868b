// Decoder of offsets to anchors: SSD, EfficientDet, RetinaNet, BlazeFace.
//
// Offset forms: yxhw as TFLite_Detection_PostProcess; xywh as torchvision's BoxCoder and SSD in
// PyTorch; xywh_linear as MediaPipe's TensorsToDetectionsCalculator without exponent; corners as
// keras-retinanet's bbox_transform_inv.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/file.h"
#include "infer/decoder.h"

namespace poss::infer {

namespace {

constexpr size_t kMaxAnchorBytes = 64u << 20;

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

// The boxes of one level, of one of the anchors that share its cells: box i belongs to the anchor
// first + i × step.
struct Part {
  Rows scores;
  Rows boxes;
  std::int64_t first = 0;
  std::int64_t step = 1;
};

class Anchors final : public BoxDecoder {
 public:
  Anchors(const Manifest& manifest, std::vector<float> anchors, std::vector<std::string> names)
      : manifest_(manifest), anchors_(std::move(anchors)), names_(std::move(names)) {
    for (size_t i = 0; i < 4; ++i) {
      scale_[i] = static_cast<float>(manifest.decoder.anchor_scales[i]);
    }
  }

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    POSS_ASSIGN(const auto parts, parts_of(in));
    const Scorer scorer(manifest_, in.min_score);
    for (const auto& part : parts) {
      for (const auto& scored : scorer.best_classes(part.scores.columns(0, labels))) {
        const float* row = part.boxes.row(scored.anchor);
        const auto stride = part.boxes.value_stride;
        const std::array<float, 4> offset{row[0], row[stride], row[2 * stride], row[3 * stride]};
        const auto anchor = static_cast<size_t>(part.first + scored.anchor * part.step);
        add_box(out, scored, moved(anchors_.data() + anchor * 4, offset));
      }
    }
    return {};
  }

 private:
  // One level with all boxes, or several one after the other; tensors are in pairs.
  Result<std::vector<Part>> parts_of(const DecodeInput& in) const {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const auto anchors = std::ssize(anchors_) / 4;
    std::vector<Part> out;
    std::int64_t first = 0;
    for (size_t i = 0; i + 1 < in.tensors.size(); i += 2) {
      const auto& scores = in.tensors[i];
      const auto& boxes = in.tensors[i + 1];
      const std::int64_t count = std::ssize(scores.values) / labels;
      if (in.tensors.size() == 2 && count != anchors) return count_error("anchors", anchors, count);
      if (first + count > anchors) return count_error("anchors", anchors, first + count);
      if (count == 0) continue;
      const std::int64_t width = std::ssize(boxes.values) / count;
      if (width < 4 || std::ssize(boxes.values) % count != 0) {
        return shape_error(names_[i + 1], boxes.shape,
                           "there are " + std::to_string(count) + " scores, and boxes are [1," +
                               std::to_string(count) + ",4]");
      }
      const bool plain = fits(boxes.shape, width) && fits(scores.shape, labels);
      if (plain) {
        Part part{{}, {}, first, 1};
        POSS_ASSIGN(part.scores, rows_of(scores, labels, names_[i]));
        POSS_ASSIGN(part.boxes, rows_of(boxes, width, names_[i + 1]));
        out.push_back(part);
      } else {
        POSS_TRY(add_maps(scores, boxes, i, first, out));
      }
      first += count;
    }
    if (first != anchors) return count_error("anchors", anchors, first);
    return out;
  }

  static bool fits(Shape shape, std::int64_t width) {
    return may_hold(shape, width, Order::rows) || may_hold(shape, width, Order::planes);
  }

  // Maps [1,A×K,H,W] and [1,A×4,H,W], or with the channels last: one part an anchor of a cell.
  Result<void> add_maps(const OutputTensor& scores, const OutputTensor& boxes, size_t index,
                        std::int64_t first, std::vector<Part>& out) const {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const auto& shape = scores.shape;
    const bool last = shape.size() == 4 && boxes.shape.size() == 4 && shape[3] % labels == 0 &&
                      boxes.shape[3] * labels == shape[3] * 4 && shape[1] == boxes.shape[1] &&
                      shape[2] == boxes.shape[2];
    const bool planes = shape.size() == 4 && boxes.shape.size() == 4 && shape[1] % labels == 0 &&
                        boxes.shape[1] * labels == shape[1] * 4 && shape[2] == boxes.shape[2] &&
                        shape[3] == boxes.shape[3];
    if (!last && !planes) {
      return shape_error(names_[index], shape,
                         "with boxes " + shape_text(boxes.shape) + " and " +
                             std::to_string(labels) + " labels scores are [1,A×" +
                             std::to_string(labels) + ",H,W] or [1,N," + std::to_string(labels) +
                             "]");
    }
    const std::int64_t each = shape[planes ? 1 : 3] / labels;
    const std::int64_t cells = shape[planes ? 2 : 1] * shape[planes ? 3 : 2];
    const auto rows = [&](const OutputTensor& tensor, std::int64_t width, std::int64_t anchor) {
      const float* values = tensor.values.data() + anchor * width * (planes ? cells : 1);
      return planes ? Rows{values, cells, width, 1, cells}
                    : Rows{values, cells, width, each * width, 1};
    };
    for (std::int64_t anchor = 0; anchor < each; ++anchor) {
      out.push_back({rows(scores, labels, anchor), rows(boxes, 4, anchor), first + anchor, each});
    }
    return {};
  }

  // `at`: cy, cx, h, w.
  Corners moved(const float* at, const std::array<float, 4>& offset) const {
    const auto around = [&](float ty, float tx, float height, float width) {
      const float y = ty / scale_[0] * at[2] + at[0];
      const float x = tx / scale_[1] * at[3] + at[1];
      return Corners{x - width / 2, y - height / 2, x + width / 2, y + height / 2};
    };
    const auto grown = [&](float value, size_t side) {
      return std::exp(value / scale_[side]) * at[side];
    };
    switch (manifest_.decoder.offset_form) {
      case OffsetForm::yxhw:
        return around(offset[0], offset[1], grown(offset[2], 2), grown(offset[3], 3));
      case OffsetForm::xywh:
        return around(offset[1], offset[0], grown(offset[3], 2), grown(offset[2], 3));
      case OffsetForm::xywh_linear:
        return around(offset[1], offset[0], offset[3] / scale_[2] * at[2],
                      offset[2] / scale_[3] * at[3]);
      case OffsetForm::corners:
        break;
    }
    const float left = at[1] - at[3] / 2;
    const float top = at[0] - at[2] / 2;
    return {left + offset[0] / scale_[1] * at[3], top + offset[1] / scale_[0] * at[2],
            left + at[3] + offset[2] / scale_[3] * at[3],
            top + at[2] + offset[3] / scale_[2] * at[2]};
  }

  const Manifest& manifest_;
  const std::vector<float> anchors_;
  const std::vector<std::string> names_;  // of the outputs, in pairs: scores, boxes
  std::array<float, 4> scale_{};
};

}  // namespace

Result<DecoderPlan> make_anchors(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                 const std::filesystem::path& folder) {
  const auto& spec = manifest.decoder;
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  POSS_ASSIGN(auto anchors, read_anchors(folder / spec.anchors));
  const auto count = std::ssize(anchors) / 4;
  OutputChooser chooser(outputs);
  std::vector<size_t> wanted;
  for (const auto& name : spec.outputs) {
    POSS_ASSIGN(const size_t index, chooser.named(name));
    wanted.push_back(chooser.take(index));
  }
  if (wanted.empty()) {
    const auto wide = [&](const TensorInfo& info) -> Result<void> {
      POSS_TRY(check_numbers(info));
      const auto total = elements(info.shape);
      // A named output may hold more than the box: key points.
      const bool more = !spec.boxes.empty() && total && *total % count == 0 && *total / count > 4;
      if (!more) POSS_TRY(check_boxes(info));
      if (total && *total % count != 0) return count_error("anchors", count, *total / 4);
      return {};
    };
    POSS_ASSIGN(const size_t boxes,
                chooser.choose(spec.boxes, "boxes", {"box", "loc", "regress"}, wide));
    const bool known = elements(outputs[boxes].shape).has_value();
    if (known && spec.boxes.empty() && *elements(outputs[boxes].shape) != count * 4) {
      return count_error("anchors", count, *elements(outputs[boxes].shape) / 4);
    }
    POSS_ASSIGN(const size_t scores,
                chooser.choose(spec.scores, "scores", {"score", "conf", "logit", "cls", "class"},
                               [&](const TensorInfo& info) {
                                 return check_scores(info, labels, known ? count : -1);
                               }));
    wanted = {scores, boxes};
  }
  std::vector<std::string> names;
  for (const size_t index : wanted) names.push_back(outputs[index].name);
  return DecoderPlan{std::move(wanted),
                     std::make_unique<Anchors>(manifest, std::move(anchors), std::move(names))};
}

}  // namespace poss::infer
