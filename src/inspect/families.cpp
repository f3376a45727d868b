// The table of rules, and their ranking.
#include "inspect/families.h"

#include <algorithm>
#include <array>

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
    if (auto guess = rule(facts)) out.push_back(std::move(*guess));
  }
  std::ranges::stable_sort(out, std::greater{}, &Guess::sure);
  return out;
}

}  // namespace poss::inspect
