// Encoded pictures looked into.
#include "media/bitstream.h"

#include <algorithm>
#include <array>

namespace poss::media {
namespace {

// The position of the next 00 00 01 at or after `from`; the size when there is none.
size_t find_start_code(Bytes bytes, size_t from) {
  for (size_t i = from; i + 3 <= bytes.size(); ++i) {
    if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 1) return i;
  }
  return bytes.size();
}

std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// T.81 Annex K.3: counts of codes of each length, then the symbols.
constexpr std::array<std::uint8_t, 12> kDcSymbols{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
constexpr std::array<std::uint8_t, 16> kDcLuma{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<std::uint8_t, 16> kDcChroma{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0};
constexpr std::array<std::uint8_t, 16> kAcLuma{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d};
constexpr std::array<std::uint8_t, 16> kAcChroma{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77};
constexpr std::array<std::uint8_t, 162> kAcLumaSymbols{
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
    0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52,
    0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25,
    0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45,
    0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64,
    0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
    0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6,
    0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3,
    0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8,
    0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa};
constexpr std::array<std::uint8_t, 162> kAcChromaSymbols{
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
    0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33,
    0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18,
    0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44,
    0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63,
    0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4,
    0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca,
    0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7,
    0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa};

// The position of the start-of-scan marker, and whether a DHT marker came before it.
struct JpegHead {
  size_t scan = 0;  // 0: none found
  bool tables = false;
};

JpegHead jpeg_head(Bytes jpeg) {
  JpegHead head;
  if (jpeg.size() < 4 || jpeg[0] != 0xff || jpeg[1] != 0xd8) return head;
  for (size_t i = 2; i + 4 <= jpeg.size();) {
    if (jpeg[i] != 0xff) return head;
    const std::uint8_t marker = jpeg[i + 1];
    if (marker == 0xff) {
      ++i;  // fill byte
      continue;
    }
    if (marker == 0xda) {
      head.scan = i;
      return head;
    }
    if (marker == 0xc4) head.tables = true;
    i += 2 + static_cast<size_t>(jpeg[i + 2] << 8 | jpeg[i + 3]);
  }
  return head;
}

template <size_t N>
void append_table(std::string& out, char id, const std::array<std::uint8_t, 16>& counts,
                  const std::array<std::uint8_t, N>& symbols) {
  const size_t length = 2 + 1 + counts.size() + symbols.size();
  out += "\xff\xc4";
  out += static_cast<char>(length >> 8);
  out += static_cast<char>(length & 255);
  out += id;
  out.append(counts.begin(), counts.end());
  out.append(symbols.begin(), symbols.end());
}

}  // namespace

int length_size(const AVCodecParameters& codec) {
  const Bytes extra(codec.extradata, static_cast<size_t>(std::max(0, codec.extradata_size)));
  if (codec.codec_id == AV_CODEC_ID_H264 && extra.size() >= 7 && extra[0] == 1) {
    return (extra[4] & 3) + 1;
  }
  if (codec.codec_id == AV_CODEC_ID_HEVC && extra.size() >= 23 &&
      (extra[0] != 0 || extra[1] != 0 || extra[2] > 1)) {
    return (extra[21] & 3) + 1;
  }
  return 0;
}

std::vector<Bytes> nal_units(Bytes packet, int length_size) {
  std::vector<Bytes> units;
  if (length_size > 0) {
    const auto prefix = static_cast<size_t>(length_size);
    for (size_t at = 0; at + prefix <= packet.size();) {
      size_t length = 0;
      for (size_t i = 0; i < prefix; ++i) length = length << 8 | packet[at + i];
      at += prefix;
      if (length > packet.size() - at) break;
      if (length > 0) units.push_back(packet.subspan(at, length));
      at += length;
    }
    return units;
  }
  size_t at = find_start_code(packet, 0);
  while (at < packet.size()) {
    const size_t begin = at + 3;
    const size_t next = find_start_code(packet, begin);
    size_t end = next;
    while (end > begin && packet[end - 1] == 0) --end;  // trailing zeros belong to the next code
    if (end > begin) units.push_back(packet.subspan(begin, end - begin));
    at = next;
  }
  return units;
}

DisposableFinder::DisposableFinder(const AVCodecParameters& codec)
    : codec_(codec.codec_id), length_size_(length_size(codec)) {}

bool DisposableFinder::is_disposable(Bytes packet) {
  if (codec_ == AV_CODEC_ID_H264) {
    for (const Bytes unit : nal_units(packet, length_size_)) {
      const int type = unit[0] & 31;
      if (type >= 1 && type <= 5) return (unit[0] & 0x60) == 0;  // nal_ref_idc of the slices
    }
  } else if (codec_ == AV_CODEC_ID_HEVC) {
    for (const Bytes unit : nal_units(packet, length_size_)) {
      const int type = unit[0] >> 1 & 63;
      if (type >= 32 || unit.size() < 2) continue;
      // Sub-layer non-reference pictures have the even types below 16. Pictures of higher
      // temporal layers may still need them, so only those of the highest can go.
      const int temporal_id = (unit[1] & 7) - 1;
      max_temporal_id_ = std::max(max_temporal_id_, temporal_id);
      return type < 16 && type % 2 == 0 && temporal_id == max_temporal_id_;
    }
  } else if (codec_ == AV_CODEC_ID_MPEG4) {
    for (size_t at = find_start_code(packet, 0); at + 4 < packet.size();
         at = find_start_code(packet, at + 3)) {
      if (packet[at + 3] == 0xb6) return packet[at + 4] >> 6 == 2;  // a B-VOP
    }
  }
  return false;
}

bool is_intra_only(AVCodecID codec) {
  const AVCodecDescriptor* descriptor = avcodec_descriptor_get(codec);
  return descriptor && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
}

std::optional<ParameterSets> h264_parameter_sets(Bytes bytes, int length_size) {
  ParameterSets sets;
  for (const Bytes unit : nal_units(bytes, length_size)) {
    const int type = unit[0] & 31;
    if (type == 7 && unit.size() >= 4 && sets.sps.empty()) sets.sps = text_of(unit);
    if (type == 8 && sets.pps.empty()) sets.pps = text_of(unit);
  }
  if (sets.sps.empty() || sets.pps.empty()) return std::nullopt;
  return sets;
}

std::optional<ParameterSets> h264_parameter_sets(const AVCodecParameters& codec) {
  const Bytes extra(codec.extradata, static_cast<size_t>(std::max(0, codec.extradata_size)));
  if (length_size(codec) == 0) return h264_parameter_sets(extra, 0);
  // AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1): each set after its 16-bit length.
  ParameterSets sets;
  size_t at = 5;
  for (const auto target : {&sets.sps, &sets.pps}) {
    if (at >= extra.size()) return std::nullopt;
    const int count = target == &sets.sps ? extra[at] & 31 : extra[at];
    ++at;
    for (int i = 0; i < count; ++i) {
      if (at + 2 > extra.size()) return std::nullopt;
      const size_t length = static_cast<size_t>(extra[at] << 8 | extra[at + 1]);
      at += 2;
      if (length > extra.size() - at) return std::nullopt;
      if (target->empty()) *target = text_of(extra.subspan(at, length));
      at += length;
    }
  }
  if (sets.sps.size() < 4 || sets.pps.empty()) return std::nullopt;
  return sets;
}

bool has_huffman_tables(Bytes jpeg) { return jpeg_head(jpeg).tables; }

std::string complete_jpeg(Bytes jpeg) {
  const JpegHead head = jpeg_head(jpeg);
  if (head.tables || head.scan == 0) return text_of(jpeg);
  std::string out = text_of(jpeg.first(head.scan));
  append_table(out, 0x00, kDcLuma, kDcSymbols);
  append_table(out, 0x10, kAcLuma, kAcLumaSymbols);
  append_table(out, 0x01, kDcChroma, kDcSymbols);
  append_table(out, 0x11, kAcChroma, kAcChromaSymbols);
  return out.append(jpeg.begin() + static_cast<std::ptrdiff_t>(head.scan), jpeg.end());
}

}  // namespace poss::media
