// Tests of pre-processing: placement, scaling, colours and tensor layouts, on pictures made here.
#include "infer/preprocess.h"

#include <cmath>
#include <cstring>
#include <numeric>

#include <gmock/gmock.h>

#include "infer/half.h"

namespace poss::infer {
namespace {

using testing::Each;
using testing::FloatNear;

// A picture that owns its pixels; strides have some bytes to spare.
struct Picture {
  ImageView view;
  std::array<std::vector<std::uint8_t>, 3> memory;

  Picture(PixelLayout layout, int width, int height) {
    view.layout = layout;
    view.width = width;
    view.height = height;
    const auto plane = [&](size_t i, int columns, int rows) {
      view.strides[i] = columns + 7;
      memory[i].resize(static_cast<size_t>(columns + 7) * static_cast<size_t>(rows));
      view.planes[i] = memory[i].data();
    };
    const int half_width = (width + 1) / 2;
    const int half_height = (height + 1) / 2;
    const bool packed = layout == PixelLayout::rgb || layout == PixelLayout::bgr;
    plane(0, packed ? width * 3 : width, height);
    if (layout == PixelLayout::i420)
      plane(1, half_width, half_height), plane(2, half_width, half_height);
    if (layout == PixelLayout::i422) plane(1, half_width, height), plane(2, half_width, height);
    if (layout == PixelLayout::i444) plane(1, width, height), plane(2, width, height);
    if (layout == PixelLayout::nv12) plane(1, half_width * 2, half_height);
  }

  void fill(std::uint8_t a, std::uint8_t b, std::uint8_t c) {
    if (view.layout == PixelLayout::rgb || view.layout == PixelLayout::bgr) {
      for (int y = 0; y < view.height; ++y) {
        for (int x = 0; x < view.width; ++x) {
          std::uint8_t* at = row(0, y) + 3 * x;
          at[0] = a, at[1] = b, at[2] = c;
        }
      }
      return;
    }
    std::ranges::fill(memory[0], a);
    if (view.layout == PixelLayout::nv12) {
      for (size_t i = 0; i < memory[1].size(); ++i) {
        memory[1][i] = (i % static_cast<size_t>(view.strides[1])) % 2 == 0 ? b : c;
      }
    } else {
      std::ranges::fill(memory[1], b);
      std::ranges::fill(memory[2], c);
    }
  }

  std::uint8_t* row(size_t plane, int y) {
    return memory[plane].data() + static_cast<std::ptrdiff_t>(y) * view.strides[plane];
  }
};

InputSpec square(int side, Fit fit = Fit::stretch) {
  InputSpec input;
  input.width = input.height = side;
  input.fit = fit;
  return input;
}

struct Tensor {
  std::vector<float> values;
  Placement placement;
  InputSpec input;
  float at(int c, int x, int y) const {
    const auto plane = static_cast<size_t>(input.width * input.height);
    const auto pixel = static_cast<size_t>(y * input.width + x);
    return input.layout == TensorLayout::nchw ? values[static_cast<size_t>(c) * plane + pixel]
                                              : values[3 * pixel + static_cast<size_t>(c)];
  }
};

Tensor tensor_of(const ImageView& image, const InputSpec& input, const PixelRect* crop = nullptr) {
  Scratch scratch;
  const PixelRect whole{0, 0, image.width, image.height};
  const PixelRect part = align_crop(image, crop ? *crop : whole);
  Tensor out{{}, {}, input};
  std::vector<std::byte> bytes(tensor_bytes(input));
  out.placement = fill_tensor(image, part, input, scratch, bytes);
  if (input.type == TensorType::float32) {
    out.values.resize(bytes.size() / sizeof(float));
    std::memcpy(out.values.data(), bytes.data(), bytes.size());
  } else if (input.type == TensorType::float16) {
    std::vector<std::uint16_t> halves(bytes.size() / 2);
    std::memcpy(halves.data(), bytes.data(), bytes.size());
    for (const auto half : halves) out.values.push_back(half_to_float(half));
  } else if (input.type == TensorType::int8) {
    for (const auto byte : bytes) out.values.push_back(static_cast<std::int8_t>(byte));
  } else {
    for (const auto byte : bytes) out.values.push_back(static_cast<float>(byte));
  }
  return out;
}

// R'G'B' 0..255 as Y'CbCr of ITU-R BT.601 or BT.709, in video or full range.
std::array<std::uint8_t, 3> to_yuv(double r, double g, double b, bool bt709, bool full) {
  const double kr = bt709 ? 0.2126 : 0.299;
  const double kb = bt709 ? 0.0722 : 0.114;
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  const double cb = (b - y) / (2 * (1 - kb));
  const double cr = (r - y) / (2 * (1 - kr));
  const auto byte = [](double value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  };
  if (full) return {byte(y), byte(cb + 128), byte(cr + 128)};
  return {byte(16 + y * 219 / 255), byte(128 + cb * 224 / 255), byte(128 + cr * 224 / 255)};
}

TEST(Preprocess, gives_the_colours_of_every_matrix_range_and_layout) {
  const std::array<double, 3> rgb{200, 60, 90};
  for (const auto layout :
       {PixelLayout::i420, PixelLayout::i422, PixelLayout::i444, PixelLayout::nv12}) {
    for (const bool bt709 : {false, true}) {
      for (const bool full : {false, true}) {
        for (const auto color : {ColorOrder::rgb, ColorOrder::bgr}) {
          Picture picture(layout, 50, 30);
          picture.view.bt709 = bt709;
          picture.view.full_range = full;
          const auto yuv = to_yuv(rgb[0], rgb[1], rgb[2], bt709, full);
          picture.fill(yuv[0], yuv[1], yuv[2]);
          InputSpec input = square(16);
          input.color = color;
          const auto tensor = tensor_of(picture.view, input);
          for (int c = 0; c < 3; ++c) {
            const auto expected =
                static_cast<float>(rgb[static_cast<size_t>(color == ColorOrder::rgb ? c : 2 - c)]);
            EXPECT_NEAR(tensor.at(c, 0, 0), expected, 3);
            EXPECT_NEAR(tensor.at(c, 15, 15), expected, 3);
            EXPECT_NEAR(tensor.at(c, 7, 3), expected, 3);
          }
        }
      }
    }
  }
}

TEST(Preprocess, gives_the_colours_of_packed_pictures_in_both_orders) {
  for (const auto layout : {PixelLayout::rgb, PixelLayout::bgr}) {
    for (const auto color : {ColorOrder::rgb, ColorOrder::bgr}) {
      for (const auto tensor_layout : {TensorLayout::nchw, TensorLayout::nhwc}) {
        for (const auto type : {TensorType::float32, TensorType::uint8}) {
          for (const int side : {9, 16, 40}) {  // reduced, as it is, enlarged
            Picture picture(layout, 16, 16);
            picture.fill(10, 20, 30);
            InputSpec input = square(side);
            input.color = color;
            input.layout = tensor_layout;
            input.type = type;
            const auto tensor = tensor_of(picture.view, input);
            const bool same = (layout == PixelLayout::rgb) == (color == ColorOrder::rgb);
            EXPECT_EQ(tensor.at(0, side - 1, 0), same ? 10 : 30);
            EXPECT_EQ(tensor.at(1, 0, side - 1), 20);
            EXPECT_EQ(tensor.at(2, 3, 3), same ? 30 : 10);
          }
        }
      }
    }
  }
}

TEST(Preprocess, gray_pictures_give_equal_colours) {
  Picture picture(PixelLayout::gray, 33, 21);
  std::ranges::fill(picture.memory[0], std::uint8_t{77});
  picture.view.full_range = true;
  EXPECT_THAT(tensor_of(picture.view, square(8)).values, Each(FloatNear(77, 1)));
}

TEST(Preprocess, applies_mean_and_std_in_the_order_of_the_colours) {
  Picture picture(PixelLayout::rgb, 20, 20);
  picture.fill(100, 150, 200);
  for (const auto layout : {TensorLayout::nchw, TensorLayout::nhwc}) {
    InputSpec input = square(20);
    input.layout = layout;
    input.color = ColorOrder::bgr;
    input.mean = {10, 20, 30};
    input.std = {2, 4, 8};
    const auto tensor = tensor_of(picture.view, input);
    for (const int x : {0, 1, 7, 16, 19}) {
      EXPECT_FLOAT_EQ(tensor.at(0, x, 19), (200 - 10) / 2.0f);
      EXPECT_FLOAT_EQ(tensor.at(1, x, 19), (150 - 20) / 4.0f);
      EXPECT_FLOAT_EQ(tensor.at(2, x, 19), (100 - 30) / 8.0f);
    }
    input.mean = {127.5};
    input.std = {127.5};
    EXPECT_NEAR(tensor_of(picture.view, input).at(0, 0, 0), 200 / 127.5 - 1, 1e-5);
  }
}

TEST(Preprocess, half_floats_and_signed_bytes_are_written_in_every_layout) {
  for (const auto layout : {TensorLayout::nchw, TensorLayout::nhwc}) {
    for (const auto color : {ColorOrder::rgb, ColorOrder::bgr}) {
      for (const auto type : {TensorType::float16, TensorType::int8}) {
        Picture picture(PixelLayout::rgb, 41, 20);
        picture.fill(100, 150, 200);
        InputSpec input = square(20, Fit::letterbox);
        input.layout = layout;
        input.color = color;
        input.type = type;
        input.mean = {128, 128, 130};
        input.std = type == TensorType::int8 ? std::vector<double>{1} : std::vector<double>{64};
        input.pad = 64;
        const auto tensor = tensor_of(picture.view, input);
        const double std = input.std[0];
        const bool bgr = color == ColorOrder::bgr;
        for (const int x : {0, 7, 16, 19}) {
          EXPECT_FLOAT_EQ(tensor.at(0, x, 9), ((bgr ? 200 : 100) - 128) / std);
          EXPECT_FLOAT_EQ(tensor.at(1, x, 9), (150 - 128) / std);
          EXPECT_FLOAT_EQ(tensor.at(2, x, 9), ((bgr ? 100 : 200) - 130) / std);
          EXPECT_FLOAT_EQ(tensor.at(0, x, 0), (64 - 128) / std);
          EXPECT_FLOAT_EQ(tensor.at(2, x, 19), (64 - 130) / std);
        }
      }
    }
  }
  Picture picture(PixelLayout::rgb, 4, 4);
  picture.fill(0, 128, 255);
  InputSpec input = square(4);
  input.type = TensorType::int8;
  input.mean = {127.5};
  const auto tensor = tensor_of(picture.view, input);
  EXPECT_EQ(tensor.at(0, 0, 0), -128);  // -127.5 rounded away from 0
  EXPECT_EQ(tensor.at(2, 0, 0), 127);   // 127.5 held back
}

TEST(Preprocess, extra_inputs_tell_sizes_and_scale) {
  InputSpec input = square(100, Fit::letterbox);
  input.width = 200;
  const auto placement = place_picture(input, 1000, 250);  // 200 × 50
  const auto value = [&](ExtraValue which) { return extra_value(which, input, placement); };
  EXPECT_THAT(value(ExtraValue::one), testing::ElementsAre(1, 1));
  EXPECT_THAT(value(ExtraValue::input_size_hw), testing::ElementsAre(100, 200));
  EXPECT_THAT(value(ExtraValue::input_size_wh), testing::ElementsAre(200, 100));
  EXPECT_THAT(value(ExtraValue::picture_size_hw), testing::ElementsAre(250, 1000));
  EXPECT_THAT(value(ExtraValue::picture_size_wh), testing::ElementsAre(1000, 250));
  EXPECT_THAT(value(ExtraValue::scale_hw), testing::ElementsAre(0.2, 0.2));
  input.fit = Fit::stretch;
  EXPECT_THAT(extra_value(ExtraValue::scale_hw, input, place_picture(input, 1000, 250)),
              testing::ElementsAre(0.4, 0.2));
}

TEST(Preprocess, same_size_copies_every_pixel) {
  Picture picture(PixelLayout::rgb, 24, 24);
  std::iota(picture.memory[0].begin(), picture.memory[0].end(), std::uint8_t{0});
  const auto tensor = tensor_of(picture.view, square(24));
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 24; ++x) {
      ASSERT_EQ(tensor.at(1, x, y), picture.row(0, y)[3 * x + 1]);
    }
  }
}

TEST(Preprocess, letterbox_pads_around_the_picture) {
  Picture picture(PixelLayout::rgb, 40, 20);
  picture.fill(200, 200, 200);
  for (const auto layout : {TensorLayout::nchw, TensorLayout::nhwc}) {
    for (const auto type : {TensorType::float32, TensorType::uint8}) {
      InputSpec input = square(20, Fit::letterbox);
      input.layout = layout;
      input.type = type;
      input.pad = 50;
      auto tensor = tensor_of(picture.view, input);
      EXPECT_EQ(tensor.placement.y, 5);
      EXPECT_EQ(tensor.placement.height, 10);
      for (int y = 0; y < 20; ++y) {
        ASSERT_EQ(tensor.at(2, 10, y), y >= 5 && y < 15 ? 200 : 50) << y;
      }
      input.align = LetterboxAlign::top_left;
      tensor = tensor_of(picture.view, input);
      for (int y = 0; y < 20; ++y) ASSERT_EQ(tensor.at(0, 0, y), y < 10 ? 200 : 50) << y;
    }
  }
}

TEST(Preprocess, maps_boxes_back_through_letterbox_and_stretch) {
  InputSpec input = square(100, Fit::letterbox);
  const auto placement = place_picture(input, 400, 200);  // 100 × 50 at (0, 25)
  Box box = to_picture({0.25f, 0.25f, 0.75f, 0.5f}, input, placement);
  EXPECT_NEAR(box.l, 0.25, 1e-5);
  EXPECT_NEAR(box.t, 0, 1e-5);
  EXPECT_NEAR(box.w, 0.5, 1e-5);
  EXPECT_NEAR(box.h, 0.5, 1e-5);
  box = to_picture({-1, -1, 2, 2}, input, placement);
  EXPECT_EQ(box.l, 0);
  EXPECT_EQ(box.w, 1);
  EXPECT_EQ(box.h, 1);
  EXPECT_EQ(to_picture({0, 0, 1, 0.2f}, input, placement).h, 0);  // in the padding
  input.fit = Fit::stretch;
  box = to_picture({0.1f, 0.2f, 0.3f, 0.6f}, input, place_picture(input, 400, 200));
  EXPECT_NEAR(box.t, 0.2, 1e-5);
  EXPECT_NEAR(box.h, 0.4, 1e-5);
}

TEST(Preprocess, letterbox_of_extreme_proportions_keeps_a_row) {
  const auto wide = place_picture(square(64, Fit::letterbox), 10'000, 1);
  EXPECT_EQ(wide.height, 1);
  EXPECT_EQ(wide.width, 64);
  const auto tall = place_picture(square(64, Fit::letterbox), 1, 10'000);
  EXPECT_EQ(tall.width, 1);
}

TEST(Preprocess, nv12_and_i420_agree) {
  for (const auto& [width, height] : {std::pair{64, 48}, std::pair{63, 47}, std::pair{1, 1}}) {
    Picture planar(PixelLayout::i420, width, height);
    Picture pairs(PixelLayout::nv12, width, height);
    unsigned seed = 1;
    const auto next = [&seed] {
      seed = seed * 1664525u + 1013904223u;
      return static_cast<std::uint8_t>(seed >> 24);
    };
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) planar.row(0, y)[x] = pairs.row(0, y)[x] = next();
    }
    for (int y = 0; y < (height + 1) / 2; ++y) {
      for (int x = 0; x < (width + 1) / 2; ++x) {
        planar.row(1, y)[x] = pairs.row(1, y)[2 * x] = next();
        planar.row(2, y)[x] = pairs.row(1, y)[2 * x + 1] = next();
      }
    }
    for (const int side : {17, 32, 64, 100}) {
      EXPECT_EQ(tensor_of(planar.view, square(side)).values,
                tensor_of(pairs.view, square(side)).values)
          << width << " to " << side;
    }
  }
}

TEST(Preprocess, every_size_works_with_every_layout) {
  for (const auto layout : {PixelLayout::i420, PixelLayout::i422, PixelLayout::i444,
                            PixelLayout::nv12, PixelLayout::rgb, PixelLayout::gray}) {
    for (const auto& [width, height] :
         {std::pair{1, 1}, std::pair{2, 1}, std::pair{1, 3}, std::pair{3, 3}, std::pair{5, 200},
          std::pair{1919, 1079}, std::pair{3840, 2160}}) {
      Picture picture(layout, width, height);
      picture.view.full_range = true;
      picture.fill(90, 128, 128);
      if (layout == PixelLayout::rgb) picture.fill(90, 90, 90);
      for (const auto fit : {Fit::stretch, Fit::letterbox}) {
        InputSpec input = square(32, fit);
        input.height = 24;
        input.pad = 90;
        EXPECT_THAT(tensor_of(picture.view, input).values, Each(FloatNear(90, 3)))
            << static_cast<int>(layout) << " " << width << "x" << height;
      }
    }
  }
}

TEST(Preprocess, reducing_averages_instead_of_picking) {
  // Single-pixel stripes: picking would give black or white.
  for (const auto layout : {PixelLayout::gray, PixelLayout::rgb}) {
    Picture picture(layout, 960, 720);
    picture.view.full_range = true;
    const int bytes = layout == PixelLayout::rgb ? 3 : 1;
    for (int y = 0; y < 720; ++y) {
      for (int x = 0; x < 960; ++x) {
        std::fill_n(picture.row(0, y) + bytes * x, bytes, x % 2 == 0 ? 255 : 0);
      }
    }
    EXPECT_THAT(tensor_of(picture.view, square(100)).values, Each(FloatNear(127.5, 16)));
  }
}

TEST(Preprocess, crops_are_cut_to_the_picture_and_put_on_the_chroma_grid) {
  const Picture picture(PixelLayout::i420, 100, 50);
  const auto crop = align_crop(picture.view, {-5, 3, 30, 1000});
  EXPECT_EQ(crop.x, 0);
  EXPECT_EQ(crop.y, 2);
  EXPECT_EQ(crop.width, 25);
  EXPECT_EQ(crop.height, 48);
  EXPECT_EQ(align_crop(picture.view, {100, 0, 5, 5}).width, 0);
  EXPECT_EQ(align_crop(picture.view, {0, 0, -5, 5}).width, 0);
  EXPECT_EQ(align_crop(picture.view, {0, 0, 0, 0}).width, 0);
  const int most = std::numeric_limits<int>::max();
  EXPECT_EQ(align_crop(picture.view, {most, most, most, most}).width, 0);
  const Picture packed(PixelLayout::rgb, 100, 50);
  EXPECT_EQ(align_crop(packed.view, {3, 3, 5, 5}).x, 3);
}

TEST(Preprocess, a_crop_shows_only_its_part) {
  for (const auto layout : {PixelLayout::i420, PixelLayout::nv12, PixelLayout::rgb}) {
    Picture picture(layout, 64, 64);
    picture.view.full_range = true;
    picture.fill(0, layout == PixelLayout::rgb ? 0 : 128, layout == PixelLayout::rgb ? 0 : 128);
    const int bytes = layout == PixelLayout::rgb ? 3 : 1;
    for (int y = 16; y < 48; ++y) std::fill_n(picture.row(0, y) + 16 * bytes, 32 * bytes, 250);
    const PixelRect crop{16, 16, 32, 32};
    EXPECT_THAT(tensor_of(picture.view, square(20), &crop).values, Each(FloatNear(250, 2)));
  }
}

TEST(Preprocess, refuses_views_without_pixels) {
  Picture picture(PixelLayout::i420, 8, 8);
  EXPECT_TRUE(check_picture(picture.view));
  picture.view.planes[2] = nullptr;
  EXPECT_FALSE(check_picture(picture.view));
  picture.view.planes[2] = picture.view.planes[1];
  picture.view.width = 0;
  EXPECT_FALSE(check_picture(picture.view));
  picture.view.width = 20'000;
  EXPECT_FALSE(check_picture(picture.view));
}

}  // namespace
}  // namespace poss::infer
