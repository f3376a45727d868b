// Probing: what a good source reports, and the name of each failure.
#include "media/probe.h"

#include <fstream>
#include <sstream>

#include "media/test_peer.h"

namespace poss::media::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SourceConfig source(std::string uri) {
  SourceConfig config;
  config.uri = std::move(uri);
  return config;
}

ProbeReport probed(const SourceConfig& config, milliseconds timeout = seconds(20)) {
  const auto report = probe(config, {.timeout = timeout}, [] { return false; });
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : ProbeReport{};
}

// Width and height of a baseline JPEG: its SOF0 segment (ITU-T T.81, B.2.2).
std::pair<int, int> jpeg_size(const std::string& bytes) {
  const size_t at = bytes.find("\xff\xc0");
  if (at == std::string::npos || at + 9 > bytes.size()) return {0, 0};
  const auto word = [&](size_t i) {
    return static_cast<unsigned char>(bytes[i]) * 256 + static_cast<unsigned char>(bytes[i + 1]);
  };
  return {word(at + 7), word(at + 5)};
}

TEST(Probe, rtsp_camera_gives_picture_size_rate_and_keyframe_interval) {
  RtspServer server({"--test-pattern", "--fps", "20"});
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    SourceConfig config = source(server.uri());
    config.transport = transport;
    const ProbeReport report = probed(config);
    EXPECT_EQ(report.state, CameraState::streaming) << report.cause;
    EXPECT_EQ(report.cause, "");
    EXPECT_EQ(report.codec, "h264");
    EXPECT_EQ(report.width, 320);
    EXPECT_EQ(report.height, 240);
    EXPECT_NEAR(report.fps, 20, 5);
    EXPECT_NEAR(report.keyframe_interval_s, 1, 0.3);
    EXPECT_EQ(jpeg_size(report.picture), std::pair(320, 240));
  }
}

TEST(Probe, file_tells_what_its_container_says_and_its_picture_is_scaled_down) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=1280x720:rate=30:duration=3 -c:v libx264 -g 45 "
             "-pix_fmt yuv420p");
  const ProbeReport report = probed(source(folder / "a.mp4"));
  EXPECT_EQ(report.state, CameraState::streaming) << report.cause;
  EXPECT_EQ(report.width, 1280);
  EXPECT_EQ(report.fps, 30);
  EXPECT_EQ(report.keyframe_interval_s, 1.5);
  EXPECT_EQ(jpeg_size(report.picture), std::pair(640, 360));
}

TEST(Probe, image_folder_has_the_rate_of_its_setting) {
  TempFolder folder;
  make_video(folder / "%d.png", "-f lavfi -i testsrc2=size=160x120:rate=1 -frames:v 2");
  SourceConfig config = source(folder.path());
  config.image_folder_fps = 2;
  const ProbeReport report = probed(config);
  EXPECT_EQ(report.state, CameraState::streaming) << report.cause;
  EXPECT_EQ(report.codec, "png");
  EXPECT_EQ(report.width, 160);
  EXPECT_EQ(report.fps, 2);
  EXPECT_EQ(report.keyframe_interval_s, 0.5);
  EXPECT_EQ(jpeg_size(report.picture), std::pair(160, 120));
}

TEST(Probe, http_mjpeg_camera) {
  const std::string uri = "http://127.0.0.1:" + std::to_string(SilentPort(false).port()) + "/video";
  Process server({"ffmpeg", "-nostdin", "-v", "quiet", "-re", "-f", "lavfi", "-i",
                  "testsrc2=size=320x240:rate=10", "-c:v", "mjpeg", "-f", "mpjpeg", "-listen", "1",
                  "-content_type", "multipart/x-mixed-replace;boundary=ffmpeg", uri});
  ProbeReport report;
  // The server takes one connection, and is there a moment after its start.
  EXPECT_TRUE(eventually([&] {
    report = probed(source(uri));
    return report.state != CameraState::refused;
  }));
  EXPECT_EQ(report.state, CameraState::streaming) << report.cause;
  EXPECT_EQ(report.codec, "mjpeg");
  EXPECT_EQ(report.width, 320);
  EXPECT_GT(report.fps, 0);  // by arrival, which depends on how busy the machine is
  EXPECT_EQ(jpeg_size(report.picture), std::pair(320, 240));
}

TEST(Probe, each_failure_has_its_name_and_remedy) {
  const SilentPort closed(false);
  RtspServer server({"--test-pattern"});
  TempFolder folder;
  std::ofstream(folder / "text.mp4") << "no video at all";
  const std::string host = "rtsp://127.0.0.1:";
  struct Case {
    std::string uri;
    CameraState state;
    std::string cause;
  };
  for (const Case& one : {
           Case{host + std::to_string(closed.port()) + "/stream", CameraState::refused,
                "Nothing listens"},
           Case{"rtsp://no-such-host.invalid/stream", CameraState::not_found, "is not known"},
           Case{host + std::to_string(server.port()) + "/other", CameraState::not_found,
                "no stream at this path"},
           Case{"/dev/video99", CameraState::not_found, "plug the camera in"},
           Case{folder / "gone.mp4", CameraState::not_found, "There is no file"},
           Case{folder / "text.mp4", CameraState::unsupported, "not a video we can read"},
           Case{folder.path(), CameraState::unsupported, "put pictures into it"},
       }) {
    SCOPED_TRACE(one.uri);
    const ProbeReport report = probed(source(one.uri));
    EXPECT_EQ(report.state, one.state);
    EXPECT_NE(report.cause.find(one.cause), std::string::npos) << report.cause;
    EXPECT_TRUE(report.picture.empty());
  }
}

TEST(Probe, wrong_password_is_named_and_never_shown) {
  RtspServer server({"--test-pattern", "--user", "op", "--password", "right"});
  SourceConfig config = source("rtsp://op:wrong-secret@127.0.0.1:" + std::to_string(server.port()) +
                               "/stream?token=wrong-secret");
  const ProbeReport report = probed(config);
  EXPECT_EQ(report.state, CameraState::wrong_password);
  EXPECT_EQ(report.cause.find("wrong-secret"), std::string::npos) << report.cause;
  config.uri = server.uri();
  config.user_name = "op";
  config.password = "right";
  EXPECT_EQ(probed(config).state, CameraState::streaming);
}

// An MP4 whose video says that it is of a codec that nothing here decodes (VVC).
TEST(Probe, unsupported_codec_is_named) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=10:duration=1 -c:v libx264 -pix_fmt yuv420p");
  std::stringstream bytes;
  bytes << std::ifstream(folder / "a.mp4").rdbuf();
  std::string text = bytes.str();
  const size_t at = text.find("avc1", text.find("stsd"));
  ASSERT_NE(at, std::string::npos);
  std::ofstream(folder / "b.mp4") << text.replace(at, 4, "vvc1");
  const ProbeReport report = probed(source(folder / "b.mp4"));
  EXPECT_EQ(report.state, CameraState::unsupported);
  EXPECT_NE(report.cause.find("codec 'vvc1', which we cannot decode"), std::string::npos)
      << report.cause;
}

TEST(Probe, a_stream_joined_between_distant_keyframes_is_named_with_the_remedy) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=10:duration=120 -c:v libx264 -g 1200 "
             "-keyint_min 1200 -sc_threshold 0 -bf 0 -pix_fmt yuv420p");
  RtspServer server({"--file", folder / "a.mp4"});
  const auto first = make_camera(source(server.uri()));  // gets the only keyframe
  first->start();
  ASSERT_TRUE(reaches(*first, CameraState::streaming)) << first->status().cause;
  ASSERT_TRUE(eventually([&] { return first->status().packets > 10; }));
  const ProbeReport report = probed(source(server.uri()), seconds(5));
  EXPECT_EQ(report.state, CameraState::timed_out);
  EXPECT_NE(report.cause.find("no keyframe came within"), std::string::npos) << report.cause;
  EXPECT_NE(report.cause.find("lower the camera's keyframe interval"), std::string::npos);
  EXPECT_EQ(report.codec, "h264");
  EXPECT_TRUE(report.picture.empty());
}

TEST(Probe, a_hung_peer_lasts_no_longer_than_the_timeout) {
  const SilentPort silent(true);
  const std::string at = "://127.0.0.1:" + std::to_string(silent.port()) + "/stream";
  for (const std::string scheme : {"rtsp", "http"}) {
    const ProbeReport report = probed(source(scheme + at), milliseconds(300));
    EXPECT_EQ(report.state, CameraState::timed_out) << report.cause;
    EXPECT_NE(report.cause.find("does not answer"), std::string::npos) << report.cause;
  }
}

TEST(Probe, cancelling_ends_it) {
  const SilentPort silent(true);
  int asked = 0;
  const auto report = probe(source("rtsp://127.0.0.1:" + std::to_string(silent.port()) + "/s"),
                            {.timeout = std::chrono::hours(1)}, [&] { return ++asked > 3; });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::unavailable);
}

TEST(Probe, refuses_an_address_that_cannot_work) {
  const auto report = probe(source("ftp://me:hunter2@host/a"), {}, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::invalid_argument);
  EXPECT_EQ(report.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace poss::media::test
