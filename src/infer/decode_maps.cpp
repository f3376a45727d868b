// Decoders of raw feature maps.
//
// anchor_grid: YOLOv2 and the Custom Vision exports General and General (compact), whose sample
// multiplies the class's softmax by the sigmoid of the objectness; YOLOv3 and v4 (exponential);
// YOLOv5 and v7 (scaled; yolov5: models/yolo.py, Detect).
// heatmap: CenterNet ("Objects as Points": decode.py, ctdet_decode), a peak is no less than its
// eight neighbours.
#include <algorithm>
#include <cmath>

#include "infer/decoder.h"

namespace poss::infer {

namespace {

// A map of `planes` × `width` values a cell: where anchor, cell and value lie.
struct MapLayout {
  std::int64_t plane_stride = 0;  // from anchor to anchor
  std::int64_t cell_stride = 0;
  std::int64_t value_stride = 0;
};

// Whether `shape`, of which −1 fits anything, is `wanted` but for the batch.
bool is_shape(Shape shape, std::initializer_list<std::int64_t> wanted) {
  if (shape.size() == wanted.size() + 1 && (shape[0] == 1 || shape[0] < 0))
    shape = shape.subspan(1);
  return std::ranges::equal(shape, wanted, [](std::int64_t size, std::int64_t needed) {
    return size < 0 || size == needed;
  });
}

// The layout of a map of `anchors` × `width` channels, if it is one.
std::optional<MapLayout> layout_of(Shape shape, std::int64_t anchors, std::int64_t width,
                                   std::int64_t rows, std::int64_t columns) {
  const std::int64_t cells = rows * columns;
  if (is_shape(shape, {anchors * width, rows, columns}) ||
      is_shape(shape, {anchors, width, rows, columns})) {
    return MapLayout{width * cells, 1, cells};
  }
  if (is_shape(shape, {rows, columns, anchors * width}) ||
      is_shape(shape, {rows, columns, anchors, width})) {
    return MapLayout{width, anchors * width, 1};
  }
  if (is_shape(shape, {anchors, rows, columns, width})) return MapLayout{cells * width, width, 1};
  return std::nullopt;
}

class AnchorGrid final : public BoxDecoder {
 public:
  AnchorGrid(const Manifest& manifest, std::vector<std::string> names)
      : manifest_(manifest),
        names_(std::move(names)),
        points_(manifest.input, manifest.decoder.strides) {}

  static Result<MapLayout> layout(const Manifest& manifest, const GridPoints& points, size_t level,
                                  const std::string& name, Shape shape) {
    const auto labels = static_cast<std::int64_t>(manifest.labels.size());
    const std::int64_t anchors = anchors_a_level(manifest.decoder);
    const std::int64_t columns = points.columns(level);
    const std::int64_t rows = points.count(level) / columns;
    if (const auto found = layout_of(shape, anchors, labels + 5, rows, columns)) return *found;
    return shape_error(name, shape,
                       std::to_string(anchors) + " anchors and " + std::to_string(labels) +
                           " labels with stride " +
                           std::to_string(manifest.decoder.strides[level]) + " make [1," +
                           std::to_string(anchors * (labels + 5)) + "," + std::to_string(rows) +
                           "," + std::to_string(columns) + "]");
  }

  static std::int64_t anchors_a_level(const DecoderSpec& spec) {
    return std::ssize(spec.anchor_sizes) / (2 * std::ssize(spec.strides));
  }

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto& spec = manifest_.decoder;
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const std::int64_t anchors = anchors_a_level(spec);
    const Scorer scorer(manifest_, in.min_score);
    for (size_t level = 0; level < in.tensors.size(); ++level) {
      const auto& tensor = in.tensors[level];
      POSS_ASSIGN(const auto map, layout(manifest_, points_, level, names_[level], tensor.shape));
      const std::int64_t cells = points_.count(level);
      for (std::int64_t anchor = 0; anchor < anchors; ++anchor) {
        const Rows rows{tensor.values.data() + anchor * map.plane_stride, cells, labels + 5,
                        map.cell_stride, map.value_stride};
        const ScoreTable objectness = rows.columns(4, 1);
        const auto size =
            static_cast<size_t>(2 * (static_cast<std::int64_t>(level) * anchors + anchor));
        for (const auto& scored : scorer.best_classes(rows.columns(5, labels), &objectness)) {
          add_box(out, scored,
                  box(rows, scored.anchor, level, static_cast<float>(spec.anchor_sizes[size]),
                      static_cast<float>(spec.anchor_sizes[size + 1])));
        }
      }
    }
    return {};
  }

 private:
  Corners box(const Rows& rows, std::int64_t cell, size_t level, float anchor_width,
              float anchor_height) const {
    const auto& spec = manifest_.decoder;
    const auto point = points_.at(points_.first(level) + cell);
    const bool activated = spec.activation == Activation::none;
    const auto unit = [&](std::int64_t column) {
      const float value = rows.at(cell, column);
      return activated ? value : sigmoid(value);
    };
    float x = unit(0);
    float y = unit(1);
    float width = 0;
    float height = 0;
    if (spec.grid_form == GridForm::scaled) {
      x = 2 * x - 0.5f;
      y = 2 * y - 0.5f;
      width = 2 * unit(2);
      height = 2 * unit(3);
      width *= width;
      height *= height;
    } else {
      width = std::exp(rows.at(cell, 2));
      height = std::exp(rows.at(cell, 3));
    }
    const auto input_width = static_cast<float>(manifest_.input.width);
    const auto input_height = static_cast<float>(manifest_.input.height);
    x = (x + point.x) * point.stride / input_width;
    y = (y + point.y) * point.stride / input_height;
    width *= anchor_width / input_width / 2;
    height *= anchor_height / input_height / 2;
    return {x - width, y - height, x + width, y + height};
  }

  const Manifest& manifest_;
  const std::vector<std::string> names_;
  const GridPoints points_;
};

// A map of one value a channel and cell.
struct Map {
  const float* values = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channel_stride = 0;
  std::int64_t cell_stride = 0;

  float at(std::int64_t channel, std::int64_t y, std::int64_t x) const {
    return values[channel * channel_stride + (y * columns + x) * cell_stride];
  }
};

// [1,C,H,W], or [1,H,W,C]; −1 fits anything.
bool may_be_map(Shape shape, std::int64_t channels) {
  const auto fits = [&](std::int64_t size) { return size < 0 || size == channels; };
  return shape.size() == 4 && (shape[0] == 1 || shape[0] < 0) && (fits(shape[1]) || fits(shape[3]));
}

Result<Map> map_of(const OutputTensor& tensor, std::int64_t channels, const std::string& name) {
  if (!may_be_map(tensor.shape, channels)) {
    return shape_error(name, tensor.shape, "[1," + std::to_string(channels) + ",H,W] is needed");
  }
  const auto& shape = tensor.shape;
  if (shape[1] == channels) {
    return Map{tensor.values.data(), shape[2], shape[3], shape[2] * shape[3], 1};
  }
  return Map{tensor.values.data(), shape[1], shape[2], 1, channels};
}

class Heatmap final : public BoxDecoder {
 public:
  // `names`: scores, sizes and, where there is one, offsets.
  Heatmap(const Manifest& manifest, std::vector<std::string> names)
      : manifest_(manifest), names_(std::move(names)) {}

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    POSS_ASSIGN(const Map scores, map_of(in.tensors[0], labels, names_[0]));
    POSS_ASSIGN(const Map sizes, map_of(in.tensors[1], 2, names_[1]));
    Map offsets;
    if (in.tensors.size() > 2) {
      POSS_ASSIGN(offsets, map_of(in.tensors[2], 2, names_[2]));
    }
    const bool same =
        sizes.rows == scores.rows && sizes.columns == scores.columns &&
        (!offsets.values || (offsets.rows == scores.rows && offsets.columns == scores.columns));
    if (!same) {
      return shape_error(names_[0], in.tensors[0].shape,
                         "sizes are " + shape_text(in.tensors[1].shape) +
                             ": the maps must have the same height and width");
    }
    const Scorer scorer(manifest_, in.min_score);
    const float threshold = scorer.raw_threshold();
    const auto width = static_cast<float>(scores.columns);
    const auto height = static_cast<float>(scores.rows);
    const ScoreTable table{scores.values, scores.rows * scores.columns, labels, scores.cell_stride,
                           scores.channel_stride};
    for (const auto cell : anchors_above(table, threshold, manifest_.decoder.background)) {
      const std::int64_t x = cell % scores.columns;
      const std::int64_t y = cell / scores.columns;
      const float cx = static_cast<float>(x) + (offsets.values ? offsets.at(0, y, x) : 0.5f);
      const float cy = static_cast<float>(y) + (offsets.values ? offsets.at(1, y, x) : 0.5f);
      const float half_width = sizes.at(0, y, x) / 2;
      const float half_height = sizes.at(1, y, x) / 2;
      for (std::int64_t k = 0; k < labels; ++k) {
        const float raw = scores.at(k, y, x);
        if (!(raw >= threshold) || !scorer.usable(k) || !is_peak(scores, k, y, x)) continue;
        const float score = scorer.activated(raw);
        if (!(score >= in.min_score)) continue;
        add_box(out, {0, static_cast<int>(k), score},
                {(cx - half_width) / width, (cy - half_height) / height, (cx + half_width) / width,
                 (cy + half_height) / height});
      }
    }
    return {};
  }

 private:
  static bool is_peak(const Map& map, std::int64_t channel, std::int64_t y, std::int64_t x) {
    const float value = map.at(channel, y, x);
    for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, map.rows - 1);
         ++v) {
      for (std::int64_t u = std::max<std::int64_t>(x - 1, 0); u <= std::min(x + 1, map.columns - 1);
           ++u) {
        if (map.at(channel, v, u) > value) return false;
      }
    }
    return true;
  }

  const Manifest& manifest_;
  const std::vector<std::string> names_;
};

}  // namespace

Result<DecoderPlan> make_anchor_grid(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                     const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  const GridPoints points(manifest.input, spec.strides);
  OutputChooser chooser(outputs);
  std::vector<std::string> names;
  for (size_t level = 0; level < spec.strides.size(); ++level) {
    POSS_ASSIGN(const size_t index,
                chooser.choose(spec.outputs.empty() ? "" : spec.outputs[level], "outputs", {},
                               [&](const TensorInfo& info) -> Result<void> {
                                 POSS_TRY(check_numbers(info));
                                 POSS_TRY(AnchorGrid::layout(manifest, points, level, info.name,
                                                             info.shape));
                                 return {};
                               }));
    names.push_back(outputs[index].name);
  }
  return DecoderPlan{chooser.taken(), std::make_unique<AnchorGrid>(manifest, std::move(names))};
}

Result<DecoderPlan> make_heatmap(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                 const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  OutputChooser chooser(outputs);
  const auto map = [](std::int64_t channels) {
    return [channels](const TensorInfo& info) -> Result<void> {
      POSS_TRY(check_numbers(info));
      if (may_be_map(info.shape, channels)) return {};
      return shape_error(info.name, info.shape,
                         "[1," + std::to_string(channels) + ",H,W] is needed");
    };
  };
  POSS_ASSIGN(const size_t scores,
              chooser.choose(spec.scores, "scores", {"hm", "heat", "score"}, map(labels)));
  POSS_ASSIGN(const size_t sizes, chooser.choose(spec.sizes, "sizes", {"wh", "size"}, map(2)));
  std::vector<std::string> names{outputs[scores].name, outputs[sizes].name};
  if (!spec.offsets.empty() || outputs.size() > 2) {
    POSS_ASSIGN(const size_t offsets,
                chooser.choose(spec.offsets, "offsets", {"off", "reg"}, map(2)));
    names.push_back(outputs[offsets].name);
  }
  return DecoderPlan{chooser.taken(), std::make_unique<Heatmap>(manifest, std::move(names))};
}

}  // namespace poss::infer
