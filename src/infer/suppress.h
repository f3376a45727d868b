// Non-maximum suppression: of boxes that cover each other only the best stays.
#pragma once

#include <span>
#include <vector>

#include "infer/preprocess.h"

namespace poss::infer {

// A box found, before suppression.
struct Candidate {
  float score = 0;
  int class_index = 0;
  Corners box;
};

// The at most `max_objects` best candidates, best first, of which no two of one class overlap by an
// IoU of more than `max_iou`. Equal scores keep their order, so the result is always the same.
std::vector<Candidate> suppress(std::span<const Candidate> candidates, float max_iou,
                                int max_objects);

// The at most `max_objects` best candidates, best first: for those a graph has chosen itself.
std::vector<Candidate> best(std::span<const Candidate> candidates, int max_objects);

}  // namespace poss::infer
