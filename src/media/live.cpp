// Live view: fMP4 by copying, or JPEGs.
#include "media/live.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/json.h"
#include "media/jpeg.h"

namespace poss::media {
namespace {

constexpr int kMaxJpegWidth = 1280;

LiveChunkPtr make_chunk(LiveChunk::Kind kind, bool keyframe, std::string bytes) {
  return std::make_shared<const LiveChunk>(LiveChunk{kind, keyframe, std::move(bytes)});
}

bool same_stream(const AVCodecParameters& a, const AVCodecParameters& b) {
  return a.codec_id == b.codec_id && a.width == b.width && a.height == b.height &&
         std::ranges::equal(Bytes(a.extradata, static_cast<size_t>(a.extradata_size)),
                            Bytes(b.extradata, static_cast<size_t>(b.extradata_size)));
}

}  // namespace

// Its mutex is held while the sink runs, so that ending the view waits for a running call.
struct LiveHub::Viewer {
  explicit Viewer(Sink called) : sink(std::move(called)) {}

  Mutex mutex;
  Sink sink GUARDED_BY(mutex);
  std::atomic<std::thread::id> calling{};
  std::atomic<bool> ended = false;
  bool begun = false;  // the camera's thread only

  void call(const LiveChunkPtr& chunk) {
    Lock lock(mutex);
    if (ended) return;
    calling = std::this_thread::get_id();
    sink(chunk);
    calling = std::thread::id{};
  }
  void end() {
    ended = true;
    if (calling.load() == std::this_thread::get_id()) return;  // from inside the sink
    Sink gone;  // goes without the lock: what it holds may end this view once more
    Lock lock(mutex);
    gone.swap(sink);
  }
};

std::shared_ptr<void> LiveHub::add(Sink sink) {
  auto viewer = std::make_shared<Viewer>(std::move(sink));
  {
    Lock lock(mutex_);
    viewers_.push_back(viewer);
  }
  // The deleter ends the view; the hub drops ended viewers at the next packet.
  return {static_cast<void*>(viewer.get()), [viewer](void*) { viewer->end(); }};
}

bool LiveHub::has_viewers() const {
  Lock lock(mutex_);
  return std::any_of(viewers_.begin(), viewers_.end(), [](const auto& v) { return !v->ended; });
}

bool LiveHub::wants_pictures() const {
  if (mode_ != Mode::jpeg) return false;
  // Still images may be of any codec, one after the other.
  if (codec_->codec_id == AV_CODEC_ID_MJPEG && !still_images_) return false;
  return has_viewers();
}

void LiveHub::begin_stream(const AVCodecParameters& codec, bool still_images) {
  const bool same = codec_ && same_stream(*codec_, codec);
  needs_keyframe_ = true;
  if (same) return;
  forget();
  codec_.reset(avcodec_parameters_alloc());
  avcodec_parameters_copy(codec_.get(), &codec);
  still_images_ = still_images;
  mode_ = codec.codec_id == AV_CODEC_ID_H264 ? Mode::fmp4 : Mode::jpeg;
  if (const auto sets = h264_parameter_sets(codec);
      mode_ == Mode::fmp4 && sets && !plays_in_browsers(*sets)) {
    mode_ = Mode::jpeg;
  }
  Lock lock(mutex_);
  for (const auto& viewer : viewers_) viewer->begun = false;
}

void LiveHub::forget() {
  muxer_.reset();
  hello_.reset();
  init_.reset();
  group_.clear();
  group_bytes_ = 0;
}

void LiveHub::on_packet(const PacketPtr& packet, Microseconds interval) {
  if (packet->keyframe()) needs_keyframe_ = false;
  if (mode_ == Mode::none) return;
  {
    Lock lock(mutex_);
    std::erase_if(viewers_, [](const auto& viewer) { return viewer->ended.load(); });
    if (viewers_.empty()) {
      if (hello_) forget();
      return;
    }
  }
  if (mode_ == Mode::fmp4) {
    if (needs_keyframe_) return;
    if (packet->keyframe() && muxer_) {
      const auto sets = h264_parameter_sets(bytes_of(*packet->av), length_size(*codec_));
      if (sets && *sets != muxer_->sets()) forget();
    }
    if (!muxer_) {
      if (!begin_fmp4(packet, interval)) return;
      begin_viewers(true);
      return;
    }
    append(*packet, interval);
    send(group_.empty() ? nullptr : group_.back());
    begin_viewers(false);
    return;
  }
  if (!hello_) {
    hello_ = make_chunk(LiveChunk::Kind::hello, false, json_text(json::object{{"mode", "jpeg"}}));
    pacer_ = Pacer(15);
  }
  begin_viewers(false);
  if (packet->codec != AV_CODEC_ID_MJPEG || !pacer_.due(packet->time(), interval)) return;
  pacer_.take(packet->time());
  send_jpeg(packet->time(), complete_jpeg(bytes_of(*packet->av)));
}

// The first viewer: what the ring holds since its last keyframe is muxed at once.
bool LiveHub::begin_fmp4(const PacketPtr& packet, Microseconds interval) {
  std::vector<PacketPtr> packets = ring_.last_group();
  if (packets.empty() && packet->keyframe()) packets.push_back(packet);  // too large for the ring
  if (packets.empty()) return false;
  // What the keyframe brings is newer than what the container said at its beginning.
  auto sets = h264_parameter_sets(bytes_of(*packets.front()->av), length_size(*codec_));
  if (!sets) sets = h264_parameter_sets(*codec_);
  if (!sets) return false;
  if (!plays_in_browsers(*sets)) {
    mode_ = Mode::jpeg;
    return false;
  }
  Fmp4 muxer(*sets, *codec_, packets.front()->dts());
  auto init = muxer.init_segment();
  if (!init) return false;
  hello_ = make_chunk(
      LiveChunk::Kind::hello, false,
      json_text(json::object{
          {"mode", "fmp4"}, {"mime", muxer.mime()}, {"base_time", to_seconds(muxer.base_time())}}));
  init_ = make_chunk(LiveChunk::Kind::init, false, std::move(*init));
  muxer_ = std::move(muxer);
  for (const PacketPtr& one : packets) append(*one, interval);
  return true;
}

void LiveHub::append(const Packet& packet, Microseconds interval) {
  if (packet.keyframe()) {
    group_.clear();
    group_bytes_ = 0;
  } else if (group_bytes_ > max_bytes_) {
    // Too long to keep: viewers who come now wait for the next keyframe.
    group_.erase(group_.begin(), group_.end());
  }
  // Cameras that lower their rate in the dark must not tear a gap between the fragments.
  const Microseconds duration = std::max(interval * 3 / 2, Microseconds(100'000));
  auto chunk =
      make_chunk(LiveChunk::Kind::media, packet.keyframe(), muxer_->fragment(packet, duration));
  group_bytes_ += chunk->bytes.size();
  group_.push_back(std::move(chunk));
}

void LiveHub::begin_viewers(bool everybody) {
  std::vector<std::shared_ptr<Viewer>> beginning;
  const bool decodable = mode_ == Mode::jpeg || (!group_.empty() && group_.front()->keyframe);
  {
    Lock lock(mutex_);
    for (const auto& viewer : viewers_) {
      if ((everybody || !viewer->begun) && decodable) {
        viewer->begun = true;
        beginning.push_back(viewer);
      }
    }
  }
  for (const auto& viewer : beginning) {
    viewer->call(hello_);
    if (init_) viewer->call(init_);
    for (const auto& chunk : group_) viewer->call(chunk);
  }
}

void LiveHub::send(const LiveChunkPtr& chunk) {
  if (!chunk) return;
  std::vector<std::shared_ptr<Viewer>> begun;
  {
    Lock lock(mutex_);
    for (const auto& viewer : viewers_) {
      if (viewer->begun) begun.push_back(viewer);
    }
  }
  for (const auto& viewer : begun) viewer->call(chunk);
}

void LiveHub::on_picture(const FramePtr& frame, Microseconds interval) {
  if (!wants_pictures() || !hello_ || !pacer_.due(frame->capture_time(), interval)) return;
  pacer_.take(frame->capture_time());
  if (auto jpeg = encode_jpeg(frame->image(), kMaxJpegWidth)) {
    send_jpeg(frame->capture_time(), std::move(*jpeg));
  }
}

void LiveHub::send_jpeg(Time time, std::string jpeg) {
  const auto stamp = static_cast<std::uint64_t>(time.time_since_epoch().count());
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(stamp >> shift & 255);
  send(make_chunk(LiveChunk::Kind::media, true, bytes.append(jpeg)));
}

void LiveHub::stop() {
  std::vector<std::shared_ptr<Viewer>> viewers;
  {
    Lock lock(mutex_);
    viewers.swap(viewers_);
  }
  for (const auto& viewer : viewers) viewer->end();
  forget();
}

}  // namespace poss::media
