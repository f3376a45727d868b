// Box arithmetic.
#include "base/image.h"

#include <algorithm>

namespace poss {

float iou(const Box& a, const Box& b) {
  const float width = std::min(a.l + a.w, b.l + b.w) - std::max(a.l, b.l);
  const float height = std::min(a.t + a.h, b.t + b.h) - std::max(a.t, b.t);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  const float covered = a.w * a.h + b.w * b.h - shared;
  return covered > 0 ? shared / covered : 0;
}

}  // namespace poss
