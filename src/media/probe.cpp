// The one look at a source: open, read, decode one picture, measure.
#include "media/probe.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include "media/bitstream.h"
#include "media/capture_clock.h"
#include "media/decoder.h"
#include "media/input.h"
#include "media/jpeg.h"
#include "media/source.h"

namespace poss::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kWindow = seconds(1);          // of measuring
constexpr auto kLongestWindow = seconds(3);   // while the second keyframe is missing
constexpr auto kBacklog = milliseconds(250);  // arrivals so early were waiting in buffers
constexpr int kMaxErrors = 100;               // packets that cannot be decoded

double rounded(double value) { return std::round(value * 1000) / 1000; }

double seconds_between(Time first, Time last) {
  return std::chrono::duration<double>(last - first).count();
}

class Probe {
 public:
  Probe(const Source& source, const ProbeOptions& options, Steady::time_point deadline)
      : source_(source), options_(options), deadline_(deadline) {}

  // Reads until enough is known; a failure when no picture came.
  std::optional<Failure> read(Input& input, const Interrupt& interrupt);
  ProbeReport take_report() { return std::move(report_); }

 private:
  std::optional<Failure> read_packets(Input& input, const Interrupt& interrupt);
  std::optional<Failure> end(const StreamInfo& info, int error);
  Failure no_keyframe() const;
  void take(const StreamInfo& info, AVPacket& packet, AVCodecID codec);
  void measure(const StreamInfo& info, Time time, bool keyframe);
  void decode(const AVPacket& packet, AVCodecID codec);
  void keep_picture();
  bool has_picture() const { return !report_.picture.empty(); }
  bool knows_enough() const;
  double fps(const StreamInfo& info) const;

  const Source& source_;
  const ProbeOptions& options_;
  const Steady::time_point deadline_;
  ProbeReport report_;
  AvPtr<AVCodecParameters> codec_;
  CaptureClock clock_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<Picture> pictures_;
  bool keyframe_came_ = false;
  bool every_picture_is_keyframe_ = false;
  int packets_ = 0;
  int errors_ = 0;
  Steady::time_point first_packet_{};
  int measured_ = 0;  // packets, of the times from first_ to last_
  Time first_{};
  Time last_{};
  std::optional<Time> last_keyframe_;
};

std::optional<Failure> Probe::read(Input& input, const Interrupt& interrupt) {
  const StreamInfo& info = input.info();
  codec_.reset(avcodec_parameters_alloc());
  avcodec_parameters_copy(codec_.get(), info.codec.get());
  report_.codec = avcodec_get_name(codec_->codec_id);
  report_.width = codec_->width;
  report_.height = codec_->height;
  const auto mode = info.finite          ? CaptureClock::Mode::as_fast_as_possible
                    : info.arrival_times ? CaptureClock::Mode::arrival
                                         : CaptureClock::Mode::live;
  clock_.begin(mode, info.time_base, info.wrap_bits, info.opened_at);
  auto failure = read_packets(input, interrupt);
  report_.fps = rounded(fps(info));
  if (every_picture_is_keyframe_ && report_.fps > 0) {
    report_.keyframe_interval_s = rounded(1 / report_.fps);
  }
  return failure;
}

std::optional<Failure> Probe::read_packets(Input& input, const Interrupt& interrupt) {
  const StreamInfo& info = input.info();
  while (!knows_enough()) {
    AvPtr<AVPacket> packet(av_packet_alloc());
    AVCodecID codec = codec_->codec_id;
    int error = input.read(packet.get(), &codec);
    const bool time_is_up = interrupt.stopping() || Steady::now() >= deadline_;
    if (error == AVERROR(EAGAIN)) {
      if (!time_is_up) {
        std::this_thread::sleep_for(milliseconds(5));
        continue;
      }
      error = AVERROR_EXIT;
    }
    if (error < 0) return end(info, error);
    take(info, *packet, codec);
    if (has_picture()) continue;
    if (errors_ > kMaxErrors) return info.finite ? damaged_file(source_) : undecodable(source_);
    if (time_is_up) return end(info, AVERROR_EXIT);
  }
  return std::nullopt;
}

// Nothing more can be read: what is it, unless there is a picture?
std::optional<Failure> Probe::end(const StreamInfo& info, int error) {
  if (!has_picture() && decoder_) {
    decoder_->drain(pictures_);  // it may hold the picture back
    keep_picture();
  }
  if (has_picture()) return std::nullopt;
  if (error == AVERROR_EXIT || error == AVERROR(ETIMEDOUT)) {
    if (packets_ == 0) {
      return Failure{CameraState::timed_out,
                     source_.label +
                         " answers, but sends no pictures; restart the camera, or try the other "
                         "transport (tcp or udp)."};
    }
    return keyframe_came_ ? undecodable(source_) : no_keyframe();
  }
  if (info.finite && error == AVERROR_EOF) {
    return packets_ == 0 ? no_pictures_in(source_) : damaged_file(source_);
  }
  return failure_of(source_, error);
}

Failure Probe::no_keyframe() const {
  const std::chrono::duration<double> waited = options_.timeout;
  const auto text = std::to_string(std::max(1L, std::lround(waited.count())));
  return {CameraState::timed_out,
          source_.label + " sends video, but no keyframe came within " + text +
              " s, and without one there is no picture; lower the camera's keyframe interval (GOP) "
              "to 2 s or less."};
}

void Probe::take(const StreamInfo& info, AVPacket& packet, AVCodecID codec) {
  if (packets_++ == 0) first_packet_ = Steady::now();
  const double nominal = info.nominal_fps > 0 ? info.nominal_fps : 25;
  const auto stamp = clock_.stamp(packet.pts, packet.dts, Microseconds(std::lround(1e6 / nominal)),
                                  system_clock().now());
  packet.dts = stamp.dts.time_since_epoch().count();
  packet.pts = stamp.pts ? stamp.pts->time_since_epoch().count() : AV_NOPTS_VALUE;
  const bool intra = is_intra_only(codec);
  every_picture_is_keyframe_ = intra;
  const bool keyframe = intra || (packet.flags & AV_PKT_FLAG_KEY) != 0;
  keyframe_came_ = keyframe_came_ || keyframe;
  measure(info, stamp.dts, keyframe && !intra);
  if (!has_picture() && keyframe_came_) decode(packet, codec);
}

void Probe::measure(const StreamInfo& info, Time time, bool keyframe) {
  if (keyframe) {
    if (last_keyframe_) {
      report_.keyframe_interval_s = rounded(seconds_between(*last_keyframe_, time));
    }
    last_keyframe_ = time;
  }
  if (info.arrival_times && Steady::now() - first_packet_ < kBacklog) return;
  if (measured_++ == 0) first_ = time;
  last_ = time;
}

void Probe::decode(const AVPacket& packet, AVCodecID codec) {
  if (!decoder_ || decoder_->codec() != codec) {
    codec_->codec_id = codec;
    report_.codec = avcodec_get_name(codec);
    auto made = Decoder::create(*codec_);
    if (!made) {
      ++errors_;
      return;
    }
    decoder_ = std::move(*made);
  }
  if (!decoder_->decode(packet, pictures_)) ++errors_;
  keep_picture();
}

void Probe::keep_picture() {
  if (pictures_.empty() || has_picture()) return;
  const ImageView& view = pictures_.front().view;
  report_.width = view.width;
  report_.height = view.height;
  if (auto jpeg = encode_jpeg(view, options_.max_picture_width)) {
    report_.picture = std::move(*jpeg);
  } else {
    ++errors_;
  }
  pictures_.clear();
}

bool Probe::knows_enough() const {
  if (!has_picture()) return false;
  const auto now = Steady::now();
  if (now >= deadline_ || now - first_packet_ >= kLongestWindow) return true;
  const bool keyframes_known = every_picture_is_keyframe_ || report_.keyframe_interval_s > 0;
  return keyframes_known && now - first_packet_ >= kWindow;
}

double Probe::fps(const StreamInfo& info) const {
  if (info.finite && info.nominal_fps > 0) return info.nominal_fps;
  const double span = seconds_between(first_, last_);
  return measured_ > 1 && span > 0 ? (measured_ - 1) / span : info.nominal_fps;
}

}  // namespace

Result<ProbeReport> probe(const SourceConfig& config, const ProbeOptions& options,
                          const std::function<bool()>& cancelled) {
  SourceConfig settings = config;
  const double timeout = std::chrono::duration<double>(options.timeout).count();
  settings.timeout = std::clamp(timeout, 0.1, 3600.0);
  POSS_ASSIGN(const Source source, parse_source(settings));
  const auto deadline = Steady::now() + options.timeout;
  Interrupt interrupt([&] { return cancelled && cancelled(); }, deadline);
  Probe looking(source, options, deadline);
  std::optional<Failure> failure;
  if (auto input = open_input(source, settings, interrupt, system_clock())) {
    failure = looking.read(**input, interrupt);
  } else {
    failure = input.error();
  }
  if (cancelled && cancelled()) {
    return Error{Code::unavailable, "Trying " + source.label + " was cancelled."};
  }
  ProbeReport report = looking.take_report();
  if (failure) {
    report.state = failure->state;
    report.cause = std::move(failure->cause);
  }
  return report;
}

}  // namespace poss::media
