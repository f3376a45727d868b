// Access units: parts joined, whole pictures let through at once, on hand-made units.
#include "media/access_unit.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace poss::media {
namespace {

using Unit = std::string;

// H.264 units: header byte, then for slices first_mb_in_slice in the first bits.
const Unit kAud("\x09\xf0", 2);
const Unit kSps("\x67\x42\x01\x02", 4);
const Unit kPps("\x68\xce", 2);
const Unit kSei("\x06\x05", 2);
const Unit kIdrFirst("\x65\x88\x11", 3);
const Unit kIdrLater("\x65\x02\x22", 3);
const Unit kFirst("\x41\x9a\x33", 3);
const Unit kLater("\x41\x04\x44", 3);
// HEVC: two header bytes; VPS, SPS, PPS, IDR_W_RADL and TRAIL_R.
const Unit kVps5("\x40\x01\x0c", 3);
const Unit kSps5("\x42\x01\x01", 3);
const Unit kPps5("\x44\x01\xc0", 3);
const Unit kIdrFirst5("\x26\x01\xaf\x11", 4);
const Unit kIdrLater5("\x26\x01\x2f\x22", 4);
const Unit kFirst5("\x02\x01\xd0\x33", 4);

std::string annex_b(std::initializer_list<Unit> units) {
  std::string bytes;
  for (const Unit& unit : units) bytes += std::string("\0\0\0\1", 4) + unit;
  return bytes;
}

std::string with_lengths(std::initializer_list<Unit> units) {
  std::string bytes;
  for (const Unit& unit : units) {
    bytes += std::string("\0\0\0", 3) + static_cast<char>(unit.size()) + unit;
  }
  return bytes;
}

struct Stream {
  explicit Stream(AVCodecID id, bool has_times = true, bool lengths = false) {
    AvPtr<AVCodecParameters> codec(avcodec_parameters_alloc());
    codec->codec_id = id;
    if (lengths) {
      constexpr std::uint8_t kAvcc[] = {1, 0x42, 1, 2, 0xff, 0xe0, 0};
      codec->extradata =
          static_cast<std::uint8_t*>(av_mallocz(sizeof kAvcc + AV_INPUT_BUFFER_PADDING_SIZE));
      std::copy(std::begin(kAvcc), std::end(kAvcc), codec->extradata);
      codec->extradata_size = sizeof kAvcc;
    }
    joiner.emplace(*codec, has_times);
  }
  void push(std::int64_t time, bool key, const std::string& bytes) {
    AvPtr<AVPacket> packet(av_packet_alloc());
    ASSERT_EQ(av_new_packet(packet.get(), static_cast<int>(bytes.size())), 0);
    std::copy(bytes.begin(), bytes.end(), packet->data);
    packet->pts = packet->dts = time;
    if (key) packet->flags |= AV_PKT_FLAG_KEY;
    joiner->push(std::move(packet));
  }
  // The next packet's bytes; empty when none is ready.
  std::string pop() {
    const auto packet = joiner->pop();
    if (!packet) return {};
    pts = packet->pts;
    keyframe = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    return {packet->data, packet->data + packet->size};
  }
  std::optional<AccessUnitJoiner> joiner;
  std::int64_t pts = -1;
  bool keyframe = false;
};

TEST(AccessUnit, a_keyframe_cut_at_repeated_parameter_sets_is_one_packet_again) {
  Stream stream(AV_CODEC_ID_H264);
  for (const std::int64_t at : {0, 100}) {
    stream.push(at, true, annex_b({kAud, kSps, kPps, kSei, kIdrFirst}));
    stream.push(at, true, annex_b({kSps, kPps, kIdrLater}));
    stream.push(at, true, annex_b({kSps, kPps, kSei, kIdrLater}));
    EXPECT_EQ(stream.pop(), "");
    stream.push(at + 4, false, annex_b({kAud, kFirst, kLater}));
    stream.push(at + 8, false, annex_b({kAud, kFirst, kLater}));
    EXPECT_EQ(stream.pop(), annex_b({kAud, kSps, kPps, kSei, kIdrFirst, kIdrLater, kIdrLater}));
    EXPECT_EQ(stream.pts, at);
    EXPECT_TRUE(stream.keyframe);
    EXPECT_EQ(stream.pop(), annex_b({kAud, kFirst, kLater}));
    EXPECT_EQ(stream.pts, at + 4);
    EXPECT_FALSE(stream.keyframe);
    EXPECT_EQ(stream.pop(), annex_b({kAud, kFirst, kLater}));
    EXPECT_EQ(stream.pop(), "");
  }
  EXPECT_EQ(stream.joiner->lost(), 0u);
}

TEST(AccessUnit, a_stream_of_whole_pictures_waits_for_its_first_ones_only) {
  Stream stream(AV_CODEC_ID_H264);
  stream.push(0, true, annex_b({kSps, kPps, kIdrFirst, kIdrLater}));
  EXPECT_EQ(stream.pop(), "");
  stream.push(4, false, annex_b({kFirst, kLater}));
  EXPECT_NE(stream.pop(), "");
  EXPECT_EQ(stream.pop(), "");
  stream.push(8, false, annex_b({kFirst, kLater}));
  EXPECT_NE(stream.pop(), "");
  EXPECT_NE(stream.pop(), "");
  for (int i = 3; i < 20; ++i) {
    stream.push(4 * i, i % 5 == 0, annex_b({i % 5 == 0 ? kIdrFirst : kFirst}));
    EXPECT_NE(stream.pop(), "") << i;
    EXPECT_EQ(stream.pts, 4 * i);
  }
}

TEST(AccessUnit, the_part_with_a_time_gives_the_picture_its_time) {
  Stream stream(AV_CODEC_ID_H264);
  stream.push(AV_NOPTS_VALUE, true, annex_b({kSps, kPps, kIdrFirst}));
  stream.push(7, true, annex_b({kSps, kPps, kIdrLater}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), annex_b({kSps, kPps, kIdrFirst, kIdrLater}));
  EXPECT_EQ(stream.pts, 7);
}

TEST(AccessUnit, a_picture_whose_first_slice_was_lost_does_not_join_the_one_before) {
  Stream stream(AV_CODEC_ID_H264);
  stream.push(0, false, annex_b({kFirst, kLater}));
  stream.push(4, false, annex_b({kLater}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), annex_b({kFirst, kLater}));
  EXPECT_EQ(stream.pop(), annex_b({kLater}));
}

TEST(AccessUnit, a_part_that_comes_too_late_is_left_out_and_the_next_is_waited_for) {
  Stream stream(AV_CODEC_ID_H264);
  stream.push(0, true, annex_b({kIdrFirst}));
  stream.push(4, false, annex_b({kFirst}));
  stream.push(8, false, annex_b({kFirst}));
  stream.push(12, true, annex_b({kIdrFirst}));
  stream.push(12, true, annex_b({kIdrLater}));
  EXPECT_EQ(stream.joiner->lost(), 1u);
  stream.push(16, false, annex_b({kFirst}));
  while (!stream.pop().empty()) {
  }
  stream.push(20, true, annex_b({kIdrFirst}));
  EXPECT_EQ(stream.pop(), "");
  stream.push(20, true, annex_b({kIdrLater}));
  stream.push(24, false, annex_b({kFirst}));
  EXPECT_EQ(stream.pop(), annex_b({kIdrFirst, kIdrLater}));
  EXPECT_EQ(stream.joiner->lost(), 1u);
}

TEST(AccessUnit, a_new_parameter_set_between_the_slices_is_kept) {
  const Unit other_pps("\x68\x5b", 2);
  Stream stream(AV_CODEC_ID_H264);
  stream.push(0, true, annex_b({kSps, kPps, kIdrFirst}));
  stream.push(0, true, annex_b({kSps, kPps, other_pps, kIdrLater}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), annex_b({kSps, kPps, kIdrFirst, other_pps, kIdrLater}));
}

TEST(AccessUnit, units_before_the_first_slice_belong_to_it) {
  Stream stream(AV_CODEC_ID_H264);
  stream.push(0, true, annex_b({kSps, kPps}));
  stream.push(0, true, annex_b({kSei, kIdrFirst}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), annex_b({kSps, kPps, kSei, kIdrFirst}));
  EXPECT_EQ(stream.pop(), "");
}

TEST(AccessUnit, raw_streams_are_joined_without_times) {
  Stream stream(AV_CODEC_ID_H264, false);
  stream.push(0, true, annex_b({kSps, kPps, kIdrFirst}));
  stream.push(1, true, annex_b({kSps, kPps, kIdrLater}));
  stream.push(2, true, annex_b({kSps, kPps, kIdrFirst}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), annex_b({kSps, kPps, kIdrFirst, kIdrLater}));
  EXPECT_EQ(stream.pop(), annex_b({kSps, kPps, kIdrFirst}));
}

TEST(AccessUnit, length_prefixed_units_stay_so) {
  Stream stream(AV_CODEC_ID_H264, true, true);
  stream.push(0, true, with_lengths({kSps, kPps, kIdrFirst}));
  stream.push(0, true, with_lengths({kSps, kPps, kIdrLater}));
  stream.joiner->flush();
  EXPECT_EQ(stream.pop(), with_lengths({kSps, kPps, kIdrFirst, kIdrLater}));
}

TEST(AccessUnit, hevc_segments_are_joined) {
  Stream stream(AV_CODEC_ID_HEVC);
  stream.push(0, true, annex_b({kVps5, kSps5, kPps5, kIdrFirst5}));
  stream.push(0, true, annex_b({kVps5, kSps5, kPps5, kIdrLater5}));
  stream.push(4, false, annex_b({kFirst5}));
  EXPECT_EQ(stream.pop(), annex_b({kVps5, kSps5, kPps5, kIdrFirst5, kIdrLater5}));
}

TEST(AccessUnit, damaged_units_and_other_codecs_pass) {
  Stream damaged(AV_CODEC_ID_H264);
  for (const std::string& bytes : {std::string("x"), annex_b({Unit("\x65")}), std::string(9, 0)}) {
    damaged.push(0, true, bytes);
  }
  damaged.joiner->flush();
  Stream mjpeg(AV_CODEC_ID_MJPEG);
  mjpeg.push(0, true, "\xff\xd8");
  EXPECT_EQ(mjpeg.pop(), "\xff\xd8");
}

}  // namespace
}  // namespace poss::media
