// Decoders of one output whose rows are boxes, decoded by the graph or still relative to a grid.
//
// rows: YOLOv5, v6, v7 (box, objectness, scores), v8, v9, v11, v12 (box, scores, and mask
// coefficients or key points as "rest"), v10 and v26 (box, score, class), v7 with NMS in the graph
// (batch, box, class, score), PaddleDetection (class, score, box).
// grid: YOLOX exported without decode_in_inference (YOLOX: models/yolo_head.py, decode_outputs).
#include <algorithm>
#include <cmath>

#include "infer/decoder.h"

namespace poss::infer {

namespace {

constexpr std::int64_t kAbsent = -1;

// Where the columns of a row begin; kAbsent for what it does not hold.
struct Columns {
  std::int64_t box = kAbsent;
  std::int64_t objectness = kAbsent;
  std::int64_t scores = kAbsent;
  std::int64_t score = kAbsent;
  std::int64_t class_index = kAbsent;
  std::int64_t batch = kAbsent;
  std::int64_t fixed = 0;  // width of all but "rest"
  bool rest = false;
};

// The columns of a row of `width` values.
Columns columns_of(const DecoderSpec& spec, std::int64_t labels, std::int64_t width) {
  Columns out;
  const auto size = [&](const std::string& name) -> std::int64_t {
    if (name == "box") return 4;
    if (name == "scores") return labels;
    return name == "rest" ? 0 : 1;
  };
  for (const auto& name : spec.columns) {
    out.fixed += size(name);
    out.rest = out.rest || name == "rest";
  }
  std::int64_t at = 0;
  for (const auto& name : spec.columns) {
    if (name == "box") out.box = at;
    if (name == "objectness") out.objectness = at;
    if (name == "scores") out.scores = at;
    if (name == "score") out.score = at;
    if (name == "class") out.class_index = at;
    if (name == "batch") out.batch = at;
    at += name == "rest" ? width - out.fixed : size(name);
  }
  return out;
}

// The dimensions after the batch that say how many rows there are and how wide they are.
std::vector<std::int64_t> inner(Shape shape) {
  while (shape.size() > 2 && (shape[0] == 1 || shape[0] < 0)) shape = shape.subspan(1);
  return {shape.begin(), shape.end()};
}

class RowsOfBoxes final : public BoxDecoder {
 public:
  RowsOfBoxes(const Manifest& manifest, const TensorInfo& info, bool has_count)
      : manifest_(manifest),
        name_(info.name),
        declared_(inner(info.shape)),
        has_count_(has_count) {}

  // Fails with both numbers when rows of `shape` cannot hold what the manifest says.
  static Result<void> check(const Manifest& manifest, const TensorInfo& info) {
    POSS_TRY(check_numbers(info));
    const auto labels = static_cast<std::int64_t>(manifest.labels.size());
    const Columns columns = columns_of(manifest.decoder, labels, 0);
    const auto sizes = inner(info.shape);
    if (sizes.size() != 2) {
      return shape_error(info.name, info.shape, "rows of boxes are [1,N,C], [1,C,N] or [N,C]");
    }
    const auto fits = [&](std::int64_t size) {
      return size < 0 || size == columns.fixed || (columns.rest && size > columns.fixed);
    };
    if (fits(sizes[0]) || fits(sizes[1])) return {};
    const bool scores = columns.scores != kAbsent;
    const auto wide = std::min(sizes[0], sizes[1]);  // there are more boxes than values
    return shape_error(
        info.name, info.shape,
        scores
            ? "for the manifest's " + std::to_string(labels) + " labels a box needs " +
                  std::to_string(columns.fixed - labels) + " + " + std::to_string(labels) + " = " +
                  std::to_string(columns.fixed) + " values, and it has " + std::to_string(wide)
            : "decoder.columns says a box has " + std::to_string(columns.fixed) +
                  " values, and it has " + std::to_string(wide));
  }

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    POSS_TRY(check(manifest_, {name_, ElementType::float32, in.tensors[0].shape}));
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const Rows rows = table(in.tensors[0], columns_of(manifest_.decoder, labels, 0));
    if (rows.count == 0) return {};
    const Columns columns = columns_of(manifest_.decoder, labels, rows.width);
    const std::int64_t count = has_count_ ? counted(in.tensors[1].values, rows.count) : rows.count;
    const Scorer scorer(manifest_, in.min_score);
    std::vector<Scored> found;
    if (columns.scores != kAbsent) {
      ScoreTable objectness;
      if (columns.objectness != kAbsent) objectness = rows.columns(columns.objectness, 1);
      found = scorer.best_classes(rows.columns(columns.scores, labels),
                                  columns.objectness == kAbsent ? nullptr : &objectness);
    } else {
      found = scorer.above(rows.columns(columns.score, 1));
    }
    const BoxReader reader(manifest_, in);
    for (auto scored : found) {
      if (scored.anchor >= count) continue;
      if (columns.batch != kAbsent && rows.at(scored.anchor, columns.batch) != 0) continue;
      if (columns.scores == kAbsent) {
        const auto index = scorer.class_of(
            columns.class_index == kAbsent ? 0 : rows.at(scored.anchor, columns.class_index));
        if (!index) continue;
        scored.class_index = *index;
        if (columns.objectness != kAbsent) {
          scored.score *= scorer.activated(rows.at(scored.anchor, columns.objectness));
          if (!(scored.score >= in.min_score)) continue;
        }
      }
      add_box(out, scored,
              reader.read(rows.row(scored.anchor) + columns.box * rows.value_stride,
                          rows.value_stride));
    }
    return {};
  }

 private:
  // The tensor, which check() has passed, as rows.
  Rows table(const OutputTensor& tensor, const Columns& columns) const {
    const auto sizes = inner(tensor.shape);
    const auto fits = [&](std::int64_t size) {
      return size == columns.fixed || (columns.rest && size > columns.fixed);
    };
    bool planes = fits(sizes[0]);
    if (planes && fits(sizes[1])) {
      // Both are possible. What the file declares decides; else [C,N] for scores of all classes, as
      // the family of YOLOv8 has it, and where there is a rest the smaller size is the row.
      const bool known = declared_.size() == 2;
      const bool declared_planes = known && declared_[0] >= 0 && fits(declared_[0]);
      const bool declared_rows = known && declared_[1] >= 0 && fits(declared_[1]);
      if (declared_planes != declared_rows) {
        planes = declared_planes;
      } else if (columns.rest && sizes[0] != sizes[1]) {
        planes = sizes[0] < sizes[1];
      } else {
        planes = columns.scores != kAbsent && columns.objectness == kAbsent;
      }
    }
    if (planes) return {tensor.values.data(), sizes[1], sizes[0], 1, sizes[1]};
    return {tensor.values.data(), sizes[0], sizes[1], sizes[1], 1};
  }

  const Manifest& manifest_;
  const std::string name_;
  const std::vector<std::int64_t> declared_;
  const bool has_count_;
};

class Grid final : public BoxDecoder {
 public:
  Grid(const Manifest& manifest, std::string name)
      : manifest_(manifest),
        name_(std::move(name)),
        points_(manifest.input, manifest.decoder.strides) {}

  static Result<void> check(const Manifest& manifest, const TensorInfo& info) {
    POSS_TRY(check_numbers(info));
    const auto labels = static_cast<std::int64_t>(manifest.labels.size());
    const auto total = elements(info.shape);
    const GridPoints points(manifest.input, manifest.decoder.strides);
    for (const auto width : {labels + 5, labels + 4}) {
      if (!may_hold(info.shape, width, Order::rows) &&
          !may_hold(info.shape, width, Order::planes)) {
        continue;
      }
      if (!total || *total == points.count() * width) return {};
    }
    return shape_error(info.name, info.shape,
                       std::to_string(labels) + " labels on the cells of decoder.strides are [1," +
                           std::to_string(points.count()) + "," + std::to_string(labels + 5) + "]");
  }

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto& tensor = in.tensors[0];
    POSS_TRY(check(manifest_, {name_, ElementType::float32, tensor.shape}));
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const bool has_objectness = std::ssize(tensor.values) == points_.count() * (labels + 5);
    POSS_ASSIGN(const Rows rows, rows_of(tensor, labels + (has_objectness ? 5 : 4), name_));
    const Scorer scorer(manifest_, in.min_score);
    const ScoreTable objectness = rows.columns(4, 1);
    const auto width = static_cast<float>(manifest_.input.width);
    const auto height = static_cast<float>(manifest_.input.height);
    for (const auto& scored : scorer.best_classes(rows.columns(has_objectness ? 5 : 4, labels),
                                                  has_objectness ? &objectness : nullptr)) {
      const auto point = points_.at(scored.anchor);
      const float x = (rows.at(scored.anchor, 0) + point.x) * point.stride / width;
      const float y = (rows.at(scored.anchor, 1) + point.y) * point.stride / height;
      const float half_width = std::exp(rows.at(scored.anchor, 2)) * point.stride / width / 2;
      const float half_height = std::exp(rows.at(scored.anchor, 3)) * point.stride / height / 2;
      add_box(out, scored, {x - half_width, y - half_height, x + half_width, y + half_height});
    }
    return {};
  }

 private:
  const Manifest& manifest_;
  const std::string name_;
  const GridPoints points_;
};

}  // namespace

Result<DecoderPlan> make_rows(const Manifest& manifest, std::span<const TensorInfo> outputs,
                              const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  OutputChooser chooser(outputs);
  POSS_ASSIGN(const size_t index, chooser.choose(spec.scores, "scores", {"output0", "det"},
                                                 [&](const TensorInfo& info) {
                                                   return RowsOfBoxes::check(manifest, info);
                                                 }));
  const bool has_count = !spec.count.empty();
  if (has_count) {
    POSS_ASSIGN(const size_t count, chooser.named(spec.count));
    chooser.take(count);
  }
  return DecoderPlan{chooser.taken(),
                     std::make_unique<RowsOfBoxes>(manifest, outputs[index], has_count)};
}

Result<DecoderPlan> make_grid(const Manifest& manifest, std::span<const TensorInfo> outputs,
                              const std::filesystem::path&) {
  OutputChooser chooser(outputs);
  POSS_ASSIGN(const size_t index,
              chooser.choose(manifest.decoder.scores, "scores", {"output"},
                             [&](const TensorInfo& info) { return Grid::check(manifest, info); }));
  return DecoderPlan{chooser.taken(), std::make_unique<Grid>(manifest, outputs[index].name)};
}

}  // namespace poss::infer
