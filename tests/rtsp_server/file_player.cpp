// Reading with libavformat, which gives every kind of file time stamps, and pacing by the clock.
#include "file_player.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <gst/app/gstappsrc.h>

namespace {

using std::chrono::microseconds;

// One pass through a file: its H.264 pictures in Annex B form.
class Reader {
 public:
  explicit Reader(const std::string& file) {
    if (avformat_open_input(&context_, file.c_str(), nullptr, nullptr) < 0) return;
    if (avformat_find_stream_info(context_, nullptr) < 0) return;
    stream_ = av_find_best_stream(context_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (stream_ < 0) return;
    const AVStream* stream = context_->streams[stream_];
    if (stream->codecpar->codec_id != AV_CODEC_ID_H264) return;
    const AVRational rate = stream->avg_frame_rate;
    if (rate.num > 0 && rate.den > 0) frame_ = microseconds(1'000'000LL * rate.den / rate.num);
    if (av_bsf_alloc(av_bsf_get_by_name("h264_mp4toannexb"), &to_annex_b_) < 0) return;
    avcodec_parameters_copy(to_annex_b_->par_in, stream->codecpar);
    to_annex_b_->time_base_in = stream->time_base;
    good_ = av_bsf_init(to_annex_b_) >= 0;
  }
  ~Reader() {
    av_bsf_free(&to_annex_b_);
    avformat_close_input(&context_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool good() const { return good_; }
  microseconds frame() const { return frame_; }
  // The next picture; false at the end.
  bool read(AVPacket* packet) {
    while (av_bsf_receive_packet(to_annex_b_, packet) < 0) {
      if (av_read_frame(context_, packet) < 0) return false;
      if (packet->stream_index != stream_) {
        av_packet_unref(packet);
      } else if (av_bsf_send_packet(to_annex_b_, packet) < 0) {
        return false;
      }
    }
    return true;
  }
  microseconds time(std::int64_t ticks) const {
    return microseconds(av_rescale_q(ticks, to_annex_b_->time_base_out, {1, 1'000'000}));
  }

 private:
  AVFormatContext* context_ = nullptr;
  AVBSFContext* to_annex_b_ = nullptr;
  int stream_ = -1;
  microseconds frame_{40'000};
  bool good_ = false;
};

// Time since the pipeline began to play; waits for that a while. Negative when it does not.
microseconds running_time(GstElement* source) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    const GstClockTime time = gst_element_get_current_running_time(source);
    if (GST_CLOCK_TIME_IS_VALID(time)) return microseconds(time / 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return microseconds(-1);
}

void feed(const std::string& file, GstElement* source) {
  AVPacket* packet = av_packet_alloc();
  const microseconds begin = running_time(source);
  const auto wall_begin = std::chrono::steady_clock::now();
  microseconds pass(0);  // when this pass began, since the first
  GstFlowReturn flow = begin.count() < 0 ? GST_FLOW_FLUSHING : GST_FLOW_OK;
  while (flow == GST_FLOW_OK) {
    Reader reader(file);
    if (!reader.good()) break;
    microseconds first(0);
    microseconds next(0);  // the decoding time that is expected, since the pass began
    bool begun = false;
    while (flow == GST_FLOW_OK && reader.read(packet)) {
      microseconds decoded = next;
      if (packet->dts != AV_NOPTS_VALUE) {
        if (!begun) first = reader.time(packet->dts);
        begun = true;
        decoded = reader.time(packet->dts) - first;
      }
      const microseconds shown = packet->pts == AV_NOPTS_VALUE || packet->dts == AV_NOPTS_VALUE
                                     ? decoded
                                     : std::max(reader.time(packet->pts) - first, decoded);
      next = decoded + reader.frame();
      std::this_thread::sleep_until(wall_begin + pass + decoded);
      GstBuffer* buffer = gst_buffer_new_memdup(packet->data, static_cast<gsize>(packet->size));
      GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>((begin + pass + shown).count()) * 1000;
      GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>((begin + pass + decoded).count()) * 1000;
      flow = gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
      av_packet_unref(packet);
    }
    if (next.count() == 0) break;  // no picture at all
    pass += next;
  }
  av_packet_free(&packet);
  gst_object_unref(source);
}

}  // namespace

bool is_playable(const std::string& file) { return Reader(file).good(); }

void play_file(const std::string& file, GstElement* source) {
  gst_object_ref(source);
  std::thread(feed, file, source).detach();
}
