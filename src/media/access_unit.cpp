// Access units from the parts that libav's parser makes of them.
#include "media/access_unit.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace poss::media {
namespace {

// No picture is as large; a stream that never begins a new one must not fill the memory.
constexpr int kMaxBytes = 32 << 20;

bool same_time(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  return !a || !b || *a == *b;
}

}  // namespace

AccessUnitJoiner::AccessUnitJoiner(const AVCodecParameters& codec, bool has_times)
    : codec_(codec.codec_id), length_size_(length_size(codec)), has_times_(has_times) {}

int AccessUnitJoiner::type_of(Bytes unit) const {
  return codec_ == AV_CODEC_ID_H264 ? unit[0] & 31 : unit[0] >> 1 & 63;
}

bool AccessUnitJoiner::is_slice(int type) const {
  // Of H.264 the partitions B and C (3 and 4) carry no position.
  return codec_ == AV_CODEC_ID_H264 ? type == 1 || type == 2 || type == 5 : type < 32;
}

AccessUnitJoiner::Slice AccessUnitJoiner::first_slice(Bytes packet) const {
  const size_t header = codec_ == AV_CODEC_ID_H264 ? 1 : 2;
  for (const Bytes unit : nal_units(packet, length_size_)) {
    if (unit.size() <= header || !is_slice(type_of(unit))) continue;
    // first_mb_in_slice as Exp-Golomb code is 0 when its first bit is set.
    return (unit[header] & 0x80) != 0 ? Slice::first : Slice::later;
  }
  return Slice::none;
}

std::optional<std::int64_t> AccessUnitJoiner::time_of(const AVPacket& packet) const {
  if (!has_times_) return std::nullopt;
  if (packet.pts != AV_NOPTS_VALUE) return packet.pts;
  if (packet.dts != AV_NOPTS_VALUE) return packet.dts;
  return std::nullopt;
}

void AccessUnitJoiner::push(AvPtr<AVPacket> packet) {
  if (codec_ != AV_CODEC_ID_H264 && codec_ != AV_CODEC_ID_HEVC) {
    ready_.push_back(std::move(packet));
    return;
  }
  const Slice slice = first_slice(bytes_of(*packet));
  const auto time = time_of(*packet);
  if (held_) {
    const bool continues =
        slice == Slice::later || !held_has_slice_ || (slice == Slice::none && time);
    if (continues && same_time(time_of(*held_), time) && held_->size <= kMaxBytes) {
      held_has_parts_ = held_has_parts_ || (held_has_slice_ && slice != Slice::none);
      held_has_slice_ = held_has_slice_ || slice != Slice::none;
      append(*packet);
      return;
    }
    release();
  } else if (slice == Slice::later && released_any_ && same_time(released_time_, time)) {
    // Half a picture is of no use to anybody; the next one of this kind will be waited for.
    splits_[released_keyframe_] = waits_[released_keyframe_] = true;
    ++lost_;
    return;
  }
  held_ = std::move(packet);
  held_has_slice_ = slice != Slice::none;
  held_has_parts_ = false;
  if (held_has_slice_ && !waits_[(held_->flags & AV_PKT_FLAG_KEY) != 0]) release();
}

// Adds the slices of `part`. What would begin a new access unit in front of them goes, as H.264
// 7.4.1.2.3 and H.265 7.4.2.4.4 ask: delimiters, supplemental information, and parameter sets
// that the picture has already.
void AccessUnitJoiner::append(const AVPacket& part) {
  const bool h264 = codec_ == AV_CODEC_ID_H264;
  const auto have = nal_units(bytes_of(*held_), length_size_);
  const bool have_slice =
      std::any_of(have.begin(), have.end(), [&](Bytes unit) { return is_slice(type_of(unit)); });
  std::string added;
  for (const Bytes unit : nal_units(bytes_of(part), length_size_)) {
    const int type = type_of(unit);
    const bool note = h264 ? type == 6 || type == 9 : type == 35 || type == 39;
    const bool set = h264 ? type == 7 || type == 8 : type >= 32 && type <= 34;
    if (have_slice && note) continue;
    if (have_slice && set && std::any_of(have.begin(), have.end(), [&](Bytes other) {
          return type_of(other) == type && std::ranges::equal(other.subspan(1), unit.subspan(1));
        })) {
      continue;
    }
    if (length_size_ == 0) {
      added.append({0, 0, 0, 1});
    } else {
      for (int i = length_size_ - 1; i >= 0; --i) {
        added += static_cast<char>(unit.size() >> (8 * i) & 255);
      }
    }
    added.append(unit.begin(), unit.end());
  }
  const int before = held_->size;
  if (av_grow_packet(held_.get(), static_cast<int>(added.size())) < 0) return;
  std::memcpy(held_->data + before, added.data(), added.size());
  held_->flags |= part.flags & (AV_PKT_FLAG_KEY | AV_PKT_FLAG_CORRUPT);
  if (held_->pts == AV_NOPTS_VALUE) held_->pts = part.pts;
  if (held_->dts == AV_NOPTS_VALUE) held_->dts = part.dts;
}

void AccessUnitJoiner::release() {
  const bool keyframe = (held_->flags & AV_PKT_FLAG_KEY) != 0;
  if (held_has_slice_) {
    splits_[keyframe] = splits_[keyframe] || held_has_parts_;
    waits_[keyframe] = splits_[keyframe];
  }
  released_any_ = true;
  released_keyframe_ = keyframe;
  released_time_ = time_of(*held_);
  ready_.push_back(std::move(held_));
}

void AccessUnitJoiner::flush() {
  if (held_) release();
}

AvPtr<AVPacket> AccessUnitJoiner::pop() {
  if (ready_.empty()) return nullptr;
  AvPtr<AVPacket> packet = std::move(ready_.front());
  ready_.pop_front();
  return packet;
}

}  // namespace poss::media
