// The choice of what to decode, and the delivery of frames.
#include "media/decode_stage.h"

#include <algorithm>
#include <limits>

namespace poss::media {
namespace {

constexpr size_t kMaxCatchUp = 300;  // packets decoded at once for a reader who comes late
constexpr size_t kKeyframesKept = 4;
constexpr double kLiveFps = 15;

}  // namespace

void DecodeStage::begin_stream(const AVCodecParameters& codec) {
  codec_.reset(avcodec_parameters_alloc());
  avcodec_parameters_copy(codec_.get(), &codec);
  disposable_.emplace(codec);
  decoder_.reset();
  pending_.clear();
  keyframes_.clear();
  keyframes_only_ = false;
  needs_keyframe_ = true;
}

void DecodeStage::release() {
  decoder_.reset();
  pending_.clear();
  needs_keyframe_ = true;
  keyframes_only_ = false;
  Lock lock(mutex_);
  latest_.reset();
}

FramePtr DecodeStage::latest() const {
  Lock lock(mutex_);
  return latest_;
}

void DecodeStage::on_packet(const PacketPtr& packet, const Readers& readers,
                            Microseconds interval) {
  const bool intra = is_intra_only(packet->codec);
  if (packet->keyframe() && !intra) {
    keyframes_.push_back(packet->time());
    if (keyframes_.size() > kKeyframesKept) keyframes_.erase(keyframes_.begin());
  }
  // JPEGs go to viewers as they are.
  const bool for_live = packet->codec != AV_CODEC_ID_MJPEG && live_.wants_pictures();
  if (readers.empty() && !for_live) {
    release();
    ++skipped_;
    return;
  }
  const bool disposable = !intra && disposable_->is_disposable(bytes_of(*packet->av));
  if (!make_decoder(*packet)) {
    ++errors_;
    return;
  }
  if (intra) {
    needs_keyframe_ = false;
  } else {
    const bool was = keyframes_only_;
    keyframes_only_ = wants_keyframes_only(readers, *packet);
    if (was && !keyframes_only_) needs_keyframe_ = true;
    if (packet->keyframe()) needs_keyframe_ = false;
    if (needs_keyframe_ && !keyframes_only_) catch_up(packet);
  }
  const bool useless = needs_keyframe_ || (keyframes_only_ && !packet->keyframe());
  const bool skippable = intra || keyframes_only_ || disposable;
  const Microseconds spacing =
      keyframes_only_ ? keyframes_.back() - keyframes_[keyframes_.size() - 2] : interval;
  if (useless || (skippable && !wanted(packet->time(), readers, for_live, spacing))) {
    ++skipped_;
    return;
  }
  decode(*packet);
  if (keyframes_only_) {
    decoder_->drain(pictures_);
    pending_.clear();
  }
  deliver(readers, spacing);
}

// Whether the keyframes alone are enough for everybody: they come at least as often as asked.
bool DecodeStage::wants_keyframes_only(const Readers& readers, const Packet& packet) {
  if (keyframes_.size() < 3) return false;
  Microseconds longest(0);
  for (size_t i = 1; i < keyframes_.size(); ++i) {
    longest = std::max(longest, keyframes_[i] - keyframes_[i - 1]);
  }
  longest = std::max(longest,
                     std::chrono::duration_cast<Microseconds>(packet.time() - keyframes_.back()));
  double fps = live_.wants_pictures() ? kLiveFps : 0;
  for (const auto& reader : readers) {
    fps = std::max(fps, reader->pacer.every_picture() ? std::numeric_limits<double>::infinity()
                                                      : reader->pacer.max_fps());
  }
  return fps * static_cast<double>(longest.count()) <= 1.02e6;
}

bool DecodeStage::wanted(Time time, const Readers& readers, bool for_live,
                         Microseconds interval) const {
  if (for_live && live_.due(time, pending_, interval)) return true;
  return std::any_of(readers.begin(), readers.end(), [&](const auto& reader) {
    return reader->pacer.will_be_due(time, pending_, interval);
  });
}

bool DecodeStage::make_decoder(const Packet& packet) {
  if (decoder_ && decoder_->codec() == packet.codec) return true;
  decoder_.reset();
  codec_->codec_id = packet.codec;
  auto made = Decoder::create(*codec_);
  if (!made) return false;
  decoder_ = std::move(*made);
  pending_.clear();
  return true;
}

// A reader came in the middle of a group: decodes what the ring holds of it, for nobody.
void DecodeStage::catch_up(const PacketPtr& packet) {
  const auto group = ring_.last_group();
  if (group.empty() || group.size() > kMaxCatchUp || group.back() != packet) return;
  for (const PacketPtr& earlier : group) {
    if (earlier == packet) break;
    if (!disposable_->is_disposable(bytes_of(*earlier->av))) decode(*earlier);
  }
  pictures_.clear();
  needs_keyframe_ = false;
}

void DecodeStage::decode(const Packet& packet) {
  if (!is_intra_only(packet.codec)) {
    const auto at = std::upper_bound(pending_.begin(), pending_.end(), packet.time());
    pending_.insert(at, packet.time());
    if (pending_.size() > 64) pending_.erase(pending_.begin());
  }
  const size_t before = pictures_.size();
  if (!decoder_->decode(*packet.av, pictures_)) ++errors_;
  decoded_ += pictures_.size() - before;
  if (pictures_.size() > before) {
    const Time shown = pictures_.back().time;
    std::erase_if(pending_, [shown](Time time) { return time <= shown; });
  }
}

void DecodeStage::drain(const Readers& readers, Microseconds interval) {
  if (!decoder_) return;
  const size_t before = pictures_.size();
  decoder_->drain(pictures_);
  decoded_ += pictures_.size() - before;
  deliver(readers, interval);
  pending_.clear();
  needs_keyframe_ = true;
}

void DecodeStage::deliver(const Readers& readers, Microseconds interval) {
  for (Picture& picture : pictures_) {
    Time time = picture.time;
    if (last_time_ && time <= *last_time_) time = *last_time_ + Microseconds(1);
    last_time_ = time;
    width_ = picture.view.width;
    height_ = picture.view.height;
    const std::int64_t id = ++emitted_ + static_cast<std::int64_t>(skipped_.load());
    const auto frame =
        std::make_shared<const Frame>(picture.view, time, id, std::move(picture.owner));
    {
      Lock lock(mutex_);
      latest_ = frame;
    }
    live_.on_picture(frame, interval);
    for (const auto& reader : readers) {
      if (!reader->pacer.due(time, interval)) continue;
      reader->pacer.take(time);
      reader->subscription->queue().push(frame);
    }
  }
  pictures_.clear();
}

}  // namespace poss::media
