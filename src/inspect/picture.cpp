// Reading and writing PPM, and plain operations on pixels.
#include "inspect/picture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "base/file.h"
#include "infer/preprocess.h"

namespace poss::inspect {
namespace {

constexpr int kMaxSide = 4096;
constexpr size_t kMaxBytes = size_t{3} * kMaxSide * kMaxSide + 64;

size_t bytes_of(int width, int height) {
  return size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height);
}

}  // namespace

ImageView Picture::view() const {
  ImageView out;
  out.layout = PixelLayout::rgb;
  out.width = width;
  out.height = height;
  out.planes[0] = rgb.data();
  out.strides[0] = 3 * width;
  out.full_range = true;
  return out;
}

Result<Picture> copy_picture(const ImageView& image, int max_side) {
  POSS_TRY(infer::check_picture(image));
  const double scale =
      std::min(1.0, static_cast<double>(max_side) / std::max(image.width, image.height));
  infer::InputSpec spec;
  spec.width = std::max(1, static_cast<int>(std::lround(image.width * scale)));
  spec.height = std::max(1, static_cast<int>(std::lround(image.height * scale)));
  spec.layout = infer::TensorLayout::nhwc;
  spec.type = infer::TensorType::uint8;
  spec.fit = infer::Fit::stretch;
  Picture out = plain(spec.width, spec.height, 0);
  infer::Scratch scratch;
  infer::fill_tensor(image, {0, 0, image.width, image.height}, spec, scratch,
                     std::as_writable_bytes(std::span(out.rgb)));
  return out;
}

Result<Picture> read_ppm(const std::filesystem::path& file) {
  POSS_ASSIGN(const std::string bytes, read_file(file, kMaxBytes));
  const Error wrong{Code::invalid_argument, "'" + file.string() +
                                                "' is not a PPM picture of at most " +
                                                std::to_string(kMaxSide) + " pixels a side"};
  // "P6 WIDTH HEIGHT 255", each followed by one white-space character.
  if (!bytes.starts_with("P6")) return wrong;
  int numbers[3] = {};
  const char* at = bytes.data() + 2;
  const char* const end = bytes.data() + bytes.size();
  for (int& number : numbers) {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == end) return wrong;
    at = next;
  }
  ++at;
  Picture out{numbers[0], numbers[1], {}};
  if (out.width < 1 || out.height < 1 || out.width > kMaxSide || out.height > kMaxSide ||
      numbers[2] != 255 || static_cast<size_t>(end - at) != bytes_of(out.width, out.height)) {
    return wrong;
  }
  out.rgb.assign(at, end);
  return out;
}

Result<void> write_ppm(const Picture& picture, const std::filesystem::path& file) {
  std::string bytes =
      "P6 " + std::to_string(picture.width) + " " + std::to_string(picture.height) + " 255\n";
  bytes.append(picture.rgb.begin(), picture.rgb.end());
  return replace_file(file, bytes);
}

Picture mirrored(const Picture& picture) {
  Picture out = picture;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const size_t row = static_cast<size_t>(y) * static_cast<size_t>(picture.width);
      const size_t from = 3 * (row + static_cast<size_t>(x));
      const size_t to = 3 * (row + static_cast<size_t>(picture.width - 1 - x));
      for (size_t c = 0; c < 3; ++c) out.rgb[to + c] = picture.rgb[from + c];
    }
  }
  return out;
}

Picture dimmed(const Picture& picture, double factor) {
  Picture out = picture;
  for (auto& value : out.rgb) {
    value = static_cast<std::uint8_t>(std::clamp(std::lround(value * factor), 0L, 255L));
  }
  return out;
}

Picture plain(int width, int height, std::uint8_t value) {
  return {width, height, std::vector<std::uint8_t>(bytes_of(width, height), value)};
}

Picture drawn(int width, int height) {
  Picture out = plain(width, height, 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel =
          out.rgb.data() +
          3 * (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x));
      const double dx = x - width * 0.35, dy = y - height * 0.55;
      const bool disc = dx * dx + dy * dy < width * height * 0.03;
      const bool block = x > width * 0.6 && x < width * 0.8 && y > height * 0.2 && y < height * 0.8;
      pixel[0] = static_cast<std::uint8_t>(disc ? 210 : block ? 40 : 255 * x / width);
      pixel[1] = static_cast<std::uint8_t>(disc ? 60 : block ? 90 : 255 * y / height);
      pixel[2] = static_cast<std::uint8_t>(disc ? 40 : block ? 200 : 128);
    }
  }
  return out;
}

}  // namespace poss::inspect
