// Live views: fMP4 that libav reads back with the right times, JPEG for other codecs, and viewers
// that come and go.
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "media/bitstream.h"
#include "media/libav.h"
#include "media/test_peer.h"

namespace poss::media::test {
namespace {

// What a viewer was sent.
class Viewer {
 public:
  explicit Viewer(Camera& camera) {
    handle_ = camera.view_live([this](const LiveChunkPtr& chunk) {
      Lock lock(mutex_);
      chunks_.push_back(chunk);
    });
  }
  void leave() { handle_.reset(); }
  std::vector<LiveChunkPtr> chunks() {
    Lock lock(mutex_);
    return chunks_;
  }
  bool wait_for(size_t count) {
    return eventually([&] { return chunks().size() >= count; });
  }

 private:
  Mutex mutex_;
  std::vector<LiveChunkPtr> chunks_ GUARDED_BY(mutex_);
  std::shared_ptr<void> handle_;
};

SourceConfig looped(const std::string& path) {
  SourceConfig config;
  config.uri = path;
  config.loop = true;
  return config;
}

std::uint64_t number(const std::string& bytes, size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<size_t>(i)]);
  return value;
}

// The top-level boxes of an MP4: type and content (ISO/IEC 14496-12 4.2).
std::vector<std::pair<std::string, std::string>> boxes(const std::string& bytes) {
  std::vector<std::pair<std::string, std::string>> found;
  for (size_t at = 0; at + 8 <= bytes.size();) {
    const size_t size = number(bytes, at, 4);
    if (size < 8 || at + size > bytes.size()) {
      ADD_FAILURE() << "a box of " << size << " bytes at " << at;
      break;
    }
    found.emplace_back(bytes.substr(at + 4, 4), bytes.substr(at + 8, size - 8));
    at += size;
  }
  return found;
}

std::uint64_t decode_time(const std::string& fragment) {
  const auto at = fragment.find("tfdt");
  return at == std::string::npos ? 0 : number(fragment, at + 8, 8);
}

// The times in seconds of all pictures of an MP4, decoded by libav.
std::vector<double> decoded_times(const std::string& path) {
  SourceConfig config;
  config.uri = path;
  std::vector<double> times;
  for (const auto& frame : read_all(config)) times.push_back(to_seconds(frame->capture_time()));
  return times;
}

TEST(Live, h264_with_b_frames_becomes_mp4_with_the_capture_times) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=320x240:rate=20:duration=2 -c:v libx264 -bf 2 -g 20 "
             "-pix_fmt yuv420p");
  const auto camera = make_camera(looped(folder / "a.mp4"));
  Viewer viewer(*camera);
  const auto subscription = camera->subscribe(0, 500, WhenFull::drop_oldest);
  camera->start();
  ASSERT_TRUE(viewer.wait_for(2 + 60));
  viewer.leave();
  camera->stop();
  const auto chunks = viewer.chunks();
  ASSERT_EQ(chunks[0]->kind, LiveChunk::Kind::hello);
  const auto hello = parse_json(chunks[0]->bytes);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->at("mode").as_string(), "fmp4");
  EXPECT_EQ(std::string(hello->at("mime").as_string()).substr(0, 24), "video/mp4; codecs=\"avc1.");
  const double base_time = hello->at("base_time").as_double();
  ASSERT_EQ(chunks[1]->kind, LiveChunk::Kind::init);
  const auto init = boxes(chunks[1]->bytes);
  ASSERT_EQ(init.size(), 2u);
  EXPECT_EQ(init[0].first, "ftyp");
  EXPECT_EQ(init[1].first, "moov");
  EXPECT_TRUE(chunks[2]->keyframe);
  std::string whole = chunks[1]->bytes;
  std::uint64_t last = 0;
  for (size_t i = 2; i < chunks.size(); ++i) {
    const auto parts = boxes(chunks[i]->bytes);
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].first, "moof");
    EXPECT_EQ(parts[1].first, "mdat");
    if (i > 2) {
      EXPECT_GT(decode_time(chunks[i]->bytes), last);
    }
    last = decode_time(chunks[i]->bytes);
    whole += chunks[i]->bytes;
  }
  std::ofstream(folder / "view.mp4", std::ios::binary) << whole;
  // Presentation time + base_time is the capture time the frames carried.
  AVFormatContext* reader = nullptr;
  ASSERT_EQ(avformat_open_input(&reader, (folder / "view.mp4").c_str(), nullptr, nullptr), 0);
  std::vector<double> shown;
  AvPtr<AVPacket> packet(av_packet_alloc());
  while (av_read_frame(reader, packet.get()) == 0) {
    shown.push_back(base_time +
                    static_cast<double>(packet->pts) * av_q2d(reader->streams[0]->time_base));
    av_packet_unref(packet.get());
  }
  avformat_close_input(&reader);
  EXPECT_EQ(shown.size(), chunks.size() - 2);
  std::vector<double> captured;
  while (const FramePtr frame = subscription->pop()) {
    captured.push_back(to_seconds(frame->capture_time()));
  }
  size_t matched = 0;
  for (const double time : shown) {
    for (const double other : captured) matched += std::abs(time - other) < 0.0005 ? 1 : 0;
  }
  EXPECT_GE(matched + 4, shown.size());
  EXPECT_GE(decoded_times(folder / "view.mp4").size() + 3, shown.size());
}

TEST(Live, second_viewer_begins_at_once_with_the_same_chunks) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=20:duration=4 -c:v libx264 -g 80 -pix_fmt "
             "yuv420p");
  const auto camera = make_camera(looped(folder / "a.mp4"));
  camera->start();
  Viewer first(*camera);
  ASSERT_TRUE(first.wait_for(10));
  Viewer second(*camera);
  ASSERT_TRUE(second.wait_for(10));
  const auto one = first.chunks();
  const auto two = second.chunks();
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(one[i], two[i]) << "made once, shared";
  EXPECT_TRUE(two[2]->keyframe);
  EXPECT_EQ(camera->status().frames_decoded, 0u) << "viewing H.264 decodes nothing";
  second.leave();
  const size_t count = second.chunks().size();
  ASSERT_TRUE(first.wait_for(one.size() + 5));
  EXPECT_EQ(second.chunks().size(), count) << "nothing after the view has ended";
}

TEST(Live, a_view_may_be_ended_from_inside_its_sink) {
  TempFolder folder;
  make_video(folder / "a.avi", "-f lavfi -i testsrc2=size=160x120:rate=20:duration=1 -c:v mjpeg");
  const auto camera = make_camera(looped(folder / "a.avi"));
  std::atomic<int> calls = 0;
  std::shared_ptr<void> handle;
  Mutex mutex;
  {
    Lock lock(mutex);
    handle = camera->view_live([&](const LiveChunkPtr&) {
      Lock inside(mutex);
      if (++calls == 3) handle.reset();
    });
  }
  Viewer other(*camera);
  camera->start();
  ASSERT_TRUE(other.wait_for(10));
  EXPECT_EQ(calls, 3);
}

TEST(Live, mpeg4_is_shown_as_jpeg_at_most_fifteen_a_second) {
  TempFolder folder;
  make_video(folder / "a.avi",
             "-f lavfi -i testsrc2=size=1600x900:rate=30:duration=2 -c:v mpeg4 -q:v 5");
  SourceConfig config;
  config.uri = folder / "a.avi";
  const auto camera = make_camera(config);
  Viewer viewer(*camera);
  camera->start();
  ASSERT_TRUE(reaches(*camera, CameraState::ended));
  const auto chunks = viewer.chunks();
  ASSERT_GE(chunks.size(), 20u);
  EXPECT_LE(chunks.size(), 33u);
  EXPECT_EQ(chunks[0]->bytes, R"({"mode":"jpeg"})");
  const double time = static_cast<double>(number(chunks[1]->bytes, 0, 8)) / 1e6;
  EXPECT_NEAR(time, to_seconds(system_clock().now()), 30);
  std::ofstream(folder / "a.jpg", std::ios::binary) << chunks[1]->bytes.substr(8);
  SourceConfig still;
  still.uri = folder.path();
  const auto frames = read_all(still);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]->image().width, 1280);
  EXPECT_EQ(frames[0]->image().height, 720);
}

TEST(Live, jpegs_of_a_file_without_tables_are_completed) {
  TempFolder folder;
  make_video(folder / "a.avi", "-f lavfi -i testsrc2=size=160x120:rate=20:duration=1 -c:v mjpeg");
  const auto camera = make_camera(looped(folder / "a.avi"));
  Viewer viewer(*camera);
  camera->start();
  ASSERT_TRUE(viewer.wait_for(5));
  const std::string jpeg = viewer.chunks()[1]->bytes.substr(8);
  EXPECT_TRUE(
      has_huffman_tables(Bytes(reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size())));
  EXPECT_EQ(camera->status().frames_decoded, 0u);
}

TEST(Live, rtsp_is_viewed_without_decoding_and_snapshots_work) {
  RtspServer server({"--test-pattern"});
  SourceConfig config;
  config.uri = server.uri();
  const auto camera = make_camera(config);
  camera->start();
  Viewer viewer(*camera);
  ASSERT_TRUE(viewer.wait_for(30)) << camera->status().cause;
  EXPECT_EQ(viewer.chunks()[1]->kind, LiveChunk::Kind::init);
  EXPECT_TRUE(viewer.chunks()[2]->keyframe);
  EXPECT_EQ(camera->status().frames_decoded, 0u);
  const auto jpeg = camera->snapshot_jpeg(160);
  ASSERT_TRUE(jpeg) << jpeg.error().message;
  EXPECT_TRUE(jpeg->starts_with("\xff\xd8"));
}

TEST(ImageFolder, shows_pictures_by_name_and_leaves_out_broken_ones) {
  TempFolder folder;
  make_video(folder / "b.png", "-f lavfi -i testsrc2=size=64x48 -frames:v 1");
  make_video(folder / "a.jpg", "-f lavfi -i testsrc2=size=80x60 -frames:v 1");
  make_video(folder / "d.JPG", "-f lavfi -i testsrc2=size=96x72 -frames:v 1 -f mjpeg");
  std::ofstream(folder / "c.jpg") << "\xff\xd8 this is broken";
  std::ofstream(folder / "notes.txt") << "not a picture";
  SourceConfig config;
  config.uri = folder.path();
  config.image_folder_fps = 4;
  CameraStatus status;
  const auto frames = read_all(config, 0, &status);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0]->image().width, 80);
  EXPECT_EQ(frames[1]->image().width, 64);
  EXPECT_EQ(frames[1]->image().layout, PixelLayout::rgb);
  EXPECT_EQ(frames[2]->image().width, 96);
  EXPECT_EQ(frames[1]->capture_time() - frames[0]->capture_time(), std::chrono::milliseconds(250));
  EXPECT_EQ(status.state, CameraState::ended);
}

TEST(ImageFolder, empty_and_all_broken_folders_are_unsupported) {
  TempFolder folder;
  SourceConfig config;
  config.uri = folder.path();
  CameraStatus status;
  EXPECT_TRUE(read_all(config, 0, &status).empty());
  EXPECT_EQ(status.state, CameraState::unsupported);
  std::ofstream(folder / "c.jpg") << "\xff\xd8 this is broken";
  EXPECT_TRUE(read_all(config, 0, &status).empty());
  EXPECT_EQ(status.state, CameraState::unsupported);
  EXPECT_TRUE(status.final);
}

}  // namespace
}  // namespace poss::media::test
