// A decoded picture with its capture time: immutable, shared, never copied per reader.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/image.h"
#include "base/time.h"

namespace poss::media {

// Immutable after construction, so any number of threads may read it.
class Frame {
 public:
  // `owner` keeps the pixels that `image` views alive (a decoder's buffer, a byte vector).
  Frame(ImageView image, Time capture_time, std::int64_t id, std::shared_ptr<const void> owner)
      : image_(image), capture_time_(capture_time), id_(id), owner_(std::move(owner)) {}

  const ImageView& image() const { return image_; }
  // When the picture was captured (live sources) or would be shown (files).
  Time capture_time() const { return capture_time_; }
  // Counts up from 1 per camera; a gap is a picture that was never decoded.
  std::int64_t id() const { return id_; }

 private:
  ImageView image_;
  Time capture_time_;
  std::int64_t id_;
  std::shared_ptr<const void> owner_;
};

using FramePtr = std::shared_ptr<const Frame>;

// A frame that owns a copy of tightly packed interleaved RGB: `rgb` holds width × height × 3
// bytes. For tests and still images.
FramePtr make_rgb_frame(int width, int height, std::vector<std::uint8_t> rgb, Time capture_time,
                        std::int64_t id);

}  // namespace poss::media
