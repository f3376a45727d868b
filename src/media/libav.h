// The FFmpeg headers and owners of its objects; nothing outside this folder includes it.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <memory>

namespace poss::media {

struct AvDelete {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }  // a muxer's
};

template <class T>
using AvPtr = std::unique_ptr<T, AvDelete>;

inline constexpr AVRational kMicroseconds{1, 1'000'000};

}  // namespace poss::media
