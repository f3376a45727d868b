// H.264 as fragmented MP4 (ISO/IEC 14496-12, 14496-15) for Media Source Extensions, copied, not
// encoded again.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "media/bitstream.h"
#include "media/pacing.h"
#include "media/packet_ring.h"

namespace poss::media {

// "avc1.64001F": profile, constraints and level of the sequence parameter set (RFC 6381 3.3).
std::string avc_codec_string(const ParameterSets& sets);
// Whether browsers play the profile: baseline, main, extended and high, 8 bits 4:2:0.
bool plays_in_browsers(const ParameterSets& sets);

// One track of one stream. Not thread-safe.
class Fmp4 {
 public:
  // `base_time` is the capture time that the MP4's time 0 stands for; `length_size` tells how
  // the packets are written (see bitstream.h).
  Fmp4(ParameterSets sets, const AVCodecParameters& codec, Time base_time);

  const ParameterSets& sets() const { return sets_; }
  Time base_time() const { return base_time_; }
  std::string mime() const;  // video/mp4; codecs="avc1.64001F"

  // ftyp and moov.
  Result<std::string> init_segment() const;
  // moof and mdat with this one picture; its decoding time must be base_time or later.
  // `duration` is the time to the next picture: rather too long than too short, since a gap
  // makes browsers wait for the next keyframe.
  std::string fragment(const Packet& packet, Microseconds duration);

 private:
  ParameterSets sets_;
  int length_size_;
  int width_;
  int height_;
  Time base_time_;
  std::uint32_t sequence_ = 0;
};

}  // namespace poss::media
