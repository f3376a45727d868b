// Dead cameras among live ones: the live ones must not notice.
#include <algorithm>
#include <fstream>

#include "media/test_peer.h"

namespace poss::media::test {
namespace {

TEST(Isolation, dead_cameras_do_not_delay_the_others) {
  TempFolder folder;
  make_video(folder / "a.mp4",
             "-f lavfi -i testsrc2=size=160x120:rate=10:duration=5 -c:v libx264 -preset ultrafast "
             "-pix_fmt yuv420p");
  const SilentPort black_hole(true);
  const SilentPort closed(false);
  std::vector<std::unique_ptr<Camera>> dead;
  for (const int port : {black_hole.port(), closed.port()}) {
    SourceConfig config;
    config.uri = "rtsp://127.0.0.1:" + std::to_string(port) + "/stream";
    config.timeout = 1;
    dead.push_back(make_camera(config));
    dead.back()->start();
  }
  std::vector<std::unique_ptr<Camera>> live;
  std::vector<std::shared_ptr<FrameSubscription>> subscriptions;
  for (int i = 0; i < 7; ++i) {
    SourceConfig config;
    config.uri = folder / "a.mp4";
    live.push_back(make_camera(config));
    subscriptions.push_back(live.back()->subscribe(0, 100, WhenFull::drop_oldest));
    live.back()->start();
  }
  // Each camera's frames come in its own queue; the gap is seen by when they can be popped.
  std::vector<Steady::time_point> last(7, Steady::time_point::min());
  double widest = 0;
  std::vector<int> counts(7, 0);
  while (std::any_of(subscriptions.begin(), subscriptions.end(),
                     [](const auto& one) { return !one->closed() || one->queue().size() > 0; })) {
    for (size_t i = 0; i < subscriptions.size(); ++i) {
      const auto frame = subscriptions[i]->pop_until(Steady::now() + std::chrono::milliseconds(1));
      if (!frame) continue;
      const auto now = Steady::now();
      if (++counts[i] > 1) {
        widest = std::max(widest, std::chrono::duration<double>(now - last[i]).count());
      }
      last[i] = now;
    }
  }
  for (const int count : counts) EXPECT_EQ(count, 50);
  RecordProperty("widest_gap_s", std::to_string(widest));
  std::printf("widest gap %.0f ms at 100 ms a frame\n", widest * 1000);
  EXPECT_LT(widest, 0.2 + 0.05) << "two frames";
  EXPECT_EQ(dead[0]->status().state, CameraState::timed_out);
  EXPECT_EQ(dead[1]->status().state, CameraState::refused);
}

double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

TEST(Isolation, an_idle_camera_costs_under_eight_megabytes) {
  RtspServer server({"--test-pattern"});
  const auto connect = [&] {
    SourceConfig config;
    config.uri = server.uri();
    auto camera = make_camera(config);
    camera->start();
    EXPECT_TRUE(eventually([&] { return camera->status().packets > 10; }));
    return camera;
  };
  std::vector<std::unique_ptr<Camera>> cameras;
  cameras.push_back(connect());  // what the libraries set up once is no camera's cost
  const double before = resident_megabytes();
  for (int i = 0; i < 8; ++i) cameras.push_back(connect());
  const double each = (resident_megabytes() - before) / 8;
  RecordProperty("megabytes_each", std::to_string(each));
  std::printf("%.2f MB an idle camera\n", each);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
  EXPECT_LT(each, 8);
#endif
}

}  // namespace
}  // namespace poss::media::test
