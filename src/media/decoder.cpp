// Decoding, and mapping libav's pixel formats to ours.
#include "media/decoder.h"

extern "C" {
#include <libswscale/swscale.h>
}

#include <string>

namespace poss::media {
namespace {

// Larger pictures are refused: a small file may claim any size.
constexpr std::int64_t kMaxPixels = 16384LL * 8192;

std::optional<PixelLayout> layout_of(int format) {
  switch (format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
      return PixelLayout::i420;
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
      return PixelLayout::i422;
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
      return PixelLayout::i444;
    case AV_PIX_FMT_NV12:
      return PixelLayout::nv12;
    case AV_PIX_FMT_RGB24:
      return PixelLayout::rgb;
    case AV_PIX_FMT_BGR24:
      return PixelLayout::bgr;
    case AV_PIX_FMT_GRAY8:
      return PixelLayout::gray;
    default:
      return std::nullopt;
  }
}

bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_RGB24:
    case AV_PIX_FMT_BGR24:
      return true;
    case AV_PIX_FMT_GRAY8:
      return frame.color_range != AVCOL_RANGE_MPEG;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

bool is_bt709(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_RESERVED:
      return frame.height >= 720 && !is_full_range(frame);  // full range: JPEG, which is BT.601
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return true;
    default:
      return false;
  }
}

// `pixels` holds the picture in a format of ours; colour properties come from `original`.
std::optional<Picture> picture_of(AvPtr<AVFrame> pixels, const AVFrame& original) {
  const auto layout = layout_of(pixels->format);
  if (!layout) return std::nullopt;
  Picture picture;
  picture.view.layout = *layout;
  picture.view.width = pixels->width;
  picture.view.height = pixels->height;
  for (size_t i = 0; i < 3; ++i) {
    picture.view.planes[i] = pixels->data[i];
    picture.view.strides[i] = pixels->linesize[i];
  }
  picture.view.full_range = is_full_range(*pixels);
  picture.view.bt709 = is_bt709(*pixels);
  picture.time = Time(std::chrono::microseconds(original.best_effort_timestamp));
  picture.owner = std::shared_ptr<const AVFrame>(pixels.release(), AvDelete());
  return picture;
}

}  // namespace

Result<std::unique_ptr<Decoder>> Decoder::create(const AVCodecParameters& codec) {
  const std::string name = avcodec_get_name(codec.codec_id);
  const AVCodec* decoder = avcodec_find_decoder(codec.codec_id);
  if (!decoder) {
    return Error{Code::not_found, "There is no decoder for " + name + "; set the camera to H.264."};
  }
  AvPtr<AVCodecContext> context(avcodec_alloc_context3(decoder));
  if (!context || avcodec_parameters_to_context(context.get(), &codec) < 0) {
    return Error{Code::resource_exhausted, "There is not enough memory to decode " + name + "."};
  }
  context->thread_count = 1;
  context->pkt_timebase = kMicroseconds;
  context->max_pixels = kMaxPixels;
  if (avcodec_open2(context.get(), decoder, nullptr) < 0) {
    return Error{Code::invalid_argument,
                 "The decoder refuses this " + name + " stream; set the camera to H.264."};
  }
  return std::unique_ptr<Decoder>(new Decoder(std::move(context)));
}

Decoder::~Decoder() { sws_freeContext(scaler_); }

bool Decoder::decode(const AVPacket& packet, std::vector<Picture>& out) {
  const int error = avcodec_send_packet(context_.get(), &packet);
  return receive(out) && error >= 0;
}

void Decoder::drain(std::vector<Picture>& out) {
  avcodec_send_packet(context_.get(), nullptr);
  receive(out);
  avcodec_flush_buffers(context_.get());
}

bool Decoder::receive(std::vector<Picture>& out) {
  while (true) {
    AvPtr<AVFrame> frame(av_frame_alloc());
    const int error = avcodec_receive_frame(context_.get(), frame.get());
    if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return true;
    if (error < 0) return false;
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE) frame->best_effort_timestamp = 0;
    const AVFrame& original = *frame;
    std::optional<Picture> picture =
        layout_of(frame->format) ? picture_of(std::move(frame), original) : convert(*frame);
    if (picture) out.push_back(std::move(*picture));
  }
}

// Formats we have no name for: YUV of any depth becomes i420, RGB and palettes become rgb.
std::optional<Picture> Decoder::convert(const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
  if (!descriptor || (descriptor->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0) return std::nullopt;
  const bool is_rgb = (descriptor->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  const bool is_gray = descriptor->nb_components <= 2 && !is_rgb;
  const AVPixelFormat target = is_rgb    ? AV_PIX_FMT_RGB24
                               : is_gray ? AV_PIX_FMT_GRAY8
                                         : AV_PIX_FMT_YUV420P;
  scaler_ =
      sws_getCachedContext(scaler_, frame.width, frame.height, format, frame.width, frame.height,
                           target, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
  if (!scaler_) return std::nullopt;
  const bool full = frame.color_range == AVCOL_RANGE_JPEG || is_rgb;
  if (!is_rgb) {
    // The same range and matrix on both sides: only the sampling changes.
    const int* matrix = sws_getCoefficients(is_bt709(frame) ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler_, matrix, full, matrix, full, 0, 1 << 16, 1 << 16);
  }
  AvPtr<AVFrame> pixels(av_frame_alloc());
  pixels->format = target;
  pixels->width = frame.width;
  pixels->height = frame.height;
  if (av_frame_get_buffer(pixels.get(), 0) < 0) return std::nullopt;
  if (sws_scale(scaler_, frame.data, frame.linesize, 0, frame.height, pixels->data,
                pixels->linesize) < 0) {
    return std::nullopt;
  }
  pixels->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  pixels->colorspace = is_bt709(frame) ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
  return picture_of(std::move(pixels), frame);
}

}  // namespace poss::media
