// JPEG: colours of every layout, range and matrix survive; odd sizes; scaling.
#include "media/jpeg.h"

#include <vector>

#include <gtest/gtest.h>

#include "media/bitstream.h"
#include "media/decoder.h"

namespace poss::media {
namespace {

// A picture of one colour.
struct Plain {
  ImageView view;
  std::vector<std::uint8_t> memory;
};

Plain plain(PixelLayout layout, int width, int height, std::array<std::uint8_t, 3> colour) {
  Plain image;
  image.view.layout = layout;
  image.view.width = width;
  image.view.height = height;
  const bool packed = layout == PixelLayout::rgb || layout == PixelLayout::bgr;
  const int stride = packed ? width * 3 : width + 2;
  const size_t plane = static_cast<size_t>(stride * height);
  image.memory.resize(plane * 3);
  for (size_t p = 0; p < 3; ++p) {
    image.view.planes[p] = image.memory.data() + p * plane;
    image.view.strides[p] = stride;
    for (size_t i = 0; i < plane; ++i) {
      image.memory[p * plane + i] = packed                                  ? colour[i % 3]
                                    : layout == PixelLayout::nv12 && p == 1 ? colour[1 + i % 2]
                                                                            : colour[p];
    }
  }
  return image;
}

// The RGB of the middle of a JPEG, by libav and BT.601.
std::array<int, 3> middle(const std::string& jpeg, int* width = nullptr, int* height = nullptr) {
  AvPtr<AVCodecParameters> codec(avcodec_parameters_alloc());
  codec->codec_type = AVMEDIA_TYPE_VIDEO;
  codec->codec_id = AV_CODEC_ID_MJPEG;
  const auto decoder = Decoder::create(*codec);
  AvPtr<AVPacket> packet(av_packet_alloc());
  av_new_packet(packet.get(), static_cast<int>(jpeg.size()));
  std::copy(jpeg.begin(), jpeg.end(), packet->data);
  std::vector<Picture> out;
  EXPECT_TRUE((*decoder)->decode(*packet, out));
  if (out.size() != 1) {
    ADD_FAILURE() << "not one picture";
    return {};
  }
  const ImageView& view = out[0].view;
  EXPECT_TRUE(view.full_range);
  EXPECT_FALSE(view.bt709);
  if (width) *width = view.width;
  if (height) *height = view.height;
  const auto at = [&](size_t p, int x, int y) {
    return static_cast<double>(view.planes[p][y * view.strides[p] + x]);
  };
  const double y = at(0, view.width / 2, view.height / 2);
  if (view.layout == PixelLayout::gray) {
    return {static_cast<int>(y), static_cast<int>(y), static_cast<int>(y)};
  }
  const int cx = view.layout == PixelLayout::i444 ? view.width / 2 : view.width / 4;
  const int cy = view.layout == PixelLayout::i420 ? view.height / 4 : view.height / 2;
  const double u = at(1, cx, cy) - 128;
  const double v = at(2, cx, cy) - 128;
  return {static_cast<int>(y + 1.402 * v), static_cast<int>(y - 0.344 * u - 0.714 * v),
          static_cast<int>(y + 1.772 * u)};
}

void expect_colour(const std::array<int, 3>& found, const std::array<int, 3>& wanted) {
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], wanted[i], 6) << "channel " << i;
}

TEST(Jpeg, keeps_the_colour_of_every_layout_range_and_matrix) {
  // RGB (200, 100, 50) in each form (ITU-R BT.601-7 and BT.709-6).
  const std::array<int, 3> wanted{200, 100, 50};
  for (const PixelLayout layout :
       {PixelLayout::i420, PixelLayout::i422, PixelLayout::i444, PixelLayout::nv12}) {
    for (const auto& [width, height] : {std::pair{64, 48}, std::pair{321, 241}, std::pair{1, 1}}) {
      Plain full = plain(layout, width, height, {124, 86, 182});
      full.view.full_range = true;
      expect_colour(middle(*encode_jpeg(full.view, 0, 95)), wanted);
      Plain video = plain(layout, width, height, {123, 91, 175});
      expect_colour(middle(*encode_jpeg(video.view, 0, 95)), wanted);
      Plain hd = plain(layout, width, height, {117, 95, 174});
      hd.view.bt709 = true;
      expect_colour(middle(*encode_jpeg(hd.view, 0, 95)), wanted);
    }
  }
  expect_colour(middle(*encode_jpeg(plain(PixelLayout::rgb, 33, 17, {200, 100, 50}).view, 0, 95)),
                {200, 100, 50});
}

TEST(Jpeg, writes_bgr_and_gray) {
  expect_colour(middle(*encode_jpeg(plain(PixelLayout::bgr, 32, 16, {50, 100, 200}).view, 0, 95)),
                {200, 100, 50});
  Plain gray = plain(PixelLayout::gray, 33, 17, {77, 0, 0});
  gray.view.full_range = true;
  expect_colour(middle(*encode_jpeg(gray.view, 0, 95)), {77, 77, 77});
}

TEST(Jpeg, scales_down_but_never_up) {
  for (const PixelLayout layout : {PixelLayout::i420, PixelLayout::nv12, PixelLayout::rgb}) {
    int width = 0;
    int height = 0;
    middle(*encode_jpeg(plain(layout, 1921, 1081, {90, 90, 90}).view, 640), &width, &height);
    EXPECT_EQ(width, 640);
    EXPECT_EQ(height, 360);
    middle(*encode_jpeg(plain(layout, 64, 48, {90, 90, 90}).view, 640), &width, &height);
    EXPECT_EQ(width, 64);
  }
}

TEST(Jpeg, refuses_sizes_a_jpeg_cannot_have) {
  ImageView view;
  EXPECT_FALSE(encode_jpeg(view, 0));
}

TEST(Jpeg, usual_tables_are_put_where_there_are_none) {
  const std::string jpeg = *encode_jpeg(plain(PixelLayout::i420, 64, 48, {120, 90, 180}).view, 0);
  // Take its Huffman tables out: libjpeg writes the usual ones.
  std::string bare;
  for (size_t i = 2; i + 4 < jpeg.size();) {
    const auto marker = static_cast<unsigned char>(jpeg[i + 1]);
    const size_t length = 2 + (static_cast<size_t>(static_cast<unsigned char>(jpeg[i + 2])) << 8 |
                               static_cast<unsigned char>(jpeg[i + 3]));
    if (marker == 0xda) {
      bare = jpeg.substr(0, 2) + bare + jpeg.substr(i);
      break;
    }
    if (marker != 0xc4) bare += jpeg.substr(i, length);
    i += length;
  }
  const auto bytes = [](const std::string& text) {
    return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  ASSERT_FALSE(has_huffman_tables(bytes(bare)));
  const std::string whole = complete_jpeg(bytes(bare));
  EXPECT_TRUE(has_huffman_tables(bytes(whole)));
  EXPECT_EQ(middle(whole), middle(jpeg));
  EXPECT_EQ(complete_jpeg(bytes(jpeg)), jpeg);
  for (size_t length = 0; length < 40; ++length) complete_jpeg(bytes(jpeg.substr(0, length)));
}

}  // namespace
}  // namespace poss::media
