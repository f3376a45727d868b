// Cameras on the network: RTSP over tcp and udp, digest authentication, HTTP, and each way to fail.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include "media/bitstream.h"
#include "media/input.h"
#include "media/source.h"
#include "media/test_peer.h"

namespace poss::media::test {
namespace {

SourceConfig source(std::string uri, double timeout = 10) {
  SourceConfig config;
  config.uri = std::move(uri);
  config.timeout = timeout;
  return config;
}

// Reads `count` frames, whose times and ids must increase, and returns the last.
FramePtr read_frames(Camera& camera, int count) {
  const auto subscription = camera.subscribe(0, 100, WhenFull::drop_oldest);
  camera.start();
  FramePtr last;
  for (int i = 0; i < count; ++i) {
    auto frame = subscription->pop_until(Steady::now() + std::chrono::seconds(20));
    if (!frame) {
      ADD_FAILURE() << "no frame " << i << ": " << camera.status().cause;
      break;
    }
    if (last) {
      EXPECT_GT(frame->capture_time(), last->capture_time());
      EXPECT_GT(frame->id(), last->id());
    }
    last = std::move(frame);
  }
  camera.unsubscribe(subscription);
  return last;
}

TEST(Network, rtsp_over_tcp_and_udp) {
  RtspServer server({"--test-pattern"});
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    SourceConfig config = source(server.uri());
    config.transport = transport;
    const auto camera = make_camera(config);
    const FramePtr frame = read_frames(*camera, 30);
    ASSERT_TRUE(frame);
    const auto age = system_clock().now() - frame->capture_time();
    EXPECT_LT(std::chrono::abs(age), std::chrono::seconds(3)) << "wall-clock capture time";
    const CameraStatus status = camera->status();
    EXPECT_EQ(status.state, CameraState::streaming);
    EXPECT_EQ(status.codec, "h264");
    EXPECT_EQ(status.width, 320);
    EXPECT_NEAR(status.source_fps, 25, 8);
    EXPECT_TRUE(status.cause.empty());
  }
}

// Mean distance of the lower half of the chroma planes from gray: what was never decoded is 0.
double lower_half_colour(const ImageView& image) {
  double sum = 0;
  int count = 0;
  for (const size_t plane : {1, 2}) {
    for (int y = image.height / 4; y < image.height / 2; ++y) {
      for (int x = 0; x < image.width / 2; ++x, ++count) {
        sum += std::abs(image.planes[plane][y * image.strides[plane] + x] - 128);
      }
    }
  }
  return sum / count;
}

// GStreamer's payloader repeats the parameter sets before each slice of a keyframe.
TEST(Network, a_picture_of_several_slices_is_one_packet) {
  RtspServer server({"--test-pattern", "--slices", "3"});
  SourceConfig config = source(server.uri());
  const auto parsed = parse_source(config);
  ASSERT_TRUE(parsed);
  Interrupt interrupt([] { return false; });
  const auto input = open_input(*parsed, config, interrupt, system_clock());
  ASSERT_TRUE(input) << input.error().cause;
  AvPtr<AVCodecContext> decoder(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264)));
  avcodec_parameters_to_context(decoder.get(), (*input)->info().codec.get());
  decoder->thread_count = 1;
  ASSERT_EQ(avcodec_open2(decoder.get(), nullptr, nullptr), 0);
  const auto is_slice = [](Bytes unit) { return (unit[0] & 31) == 1 || (unit[0] & 31) == 5; };
  std::set<std::int64_t> times;
  int pictures = 0;
  int keyframes = 0;
  for (int i = 0; i < 80; ++i) {
    AvPtr<AVPacket> packet(av_packet_alloc());
    AVCodecID codec = AV_CODEC_ID_H264;
    ASSERT_EQ((*input)->read(packet.get(), &codec), 0);
    EXPECT_TRUE(times.insert(packet->pts).second) << "two packets at " << packet->pts;
    const auto units = nal_units(bytes_of(*packet), 0);
    EXPECT_EQ(std::ranges::count_if(units, is_slice), 3);
    keyframes += (packet->flags & AV_PKT_FLAG_KEY) != 0;
    ASSERT_EQ(avcodec_send_packet(decoder.get(), packet.get()), 0);
    AvPtr<AVFrame> frame(av_frame_alloc());
    while (avcodec_receive_frame(decoder.get(), frame.get()) == 0) {
      ++pictures;
      EXPECT_EQ(frame->decode_error_flags, 0);
      EXPECT_EQ(frame->flags & AV_FRAME_FLAG_CORRUPT, 0);
    }
  }
  EXPECT_GE(keyframes, 3);
  EXPECT_GE(pictures, 77);  // the decoder may hold some back
}

TEST(Network, pictures_of_several_slices_are_whole_and_counted_once) {
  RtspServer server({"--test-pattern", "--slices", "3"});
  const auto camera = make_camera(source(server.uri()));
  const auto subscription = camera->subscribe(0, 100, WhenFull::drop_oldest);
  camera->start();
  FramePtr last;
  for (int i = 0; i < 60; ++i) {
    auto frame = subscription->pop_until(Steady::now() + std::chrono::seconds(20));
    ASSERT_TRUE(frame);
    EXPECT_LT(lower_half_colour(frame->image()), 8) << "frame " << i;
    if (last) {
      EXPECT_GT(frame->capture_time() - last->capture_time(), std::chrono::milliseconds(5));
    }
    const double fps = camera->status().source_fps;
    EXPECT_TRUE(fps == 0 || (fps > 15 && fps < 40)) << fps;
    last = std::move(frame);
  }
}

// The test server's own promise: any H.264 file is a camera that never ends.
TEST(Network, a_file_served_again_and_again_keeps_its_pace) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=20:duration=1 -c:v libx264 -g 10 -bf 0 "
             "-pix_fmt yuv420p");
  for (const std::string name : {"a.h264", "a.ts"}) {
    make_video(folder / name, "-i " + (folder / "a.mp4") + " -c copy");
  }
  for (const std::string name : {"a.mp4", "a.h264", "a.ts"}) {
    SCOPED_TRACE(name);
    RtspServer server({"--file", folder / name});
    const auto camera = make_camera(source(server.uri()));
    const auto subscription = camera->subscribe(0, 100, WhenFull::drop_oldest);
    camera->start();
    FramePtr last;
    Steady::time_point begin;
    for (int i = 0; i < 50; ++i) {
      auto frame = subscription->pop_until(Steady::now() + std::chrono::seconds(20));
      ASSERT_TRUE(frame) << camera->status().cause;
      if (i == 20) begin = Steady::now();  // what the server sent first has been caught up
      if (i > 20) {
        EXPECT_LT(frame->capture_time() - last->capture_time(), std::chrono::milliseconds(200));
      }
      last = std::move(frame);
    }
    const std::chrono::duration<double> taken = Steady::now() - begin;
    RecordProperty(name + " seconds for 29 frames", std::to_string(taken.count()));
    EXPECT_NEAR(camera->status().source_fps, 20, 3);
    EXPECT_EQ(camera->status().reconnects, 0u);
  }
}

TEST(Network, rtsp_mjpeg_skips_before_decoding) {
  RtspServer server({"--codec", "mjpeg"});
  const auto camera = make_camera(source(server.uri()));
  const auto subscription = camera->subscribe(5, 100, WhenFull::drop_oldest);
  camera->start();
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(subscription->pop_until(Steady::now() + std::chrono::seconds(20)));
  }
  const CameraStatus status = camera->status();
  EXPECT_LE(status.frames_decoded, 9u);
  EXPECT_GE(status.frames_skipped, 12u);
}

TEST(Network, digest_password_is_used_and_never_shown) {
  RtspServer server({"--test-pattern", "--user", "o p", "--password", "p@ss:w/rd%41"});
  SourceConfig config = source(server.uri());
  config.user_name = "o p";
  config.password = "p@ss:w/rd%41";
  const auto camera = make_camera(config);
  EXPECT_TRUE(read_frames(*camera, 3));
  camera->stop();

  config.password = "wrong-secret";
  const auto refused = make_camera(config);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  refused->start();
  EXPECT_TRUE(reaches(*refused, CameraState::wrong_password));
  const CameraStatus status = refused->status();
  refused->stop();
  const std::string printed =
      testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  for (const std::string& text : {status.cause, printed}) {
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find("wrong-secret"), std::string::npos) << text;
    EXPECT_EQ(text.find("o p:"), std::string::npos) << text;
  }
  EXPECT_FALSE(status.final);
}

TEST(Network, each_failure_has_its_name) {
  const SilentPort closed(false);
  const SilentPort silent(true);
  RtspServer server({"--test-pattern"});
  struct Case {
    std::string uri;
    CameraState state;
  };
  const std::string host = "rtsp://127.0.0.1:";
  for (const Case& one : {
           Case{host + std::to_string(closed.port()) + "/stream", CameraState::refused},
           Case{host + std::to_string(silent.port()) + "/stream", CameraState::timed_out},
           Case{"rtsp://no-such-host.invalid/stream", CameraState::not_found},
           Case{host + std::to_string(server.port()) + "/other", CameraState::not_found},
           Case{"http://127.0.0.1:" + std::to_string(closed.port()) + "/video",
                CameraState::refused},
           Case{"/dev/video99", CameraState::not_found},
       }) {
    SCOPED_TRACE(one.uri);
    const auto camera = make_camera(source(one.uri, 1));
    camera->start();
    EXPECT_TRUE(reaches(*camera, one.state)) << camera->status().cause;
    EXPECT_FALSE(camera->status().cause.empty());
    EXPECT_FALSE(camera->status().final);
    const auto before = Steady::now();
    camera->stop();
    EXPECT_LT(Steady::now() - before, std::chrono::seconds(3));
  }
}

TEST(Network, missing_device_names_device_and_remedy) {
  const auto camera = make_camera(source("v4l2:///dev/video99"));
  camera->start();
  ASSERT_TRUE(reaches(*camera, CameraState::not_found));
  EXPECT_EQ(camera->status().cause,
            "There is no device '/dev/video99'; plug the camera in and check the path.");
}

TEST(Network, stop_ends_a_hung_open_at_once) {
  const SilentPort silent(true);
  const auto camera =
      make_camera(source("rtsp://127.0.0.1:" + std::to_string(silent.port()) + "/s", 60));
  camera->start();
  EXPECT_FALSE(eventually([&] { return camera->status().state != CameraState::connecting; }, 0.3));
  const auto before = Steady::now();
  camera->stop();
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(3));
}

// A web server of one connection: multipart MJPEG by ffmpeg, which listens itself.
int free_port() { return SilentPort(false).port(); }

TEST(Network, http_mjpeg_and_its_jpegs_go_to_viewers_untouched) {
  const int port = free_port();
  Process server({"ffmpeg", "-nostdin", "-v", "quiet", "-re", "-f", "lavfi", "-i",
                  "testsrc2=size=320x240:rate=10", "-c:v", "mjpeg", "-f", "mpjpeg", "-listen", "1",
                  "-content_type", "multipart/x-mixed-replace;boundary=ffmpeg",
                  "http://127.0.0.1:" + std::to_string(port) + "/video"});
  const auto camera = make_camera(source("http://127.0.0.1:" + std::to_string(port) + "/video"));
  Mutex mutex;
  std::vector<LiveChunkPtr> chunks;
  const auto view = camera->view_live([&](const LiveChunkPtr& chunk) {
    Lock lock(mutex);
    chunks.push_back(chunk);
  });
  camera->start();
  EXPECT_TRUE(eventually([&] {
    Lock lock(mutex);
    return chunks.size() >= 5;
  })) << camera->status().cause;
  EXPECT_EQ(camera->status().frames_decoded, 0u);
  EXPECT_TRUE(read_frames(*camera, 5));
  EXPECT_EQ(camera->status().codec, "mjpeg");
  Lock lock(mutex);
  ASSERT_GE(chunks.size(), 2u);
  EXPECT_EQ(chunks[0]->bytes, R"({"mode":"jpeg"})");
  EXPECT_EQ(chunks[1]->bytes.substr(8, 2), "\xff\xd8");
}

TEST(Network, http_video_file_plays_and_ends) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=10:duration=1 -c:v libx264 -pix_fmt yuv420p");
  const int port = free_port();
  Process server({"python3", "-c",
                  "import http.server,functools,sys\n"
                  "class H(http.server.SimpleHTTPRequestHandler):\n"
                  "  def log_message(self,*a): pass\n"
                  "  def do_GET(self):\n"
                  "    if self.path=='/locked': self.send_error(401)\n"
                  "    elif self.path=='/text': self.send_response(200); self.end_headers(); "
                  "self.wfile.write(b'hello '*1000)\n"
                  "    else: super().do_GET()\n"
                  "s=http.server.ThreadingHTTPServer(('127.0.0.1'," +
                      std::to_string(port) +
                      "),H)\n"
                      "print('ready',flush=True)\n"
                      "s.serve_forever()\n"},
                 folder.path());
  ASSERT_EQ(server.read_line(), "ready");
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  const auto camera = make_camera(source(base + "/a.mp4"));
  EXPECT_TRUE(read_frames(*camera, 10));
  EXPECT_TRUE(reaches(*camera, CameraState::ended));
  for (const auto& [path, state] :
       {std::pair{"/locked", CameraState::wrong_password},
        std::pair{"/gone", CameraState::not_found}, std::pair{"/text", CameraState::unsupported}}) {
    SCOPED_TRACE(path);
    const auto failing = make_camera(source(base + path, 3));
    failing->start();
    EXPECT_TRUE(reaches(*failing, state)) << failing->status().cause;
  }
}

TEST(Source, credentials_inside_an_address_are_moved_out) {
  SourceConfig config = source("rtsp://us%20er:p%40ss@host:8554/live?token=abc");
  const auto parsed = parse_source(config);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(config.user_name, "us er");
  EXPECT_EQ(config.password, "p@ss");
  EXPECT_EQ(config.uri, "rtsp://host:8554/live?token=abc");
  EXPECT_EQ(parsed->url, "rtsp://us%20er:p%40ss@host:8554/live?token=abc");
  EXPECT_EQ(parsed->label, "rtsp://host:8554/live");
  EXPECT_EQ(parsed->peer, "host:8554");
}

TEST(Source, addresses_that_cannot_work_are_refused_at_once) {
  for (const char* uri :
       {"", "ftp://host/a", "concat://a", "rtsp://", "rtsp://host:0/", "rtsp://host:99999/",
        "rtsp://[::1/", "file://host/a", "v4l2://video0", "http://host/\n"}) {
    EXPECT_FALSE(Camera::create("a", source(uri))) << uri;
  }
  SourceConfig long_password = source("rtsp://host/");
  long_password.user_name = "u";
  long_password.password = std::string(200, 'x');
  EXPECT_FALSE(Camera::create("a", long_password));
}

}  // namespace
}  // namespace poss::media::test
