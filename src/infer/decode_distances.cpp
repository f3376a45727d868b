// Decoder of distances from grid points to the four sides of a box, each given as a distribution
// over whole strides (generalized focal loss): NanoDet (nanodet_plus_head.py: Integral,
// distance2bbox), PicoDet, and YOLOv8 cut before its own decoding.
#include <algorithm>
#include <array>
#include <cmath>

#include "infer/decoder.h"

namespace poss::infer {

namespace {

// The scores and distributions of one level, or of all.
struct Level {
  Rows scores;
  Rows sides;
  std::int64_t first = 0;  // index of its first grid point
};

class Distances final : public BoxDecoder {
 public:
  // `names` of the outputs wanted; `pairs`: scores and sides are outputs of their own, in turns.
  Distances(const Manifest& manifest, std::vector<std::string> names, bool pairs, bool levels)
      : manifest_(manifest),
        names_(std::move(names)),
        pairs_(pairs),
        levels_(levels),
        points_(manifest.input, manifest.decoder.strides) {}

  Result<void> decode(const DecodeInput& in, std::vector<Candidate>& out) const override {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const auto width = static_cast<float>(manifest_.input.width);
    const auto height = static_cast<float>(manifest_.input.height);
    const auto center = static_cast<float>(manifest_.decoder.cell_center);
    const Scorer scorer(manifest_, in.min_score);
    std::vector<Level> all;
    const size_t step = pairs_ ? 2 : 1;
    for (size_t i = 0; i < in.tensors.size(); i += step) {
      POSS_ASSIGN(const Level level, level_of(in.tensors, i, i / step));
      all.push_back(level);
    }
    for (const auto& level : all) {
      for (const auto& scored : scorer.best_classes(level.scores.columns(0, labels))) {
        const auto point = points_.at(level.first + scored.anchor);
        const float x = (point.x + center) * point.stride;
        const float y = (point.y + center) * point.stride;
        std::array<float, 4> side{};
        for (size_t k = 0; k < 4; ++k) {
          side[k] =
              distance(level.sides, scored.anchor, static_cast<std::int64_t>(k)) * point.stride;
        }
        add_box(out, scored,
                {(x - side[0]) / width, (y - side[1]) / height, (x + side[2]) / width,
                 (y + side[3]) / height});
      }
    }
    return {};
  }

 private:
  Result<Level> level_of(std::span<const OutputTensor> tensors, size_t index, size_t number) const {
    const auto labels = static_cast<std::int64_t>(manifest_.labels.size());
    const std::int64_t wide = std::int64_t{4} * manifest_.decoder.bins;
    Level out;
    if (pairs_) {
      POSS_ASSIGN(out.scores, rows_of(tensors[index], labels, names_[index]));
      // Also [1,4,bins,N], which lies as [1,4×bins,N], and [1,N,4,bins].
      POSS_ASSIGN(out.sides, rows_of(tensors[index + 1], wide, names_[index + 1]));
    } else {
      POSS_ASSIGN(out.scores, rows_of(tensors[index], labels + wide, names_[index]));
      out.sides = out.scores;
    }
    const std::int64_t points = levels_ ? points_.count(number) : points_.count();
    if (levels_) out.first = points_.first(number);
    if (out.scores.count != points || out.sides.count != points) {
      const bool scores = out.scores.count != points;
      return shape_error(names_[index + (scores || !pairs_ ? 0 : 1)],
                         tensors[index + (scores || !pairs_ ? 0 : 1)].shape,
                         "decoder.strides makes " + std::to_string(points) + " grid points");
    }
    if (!pairs_) out.sides.values += labels * out.sides.value_stride;
    return out;
  }

  // The mean of the distribution of one side, in strides.
  float distance(const Rows& sides, std::int64_t anchor, std::int64_t side) const {
    const std::int64_t bins = manifest_.decoder.bins;
    if (bins == 1) return sides.at(anchor, side);
    float most = sides.at(anchor, side * bins);
    for (std::int64_t i = 1; i < bins; ++i)
      most = std::max(most, sides.at(anchor, side * bins + i));
    float sum = 0;
    float mean = 0;
    for (std::int64_t i = 0; i < bins; ++i) {
      const float value = std::exp(sides.at(anchor, side * bins + i) - most);
      sum += value;
      mean += value * static_cast<float>(i);
    }
    return mean / sum;
  }

  const Manifest& manifest_;
  const std::vector<std::string> names_;
  const bool pairs_;
  const bool levels_;
  const GridPoints points_;
};

bool may_be(const TensorInfo& info, std::int64_t width) {
  return may_hold(info.shape, width, Order::rows) || may_hold(info.shape, width, Order::planes);
}

}  // namespace

Result<DecoderPlan> make_distances(const Manifest& manifest, std::span<const TensorInfo> outputs,
                                   const std::filesystem::path&) {
  const auto& spec = manifest.decoder;
  const auto labels = static_cast<std::int64_t>(manifest.labels.size());
  const std::int64_t wide = std::int64_t{4} * spec.bins;
  const auto check = [&](std::int64_t width) {
    return [&manifest, width](const TensorInfo& info) -> Result<void> {
      POSS_TRY(check_numbers(info));
      if (may_be(info, width)) return {};
      return shape_error(info.name, info.shape,
                         std::to_string(manifest.labels.size()) + " labels and " +
                             std::to_string(manifest.decoder.bins) + " bins need " +
                             std::to_string(width) + " values a grid point");
    };
  };
  OutputChooser chooser(outputs);
  std::vector<size_t> wanted;
  bool pairs = false;
  const size_t levels = spec.strides.size();
  if (!spec.outputs.empty()) {
    for (const auto& name : spec.outputs) {
      POSS_ASSIGN(const size_t index, chooser.named(name));
      wanted.push_back(chooser.take(index));
    }
    // Two a level: in turns, or all scores before all boxes.
    pairs = spec.outputs.size() == 2 * levels;
    const auto is_scores = [&](size_t i) { return may_be(outputs[wanted[i]], labels); };
    const auto is_sides = [&](size_t i) { return may_be(outputs[wanted[i]], wide); };
    bool turns = true;
    bool halves = pairs;
    for (size_t i = 0; pairs && i < levels; ++i) {
      turns = turns && is_scores(2 * i) && is_sides(2 * i + 1);
      halves = halves && is_scores(i) && is_sides(levels + i);
    }
    if (!turns && halves) {
      std::vector<size_t> ordered;
      for (size_t i = 0; i < levels; ++i) {
        ordered.push_back(wanted[i]);
        ordered.push_back(wanted[levels + i]);
      }
      wanted = std::move(ordered);
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
      const std::int64_t width = !pairs ? labels + wide : i % 2 == 0 ? labels : wide;
      POSS_TRY(check(width)(outputs[wanted[i]]));
    }
  } else if (spec.boxes.empty() && (!spec.scores.empty() || outputs.size() == 1)) {
    POSS_ASSIGN(const size_t index,
                chooser.choose(spec.scores, "scores", {"output"}, check(labels + wide)));
    wanted.push_back(index);
  } else {
    POSS_ASSIGN(const size_t boxes,
                chooser.choose(spec.boxes, "boxes", {"box", "dis", "reg"}, check(wide)));
    POSS_ASSIGN(const size_t scores,
                chooser.choose(spec.scores, "scores", {"score", "cls", "class"}, check(labels)));
    wanted = {scores, boxes};
    pairs = true;
  }
  std::vector<std::string> names;
  for (const size_t index : wanted) names.push_back(outputs[index].name);
  return DecoderPlan{std::move(wanted), std::make_unique<Distances>(manifest, std::move(names),
                                                                    pairs, !spec.outputs.empty())};
}

}  // namespace poss::infer
