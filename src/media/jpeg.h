// Pictures as JPEG files.
#pragma once

#include <string>

#include "base/image.h"
#include "base/result.h"

namespace poss::media {

// Encodes `image` as a baseline JPEG (JFIF: full range, BT.601), scaled down to at most
// `max_width` pixels wide (0: as it is). YUV goes in as YUV, without a detour through RGB.
// Reentrant. Fails for pictures JPEG cannot hold (a side over 65500 or under 1).
Result<std::string> encode_jpeg(const ImageView& image, int max_width, int quality = 80);

}  // namespace poss::media
