// Tests of the worker: real cameras on files, skills of nodes made for the test.
#include "fleet/worker.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/id.h"
#include "fleet/test_nodes.h"

namespace poss::fleet {
namespace {

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    add_test_nodes(registry_);
    services_.add<Counter>(counter_);
    worker_ = std::make_unique<Worker>(registry_, services_);
  }
  Result<void> add_camera(const std::string& id, const std::string& uri, media::Pace pace) {
    return worker_->add_camera(
        {.id = id, .name = id, .source = {.uri = uri, .pace = pace}, .wait_for_stream = true});
  }
  Result<void> add_stream(const std::string& id, const std::string& camera,
                          Skill skill = counting_skill()) {
    return worker_->add_stream({.id = id, .name = id, .camera = camera, .skill = std::move(skill)});
  }
  void wait_for_frames(std::uint64_t count) {
    while (counter_.frames < count) std::this_thread::yield();
  }
  bool ended() { return worker_->wait_until_ended(Steady::now() + std::chrono::seconds(60)); }

  Counter counter_;  // outlives the worker
  NodeRegistry registry_;
  Services services_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerTest, every_frame_of_a_file_runs_through_the_skill) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_stream(
      {.id = "d", .name = "D", .camera = "c", .skill = counting_skill(), .every_frame = true}));
  ASSERT_TRUE(ended());
  const auto report = worker_->streams().at(0);
  EXPECT_EQ(report.frames, 795u);
  EXPECT_EQ(report.dropped, 0u);
  EXPECT_EQ(report.state, StreamState::ended);
  EXPECT_EQ(counter_.frames, 795u);
}

TEST_F(WorkerTest, a_slow_skill_gets_the_newest_frame_and_the_rest_are_counted_as_dropped) {
  counter_.hold = true;
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(
      worker_->add_stream({.id = "d", .name = "D", .camera = "c", .skill = counting_skill()}));
  // The reader is not held back: it reaches the end of the file while the skill stands still.
  while (worker_->camera("c").value()->status().state != media::CameraState::ended) {
    std::this_thread::yield();
  }
  counter_.gate.release(10000);
  ASSERT_TRUE(ended());
  const auto report = worker_->streams().at(0);
  EXPECT_EQ(report.frames + report.dropped, 795u);
  EXPECT_LE(report.frames, 2u);
}

TEST_F(WorkerTest, stops_after_the_frames_asked_for) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_stream({.id = "d",
                                   .name = "D",
                                   .camera = "c",
                                   .skill = counting_skill(),
                                   .every_frame = true,
                                   .max_frames = 10}));
  ASSERT_TRUE(ended());
  EXPECT_EQ(worker_->streams().at(0).frames, 10u);
}

TEST_F(WorkerTest, a_skill_asks_for_fewer_frames_than_the_file_has) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::as_fast_as_possible));
  ASSERT_TRUE(worker_->add_stream({.id = "d",
                                   .name = "D",
                                   .camera = "c",
                                   .skill = counting_skill(false, 2),
                                   .every_frame = true}));
  ASSERT_TRUE(ended());
  EXPECT_NEAR(static_cast<double>(worker_->streams().at(0).frames), 795 / 5.0, 2);
}

TEST_F(WorkerTest, a_failing_node_makes_the_stream_degraded_with_its_words) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(
      worker_->add_stream({.id = "d", .name = "D", .camera = "c", .skill = counting_skill(true)}));
  while (counter_.frames < 2) std::this_thread::yield();
  const auto report = worker_->streams().at(0);
  EXPECT_EQ(report.state, StreamState::degraded);
  EXPECT_EQ(report.cause, "node 'count': the peer is away");
}

TEST_F(WorkerTest, a_missing_file_fails_the_stream_with_the_cameras_cause) {
  ASSERT_TRUE(add_camera("c", "/nonexistent/video.mp4", media::Pace::real_time));
  ASSERT_TRUE(
      worker_->add_stream({.id = "d", .name = "D", .camera = "c", .skill = counting_skill()}));
  ASSERT_TRUE(ended());
  const auto report = worker_->streams().at(0);
  EXPECT_EQ(report.state, StreamState::failed);
  EXPECT_NE(report.cause.find("video.mp4"), std::string::npos);
}

TEST_F(WorkerTest, names_must_be_known_and_may_stand_once) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  EXPECT_EQ(add_camera("c", kVideo, media::Pace::real_time).error().code, Code::conflict);
  EXPECT_EQ(add_camera("../c", kVideo, media::Pace::real_time).error().code,
            Code::invalid_argument);
  EXPECT_EQ(worker_->add_stream({.id = "d", .name = "D", .camera = "x", .skill = counting_skill()})
                .error()
                .code,
            Code::not_found);
  ASSERT_TRUE(
      worker_->add_stream({.id = "d", .name = "D", .camera = "c", .skill = counting_skill()}));
  EXPECT_EQ(worker_->add_stream({.id = "d", .name = "D", .camera = "c", .skill = counting_skill()})
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

TEST_F(WorkerTest, insights_carry_the_deployment_and_streams_have_ids_of_their_own) {
  const std::string deployment = new_id();
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  for (const std::string skill : {"one", "two"}) {
    ASSERT_TRUE(worker_->add_stream({.id = deployment + ":c:" + skill,
                                     .deployment = deployment,
                                     .name = "D",
                                     .camera = "c",
                                     .skill = counting_skill()}));
  }
  wait_for_frames(2);
  EXPECT_EQ(worker_->streams().at(1).id, deployment + ":c:two");
  EXPECT_EQ(worker_->streams().at(1).deployment, deployment);
  Lock lock(counter_.mutex);
  EXPECT_TRUE(counter_.frame_width.contains(deployment));
}

TEST_F(WorkerTest, a_stream_needs_an_id_and_a_deployment_that_can_stand_in_a_topic) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  EXPECT_EQ(add_stream("", "c").error().code, Code::invalid_argument);
  EXPECT_EQ(add_stream("a b", "c").error().code, Code::invalid_argument);
  EXPECT_EQ(add_stream("a:b", "c").error().code, Code::invalid_argument);  // also the deployment
  EXPECT_TRUE(worker_->streams().empty());
}

TEST_F(WorkerTest, a_removed_stream_finishes_its_frame_and_leaves_the_camera_to_the_others) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("stays", "c"));
  ASSERT_TRUE(add_stream("goes", "c"));
  wait_for_frames(4);
  ASSERT_TRUE(worker_->remove_stream("goes"));
  EXPECT_EQ(worker_->remove_stream("goes").error().code, Code::not_found);
  ASSERT_EQ(worker_->streams().size(), 1u);
  wait_for_frames(counter_.frames + 2);
  EXPECT_EQ(worker_->streams().at(0).state, StreamState::running);
  ASSERT_TRUE(add_stream("goes", "c"));
}

TEST_F(WorkerTest, a_camera_in_use_cannot_be_removed) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("d", "c"));
  const auto refused = worker_->remove_camera("c");
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_NE(refused.error().message.find("'d'"), std::string::npos) << refused.error().message;
  ASSERT_TRUE(worker_->remove_stream("d"));
  ASSERT_TRUE(worker_->remove_camera("c"));
  EXPECT_EQ(worker_->remove_camera("c").error().code, Code::not_found);
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
}

TEST_F(WorkerTest, a_removed_camera_stays_valid_for_who_holds_it) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("d", "c"));
  wait_for_frames(1);
  const auto camera = worker_->camera("c").value();
  const auto view = camera->view_live([](const media::LiveChunkPtr&) {});
  ASSERT_TRUE(worker_->remove_stream("d"));
  ASSERT_TRUE(worker_->remove_camera("c"));
  EXPECT_TRUE(camera->snapshot_jpeg(100));  // the last picture
  EXPECT_EQ(camera->subscribe(0, 1, WhenFull::drop_oldest)->pop(), nullptr);
}

TEST_F(WorkerTest, a_model_that_opens_slowly_delays_nobody) {
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  std::jthread adding([&] { EXPECT_TRUE(add_stream("slow", "c", slow_skill())); });
  while (counter_.opening == 0) std::this_thread::yield();
  EXPECT_TRUE(worker_->streams().empty());
  EXPECT_EQ(worker_->cameras().size(), 1u);
  ASSERT_TRUE(add_camera("other", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("quick", "other"));
  wait_for_frames(1);
  ASSERT_TRUE(worker_->remove_stream("quick"));
  ASSERT_TRUE(worker_->remove_camera("other"));
  counter_.open_gate.release();
  adding.join();
  EXPECT_EQ(worker_->streams().size(), 1u);
}

TEST_F(WorkerTest, a_stream_that_ends_slowly_delays_nobody) {
  counter_.hold = true;
  ASSERT_TRUE(add_camera("c", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("d", "c"));
  while (counter_.held == 0) std::this_thread::yield();
  std::jthread removing([&] { EXPECT_TRUE(worker_->remove_stream("d")); });
  while (!worker_->streams().empty()) std::this_thread::yield();
  ASSERT_TRUE(add_camera("other", kVideo, media::Pace::real_time));
  ASSERT_TRUE(add_stream("quick", "other"));
  EXPECT_EQ(worker_->cameras().size(), 2u);
  EXPECT_EQ(counter_.frames, 0u);
  counter_.gate.release(10000);
}

}  // namespace
}  // namespace poss::fleet
