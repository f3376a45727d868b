// Looking into encoded pictures without decoding them: H.264 (ITU-T H.264 Annex B, 7.3), HEVC
// (H.265 7.3.1.2), MPEG-4 part 2 (ISO/IEC 14496-2 6.2.5), JPEG (ITU-T T.81). Reentrant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/libav.h"

namespace poss::media {

using Bytes = std::span<const std::uint8_t>;

inline Bytes bytes_of(const AVPacket& packet) {
  return {packet.data, static_cast<size_t>(packet.size)};
}

// How the units of a stream's packets are told apart: 0 by start codes (Annex B), else by a
// length of so many bytes in front; from the stream's extradata.
int length_size(const AVCodecParameters& codec);

// The network abstraction layer units of a packet, without start codes or lengths. A damaged
// packet gives those up to the damage.
std::vector<Bytes> nal_units(Bytes packet, int length_size);

// Tells pictures that no other one needs. One per stream: HEVC depends on what came before.
class DisposableFinder {
 public:
  explicit DisposableFinder(const AVCodecParameters& codec);
  bool is_disposable(Bytes packet);

 private:
  AVCodecID codec_;
  int length_size_;
  int max_temporal_id_ = 0;
};

// Whether every picture of the codec stands alone, so that any may be left out.
bool is_intra_only(AVCodecID codec);

// The sequence and picture parameter sets of H.264, each with its header byte.
struct ParameterSets {
  std::string sps;
  std::string pps;
  bool operator==(const ParameterSets&) const = default;
};
// From extradata of either form, or from a keyframe; empty when one is missing.
std::optional<ParameterSets> h264_parameter_sets(Bytes bytes, int length_size);
std::optional<ParameterSets> h264_parameter_sets(const AVCodecParameters& codec);

// Whether a JPEG brings its Huffman tables; the frames of many webcams and AVI files do not, and
// browsers then show nothing.
bool has_huffman_tables(Bytes jpeg);
// The JPEG with the usual tables (T.81 Annex K.3) put in where there are none.
std::string complete_jpeg(Bytes jpeg);

}  // namespace poss::media
