// Cameras that read video files: every codec and shape, damaged ones, pace, loops and rates.
#include <filesystem>
#include <fstream>
#include <ostream>

#include "media/test_peer.h"

namespace poss::media::test {
namespace {

SourceConfig file(const std::string& path) {
  SourceConfig config;
  config.uri = path;
  return config;
}

void expect_increasing(const std::vector<FramePtr>& frames) {
  for (size_t i = 1; i < frames.size(); ++i) {
    EXPECT_GT(frames[i]->capture_time(), frames[i - 1]->capture_time());
    EXPECT_GT(frames[i]->id(), frames[i - 1]->id());
  }
}

double seconds_between(const FramePtr& first, const FramePtr& last) {
  return std::chrono::duration<double>(last->capture_time() - first->capture_time()).count();
}

const std::string kPattern = "-f lavfi -i testsrc2=size=320x240:rate=30:duration=3 ";

TEST(File, h264_with_b_frames_gives_every_picture_in_order) {
  TempFolder folder;
  make_video(folder / "a.mp4", kPattern + "-c:v libx264 -bf 3 -g 30 -pix_fmt yuv420p");
  CameraStatus status;
  const auto frames = read_all(file(folder / "a.mp4"), 0, &status);
  ASSERT_EQ(frames.size(), 90u);
  expect_increasing(frames);
  EXPECT_EQ(frames.front()->id(), 1);
  EXPECT_EQ(frames.back()->id(), 90);
  EXPECT_NEAR(seconds_between(frames.front(), frames.back()), 89 / 30.0, 0.001);
  EXPECT_EQ(frames[0]->image().layout, PixelLayout::i420);
  EXPECT_EQ(frames[0]->image().width, 320);
  EXPECT_EQ(status.state, CameraState::ended);
  EXPECT_TRUE(status.final);
  EXPECT_FALSE(status.cause.empty());
  EXPECT_EQ(status.codec, "h264");
  EXPECT_EQ(status.frames_decoded, 90u);
  EXPECT_EQ(status.frames_skipped, 0u);
  EXPECT_NEAR(status.source_fps, 30, 0.5);
}

struct Shape {
  const char* name;
  const char* file;
  const char* arguments;
  PixelLayout layout;
  size_t pictures;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class FileShapes : public testing::TestWithParam<Shape> {};

TEST_P(FileShapes, gives_every_picture) {
  const Shape& shape = GetParam();
  TempFolder folder;
  make_video(folder / shape.file, shape.arguments);
  const auto frames = read_all(file(folder / shape.file));
  EXPECT_EQ(frames.size(), shape.pictures);
  expect_increasing(frames);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0]->image().layout, shape.layout);
  EXPECT_NEAR(seconds_between(frames.front(), frames.back()), (shape.pictures - 1) / 10.0, 0.11);
}

#define SOURCE(size) "-f lavfi -i testsrc2=size=" size ":rate=10:duration=2 "
INSTANTIATE_TEST_SUITE_P(
    All, FileShapes,
    testing::Values(
        Shape{"mjpeg", "a.avi", SOURCE("320x240") "-c:v mjpeg -pix_fmt yuvj420p", PixelLayout::i420,
              20},
        Shape{"mpeg4", "a.avi", SOURCE("320x240") "-c:v mpeg4 -bf 2", PixelLayout::i420, 20},
        Shape{"vp9", "a.webm", SOURCE("320x240") "-c:v libvpx-vp9 -deadline realtime -cpu-used 8",
              PixelLayout::i420, 20},
        Shape{"hevc", "a.mkv",
              SOURCE("320x240") "-c:v libx265 -preset ultrafast -x265-params log-level=none",
              PixelLayout::i420, 20},
        Shape{"odd", "a.mkv", SOURCE("321x241") "-c:v libx264 -pix_fmt yuv444p", PixelLayout::i444,
              20},
        Shape{"odd_mjpeg", "a.avi", SOURCE("321x241") "-c:v mjpeg -pix_fmt yuvj420p",
              PixelLayout::i420, 20},
        Shape{"yuv422", "a.avi", SOURCE("320x240") "-c:v mjpeg -pix_fmt yuvj422p",
              PixelLayout::i422, 20},
        Shape{"ten_bit", "a.mp4", SOURCE("320x240") "-c:v libx264 -pix_fmt yuv420p10le",
              PixelLayout::i420, 20},
        Shape{"mpegts", "a.ts", SOURCE("320x240") "-c:v libx264 -pix_fmt yuv420p",
              PixelLayout::i420, 20},
        Shape{"raw_h264", "a.h264", SOURCE("320x240") "-c:v libx264 -bf 0 -pix_fmt yuv420p -r 10",
              PixelLayout::i420, 20},
        Shape{"palette", "a.gif", SOURCE("64x48") "", PixelLayout::rgb, 20}),
    [](const auto& tested) { return tested.param.name; });

TEST(File, missing_file_is_not_found_and_final) {
  CameraStatus status;
  EXPECT_TRUE(read_all(file("/nonexistent/a.mp4"), 0, &status).empty());
  EXPECT_EQ(status.state, CameraState::not_found);
  EXPECT_TRUE(status.final);
  EXPECT_NE(status.cause.find("/nonexistent/a.mp4"), std::string::npos);
}

TEST(File, protocols_in_a_path_are_only_a_name) {
  CameraStatus status;
  read_all(file("concat:/etc/passwd|/etc/hosts"), 0, &status);
  EXPECT_EQ(status.state, CameraState::not_found);
}

TEST(File, empty_text_audio_and_playlist_files_are_unsupported) {
  TempFolder folder;
  std::ofstream(folder / "empty.mp4").flush();
  std::ofstream(folder / "text.mp4") << "This is not a video.\n";
  std::ofstream(folder / "list.txt") << "ffconcat version 1.0\nfile real.mp4\n";
  std::ofstream(folder / "list.m3u8") << "#EXTM3U\n#EXTINF:1,\nreal.ts\n#EXT-X-ENDLIST\n";
  make_video(folder / "sound.mp4", "-f lavfi -i sine=duration=1 -c:a aac");
  for (const char* name : {"empty.mp4", "text.mp4", "sound.mp4", "list.txt", "list.m3u8"}) {
    SCOPED_TRACE(name);
    CameraStatus status;
    EXPECT_TRUE(read_all(file(folder / name), 0, &status).empty());
    EXPECT_EQ(status.state, CameraState::unsupported) << status.cause;
    EXPECT_TRUE(status.final);
    EXPECT_FALSE(status.cause.empty());
  }
}

TEST(File, truncated_file_plays_what_is_there) {
  TempFolder folder;
  make_video(folder / "a.ts", kPattern + "-c:v libx264 -g 30 -pix_fmt yuv420p");
  std::filesystem::resize_file(folder / "a.ts", std::filesystem::file_size(folder / "a.ts") / 2);
  CameraStatus status;
  const auto frames = read_all(file(folder / "a.ts"), 0, &status);
  EXPECT_GT(frames.size(), 20u);
  EXPECT_LT(frames.size(), 80u);
  EXPECT_EQ(status.state, CameraState::ended);

  make_video(folder / "a.mp4", kPattern + "-c:v libx264 -pix_fmt yuv420p");
  std::filesystem::resize_file(folder / "a.mp4", std::filesystem::file_size(folder / "a.mp4") / 2);
  EXPECT_TRUE(read_all(file(folder / "a.mp4"), 0, &status).empty());
  EXPECT_EQ(status.state, CameraState::unsupported) << "its index, at the end, is gone";
}

TEST(File, lower_rates_skip_before_decoding) {
  TempFolder folder;
  make_video(folder / "a.avi", kPattern + "-c:v mjpeg");
  CameraStatus status;
  auto frames = read_all(file(folder / "a.avi"), 5, &status);
  EXPECT_NEAR(static_cast<double>(frames.size()), 15, 1);
  EXPECT_EQ(status.frames_decoded, frames.size());
  EXPECT_EQ(status.frames_skipped + status.frames_decoded, 90u);
  expect_increasing(frames);

  make_video(
      folder / "b.mp4",
      kPattern +
          "-c:v libx264 -bf 2 -b_strategy 0 -x264-params b-pyramid=none -g 30 -pix_fmt yuv420p");
  frames = read_all(file(folder / "b.mp4"), 10, &status);
  EXPECT_NEAR(static_cast<double>(frames.size()), 30, 1);
  EXPECT_LT(status.frames_decoded, 40u) << "pictures no other needs are not decoded";
  expect_increasing(frames);
  for (size_t i = 2; i < frames.size(); ++i) {
    EXPECT_NEAR(seconds_between(frames[i - 1], frames[i]), 0.1, 0.05);
  }
}

TEST(File, keyframes_alone_serve_a_low_rate) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=30:duration=20 -c:v libx264 -g 30 "
             "-sc_threshold 0 -preset ultrafast -bf 2 -pix_fmt yuv420p");
  CameraStatus status;
  const auto frames = read_all(file(folder / "a.mp4"), 1, &status);
  EXPECT_NEAR(static_cast<double>(frames.size()), 20, 1);
  EXPECT_LT(status.frames_decoded, 100u);
  expect_increasing(frames);
}

TEST(File, two_readers_share_one_decode_each_at_its_rate) {
  TempFolder folder;
  make_video(folder / "a.mp4", kPattern + "-c:v libx264 -pix_fmt yuv420p");
  SourceConfig config = file(folder / "a.mp4");
  config.pace = Pace::as_fast_as_possible;
  const auto camera = make_camera(config);
  const auto all = camera->subscribe(0, 200, WhenFull::block);
  const auto some = camera->subscribe(6, 200, WhenFull::block);
  camera->start();
  ASSERT_TRUE(reaches(*camera, CameraState::ended));
  EXPECT_EQ(all->queue().size(), 90u);
  EXPECT_NEAR(static_cast<double>(some->queue().size()), 18, 1);
  EXPECT_EQ(camera->status().frames_decoded, 90u);
}

TEST(File, nothing_is_decoded_for_nobody_but_a_snapshot_works) {
  TempFolder folder;
  make_video(folder / "a.mp4", kPattern + "-c:v libx264 -g 30 -pix_fmt yuv420p");
  SourceConfig config = file(folder / "a.mp4");
  config.pace = Pace::as_fast_as_possible;
  const auto camera = make_camera(config);
  EXPECT_EQ(camera->snapshot_jpeg(0).error().code, Code::not_found);
  camera->start();
  ASSERT_TRUE(reaches(*camera, CameraState::ended));
  EXPECT_EQ(camera->status().frames_decoded, 0u);
  EXPECT_EQ(camera->status().frames_skipped, 90u);
  const auto jpeg = camera->snapshot_jpeg(160);
  ASSERT_TRUE(jpeg) << jpeg.error().message;
  EXPECT_TRUE(jpeg->starts_with("\xff\xd8"));
}

TEST(File, real_time_pace_and_loops_go_on_increasing) {
  TempFolder folder;
  make_video(
      folder / "a.mp4",
      "-f lavfi -i testsrc2=size=160x120:rate=20:duration=0.5 -c:v libx264 -pix_fmt yuv420p");
  SourceConfig config = file(folder / "a.mp4");
  config.loop = true;
  const auto camera = make_camera(config);
  const auto subscription = camera->subscribe(0, 100, WhenFull::block);
  const auto begun = Steady::now();
  camera->start();
  std::vector<FramePtr> frames;
  while (frames.size() < 40) {
    auto frame = subscription->pop_until(Steady::now() + std::chrono::seconds(10));
    ASSERT_TRUE(frame);
    frames.push_back(std::move(frame));
  }
  EXPECT_GT(Steady::now() - begun, std::chrono::milliseconds(1800));
  expect_increasing(frames);
  EXPECT_NEAR(seconds_between(frames.front(), frames.back()), 39 / 20.0, 0.3);
  EXPECT_EQ(camera->status().state, CameraState::streaming);
  camera->stop();
  EXPECT_TRUE(subscription->closed());
}

TEST(File, stop_and_unsubscribe_wake_a_reader_that_blocks) {
  TempFolder folder;
  make_video(folder / "a.mp4", kPattern + "-c:v libx264 -pix_fmt yuv420p");
  SourceConfig config = file(folder / "a.mp4");
  config.pace = Pace::as_fast_as_possible;
  const auto camera = make_camera(config);
  const auto blocking = camera->subscribe(0, 1, WhenFull::block);
  const auto other = camera->subscribe(0, 200, WhenFull::block);
  camera->start();
  ASSERT_TRUE(eventually([&] { return blocking->queue().size() == 1; }));
  camera->unsubscribe(blocking);
  ASSERT_TRUE(reaches(*camera, CameraState::ended));
  EXPECT_EQ(other->queue().size(), 90u);
  EXPECT_TRUE(blocking->pop()) << "what was inside can still be popped";
  EXPECT_FALSE(blocking->pop());

  const auto second = make_camera(config);
  const auto never_read = second->subscribe(0, 1, WhenFull::block);
  second->start();
  ASSERT_TRUE(eventually([&] { return never_read->queue().size() == 1; }));
  const auto before = Steady::now();
  second->stop();
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(5));
}

TEST(File, an_ended_camera_gives_closed_subscriptions) {
  const auto camera = make_camera(file("/nonexistent"));
  camera->start();
  ASSERT_TRUE(eventually([&] { return camera->status().final; }));
  EXPECT_TRUE(camera->subscribe(0, 1, WhenFull::block)->closed());
}

}  // namespace
}  // namespace poss::media::test
