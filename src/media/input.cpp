// Sources read through libavformat and libavdevice: RTSP, HTTP, files and V4L2.
#include "media/input.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "media/access_unit.h"

namespace poss::media {
namespace {

// Containers a file or web server may give. Playlists and image sequences are left out: they
// make the reader open other files and addresses.
constexpr char kContainers[] =
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,h264,hevc,m4v,mjpeg,mpjpeg,ogg,ivf,obu,"
    "yuv4mpegpipe,mxf,nut,gif,apng,dv,3gp,h263,vc1,wav,mp3,aac,flac";

class Options {
 public:
  ~Options() { av_dict_free(&dictionary_); }
  void set(const char* name, const std::string& value) {
    av_dict_set(&dictionary_, name, value.c_str(), 0);
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// A codec that libav knows by its name, another by the four characters it has in the container.
std::string name_of(const AVCodecParameters& codec) {
  if (codec.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(codec.codec_id);
  char text[AV_FOURCC_MAX_STRING_SIZE] = {};
  return "'" + std::string(av_fourcc_make_string(text, codec.codec_tag)) + "'";
}

class LibavInput : public Input {
 public:
  LibavInput(AVFormatContext* context, Interrupt& interrupt, Steady::duration timeout)
      : context_(context), interrupt_(interrupt), timeout_(timeout) {}
  ~LibavInput() override {
    interrupt_.allow_closing();
    avformat_close_input(&context_);
  }
  LibavInput(const LibavInput&) = delete;
  LibavInput& operator=(const LibavInput&) = delete;

  const StreamInfo& info() const override { return info_; }

  int read(AVPacket* packet, AVCodecID*) override {
    interrupt_.allow(timeout_);
    while (true) {
      if (const auto ready = joiner_->pop()) {
        av_packet_move_ref(packet, ready.get());
        return 0;
      }
      if (end_ < 0) return end_;
      AvPtr<AVPacket> part(av_packet_alloc());
      const int error = av_read_frame(context_, part.get());
      if (error == AVERROR(EAGAIN)) return error;
      if (error < 0) {
        end_ = error;
        joiner_->flush();
      } else if (part->stream_index == stream_ && part->size > 0) {
        joiner_->push(std::move(part));
      }
      if (interrupt_.stopping() || interrupt_.expired()) return AVERROR_EXIT;
    }
  }

  // Finds the video stream and what is known of it.
  tl::expected<void, Failure> find_video(const Source& source, const Clock& clock) {
    info_.opened_at = clock.now();
    for (unsigned i = 0; i < context_->nb_streams; ++i) {
      if (context_->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) {
        context_->streams[i]->discard = AVDISCARD_ALL;
      }
    }
    if (source.kind != Source::Kind::v4l2) {
      const int error = avformat_find_stream_info(context_, nullptr);
      if (interrupt_.stopping() || interrupt_.expired()) {
        return tl::unexpected(failure_of(source, AVERROR_EXIT));
      }
      if (error < 0) return tl::unexpected(failure_of(source, error));
    }
    stream_ = av_find_best_stream(context_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (stream_ < 0) {
      return tl::unexpected(
          Failure{CameraState::unsupported,
                  "'" + source.label + "' holds no video; choose a source with pictures."});
    }
    for (unsigned i = 0; i < context_->nb_streams; ++i) {
      if (static_cast<int>(i) != stream_) context_->streams[i]->discard = AVDISCARD_ALL;
    }
    AVStream* stream = context_->streams[stream_];
    const AVCodecParameters* codec = stream->codecpar;
    if (!avcodec_find_decoder(codec->codec_id)) {
      return tl::unexpected(Failure{CameraState::unsupported,
                                    "'" + source.label + "' uses the codec " + name_of(*codec) +
                                        ", which we cannot decode; set it to H.264."});
    }
    if (source.kind == Source::Kind::path && (codec->width <= 0 || codec->height <= 0)) {
      return tl::unexpected(failure_of(source, AVERROR_INVALIDDATA));
    }
    info_.codec.reset(avcodec_parameters_alloc());
    avcodec_parameters_copy(info_.codec.get(), codec);
    info_.time_base = stream->time_base;
    info_.wrap_bits = stream->pts_wrap_bits;
    AVRational rate =
        stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
    if (rate.num > 0 && rate.den > 0) info_.nominal_fps = av_q2d(rate);
    if (info_.nominal_fps > 1000) info_.nominal_fps = 0;
    const std::string format = context_->iformat->name;
    // A recording on a web server is a file; a stream there has no length.
    info_.finite = source.kind == Source::Kind::path ||
                   (source.kind == Source::Kind::http && context_->duration > 0 &&
                    format.find("jpeg") == std::string::npos);
    joiner_.emplace(*codec, (context_->iformat->flags & AVFMT_NOTIMESTAMPS) == 0);
    info_.arrival_times = source.kind == Source::Kind::http && !info_.finite &&
                          format.find("jpeg") != std::string::npos;
    return {};
  }

 private:
  AVFormatContext* context_;
  std::optional<AccessUnitJoiner> joiner_;  // set when the video is found
  int end_ = 0;                             // the error that ended the stream
  Interrupt& interrupt_;
  Steady::duration timeout_;
  StreamInfo info_;
  int stream_ = -1;
};

void set_up_libav() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Its lines may hold addresses with passwords; the causes we report say what matters.
    av_log_set_level(AV_LOG_QUIET);
    avdevice_register_all();
    avformat_network_init();
  });
}

// A file must be a file: not a pipe, a socket or a device that would hang or lead elsewhere.
tl::expected<void, Failure> check_file(const Source& source) {
  std::error_code error;
  const auto status = std::filesystem::status(source.path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return tl::unexpected(failure_of(source, AVERROR(ENOENT)));
  }
  if (error) return tl::unexpected(failure_of(source, AVERROR(error.value())));
  if (status.type() != std::filesystem::file_type::regular) {
    return tl::unexpected(
        Failure{CameraState::unsupported, "'" + source.path +
                                              "' is neither a file nor a folder; give "
                                              "the path of a video."});
  }
  if (std::filesystem::file_size(source.path, error) == 0 && !error) {
    return tl::unexpected(Failure{CameraState::unsupported,
                                  "The file '" + source.path + "' is empty; copy it again."});
  }
  return {};
}

}  // namespace

OpenedInput open_input(const Source& source, const SourceConfig& config, Interrupt& interrupt,
                       const Clock& clock) {
  set_up_libav();
  std::error_code ignored;
  if (source.kind == Source::Kind::path && std::filesystem::is_directory(source.path, ignored)) {
    return open_image_folder(source, config, clock);
  }
  const auto timeout =
      std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(config.timeout));
  interrupt.allow(timeout);
  Options options;
  const AVInputFormat* format = nullptr;
  switch (source.kind) {
    case Source::Kind::rtsp:
      if (auto known = resolve(source, interrupt); !known) return tl::unexpected(known.error());
      options.set("protocol_whitelist", "rtp,udp,tcp");
      options.set("format_whitelist", "rtsp,sdp,mpegts");
      options.set("rtsp_transport", config.transport == Transport::tcp ? "tcp" : "udp");
      options.set("allowed_media_types", "video");
      options.set("user_agent", "POSS");
      options.set("buffer_size", "1048576");  // of the UDP socket: a keyframe comes at once
      // Microseconds; no more than half the time, so that what is found can still be used.
      options.set("analyzeduration",
                  std::to_string(static_cast<int>(std::min(2.0, config.timeout / 2) * 1e6)));
      options.set("fpsprobesize", "0");
      break;
    case Source::Kind::http:
      if (auto known = resolve(source, interrupt); !known) return tl::unexpected(known.error());
      options.set("protocol_whitelist", "http,https,tcp,tls");
      options.set("format_whitelist", kContainers);
      options.set("user_agent", "POSS");
      options.set("fpsprobesize", "0");
      break;
    case Source::Kind::path:
      if (auto regular = check_file(source); !regular) return tl::unexpected(regular.error());
      options.set("protocol_whitelist", "file");
      options.set("format_whitelist", kContainers);
      break;
    case Source::Kind::v4l2: {
      std::error_code error;
      if (!std::filesystem::exists(source.path, error)) {
        return tl::unexpected(failure_of(source, AVERROR(ENOENT)));
      }
      format = av_find_input_format("v4l2");
      if (!format) return tl::unexpected(failure_of(source, AVERROR_DEMUXER_NOT_FOUND));
      break;
    }
  }
  AVFormatContext* context = avformat_alloc_context();
  if (!context) return tl::unexpected(failure_of(source, AVERROR(ENOMEM)));
  context->interrupt_callback = interrupt.callback();
  if (format) context->flags |= AVFMT_FLAG_NONBLOCK;
  const int error = avformat_open_input(&context, source.url.c_str(), format, options.get());
  if (error < 0) {
    return tl::unexpected(failure_of(source, interrupt.expired() ? AVERROR_EXIT : error));
  }
  auto input = std::make_unique<LibavInput>(context, interrupt, timeout);
  if (auto found = input->find_video(source, clock); !found) return tl::unexpected(found.error());
  return input;
}

}  // namespace poss::media
