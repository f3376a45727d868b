// The packet ring: begins with a keyframe, stays in its bounds, and finds the pre-roll.
#include "media/packet_ring.h"

#include <gtest/gtest.h>

namespace poss::media {
namespace {

PacketPtr packet(int second, bool keyframe, int bytes = 1000) {
  AvPtr<AVPacket> av(av_packet_alloc());
  av_new_packet(av.get(), bytes - AV_INPUT_BUFFER_PADDING_SIZE);
  av->pts = av->dts = second * 1'000'000LL;
  if (keyframe) av->flags |= AV_PKT_FLAG_KEY;
  return std::make_shared<const Packet>(Packet{std::move(av), AV_CODEC_ID_H264});
}

Time at(int second) { return Time(std::chrono::seconds(second)); }

TEST(PacketRing, begins_with_a_keyframe) {
  PacketRing ring(100'000);
  ring.push(packet(0, false));
  EXPECT_TRUE(ring.last_group().empty());
  EXPECT_EQ(ring.bytes(), 0u);
  ring.push(packet(1, true));
  ring.push(packet(2, false));
  EXPECT_EQ(ring.last_group().size(), 2u);
}

TEST(PacketRing, drops_whole_groups_from_the_front) {
  PacketRing ring(10'000);
  for (int i = 0; i < 40; ++i) {
    ring.push(packet(i, i % 4 == 0));
    EXPECT_LE(ring.bytes(), 10'000u);
    EXPECT_TRUE(ring.since(at(0)).front()->keyframe());
  }
  EXPECT_EQ(ring.since(at(0)).front()->time(), at(32));
}

TEST(PacketRing, finds_the_pre_roll_from_the_keyframe_before) {
  PacketRing ring(100'000);
  for (int i = 0; i < 20; ++i) ring.push(packet(i, i % 5 == 0));
  EXPECT_EQ(ring.since(at(12)).front()->time(), at(10));
  EXPECT_EQ(ring.since(at(10)).front()->time(), at(10));
  EXPECT_EQ(ring.since(at(-5)).front()->time(), at(0));
  EXPECT_EQ(ring.since(at(99)).front()->time(), at(15));
  EXPECT_EQ(ring.last_group().front()->time(), at(15));
  EXPECT_EQ(ring.last_group().size(), 5u);
}

TEST(PacketRing, a_group_larger_than_the_ring_goes_as_a_whole) {
  PacketRing ring(5'000);
  ring.push(packet(0, true));
  for (int i = 1; i < 20; ++i) ring.push(packet(i, false));
  EXPECT_TRUE(ring.last_group().empty());
  EXPECT_EQ(ring.bytes(), 0u);
  ring.push(packet(20, true));
  EXPECT_EQ(ring.last_group().size(), 1u);
}

TEST(PacketRing, an_interruption_waits_for_the_next_keyframe) {
  PacketRing ring(100'000);
  ring.push(packet(0, true));
  ring.interrupt();
  ring.push(packet(1, false));
  EXPECT_EQ(ring.last_group().size(), 1u);
  ring.push(packet(2, true));
  EXPECT_EQ(ring.last_group().front()->time(), at(2));
}

}  // namespace
}  // namespace poss::media
