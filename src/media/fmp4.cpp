// Fragmented MP4: the header by libavformat, the fragments box by box, one picture each.
#include "media/fmp4.h"

#include <algorithm>
#include <cstdio>

namespace poss::media {
namespace {

constexpr int kTimescale = 1'000'000;
constexpr std::uint32_t kSyncSample = 0x02000000;     // depends on no other
constexpr std::uint32_t kNonSyncSample = 0x01010000;  // depends on others, is no sync sample

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255);
}

std::string box(const char* type, const std::string& content) {
  std::string out;
  put(out, content.size() + 8, 4);
  return out.append(type).append(content);
}

std::string full_box(const char* type, int version, std::uint32_t flags,
                     const std::string& content) {
  std::string head;
  put(head, static_cast<std::uint64_t>(version) << 24 | flags, 4);
  return box(type, head + content);
}

}  // namespace

std::string avc_codec_string(const ParameterSets& sets) {
  char text[16];
  const auto byte = [&](size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(sets.sps[i]));
  };
  std::snprintf(text, sizeof text, "avc1.%02X%02X%02X", byte(1), byte(2), byte(3));
  return text;
}

bool plays_in_browsers(const ParameterSets& sets) {
  const int profile = static_cast<unsigned char>(sets.sps[1]);
  return profile == 66 || profile == 77 || profile == 88 || profile == 100;
}

Fmp4::Fmp4(ParameterSets sets, const AVCodecParameters& codec, Time base_time)
    : sets_(std::move(sets)),
      length_size_(length_size(codec)),
      width_(codec.width),
      height_(codec.height),
      base_time_(base_time) {}

std::string Fmp4::mime() const { return "video/mp4; codecs=\"" + avc_codec_string(sets_) + "\""; }

Result<std::string> Fmp4::init_segment() const {
  const Error failed{Code::internal, "The live view's MP4 header could not be written."};
  AVFormatContext* made = nullptr;
  if (avformat_alloc_output_context2(&made, nullptr, "mp4", nullptr) < 0) return failed;
  AvPtr<AVFormatContext> muxer(made);
  AVStream* stream = avformat_new_stream(muxer.get(), nullptr);
  if (!stream) return failed;
  AVCodecParameters& codec = *stream->codecpar;
  codec.codec_type = AVMEDIA_TYPE_VIDEO;
  codec.codec_id = AV_CODEC_ID_H264;
  codec.width = std::max(16, width_);
  codec.height = std::max(16, height_);
  const std::string start_code("\0\0\0\1", 4);
  const std::string extra = start_code + sets_.sps + start_code + sets_.pps;
  codec.extradata =
      static_cast<std::uint8_t*>(av_mallocz(extra.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!codec.extradata) return failed;
  std::copy(extra.begin(), extra.end(), codec.extradata);
  codec.extradata_size = static_cast<int>(extra.size());
  stream->time_base = {1, kTimescale};
  if (avio_open_dyn_buf(&muxer->pb) < 0) return failed;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "empty_moov+default_base_moof+frag_custom", 0);
  av_dict_set_int(&options, "video_track_timescale", kTimescale, 0);
  int error = avformat_write_header(muxer.get(), &options);
  av_dict_free(&options);
  avio_flush(muxer->pb);
  std::uint8_t* bytes = nullptr;
  const int size = avio_close_dyn_buf(muxer->pb, &bytes);
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<size_t>(std::max(0, size)));
  av_free(bytes);
  muxer->pb = nullptr;
  // The muxer's own state goes with a trailer written to nowhere.
  if (error >= 0 && avio_open_dyn_buf(&muxer->pb) >= 0) {
    error = stream->time_base.den == kTimescale ? 0 : -1;
    av_write_trailer(muxer.get());
    avio_close_dyn_buf(muxer->pb, &bytes);
    av_free(bytes);
    muxer->pb = nullptr;
  }
  if (error < 0 || out.empty()) return failed;
  return out;
}

std::string Fmp4::fragment(const Packet& packet, Microseconds duration) {
  std::string sample;
  for (const Bytes unit : nal_units(bytes_of(*packet.av), length_size_)) {
    put(sample, unit.size(), 4);
    sample.append(unit.begin(), unit.end());
  }
  const auto decode_time = std::max<std::int64_t>(0, (packet.dts() - base_time_).count());
  const auto shown_later = (packet.time() - packet.dts()).count();
  std::string header;
  put(header, ++sequence_, 4);
  std::string track;
  put(track, 1, 4);
  std::string time;
  put(time, static_cast<std::uint64_t>(decode_time), 8);
  const std::string before = full_box("tfhd", 0, 0x020000, track) + full_box("tfdt", 1, 0, time);
  const std::string mfhd = full_box("mfhd", 0, 0, header);
  std::string run;
  put(run, 1, 4);
  constexpr size_t kRunBytes = 8 + 4 + 4 + 4 + 16;  // the trun box with its one sample
  const size_t moof_bytes = 8 + mfhd.size() + 8 + before.size() + kRunBytes;
  put(run, moof_bytes + 8, 4);  // the sample follows mdat's header
  put(run, static_cast<std::uint64_t>(std::clamp<std::int64_t>(duration.count(), 1, UINT32_MAX)),
      4);
  put(run, sample.size(), 4);
  put(run, packet.keyframe() ? kSyncSample : kNonSyncSample, 4);
  put(run, static_cast<std::uint32_t>(static_cast<std::int32_t>(shown_later)), 4);
  const std::string trun = full_box("trun", 1, 0x000f01, run);
  return box("moof", mfhd + box("traf", before + trun)) + box("mdat", sample);
}

}  // namespace poss::media
