// Finding the few scores above a threshold among very many: the inner loops of the decoders.
#pragma once

#include <cstdint>
#include <vector>

namespace poss::infer {

// A table of scores: `anchors` × `classes` values, of which one anchor's lie `class_stride` apart
// and one class's `anchor_stride` apart. One of the two strides is 1.
struct ScoreTable {
  const float* values = nullptr;
  std::int64_t anchors = 0;
  std::int64_t classes = 0;
  std::int64_t anchor_stride = 0;
  std::int64_t class_stride = 1;

  float at(std::int64_t anchor, std::int64_t index) const {
    return values[anchor * anchor_stride + index * class_stride];
  }
};

// The anchors with any score of at least `threshold` in a class other than `skipped` (−1: none),
// in ascending order. Values that are not numbers never count.
std::vector<std::int64_t> anchors_above(const ScoreTable& table, float threshold,
                                        std::int64_t skipped);

}  // namespace poss::infer
