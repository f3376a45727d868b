// The table of rules, and their ranking.
#include "inspect/families.h"

#include <algorithm>
#include <array>
#include <functional>

namespace poss::inspect {

std::span<const Rule> rules() {
  static constexpr std::array<Rule, 20> kRules{paddle_rows,
                                               batched_rows,
                                               end_to_end_rows,
                                               selected,
                                               decided,
                                               distances_per_level,
                                               distances_concatenated,
                                               yolox,
                                               yolov6,
                                               rows_with_objectness,
                                               rows_without_objectness,
                                               detr,
                                               yolov4,
                                               yolo_nas,
                                               raw_anchors,
                                               ssd,
                                               anchor_grid,
                                               blazeface,
                                               heatmap,
                                               classifier};
  return kRules;
}

std::vector<Guess> recognise(const Facts& facts) {
  std::vector<Guess> out;
  for (const Rule rule : rules()) {
    auto guess = rule(facts);
    if (!guess) continue;
    const auto at = std::ranges::upper_bound(out, guess->sure, std::greater{}, &Guess::sure);
    out.insert(at, std::move(*guess));
  }
  return out;
}

}  // namespace poss::inspect
