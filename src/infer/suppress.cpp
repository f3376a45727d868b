// Greedy class-wise suppression.
#include "infer/suppress.h"

#include <algorithm>

namespace poss::infer {

namespace {

// Far more than any picture holds; bounds the time a broken network can cost.
constexpr std::ptrdiff_t kMaxCandidates = 30'000;

float iou(const Corners& a, const Corners& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  const float covered =
      (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - shared;
  return covered > 0 ? shared / covered : 0;
}

}  // namespace

std::vector<Candidate> suppress(std::vector<Candidate> candidates, float max_iou, int max_objects) {
  std::ranges::stable_sort(candidates, std::greater{}, &Candidate::score);
  if (std::ssize(candidates) > kMaxCandidates) candidates.resize(kMaxCandidates);
  std::vector<Candidate> kept;
  for (const auto& candidate : candidates) {
    if (std::ssize(kept) >= max_objects) break;
    const bool covered = std::ranges::any_of(kept, [&](const Candidate& better) {
      return better.class_index == candidate.class_index &&
             iou(better.box, candidate.box) > max_iou;
    });
    if (!covered) kept.push_back(candidate);
  }
  return kept;
}

}  // namespace poss::infer
