// Frames made from plain bytes.
#include "media/frame.h"

#include <utility>

namespace poss::media {

FramePtr make_rgb_frame(int width, int height, std::vector<std::uint8_t> rgb, Time capture_time,
                        std::int64_t id) {
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(rgb));
  ImageView view;
  view.layout = PixelLayout::rgb;
  view.width = width;
  view.height = height;
  view.planes[0] = owner->data();
  view.strides[0] = width * 3;
  view.full_range = true;
  return std::make_shared<const Frame>(view, capture_time, id, owner);
}

}  // namespace poss::media
