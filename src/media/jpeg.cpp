// JPEG encoding with libjpeg-turbo from YUV planes.
#include "media/jpeg.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <libyuv.h>

extern "C" {
#include <jpeglib.h>
}

namespace poss::media {
namespace {

constexpr int kMaxSide = 65500;  // libjpeg's JPEG_MAX_DIMENSION

// An image and the memory it may own.
struct Owned {
  ImageView view;
  std::vector<std::uint8_t> memory;
};

int chroma_width(const ImageView& image) {
  return image.layout == PixelLayout::i444 ? image.width : (image.width + 1) / 2;
}
int chroma_height(const ImageView& image) {
  return image.layout == PixelLayout::i420 || image.layout == PixelLayout::nv12
             ? (image.height + 1) / 2
             : image.height;
}
int plane_count(PixelLayout layout) {
  return layout == PixelLayout::i420 || layout == PixelLayout::i422 || layout == PixelLayout::i444
             ? 3
             : 1;
}

// The properties of `like` with planes of its own, `width` × `height`.
Owned allocate(const ImageView& like, int width, int height) {
  Owned image{like, {}};
  image.view.width = width;
  image.view.height = height;
  const int planes = plane_count(like.layout);
  const bool interleaved = like.layout == PixelLayout::rgb || like.layout == PixelLayout::bgr;
  const int stride = interleaved ? width * 3 : width;
  const size_t first = static_cast<size_t>(stride) * static_cast<size_t>(height);
  const size_t chroma = planes == 3 ? static_cast<size_t>(chroma_width(image.view)) *
                                          static_cast<size_t>(chroma_height(image.view))
                                    : 0;
  image.memory.resize(first + 2 * chroma);
  image.view.planes = {image.memory.data(), image.memory.data() + first,
                       image.memory.data() + first + chroma};
  image.view.strides = {stride, chroma_width(image.view), chroma_width(image.view)};
  return image;
}

std::uint8_t* writable(const Owned& image, size_t plane) {
  return const_cast<std::uint8_t*>(image.view.planes[plane]);
}

// `image` with planes of its own kind: nv12 becomes i420, everything else stays.
Owned planar(const ImageView& image) {
  if (image.layout != PixelLayout::nv12) return {image, {}};
  ImageView like = image;
  like.layout = PixelLayout::i420;
  Owned out = allocate(like, image.width, image.height);
  libyuv::NV12ToI420(image.planes[0], image.strides[0], image.planes[1], image.strides[1],
                     writable(out, 0), out.view.strides[0], writable(out, 1), out.view.strides[1],
                     writable(out, 2), out.view.strides[2], image.width, image.height);
  return out;
}

// Interleaved pixels, which libyuv scales only with four bytes a pixel: the mean of each box.
void scale_interleaved(const ImageView& from, const Owned& to) {
  for (int y = 0; y < to.view.height; ++y) {
    const int y0 = static_cast<int>(static_cast<std::int64_t>(y) * from.height / to.view.height);
    const int y1 = std::max(
        y0 + 1, static_cast<int>(static_cast<std::int64_t>(y + 1) * from.height / to.view.height));
    std::uint8_t* row = writable(to, 0) + static_cast<std::ptrdiff_t>(y) * to.view.strides[0];
    for (int x = 0; x < to.view.width; ++x) {
      const int x0 = static_cast<int>(static_cast<std::int64_t>(x) * from.width / to.view.width);
      const int x1 = std::max(
          x0 + 1, static_cast<int>(static_cast<std::int64_t>(x + 1) * from.width / to.view.width));
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int v = y0; v < y1; ++v) {
          const std::uint8_t* source =
              from.planes[0] + static_cast<std::ptrdiff_t>(v) * from.strides[0];
          for (int u = x0; u < x1; ++u) sum += source[u * 3 + c];
        }
        row[x * 3 + c] = static_cast<std::uint8_t>(sum / ((y1 - y0) * (x1 - x0)));
      }
    }
  }
}

Owned scaled(const ImageView& image, int max_width) {
  if (max_width <= 0 || image.width <= max_width) return {image, {}};
  const int height = std::max(
      1, static_cast<int>((static_cast<std::int64_t>(image.height) * max_width + image.width / 2) /
                          image.width));
  Owned out = allocate(image, max_width, height);
  if (image.layout == PixelLayout::rgb || image.layout == PixelLayout::bgr) {
    scale_interleaved(image, out);
    return out;
  }
  for (int p = 0; p < plane_count(image.layout); ++p) {
    const auto i = static_cast<size_t>(p);
    libyuv::ScalePlane(image.planes[i], image.strides[i],
                       p == 0 ? image.width : chroma_width(image),
                       p == 0 ? image.height : chroma_height(image), writable(out, i),
                       out.view.strides[i], p == 0 ? out.view.width : chroma_width(out.view),
                       p == 0 ? out.view.height : chroma_height(out.view), libyuv::kFilterBox);
  }
  return out;
}

std::uint8_t clamp_byte(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

// Video YUV to JFIF's: full range, BT.601. The matrix is RGB(BT.709) put into BT.601's Y'CbCr
// (coefficients follow from the luma weights of ITU-R BT.601-7 and BT.709-6), in 1/65536.
struct ToJfif {
  int luma_gain = 65536, luma_offset = 0, chroma_gain = 65536;
  int y_from_u = 0, y_from_v = 0, u_from_u = 65536, u_from_v = 0, v_from_u = 0, v_from_v = 65536;
  bool needed = false;

  explicit ToJfif(const ImageView& image) {
    if (!image.full_range) {
      luma_gain = 65536 * 255 / 219;
      luma_offset = 16;
      chroma_gain = 65536 * 255 / 224;
      needed = true;
    }
    if (image.bt709 && image.layout != PixelLayout::gray) {
      y_from_u = 6660, y_from_v = 12850;
      u_from_u = 64871, u_from_v = -7253;
      v_from_u = -4749, v_from_v = 64447;
      needed = true;
    }
  }

  void luma(std::uint8_t* row, int width, const std::uint8_t* u, const std::uint8_t* v,
            int shift) const {
    if (!u || y_from_u == 0) {
      for (int x = 0; x < width; ++x) {
        row[x] = clamp_byte(((row[x] - luma_offset) * luma_gain + 32768) >> 16);
      }
      return;
    }
    const int gu = static_cast<int>(static_cast<std::int64_t>(y_from_u) * chroma_gain >> 16);
    const int gv = static_cast<int>(static_cast<std::int64_t>(y_from_v) * chroma_gain >> 16);
    for (int x = 0; x < width; ++x) {
      row[x] = clamp_byte(((row[x] - luma_offset) * luma_gain + (u[x >> shift] - 128) * gu +
                           (v[x >> shift] - 128) * gv + 32768) >>
                          16);
    }
  }
  void chroma(std::uint8_t* u, std::uint8_t* v, int width) const {
    const auto gain = [this](int factor) {
      return static_cast<int>(static_cast<std::int64_t>(factor) * chroma_gain >> 16);
    };
    const int uu = gain(u_from_u), uv = gain(u_from_v), vu = gain(v_from_u), vv = gain(v_from_v);
    for (int x = 0; x < width; ++x) {
      const int a = u[x] - 128, b = v[x] - 128;
      u[x] = clamp_byte(128 + ((a * uu + b * uv + 32768) >> 16));
      v[x] = clamp_byte(128 + ((a * vu + b * vv + 32768) >> 16));
    }
  }
};

// Copies a row into `to`, repeating its last sample up to `padded`.
void copy_row(const ImageView& image, size_t plane, int y, int width, int padded,
              std::uint8_t* to) {
  const std::uint8_t* from =
      image.planes[plane] + static_cast<std::ptrdiff_t>(y) * image.strides[plane];
  std::copy_n(from, width, to);
  std::fill(to + width, to + padded, to[width - 1]);
}

struct JpegError {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
};

[[noreturn]] void on_error(j_common_ptr info) {
  std::longjmp(reinterpret_cast<JpegError*>(info->err)->jump, 1);
}
void no_message(j_common_ptr) {}

// The planes, 8 or 16 rows at a time.
void write_planes(jpeg_compress_struct& info, const ImageView& image,
                  std::vector<std::uint8_t>& buffer) {
  const int planes = plane_count(image.layout);
  const int shift_x = planes == 3 && image.layout != PixelLayout::i444 ? 1 : 0;
  const int shift_y = image.layout == PixelLayout::i420 ? 1 : 0;
  const ToJfif convert(image);
  const int padded = (image.width + 15) / 16 * 16;
  const int rows = 8 << shift_y;
  const size_t plane_bytes = static_cast<size_t>(padded) * 16;
  JSAMPROW pointers[3][16];
  JSAMPARRAY arrays[3] = {pointers[0], pointers[1], pointers[2]};
  for (size_t p = 0; p < 3; ++p) {
    for (size_t r = 0; r < 16; ++r) {
      pointers[p][r] = buffer.data() + p * plane_bytes + r * static_cast<size_t>(padded);
    }
  }
  for (int y = 0; y < image.height; y += rows) {
    for (int r = 0; r < rows; ++r) {
      const int at = std::min(y + r, image.height - 1);
      copy_row(image, 0, at, image.width, padded, pointers[0][r]);
    }
    if (planes == 3) {
      for (int r = 0; r < 8; ++r) {
        const int at = std::min((y >> shift_y) + r, chroma_height(image) - 1);
        for (size_t p = 1; p < 3; ++p) {
          copy_row(image, p, at, chroma_width(image), padded >> shift_x, pointers[p][r]);
        }
      }
    }
    if (convert.needed) {
      for (int r = 0; r < rows; ++r) {
        const bool colour = planes == 3;
        convert.luma(pointers[0][r], padded, colour ? pointers[1][r >> shift_y] : nullptr,
                     colour ? pointers[2][r >> shift_y] : nullptr, shift_x);
      }
      for (int r = 0; planes == 3 && r < 8; ++r) {
        convert.chroma(pointers[1][r], pointers[2][r], padded >> shift_x);
      }
    }
    jpeg_write_raw_data(&info, arrays, static_cast<JDIMENSION>(rows));
  }
}

void write_interleaved(jpeg_compress_struct& info, const ImageView& image) {
  for (int y = 0; y < image.height; ++y) {
    auto* row =
        const_cast<JSAMPROW>(image.planes[0] + static_cast<std::ptrdiff_t>(y) * image.strides[0]);
    jpeg_write_scanlines(&info, &row, 1);
  }
}

}  // namespace

Result<std::string> encode_jpeg(const ImageView& original, int max_width, int quality) {
  if (original.width < 1 || original.height < 1 || original.width > kMaxSide ||
      original.height > kMaxSide) {
    return Error{Code::invalid_argument, "A JPEG's sides must be from 1 to 65500 pixels."};
  }
  const Owned flat = planar(original);
  const Owned sized = scaled(flat.view, max_width);
  const ImageView image = sized.view;
  const bool interleaved = image.layout == PixelLayout::rgb || image.layout == PixelLayout::bgr;
  // All that has a destructor lives outside the reach of libjpeg's longjmp.
  std::vector<std::uint8_t> buffer(
      interleaved ? 0 : static_cast<size_t>((image.width + 15) / 16 * 16) * 48);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_compress_struct info{};
  JpegError error{};
  info.err = jpeg_std_error(&error.manager);
  error.manager.error_exit = on_error;
  error.manager.output_message = no_message;
  if (setjmp(error.jump) != 0) {
    jpeg_destroy_compress(&info);
    std::free(bytes);
    return Error{Code::internal, "A picture could not be written as JPEG."};
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  const int planes = plane_count(image.layout);
  info.input_components = interleaved ? 3 : planes;
  info.in_color_space = image.layout == PixelLayout::rgb   ? JCS_EXT_RGB
                        : image.layout == PixelLayout::bgr ? JCS_EXT_BGR
                        : planes == 3                      ? JCS_YCbCr
                                                           : JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.dct_method = JDCT_ISLOW;
  if (!interleaved) {
    info.raw_data_in = TRUE;
    info.comp_info[0].h_samp_factor = planes == 3 && image.layout != PixelLayout::i444 ? 2 : 1;
    info.comp_info[0].v_samp_factor = image.layout == PixelLayout::i420 ? 2 : 1;
    for (int c = 1; c < planes; ++c) {
      info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
    }
  }
  jpeg_start_compress(&info, TRUE);
  if (interleaved) {
    write_interleaved(info, image);
  } else {
    write_planes(info, image, buffer);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string out(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return out;
}

}  // namespace poss::media
