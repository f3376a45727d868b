// Greedy class-wise suppression.
#include "infer/suppress.h"

#include <algorithm>
#include <numeric>

namespace poss::infer {

namespace {

// Far more than any picture holds; bounds the time a broken network can cost.
constexpr size_t kMaxCandidates = 30'000;

float iou(const Corners& a, const Corners& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  const float covered =
      (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - shared;
  return covered > 0 ? shared / covered : 0;
}

// Indices of the candidates, best first, kMaxCandidates at most.
std::vector<size_t> by_score(std::span<const Candidate> candidates) {
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return candidates[a].score != candidates[b].score ? candidates[a].score > candidates[b].score
                                                      : a < b;
  });
  if (order.size() > kMaxCandidates) order.resize(kMaxCandidates);
  return order;
}

}  // namespace

std::vector<Candidate> suppress(std::span<const Candidate> candidates, float max_iou,
                                int max_objects) {
  std::vector<Candidate> kept;
  for (const size_t index : by_score(candidates)) {
    const Candidate& candidate = candidates[index];
    if (std::ssize(kept) >= max_objects) break;
    const bool covered = std::ranges::any_of(kept, [&](const Candidate& better) {
      return better.class_index == candidate.class_index &&
             iou(better.box, candidate.box) > max_iou;
    });
    if (!covered) kept.push_back(candidate);
  }
  return kept;
}

std::vector<Candidate> best(std::span<const Candidate> candidates, int max_objects) {
  std::vector<Candidate> kept;
  for (const size_t index : by_score(candidates)) {
    if (std::ssize(kept) >= max_objects) break;
    kept.push_back(candidates[index]);
  }
  return kept;
}

}  // namespace poss::infer
