// LiveView: what a slow viewer loses and what it never loses.
#include "server/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::server {
namespace {

using media::LiveChunk;
using testing::ElementsAre;
using Kind = LiveChunk::Kind;

media::LiveChunkPtr chunk(Kind kind, std::string bytes, bool keyframe = false) {
  return std::make_shared<const LiveChunk>(
      LiveChunk{.kind = kind, .keyframe = keyframe, .bytes = std::move(bytes)});
}

media::LiveChunkPtr fragment(char name, bool keyframe) {
  return chunk(Kind::media, std::string(100, name), keyframe);
}

void begin_fmp4(LiveView& view) {
  view.push(chunk(Kind::hello, R"({"mode":"fmp4","mime":"video/mp4","base_time":1})"));
  view.push(chunk(Kind::init, "init"));
}

// Each message by its first letter; hello is '{', the init segment 'i'.
std::vector<char> drain(LiveView& view) {
  std::vector<char> found;
  while (auto message = view.next()) {
    EXPECT_EQ(message->text, message->bytes.front() == '{');
    found.push_back(message->bytes.front());
  }
  return found;
}

TEST(LiveView, keeps_everything_in_order_while_the_viewer_keeps_up) {
  LiveView view(1000);
  begin_fmp4(view);
  view.push(fragment('A', true));
  view.push(fragment('b', false));
  EXPECT_THAT(drain(view), ElementsAre('{', 'i', 'A', 'b'));
  EXPECT_EQ(view.dropped(), 0u);
}

TEST(LiveView, a_slow_viewer_goes_on_at_the_next_keyframe) {
  LiveView view(250);
  begin_fmp4(view);
  view.push(fragment('A', true));
  view.push(fragment('b', false));
  view.push(fragment('c', false));  // too much: everything up to the next keyframe is lost
  view.push(fragment('d', false));
  EXPECT_THAT(drain(view), ElementsAre('{', 'i'));
  view.push(fragment('e', false));
  view.push(fragment('F', true));
  view.push(fragment('g', false));
  EXPECT_THAT(drain(view), ElementsAre('F', 'g'));
  EXPECT_EQ(view.dropped(), 5u);
}

TEST(LiveView, a_keyframe_that_does_not_fit_replaces_what_waits) {
  LiveView view(250);
  begin_fmp4(view);
  view.push(fragment('A', true));
  view.push(fragment('b', false));
  view.push(fragment('C', true));
  EXPECT_THAT(drain(view), ElementsAre('{', 'i', 'C'));
}

TEST(LiveView, a_chunk_larger_than_the_bound_passes_alone) {
  LiveView view(50);
  begin_fmp4(view);
  view.push(fragment('A', true));
  EXPECT_THAT(drain(view), ElementsAre('{', 'i', 'A'));
}

TEST(LiveView, of_jpeg_pictures_only_the_newest_waits) {
  LiveView view(1 << 20);
  view.push(chunk(Kind::hello, R"({"mode":"jpeg"})"));
  view.push(fragment('a', false));
  view.push(fragment('b', false));
  EXPECT_THAT(drain(view), ElementsAre('{', 'b'));
  EXPECT_EQ(view.dropped(), 1u);
}

TEST(LiveView, a_new_hello_starts_over) {
  LiveView view(250);
  begin_fmp4(view);
  view.push(fragment('A', true));
  for (int i = 0; i < 1000; ++i) begin_fmp4(view);  // a stream that changes all the time
  view.push(fragment('B', true));
  EXPECT_THAT(drain(view), ElementsAre('{', 'i', 'B'));
}

TEST(LiveView, ends_the_camera_view_before_the_queue) {
  bool ended = false;
  {
    auto view = std::make_unique<LiveView>(100);
    LiveView* raw = view.get();
    view->hold(std::shared_ptr<void>(nullptr, [&, raw](void*) {
      raw->push(fragment('a', true));  // the camera's last word still finds the queue
      ended = true;
    }));
  }
  EXPECT_TRUE(ended);
}

TEST(LiveView, lets_its_viewer_go_when_the_camera_is_gone) {
  LiveView view(1000);
  begin_fmp4(view);
  EXPECT_THAT(drain(view), ElementsAre('{', 'i'));
  int woken = 0;
  view.set_wake([&] { ++woken; });
  EXPECT_FALSE(view.over());
  view.finish();
  EXPECT_TRUE(view.over());
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace poss::server
