// A camera whose server is killed again and again: it comes back each time, and memory stays flat.
#include <cstdlib>
#include <fstream>
#include <string>

#include "media/test_peer.h"

namespace poss::media::test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define POSS_COUNTED_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POSS_COUNTED_HEAP 1
#endif
#endif

#ifdef POSS_COUNTED_HEAP
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // sanitizer/allocator_interface.h
#endif

// What the process holds: resident memory, or under AddressSanitizer, which keeps freed memory
// for a while, the bytes allocated.
double megabytes_held() {
#ifdef POSS_COUNTED_HEAP
  return static_cast<double>(__sanitizer_get_current_allocated_bytes()) / 1e6;
#else
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
#endif
}

// POSS_CYCLES=50 in the environment makes it the long run.
int cycles() {
  const char* text = std::getenv("POSS_CYCLES");
  return text ? std::max(1, std::atoi(text)) : 5;
}

TEST(Reconnect, a_killed_server_is_used_again_and_memory_stays_flat) {
  auto server = std::make_unique<RtspServer>(std::vector<std::string>{"--test-pattern"});
  const int port = server->port();
  SourceConfig config;
  config.uri = server->uri();
  config.timeout = 5;
  const auto camera = make_camera(config);
  const auto subscription = camera->subscribe(0, 2, WhenFull::drop_oldest);
  camera->start();
  double slowest = 0;
  double after_warm_up = 0;
  FramePtr last = subscription->pop_until(Steady::now() + std::chrono::seconds(20));
  ASSERT_TRUE(last);
  const int warm_up = std::max(2, cycles() / 5);
  for (int cycle = 0; cycle < cycles(); ++cycle) {
    server->kill_hard();
    ASSERT_TRUE(eventually([&] { return camera->status().state != CameraState::streaming; }));
    EXPECT_FALSE(camera->status().cause.empty());
    while (subscription->queue().size() > 0) last = subscription->pop();
    server = std::make_unique<RtspServer>(std::vector<std::string>{"--test-pattern"}, port);
    ASSERT_EQ(server->port(), port);
    const auto returned = Steady::now();
    const FramePtr frame = subscription->pop_until(returned + std::chrono::seconds(30));
    ASSERT_TRUE(frame) << camera->status().cause;
    slowest = std::max(slowest, std::chrono::duration<double>(Steady::now() - returned).count());
    EXPECT_GT(frame->capture_time(), last->capture_time());
    EXPECT_GT(frame->id(), last->id());
    last = frame;
    if (cycle + 1 == warm_up) after_warm_up = megabytes_held();
  }
  EXPECT_EQ(camera->status().state, CameraState::streaming);
  EXPECT_GE(camera->status().reconnects, static_cast<std::uint64_t>(cycles()));
  const double grown = megabytes_held() - after_warm_up;
  RecordProperty("slowest_return_s", std::to_string(slowest));
  RecordProperty("grown_mb", std::to_string(grown));
  std::printf("slowest return %.2f s, memory grown %.2f MB over %d cycles\n", slowest, grown,
              cycles() - warm_up);
  EXPECT_LT(grown, 8) << "the ring of packets may still fill up";
}

}  // namespace
}  // namespace poss::media::test
