// Comparisons are gathered with "or": unlike a maximum the compiler may vectorise that without
// assuming away NaN.
#include "infer/scan.h"

#include <algorithm>
#include <array>

namespace poss::infer {

namespace {

bool any_above(const float* values, std::int64_t count, float threshold) {
  unsigned found = 0;
  for (std::int64_t i = 0; i < count; ++i) found |= values[i] >= threshold ? 1u : 0u;
  return found != 0;
}

std::vector<std::int64_t> scan_rows(const ScoreTable& table, float threshold,
                                    std::int64_t skipped) {
  const std::int64_t before = skipped < 0 ? table.classes : std::min(skipped, table.classes);
  const std::int64_t after = skipped < 0 ? table.classes : std::min(skipped + 1, table.classes);
  std::vector<std::int64_t> out;
  for (std::int64_t anchor = 0; anchor < table.anchors; ++anchor) {
    const float* row = table.values + anchor * table.anchor_stride;
    if (any_above(row, before, threshold) ||
        any_above(row + after, table.classes - after, threshold)) {
      out.push_back(anchor);
    }
  }
  return out;
}

std::vector<std::int64_t> scan_columns(const ScoreTable& table, float threshold,
                                       std::int64_t skipped) {
  constexpr std::int64_t kBlock = 1024;
  std::array<std::uint32_t, kBlock> found;
  std::vector<std::int64_t> out;
  for (std::int64_t start = 0; start < table.anchors; start += kBlock) {
    const std::int64_t count = std::min(kBlock, table.anchors - start);
    found.fill(0);
    for (std::int64_t index = 0; index < table.classes; ++index) {
      if (index == skipped) continue;
      const float* column = table.values + index * table.class_stride + start;
      for (std::int64_t i = 0; i < count; ++i) {
        found[static_cast<size_t>(i)] |= column[i] >= threshold ? 1u : 0u;
      }
    }
    for (std::int64_t i = 0; i < count; ++i) {
      if (found[static_cast<size_t>(i)]) out.push_back(start + i);
    }
  }
  return out;
}

}  // namespace

std::vector<std::int64_t> anchors_above(const ScoreTable& table, float threshold,
                                        std::int64_t skipped) {
  return table.class_stride == 1 ? scan_rows(table, threshold, skipped)
                                 : scan_columns(table, threshold, skipped);
}

}  // namespace poss::infer
