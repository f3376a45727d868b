// Tests of the agent: a real worker with real cameras is brought from one desired state to another.
#include "fleet/local_agent.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "base/id.h"
#include "fleet/test_nodes.h"
#include "nodes/node_harness.h"

namespace poss::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LocalAgentTest : public testing::Test {
 protected:
  LocalAgentTest() {
    add_test_nodes(registry_);
    services_.add<Counter>(counter_);
  }
  ~LocalAgentTest() override {
    // Nothing a failed test has left waiting keeps the agent from ending.
    counter_.gate.release(10000);
    counter_.open_gate.release(100);
  }

  static CameraSpec camera(const std::string& id) {
    return {.id = id, .name = "Camera " + id, .source = {.uri = kVideo, .loop = true}};
  }
  static CameraSpec on_demand(const std::string& id) {
    CameraSpec spec = camera(id);
    spec.on_demand = true;
    return spec;
  }
  static StreamSpec stream(const std::string& id, const std::string& camera,
                           Skill skill = counting_skill()) {
    return {.id = id, .name = "Stream " + id, .camera = camera, .skill = std::move(skill)};
  }

  void apply(DesiredState state) {
    agent_.apply(std::move(state));
    ASSERT_TRUE(settled());
  }
  bool settled() { return agent_.settled(Steady::now() + seconds(60)); }
  // Lets the agent look at the clock.
  void wait(milliseconds time, const DesiredState& state) {
    clock_.advance(time);
    apply(state);
  }
  void wait_for_frames(std::uint64_t count) {
    while (counter_.frames < count) std::this_thread::yield();
  }
  media::Camera* open(const std::string& id) { return worker_.camera(id).value().get(); }
  bool is_open(const std::string& id) { return worker_.camera(id).has_value(); }
  StreamReport report(const std::string& id) {
    for (auto& found : agent_.report().streams) {
      if (found.id == id) return found;
    }
    ADD_FAILURE() << "no report of stream '" << id << "'";
    return {};
  }

  Counter counter_;
  ManualClock clock_;
  NodeRegistry registry_;
  Services services_;
  Worker worker_{registry_, services_};
  LocalAgent agent_{worker_, clock_};
};

TEST_F(LocalAgentTest, runs_what_is_desired_and_ends_what_is_not) {
  apply({.cameras = {camera("a"), camera("b")}, .streams = {stream("s", "a")}});
  wait_for_frames(2);
  EXPECT_EQ(report("s").state, StreamState::running);
  EXPECT_EQ(report("s").deployment, "s");
  EXPECT_EQ(agent_.report().cameras.size(), 2u);
  apply({.cameras = {camera("b")}, .streams = {}});
  EXPECT_FALSE(is_open("a"));
  EXPECT_TRUE(worker_.streams().empty());
  EXPECT_TRUE(agent_.report().streams.empty());
  ASSERT_EQ(agent_.report().cameras.size(), 1u);
  EXPECT_EQ(agent_.report().cameras[0].name, "Camera b");
}

TEST_F(LocalAgentTest, what_did_not_change_is_not_touched) {
  DesiredState state{.cameras = {camera("a")}, .streams = {stream("s", "a")}};
  apply(state);
  wait_for_frames(2);
  media::Camera* const before = open("a");
  const auto frames = report("s").frames;
  state.cameras.push_back(camera("b"));
  state.streams.push_back(stream("t", "b"));
  state.cameras[0].name = "New name";
  state.streams[0].name = "New name too";
  state.streams[0].skill.name = "New skill";
  apply(state);
  EXPECT_EQ(open("a"), before);
  EXPECT_GE(report("s").frames, frames);
  EXPECT_EQ(counter_.tried, 2);
  EXPECT_EQ(agent_.report().cameras[0].name, "New name");
  EXPECT_EQ(report("s").name, "New name too");
  EXPECT_EQ(report("s").skill_name, "New skill");
}

TEST_F(LocalAgentTest, a_changed_skill_restarts_its_streams_only) {
  DesiredState state{.cameras = {camera("a")},
                     .streams = {stream("s", "a"), stream("t", "a", counting_skill(false, 5))}};
  apply(state);
  EXPECT_EQ(counter_.tried, 2);
  media::Camera* const before = open("a");
  state.streams[1].skill.fps = 3;
  apply(state);
  EXPECT_EQ(counter_.tried, 3);
  EXPECT_EQ(report("t").fps_asked, 3);
  EXPECT_EQ(open("a"), before);
}

TEST_F(LocalAgentTest, a_changed_camera_restarts_itself_and_its_streams_only) {
  DesiredState state{.cameras = {camera("a"), camera("b")},
                     .streams = {stream("s", "a"), stream("t", "b"), stream("u", "b")}};
  apply(state);
  media::Camera* const a = open("a");
  const auto b = worker_.camera("b").value();
  state.cameras[1].source.timeout = 5;
  apply(state);
  EXPECT_EQ(open("a"), a);
  EXPECT_NE(open("b"), b.get());
  EXPECT_EQ(counter_.tried, 5);
  EXPECT_EQ(worker_.streams().size(), 3u);
}

TEST_F(LocalAgentTest, a_stream_that_cannot_start_tells_why_and_the_others_run) {
  DesiredState state{
      .cameras = {camera("a")},
      .streams = {stream("bad", "a"), stream("lost", "nowhere"), stream("good", "a")}};
  state.streams[0].skill.nodes[1].type = "cuont";
  apply(state);
  wait_for_frames(1);
  EXPECT_EQ(report("bad").state, StreamState::failed);
  EXPECT_NE(report("bad").cause.find("unknown type 'cuont'"), std::string::npos)
      << report("bad").cause;
  EXPECT_EQ(report("lost").state, StreamState::failed);
  EXPECT_EQ(report("lost").cause, "there is no camera 'nowhere'");
  EXPECT_EQ(report("good").state, StreamState::running);
  state.streams[0].skill.nodes[1].type = "count";
  state.cameras.push_back(camera("nowhere"));
  apply(state);
  EXPECT_EQ(worker_.streams().size(), 3u);
}

TEST_F(LocalAgentTest, a_failed_stream_is_tried_again_after_growing_pauses) {
  counter_.missing = true;
  const DesiredState state{.cameras = {camera("a")}, .streams = {stream("s", "a")}};
  apply(state);
  EXPECT_EQ(report("s").state, StreamState::failed);
  EXPECT_NE(report("s").cause.find("there is no model 'people'"), std::string::npos);
  EXPECT_EQ(counter_.tried, 1);
  wait(milliseconds(999), state);
  EXPECT_EQ(counter_.tried, 1);
  wait(milliseconds(1), state);
  EXPECT_EQ(counter_.tried, 2);
  wait(milliseconds(1999), state);
  EXPECT_EQ(counter_.tried, 2);
  wait(milliseconds(1), state);
  EXPECT_EQ(counter_.tried, 3);
  for (int tries = 4; tries < 10; ++tries) wait(seconds(60), state);
  EXPECT_EQ(counter_.tried, 9);
  wait(milliseconds(59'999), state);
  EXPECT_EQ(counter_.tried, 9);
  counter_.missing = false;
  wait(milliseconds(1), state);
  EXPECT_EQ(report("s").cause, "");
  wait_for_frames(1);
  EXPECT_EQ(report("s").state, StreamState::running);
}

TEST_F(LocalAgentTest, the_agent_looks_at_the_clock_by_itself) {
  counter_.missing = true;
  apply({.cameras = {camera("a")}, .streams = {stream("s", "a")}});
  counter_.missing = false;
  clock_.advance(seconds(1));
  wait_for_frames(1);
}

TEST_F(LocalAgentTest, what_failed_is_tried_at_once_when_something_new_has_come) {
  counter_.missing = true;
  DesiredState state{.cameras = {camera("a")}, .streams = {stream("s", "a")}};
  apply(state);
  counter_.missing = false;
  agent_.retry();
  ASSERT_TRUE(settled());
  EXPECT_EQ(worker_.streams().size(), 1u);

  counter_.missing = true;
  state.cameras[0].source.timeout = 5;  // its camera changes
  apply(state);
  EXPECT_EQ(report("s").state, StreamState::failed);
  counter_.missing = false;
  state.cameras[0].source.timeout = 6;
  apply(state);
  EXPECT_EQ(worker_.streams().size(), 1u);
}

TEST_F(LocalAgentTest, a_camera_that_cannot_be_opened_tells_why_and_so_do_its_streams) {
  DesiredState state{.cameras = {camera("a"), camera("b")},
                     .streams = {stream("s", "a"), stream("t", "b")}};
  state.cameras[0].source.uri = "gopher://192.0.2.7/";
  apply(state);
  const auto failed = agent_.report().cameras.at(0);
  EXPECT_EQ(failed.status.state, media::CameraState::unsupported);
  EXPECT_NE(failed.status.cause.find("gopher"), std::string::npos) << failed.status.cause;
  EXPECT_EQ(report("s").state, StreamState::failed);
  EXPECT_EQ(report("s").cause, failed.status.cause);
  EXPECT_EQ(worker_.streams().size(), 1u);
  state.cameras[0] = camera("a");
  apply(state);
  EXPECT_EQ(worker_.streams().size(), 2u);
}

TEST_F(LocalAgentTest, a_slow_start_holds_up_nobody_and_may_be_superseded) {
  agent_.apply({.cameras = {camera("a")}, .streams = {stream("slow", "a", slow_skill())}});
  while (counter_.opening == 0) std::this_thread::yield();
  agent_.apply({.cameras = {camera("a"), camera("b")},
                .streams = {stream("slow", "a", slow_skill()), stream("quick", "b")}});
  wait_for_frames(1);
  EXPECT_EQ(report("slow").state, StreamState::starting);
  EXPECT_EQ(report("quick").state, StreamState::running);
  EXPECT_FALSE(agent_.settled(Steady::now()));
  agent_.apply({.cameras = {camera("b")}, .streams = {stream("quick", "b")}});
  EXPECT_EQ(agent_.report().streams.size(), 1u);
  counter_.open_gate.release();
  ASSERT_TRUE(settled());
  EXPECT_FALSE(is_open("a"));
  EXPECT_EQ(worker_.streams().size(), 1u);
}

TEST_F(LocalAgentTest, a_stream_that_ends_slowly_holds_up_nobody) {
  counter_.hold = true;
  agent_.apply({.cameras = {camera("a")}, .streams = {stream("s", "a")}});
  while (counter_.held == 0) std::this_thread::yield();
  agent_.apply({.cameras = {camera("b")}, .streams = {stream("t", "b")}});
  while (!is_open("b")) std::this_thread::yield();
  while (worker_.streams().size() != 1 || worker_.streams()[0].id != "t") {
    std::this_thread::yield();
  }
  EXPECT_EQ(counter_.frames, 0u);
  counter_.gate.release(10000);
  ASSERT_TRUE(settled());
  EXPECT_FALSE(is_open("a"));
}

TEST_F(LocalAgentTest, the_newest_of_many_states_is_what_runs) {
  for (int i = 0; i < 50; ++i) {
    agent_.apply(
        {.cameras = {camera("a")},
         .streams = {stream("s" + std::to_string(i % 3), "a", counting_skill(false, 1 + i))}});
  }
  ASSERT_TRUE(settled());
  ASSERT_EQ(worker_.streams().size(), 1u);
  EXPECT_EQ(worker_.streams()[0].id, "s1");
  EXPECT_EQ(worker_.streams()[0].fps_asked, 50);
}

TEST_F(LocalAgentTest, an_on_demand_camera_is_open_while_somebody_looks_and_a_minute_longer) {
  const DesiredState state{.cameras = {on_demand("a")}, .streams = {}};
  apply(state);
  EXPECT_FALSE(is_open("a"));
  EXPECT_TRUE(agent_.report().cameras.empty());
  EXPECT_EQ(agent_.camera_report("a").value().status.state, media::CameraState::idle);
  EXPECT_EQ(agent_.open_camera("b").error().code, Code::not_found);

  auto first = agent_.open_camera("a").value();
  auto second = agent_.open_camera("a").value();
  EXPECT_EQ(first, second);
  EXPECT_EQ(agent_.report().cameras.size(), 1u);
  first.reset();
  wait(seconds(600), state);
  while (second->status().state != media::CameraState::streaming) std::this_thread::yield();
  EXPECT_EQ(agent_.camera_report("a").value().status.state, media::CameraState::streaming);
  second.reset();
  wait(milliseconds(59'999), state);
  EXPECT_TRUE(is_open("a"));
  wait(milliseconds(1), state);
  EXPECT_FALSE(is_open("a"));
  EXPECT_TRUE(agent_.report().cameras.empty());
}

TEST_F(LocalAgentTest, an_on_demand_camera_that_cannot_be_opened_tells_why_to_who_asks) {
  CameraSpec bad = on_demand("a");
  bad.source.uri = "gopher://192.0.2.7/";
  apply({.cameras = {bad}, .streams = {}});
  EXPECT_EQ(agent_.open_camera("a").error().code, Code::invalid_argument);
  EXPECT_EQ(agent_.camera_report("a").value().status.state, media::CameraState::unsupported);
}

TEST_F(LocalAgentTest, an_on_demand_camera_is_open_while_a_stream_needs_it) {
  apply({.cameras = {on_demand("a")}, .streams = {stream("s", "a")}});
  wait_for_frames(1);
  apply({.cameras = {on_demand("a")}, .streams = {}});
  EXPECT_FALSE(is_open("a"));
}

TEST_F(LocalAgentTest, who_looks_at_a_camera_that_changes_or_goes_can_ask_again) {
  DesiredState state{.cameras = {on_demand("a")}, .streams = {}};
  apply(state);
  const auto old = agent_.open_camera("a").value();
  const auto view = old->view_live([](const media::LiveChunkPtr&) {});
  state.cameras[0].source.timeout = 5;
  agent_.apply(state);
  const auto current = agent_.open_camera("a").value();
  EXPECT_NE(old, current);
  EXPECT_EQ(current->config().timeout, 5);
  apply({});
  EXPECT_EQ(agent_.open_camera("a").error().code, Code::not_found);
  EXPECT_EQ(current->subscribe(0, 1, WhenFull::drop_oldest)->pop(), nullptr);
}

TEST_F(LocalAgentTest, of_ten_thousand_cameras_only_those_in_use_are_open_and_reported) {
  DesiredState state;
  for (int i = 0; i < 10000; ++i) state.cameras.push_back(on_demand("c" + std::to_string(i)));
  state.streams.push_back(stream("s", "c7"));
  apply(state);
  EXPECT_EQ(worker_.cameras().size(), 1u);
  const auto held = agent_.open_camera("c9999").value();
  EXPECT_EQ(agent_.report().cameras.size(), 2u);
  state.cameras.erase(state.cameras.begin(), state.cameras.begin() + 5000);
  apply(state);
  ASSERT_EQ(agent_.report().cameras.size(), 1u);
  EXPECT_EQ(agent_.report().cameras[0].id, "c9999");
  EXPECT_EQ(report("s").cause, "there is no camera 'c7'");
}

class DetectionStreamTest : public LocalAgentTest {
 protected:
  DetectionStreamTest() {
    std::filesystem::create_directories(folder_);
    std::filesystem::copy(std::filesystem::path(kVideo).replace_filename("HappyFish.jpg"),
                          folder_ / "fish.jpg");
  }
  ~DetectionStreamTest() override { std::filesystem::remove_all(folder_); }
  CameraSpec with_detection(const std::string& uri) const {
    CameraSpec spec = camera("a");
    spec.detect = media::SourceConfig{.uri = uri, .loop = true, .image_folder_fps = 20};
    return spec;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("poss-fleet-" + new_id());
};

TEST_F(DetectionStreamTest, skills_see_the_detection_stream_and_people_the_main_one) {
  DesiredState state{.cameras = {with_detection(folder_)}, .streams = {stream("s", "a")}};
  apply(state);
  wait_for_frames(2);
  {
    Lock lock(counter_.mutex);
    EXPECT_EQ(counter_.frame_width["s"], 259);
  }
  while (open("a")->status().width == 0) std::this_thread::yield();
  EXPECT_EQ(open("a")->status().width, 768);
  const auto camera = agent_.report().cameras.at(0);
  ASSERT_TRUE(camera.detect);
  EXPECT_EQ(camera.detect->state, media::CameraState::streaming);
  EXPECT_EQ(camera.detect->width, 259);

  state.cameras[0].detect.reset();
  counter_.frames = 0;
  apply(state);
  wait_for_frames(1);
  Lock lock(counter_.mutex);
  EXPECT_EQ(counter_.frame_width["s"], 768);
  EXPECT_FALSE(agent_.report().cameras.at(0).detect);
}

TEST_F(DetectionStreamTest, a_lost_detection_stream_tells_why_and_leaves_the_main_one_alone) {
  apply({.cameras = {with_detection("/nonexistent/fish")}, .streams = {stream("s", "a")}});
  while (agent_.report().cameras.at(0).detect->state == media::CameraState::connecting) {
    std::this_thread::yield();
  }
  const auto camera = agent_.report().cameras.at(0);
  EXPECT_EQ(camera.detect->state, media::CameraState::not_found);
  EXPECT_NE(camera.detect->cause.find("fish"), std::string::npos);
  EXPECT_EQ(camera.status.cause, "");
  EXPECT_EQ(report("s").state, StreamState::degraded);
  EXPECT_NE(report("s").cause.find("camera 'a (detection)'"), std::string::npos)
      << report("s").cause;
}

TEST_F(LocalAgentTest, nothing_is_begun_once_it_has_stopped) {
  const DesiredState state{.cameras = {on_demand("a"), camera("b")}, .streams = {}};
  apply(state);
  auto held = agent_.open_camera("a").value();
  agent_.stop();
  agent_.apply({.cameras = {camera("c")}, .streams = {}});
  EXPECT_FALSE(settled());
  EXPECT_EQ(agent_.open_camera("c").error().code, Code::unavailable);
  EXPECT_TRUE(is_open("b"));
  held.reset();
}

TEST_F(LocalAgentTest, a_camera_may_be_held_longer_than_the_agent_lives) {
  std::shared_ptr<media::Camera> held;
  {
    Worker worker(registry_, services_);
    LocalAgent agent(worker, clock_);
    agent.apply({.cameras = {on_demand("a")}, .streams = {}});
    held = agent.open_camera("a").value();
    worker.stop();
  }
  EXPECT_EQ(held->subscribe(0, 1, WhenFull::drop_oldest)->pop(), nullptr);
}

}  // namespace
}  // namespace poss::fleet
