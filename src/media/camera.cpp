// The camera: connects, reads, paces, reconnects, and tells how it is.
#include "media/camera.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "base/log.h"
#include "media/capture_clock.h"
#include "media/decode_stage.h"
#include "media/input.h"
#include "media/jpeg.h"
#include "media/live.h"
#include "media/packet_ring.h"
#include "media/source.h"

namespace poss::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSnapshotWait = seconds(3);

// Growing pauses between attempts, shortened by chance so that cameras that were lost together
// do not come back together. A camera that is there again is tried within two seconds; only a
// wrong password is tried rarely, because cameras lock the account after some attempts.
class Backoff {
 public:
  void reset() { pause_ = 0.25; }
  Steady::duration next(CameraState state) {
    const double longest = state == CameraState::wrong_password ? 30 : 2;
    const double pause = pause_ * std::uniform_real_distribution<double>(0.6, 1.0)(random_);
    pause_ = std::min(pause_ * 2, longest);
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(pause));
  }

 private:
  double pause_ = 0.25;
  std::minstd_rand random_{std::random_device{}()};
};

class CameraImpl : public Camera {
 public:
  CameraImpl(std::string id, SourceConfig config, Source source, CameraOptions options)
      : id_(std::move(id)),
        config_(std::move(config)),
        source_(std::move(source)),
        options_(options),
        ring_(options.ring_bytes),
        live_(ring_, options.ring_bytes),
        stage_(ring_, live_) {
    Lock lock(mutex_);
    since_ = options_.clock->now();
  }
  ~CameraImpl() override {
    CameraImpl::stop();
    live_.stop();  // views that came after the camera was stopped
  }

  const std::string& id() const override { return id_; }
  const SourceConfig& config() const override { return config_; }

  void start() override;
  void stop() override;
  std::shared_ptr<FrameSubscription> subscribe(double max_fps, size_t capacity,
                                               WhenFull when_full) override;
  void unsubscribe(const std::shared_ptr<FrameSubscription>& subscription) override;
  std::shared_ptr<void> view_live(std::function<void(const LiveChunkPtr&)> sink) override {
    return live_.add(std::move(sink));
  }
  Result<std::string> snapshot_jpeg(int max_width) override;
  CameraStatus status() const override;

 private:
  void run();
  // Reads until the source ends or fails; empty when the camera stops.
  std::optional<Failure> stream(Input& input);
  std::optional<Failure> read_failure(const Input& input, int error) const;
  std::optional<Failure> empty_or_damaged() const;
  void begin_stream(const StreamInfo& info);
  void take(const StreamInfo& info, AvPtr<AVPacket> packet, AVCodecID codec);
  void set_state(CameraState state, const std::string& cause, bool final = false) EXCLUDES(mutex_);
  void finish(const Failure& failure) EXCLUDES(mutex_);
  // False when the camera stops first.
  bool wait_until(Steady::time_point time) EXCLUDES(mutex_);
  const Readers& readers() EXCLUDES(mutex_);
  Microseconds interval(const StreamInfo& info) const;
  Result<std::string> snapshot_of(const std::vector<PacketPtr>& group, int max_width);

  const std::string id_;
  const SourceConfig config_;
  const Source source_;
  const CameraOptions options_;
  PacketRing ring_;
  LiveHub live_;
  DecodeStage stage_;

  // The camera's thread only.
  CaptureClock clock_;
  RateMeter meter_;
  Backoff backoff_;
  Readers current_readers_;
  std::uint64_t seen_version_ = 0;
  std::uint64_t packets_in_pass_ = 0;
  AvPtr<AVCodecParameters> last_codec_;

  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> packets_ = 0;
  std::atomic<std::uint64_t> readers_version_ = 1;

  mutable Mutex mutex_;
  Condition wake_;
  Readers readers_ GUARDED_BY(mutex_);
  bool started_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;
  CameraState state_ GUARDED_BY(mutex_) = CameraState::idle;
  std::string cause_ GUARDED_BY(mutex_);
  bool final_ GUARDED_BY(mutex_) = false;
  Time since_ GUARDED_BY(mutex_);
  double source_fps_ GUARDED_BY(mutex_) = 0;
  std::uint64_t reconnects_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const AVCodecParameters> codec_ GUARDED_BY(mutex_);

  Mutex thread_mutex_;
  std::thread thread_ GUARDED_BY(thread_mutex_);
  bool views_ended_ GUARDED_BY(thread_mutex_) = false;
};

void CameraImpl::start() {
  Lock lock(thread_mutex_);
  {
    Lock state_lock(mutex_);
    if (started_ || stopping_) return;
    started_ = true;
    state_ = CameraState::connecting;
    since_ = options_.clock->now();
  }
  thread_ = std::thread([this] { run(); });
}

void CameraImpl::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    finished_ = true;
    for (const auto& reader : readers_) reader->subscription->queue().close();
    wake_.notify_all();
  }
  bool first = false;
  {
    Lock lock(thread_mutex_);
    if (thread_.joinable()) thread_.join();
    first = !std::exchange(views_ended_, true);
  }
  // Without the lock: what a view holds may take locks of its own.
  if (first) live_.stop();
}

std::shared_ptr<FrameSubscription> CameraImpl::subscribe(double max_fps, size_t capacity,
                                                         WhenFull when_full) {
  // A live source cannot be held back.
  if (source_.kind != Source::Kind::path) when_full = WhenFull::drop_oldest;
  auto subscription = std::make_shared<FrameSubscription>(capacity, when_full);
  Lock lock(mutex_);
  if (finished_ || final_) {
    subscription->queue().close();
    return subscription;
  }
  readers_.push_back(std::make_shared<Reader>(Reader{subscription, Pacer(max_fps)}));
  ++readers_version_;
  return subscription;
}

void CameraImpl::unsubscribe(const std::shared_ptr<FrameSubscription>& subscription) {
  if (!subscription) return;
  subscription->queue().close();
  Lock lock(mutex_);
  std::erase_if(readers_, [&](const auto& reader) { return reader->subscription == subscription; });
  ++readers_version_;
}

// The readers of now; the list is copied only when it changed.
const Readers& CameraImpl::readers() {
  if (readers_version_ != seen_version_) {
    Lock lock(mutex_);
    current_readers_ = readers_;
    seen_version_ = readers_version_;
  }
  return current_readers_;
}

bool CameraImpl::wait_until(Steady::time_point time) {
  Lock lock(mutex_);
  while (!stopping_ && Steady::now() < time) wake_.wait_until(mutex_, time);
  return !stopping_;
}

void CameraImpl::set_state(CameraState state, const std::string& cause, bool final) {
  Lock lock(mutex_);
  final_ = final;
  if (state == state_ && cause == cause_) return;
  if (state != state_) since_ = options_.clock->now();
  state_ = state;
  cause_ = cause;
  spdlog::info("camera '{}' is {}{}{}", id_, enum_name(state), cause.empty() ? "" : ": ", cause);
}

void CameraImpl::finish(const Failure& failure) {
  set_state(failure.state, failure.cause, true);
  Lock lock(mutex_);
  finished_ = true;
  for (const auto& reader : readers_) reader->subscription->queue().close();
  readers_.clear();
  ++readers_version_;
}

void CameraImpl::run() {
  Interrupt interrupt([this] { return stopping_.load(); });
  while (!stopping_) {
    auto input = open_input(source_, config_, interrupt, *options_.clock);
    if (stopping_) return;
    std::optional<Failure> failure;
    if (input) {
      failure = stream(**input);
      input->reset();
      if (!failure || stopping_) return;
    } else {
      failure = input.error();
    }
    const bool file = source_.kind == Source::Kind::path;
    if (failure->state == CameraState::ended || file) {
      if (!config_.loop) return finish(*failure);
      if (failure->state == CameraState::ended) continue;  // from the beginning, at once
    }
    set_state(failure->state, failure->cause);
    if (!wait_until(Steady::now() + backoff_.next(failure->state))) return;
  }
}

Microseconds CameraImpl::interval(const StreamInfo& info) const {
  const double fps = meter_.fps() > 0 ? meter_.fps() : info.nominal_fps > 0 ? info.nominal_fps : 25;
  return Microseconds(static_cast<std::int64_t>(1e6 / fps));
}

void CameraImpl::begin_stream(const StreamInfo& info) {
  CaptureClock::Mode mode = CaptureClock::Mode::live;
  if (info.finite) {
    mode = config_.pace == Pace::real_time ? CaptureClock::Mode::real_time
                                           : CaptureClock::Mode::as_fast_as_possible;
  } else if (info.arrival_times) {
    mode = CaptureClock::Mode::arrival;
  } else {
    meter_.reset();
  }
  clock_.begin(mode, info.time_base, info.wrap_bits, info.opened_at);
  const AVCodecParameters& codec = *info.codec;
  if (last_codec_ && (last_codec_->codec_id != codec.codec_id ||
                      last_codec_->width != codec.width || last_codec_->height != codec.height)) {
    ring_.clear();
  }
  ring_.interrupt();
  last_codec_.reset(avcodec_parameters_alloc());
  avcodec_parameters_copy(last_codec_.get(), &codec);
  live_.begin_stream(codec, info.still_images);
  stage_.begin_stream(codec);
  packets_in_pass_ = 0;
  std::shared_ptr<AVCodecParameters> shared(avcodec_parameters_alloc(), AvDelete());
  avcodec_parameters_copy(shared.get(), &codec);
  Lock lock(mutex_);
  codec_ = std::move(shared);
  if (info.nominal_fps > 0 && source_fps_ == 0) source_fps_ = info.nominal_fps;
}

std::optional<Failure> CameraImpl::stream(Input& input) {
  const StreamInfo& info = input.info();
  begin_stream(info);
  auto last_read = Steady::now();
  const std::uint64_t errors_before = stage_.errors();
  const std::uint64_t decoded_before = stage_.decoded();
  while (!stopping_) {
    AvPtr<AVPacket> packet(av_packet_alloc());
    AVCodecID codec = info.codec->codec_id;
    const int error = input.read(packet.get(), &codec);
    if (stopping_) break;
    if (error == AVERROR(EAGAIN)) {
      if (Steady::now() - last_read > std::chrono::duration<double>(config_.timeout)) {
        return read_failure(input, AVERROR_EXIT);
      }
      if (!wait_until(Steady::now() + milliseconds(5))) break;
      continue;
    }
    if (error < 0) {
      if (!info.finite) return read_failure(input, error);
      stage_.drain(readers(), interval(info));
      if (auto failure = empty_or_damaged()) return failure;
      return read_failure(input, error);
    }
    last_read = Steady::now();
    take(info, std::move(packet), codec);
    if (!info.finite && stage_.decoded() == decoded_before &&
        stage_.errors() - errors_before > 100) {
      return undecodable(source_);
    }
  }
  return std::nullopt;
}

// A pass through a file that gave nothing.
std::optional<Failure> CameraImpl::empty_or_damaged() const {
  if (packets_in_pass_ == 0) return no_pictures_in(source_);
  if (stage_.decoded() == 0 && stage_.errors() > 0) return damaged_file(source_);
  return std::nullopt;
}

std::optional<Failure> CameraImpl::read_failure(const Input& input, int error) const {
  if (input.info().finite && (error == AVERROR_EOF || source_.kind == Source::Kind::path)) {
    return Failure{CameraState::ended, "'" + source_.label +
                                           "' has been read to its end; turn on repeat to start "
                                           "it again."};
  }
  if (error == AVERROR(ENODEV)) return failure_of(source_, error);
  const std::string who = source_.peer.empty() ? "'" + source_.label + "'" : source_.peer;
  if (error == AVERROR_EXIT || error == AVERROR(ETIMEDOUT)) {
    return Failure{CameraState::stalled,
                   "The camera at " + who +
                       " has stopped sending; connecting again, check its power and network."};
  }
  return Failure{CameraState::stalled,
                 "The camera at " + who +
                     " ended the connection; connecting again, check its power and network."};
}

void CameraImpl::take(const StreamInfo& info, AvPtr<AVPacket> packet, AVCodecID codec) {
  const Microseconds usual = interval(info);
  const auto stamp = clock_.stamp(packet->pts, packet->dts, usual, options_.clock->now());
  packet->dts = stamp.dts.time_since_epoch().count();
  packet->pts = stamp.pts ? stamp.pts->time_since_epoch().count() : AV_NOPTS_VALUE;
  packet->duration = 0;
  if (is_intra_only(codec)) packet->flags |= AV_PKT_FLAG_KEY;
  auto shared = std::make_shared<const Packet>(Packet{std::move(packet), codec});
  if (info.finite && config_.pace == Pace::real_time) {
    const auto ahead = stamp.dts - options_.clock->now();
    if (ahead > Microseconds(0) && !wait_until(Steady::now() + ahead)) return;
  }
  if (packets_in_pass_++ == 0) {
    backoff_.reset();
    set_state(CameraState::streaming, "");
    if (packets_ > 0 && !info.finite) {
      Lock lock(mutex_);
      ++reconnects_;
    }
  }
  ++packets_;
  meter_.add(stamp.dts);
  if (packets_in_pass_ % 16 == 0 && meter_.fps() > 0) {
    Lock lock(mutex_);
    source_fps_ = meter_.fps();
  }
  ring_.push(shared);
  live_.on_packet(shared, usual);
  stage_.on_packet(shared, readers(), usual);
}

CameraStatus CameraImpl::status() const {
  CameraStatus status;
  status.packets = packets_;
  status.frames_decoded = stage_.decoded();
  status.frames_skipped = stage_.skipped();
  status.width = stage_.width();
  status.height = stage_.height();
  Lock lock(mutex_);
  status.state = state_;
  status.cause = cause_;
  status.final = final_;
  status.since = since_;
  status.source_fps = source_fps_;
  status.reconnects = reconnects_;
  if (codec_) {
    status.codec = avcodec_get_name(codec_->codec_id);
    if (status.width == 0) {
      status.width = codec_->width;
      status.height = codec_->height;
    }
  }
  return status;
}

Result<std::string> CameraImpl::snapshot_jpeg(int max_width) {
  const auto group = ring_.last_group();
  const FramePtr latest = stage_.latest();
  // A slow reader's picture may be old; the ring always has the newest.
  if (latest && (group.empty() || group.back()->time() - latest->capture_time() < seconds(1))) {
    return encode_jpeg(latest->image(), max_width);
  }
  if (!group.empty()) {
    if (auto jpeg = snapshot_of(group, max_width)) return jpeg;
  }
  if (latest) return encode_jpeg(latest->image(), max_width);
  if (status().state == CameraState::streaming) {
    // The group of pictures is too long for the ring: read until its next keyframe.
    const auto subscription = subscribe(0, 1, WhenFull::drop_oldest);
    const FramePtr frame = subscription->pop_until(Steady::now() + kSnapshotWait);
    unsubscribe(subscription);
    if (frame) return encode_jpeg(frame->image(), max_width);
  }
  const std::string cause = status().cause;
  return Error{Code::not_found, "Camera '" + id_ + "' has no picture yet" +
                                    (cause.empty() ? "; try again in a moment." : ". " + cause)};
}

// The newest picture of a group, decoded for this call on the caller's thread.
Result<std::string> CameraImpl::snapshot_of(const std::vector<PacketPtr>& group, int max_width) {
  AvPtr<AVCodecParameters> codec(avcodec_parameters_alloc());
  int width = 0;
  {
    Lock lock(mutex_);
    if (!codec_) return Error{Code::not_found, "There is no picture yet."};
    avcodec_parameters_copy(codec.get(), codec_.get());
    width = codec_->width;
  }
  const Packet& newest = *group.back();
  if (newest.codec == AV_CODEC_ID_MJPEG && (max_width <= 0 || (width > 0 && width <= max_width))) {
    return complete_jpeg(bytes_of(*newest.av));
  }
  codec->codec_id = newest.codec;
  POSS_ASSIGN(const auto decoder, Decoder::create(*codec));
  DisposableFinder disposable(*codec);
  std::vector<Picture> pictures;
  std::optional<Picture> last;
  const auto keep_last = [&] {
    if (!pictures.empty()) last = std::move(pictures.back());
    pictures.clear();
  };
  for (const PacketPtr& packet : group) {
    if (packet != group.back() && disposable.is_disposable(bytes_of(*packet->av))) continue;
    decoder->decode(*packet->av, pictures);
    keep_last();
  }
  decoder->drain(pictures);
  keep_last();
  if (!last) return Error{Code::not_found, "The newest picture could not be decoded."};
  return encode_jpeg(last->view, max_width);
}

}  // namespace

Result<std::unique_ptr<Camera>> Camera::create(std::string id, SourceConfig config,
                                               CameraOptions options) {
  auto source = parse_source(config);
  if (!source) return source.error().with("camera '" + id + "'");
  return std::unique_ptr<Camera>(
      std::make_unique<CameraImpl>(std::move(id), std::move(config), std::move(*source), options));
}

}  // namespace poss::media
