// Photographs to try a model on: interleaved RGB, passed between processes as PPM files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/image.h"
#include "base/result.h"

namespace poss::inspect {

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // 3 bytes a pixel, rows without gaps

  ImageView view() const;
};

// A copy of what somebody else owns, in any pixel layout, at most `max_side` pixels a side. Fails
// as infer::check_picture() does.
Result<Picture> copy_picture(const ImageView& image, int max_side);

// A binary PPM file (P6, 255) of at most 4096 pixels a side.
Result<Picture> read_ppm(const std::filesystem::path& file);
Result<void> write_ppm(const Picture& picture, const std::filesystem::path& file);

// Copies: left and right exchanged; all colours times `factor`; one colour throughout.
Picture mirrored(const Picture& picture);
Picture dimmed(const Picture& picture, double factor);
Picture plain(int width, int height, std::uint8_t value);

// What stands in where there is no photograph: shapes on a gradient. Nothing in it is an object.
Picture drawn(int width, int height);

}  // namespace poss::inspect
