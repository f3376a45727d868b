// Joins the parts of an access unit: one encoded picture is one packet for all that comes after.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "media/bitstream.h"
#include "media/libav.h"

namespace poss::media {

// Why parts come at all: senders such as GStreamer's rtph264pay with config-interval=-1 repeat the
// parameter sets before every IDR slice. H.264 7.4.1.2.3 has a parameter set after a slice begin
// the next access unit, and so libav's parser cuts a keyframe of several slices into as many
// packets. The slice headers tell the truth: only first_mb_in_slice 0 (7.4.3; of HEVC
// first_slice_segment_in_pic_flag, H.265 7.4.7.1) begins a picture.
//
// Latency: RTP's marker bit does not get through libav, so that a picture is complete is known
// only when the next one comes, a frame interval later. To wait always would add that to every
// picture. Instead the first keyframe and the first other picture of a stream wait, and after
// them only pictures of a kind (keyframe or not) that has come in parts before: in practice
// nothing of most streams, and of those described above the keyframes.
//
// Used by one thread. Packets of other codecs than H.264 and HEVC pass untouched.
class AccessUnitJoiner {
 public:
  // Without `has_times` the time stamps of the packets are made up and separate nothing.
  AccessUnitJoiner(const AVCodecParameters& codec, bool has_times);

  void push(AvPtr<AVPacket> packet);
  void flush();           // the stream has ended: what waits is complete
  AvPtr<AVPacket> pop();  // the next access unit; null when more packets are needed
  std::uint64_t lost() const { return lost_; }  // parts that came after their picture had gone

 private:
  // How the first slice of a packet stands to its picture.
  enum class Slice { none, first, later };

  Slice first_slice(Bytes packet) const;
  // The type of a unit; nullopt when it is damaged.
  int type_of(Bytes unit) const;
  bool is_slice(int type) const;
  std::optional<std::int64_t> time_of(const AVPacket& packet) const;
  void append(const AVPacket& part);
  void release();

  const AVCodecID codec_;
  const int length_size_;
  const bool has_times_;
  std::deque<AvPtr<AVPacket>> ready_;
  AvPtr<AVPacket> held_;
  bool held_has_slice_ = false;
  bool held_has_parts_ = false;
  std::array<bool, 2> waits_{true, true};     // of pictures that are no keyframe, and of keyframes
  std::array<bool, 2> splits_{false, false};  // whether such pictures have come in parts
  bool released_any_ = false;
  bool released_keyframe_ = false;
  std::optional<std::int64_t> released_time_;
  std::uint64_t lost_ = 0;
};

}  // namespace poss::media
