// Tests of the worker: real cameras on files, skills of nodes made for the test.
#include "fleet/worker.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>

namespace poss::fleet {
namespace {

constexpr const char* kVideo = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";  // 795 frames

// Counts frames, and holds each until the test lets it go on where told to.
struct Counter {
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<bool> hold = false;
  std::counting_semaphore<100000> gate{0};
};

class Input final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() {
    return {.type = "camera_input",
            .title = "In",
            .help = "",
            .category = Category::import_,
            .inputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<Input>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

class Count final : public Node {
 public:
  struct Config {
    bool fail = false;
    static void declare(Fields<Config>& f) { f.add(&Config::fail, "fail"); }
  };
  static NodeInfo info() {
    return {.type = "count",
            .title = "Count",
            .help = "",
            .category = Category::export_,
            .outputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config& config, const NodeContext& context) {
    return std::make_unique<Count>(config, *context.services.find<Counter>());
  }
  Count(const Config& config, Counter& counter) : config_(config), counter_(counter) {}
  Result<void> process(Message, Emitter&) override {
    if (counter_.hold) counter_.gate.acquire();
    ++counter_.frames;
    if (config_.fail) return Error{Code::unavailable, "the peer is away"};
    return {};
  }

 private:
  const Config config_;
  Counter& counter_;
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    registry_.add<Input>();
    registry_.add<Count>();
    services_.add<Counter>(counter_);
    worker_ = std::make_unique<Worker>(registry_, services_);
  }
  static Skill skill(bool fail = false, double fps = 0) {
    return {.id = "s",
            .name = "S",
            .fps = fps,
            .nodes = {{.id = "in", .type = "camera_input"},
                      {.id = "count", .type = "count", .settings = {{"fail", fail}}}},
            .edges = {{"in", "count"}}};
  }
  Result<void> add_camera(const std::string& id, const std::string& uri, media::Pace pace) {
    return worker_->add_camera(
        {.id = id, .name = id, .source = {.uri = uri, .pace = pace}, .wait_for_deployment = true});
  }
  bool ended() { return worker_->wait_until_ended(Steady::now() + std::chrono::seconds(60)); }

  Counter counter_;
  NodeRegistry registry_;
  Services services_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerTest, every_frame_of_a_file_runs_through_the_skill) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_deployment(
      {.id = "d", .name = "D", .camera = "c", .skill = skill(), .every_frame = true}));
  ASSERT_TRUE(ended());
  const auto report = worker_->deployments().at(0);
  EXPECT_EQ(report.frames, 795u);
  EXPECT_EQ(report.dropped, 0u);
  EXPECT_EQ(report.state, DeploymentState::ended);
  EXPECT_EQ(counter_.frames, 795u);
}

TEST_F(WorkerTest, a_slow_skill_gets_the_newest_frame_and_the_rest_are_counted_as_dropped) {
  counter_.hold = true;
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_deployment({.id = "d", .name = "D", .camera = "c", .skill = skill()}));
  // The reader is not held back: it reaches the end of the file while the skill stands still.
  while (worker_->camera("c").value()->status().state != media::CameraState::ended) {
    std::this_thread::yield();
  }
  counter_.gate.release(10000);
  ASSERT_TRUE(ended());
  const auto report = worker_->deployments().at(0);
  EXPECT_EQ(report.frames + report.dropped, 795u);
  EXPECT_LE(report.frames, 2u);
}

TEST_F(WorkerTest, stops_after_the_frames_asked_for) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_deployment({.id = "d",
                                       .name = "D",
                                       .camera = "c",
                                       .skill = skill(),
                                       .every_frame = true,
                                       .max_frames = 10}));
  ASSERT_TRUE(ended());
  EXPECT_EQ(worker_->deployments().at(0).frames, 10u);
}

TEST_F(WorkerTest, a_skill_asks_for_fewer_frames_than_the_file_has) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_deployment(
      {.id = "d", .name = "D", .camera = "c", .skill = skill(false, 2), .every_frame = true}));
  ASSERT_TRUE(ended());
  EXPECT_NEAR(static_cast<double>(worker_->deployments().at(0).frames), 795 / 5.0, 2);
}

TEST_F(WorkerTest, a_failing_node_makes_the_deployment_degraded_with_its_words) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(
      worker_->add_deployment({.id = "d", .name = "D", .camera = "c", .skill = skill(true)}));
  while (counter_.frames < 2) std::this_thread::yield();
  const auto report = worker_->deployments().at(0);
  EXPECT_EQ(report.state, DeploymentState::degraded);
  EXPECT_EQ(report.cause, "node 'count': the peer is away");
}

TEST_F(WorkerTest, a_missing_file_fails_the_deployment_with_the_cameras_cause) {
  ASSERT_TRUE(add_camera("c", "/nonexistent/video.mp4", media::Pace::real_time));
  ASSERT_TRUE(worker_->add_deployment({.id = "d", .name = "D", .camera = "c", .skill = skill()}));
  ASSERT_TRUE(ended());
  const auto report = worker_->deployments().at(0);
  EXPECT_EQ(report.state, DeploymentState::failed);
  EXPECT_NE(report.cause.find("video.mp4"), std::string::npos);
}

TEST_F(WorkerTest, names_must_be_known_and_may_stand_once) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  EXPECT_EQ(add_camera("c", kVideo, media::Pace::real_time).error().code, Code::conflict);
  EXPECT_EQ(add_camera("../c", kVideo, media::Pace::real_time).error().code,
            Code::invalid_argument);
  EXPECT_EQ(worker_->add_deployment({.id = "d", .name = "D", .camera = "x", .skill = skill()})
                .error()
                .code,
            Code::not_found);
  ASSERT_TRUE(worker_->add_deployment({.id = "d", .name = "D", .camera = "c", .skill = skill()}));
  EXPECT_EQ(worker_->add_deployment({.id = "d", .name = "D", .camera = "c", .skill = skill()})
                .error()
                .code,
            Code::conflict);
  EXPECT_EQ(worker_->skills().size(), 1u);
  EXPECT_EQ(worker_->camera("nobody").error().code, Code::not_found);
}

TEST_F(WorkerTest, nothing_is_added_once_it_has_stopped) {
  worker_->stop();
  EXPECT_FALSE(add_camera("c", kVideo, media::Pace::real_time));
}

}  // namespace
}  // namespace poss::fleet
