// From objects in the store to what runs, and what is told of what cannot.
#include "server/desired.h"

#include <cstdio>

#include "fleet/test_nodes.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A node whose settings are of all kinds that parameters are read as.
class Knobs final : public Node {
 public:
  struct Config {
    std::string text;
    double number = 0;
    std::vector<std::string> list;
    static void declare(Fields<Config>& f) {
      f.add(&Config::text, "text");
      f.add(&Config::number, "number");
      f.add(&Config::list, "list");
    }
  };
  static NodeInfo info() { return {.type = "knobs", .title = "Knobs", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(Config, NodeContext) {
    return std::make_unique<Knobs>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

class DesiredTest : public RestTest {
 protected:
  void SetUp() override {
    fleet::add_test_nodes(registry);
    registry.add<Knobs>();
    services.add<fleet::Counter>(counter);
    start();
    device = store->list<store::Device>()->items.at(0).id;
    location = store->create(store::Location{.name = "Yard"})->id;
  }
  json::object count_graph() {
    return {
        {"nodes", {{{"id", "in"}, {"type", "camera_input"}}, {{"id", "out"}, {"type", "count"}}}},
        {"edges", {{{"from", "in"}, {"to", "out"}}}}};
  }
  std::string make_camera(const std::string& name) {
    const auto made =
        send("POST", "/cameras",
             {{"name", name}, {"source", "file"}, {"uri", fleet::kVideo}, {"location", location}});
    EXPECT_EQ(made.status, 201) << made.text;
    return std::string(made.body.at("id").as_string());
  }
  std::string make_skill(const std::string& name, json::object graph) {
    const auto made =
        store->create(store::SkillRecord{.name = name, .fps = 0, .graph = std::move(graph)});
    tell<store::SkillRecord>(made->id);
    return made->id;
  }
  std::string deploy(const std::string& name, const std::string& camera, const std::string& skill,
                     std::map<std::string, std::string> parameters = {}) {
    const auto made = store->create(store::Deployment{
        .name = name,
        .device = device,
        .cameras = {{.camera = camera, .skills = {{.skill = skill, .parameters = parameters}}}}});
    EXPECT_TRUE(made) << made.error().message;
    tell<store::Deployment>(made->id);
    return made->id;
  }
  template <class T>
  void tell(const std::string& id) {
    server->desired().changed(std::string(T::kKind), id);
  }
  json::value status_of(const std::string& deployment) {
    EXPECT_TRUE(server->desired().applied(Steady::now() + 20s));
    EXPECT_TRUE(agent->settled(Steady::now() + 20s));
    return get("/deployments/" + deployment).body.at("status");
  }
  bool comes_to(const std::string& deployment, const char* state) {
    for (const auto deadline = Steady::now() + 20s; Steady::now() < deadline;) {
      if (status_of(deployment).at("state") == json::value(state)) return true;
      std::this_thread::yield();
    }
    return false;
  }
  std::string camera_state(const std::string& id) {
    return std::string(get("/cameras/" + id).body.at_pointer("/status/state").as_string());
  }
  fleet::Counter counter;
  std::string device, location;
};

TEST_F(DesiredTest, a_deployment_runs_stops_and_runs_again_as_the_store_says) {
  const auto camera = make_camera("Dock");
  const auto id = deploy("Count", camera, make_skill("Count", count_graph()));
  ASSERT_TRUE(comes_to(id, "running"));
  auto stored = store->get<store::Deployment>(id);
  stored->value.enabled = false;
  ASSERT_TRUE(store->update(id, stored->revision, stored->value));
  tell<store::Deployment>(id);
  EXPECT_EQ(status_of(id).at("state"), "stopped");
  EXPECT_TRUE(agent->report().streams.empty());
  stored->value.enabled = true;
  ASSERT_TRUE(store->update(id, stored->revision + 1, stored->value));
  tell<store::Deployment>(id);
  EXPECT_TRUE(comes_to(id, "running"));
}

TEST_F(DesiredTest, what_is_broken_keeps_nothing_else_from_running) {
  const auto camera = make_camera("Dock");
  const auto good = make_skill("Count", count_graph());
  const auto bad = make_skill("Bad", {{"nodes", "none"}});
  const auto other = make_skill("Other", {{"nodes", {{{"id", "x"}, {"type", "absent"}}}}});
  const auto runs = deploy("Good", camera, good);
  const auto broken = deploy("Broken", camera, bad);
  const auto unknown = deploy("Unknown", camera, other);
  const auto wrong = deploy("Wrong", camera, good, {{"out.colour", "red"}});
  ASSERT_TRUE(comes_to(runs, "running"));
  EXPECT_EQ(status_of(broken).at("state"), "failed");
  EXPECT_THAT(json_text(status_of(broken)), HasSubstr("The skill cannot be used"));
  EXPECT_TRUE(comes_to(unknown, "failed"));
  EXPECT_EQ(status_of(wrong).at("state"), "failed");
  EXPECT_THAT(json_text(status_of(wrong)), HasSubstr("'out.colour' names a setting"));
  EXPECT_EQ(status_of(runs).at("state"), "running");
}

TEST_F(DesiredTest, a_camera_of_other_devices_is_not_opened_for_a_deployment) {
  const auto camera = make_camera("Dock");
  const auto id = deploy("Count", camera, make_skill("Count", count_graph()));
  ASSERT_TRUE(comes_to(id, "running"));
  const auto remote =
      send("POST", "/devices", {{"name", "Box"}, {"type", "remote_agent"}}).body.at("id");
  EXPECT_EQ(send("PATCH", "/cameras/" + camera, {{"devices", {remote}}}).status, 200);
  const auto status = status_of(id);
  EXPECT_EQ(status.at("state"), "failed");
  EXPECT_THAT(json_text(status), HasSubstr("add this machine to its compute devices"));
}

TEST_F(DesiredTest, the_status_event_is_grouped_by_deployment) {
  const auto camera = make_camera("Dock");
  const auto skill = make_skill("Count", count_graph());
  auto made = store->create(
      store::Deployment{.name = "Twice",
                        .device = device,
                        .cameras = {{.camera = camera,
                                     .skills = {{.skill = skill, .parameters = {}},
                                                {.skill = skill, .parameters = {{"fps", "5"}}}}}}});
  tell<store::Deployment>(made->id);
  ASSERT_TRUE(comes_to(made->id, "running"));
  const auto streams = status_of(made->id).at("streams").as_array();
  ASSERT_EQ(streams.size(), 2u);
  BareClient events(server->port());
  events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n" + authorization + "\r\n\r\n");
  events.read_until("event: status\ndata: ");
  const auto told = parse_json(events.read_until("\n"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->at_pointer("/cameras/0/id"), json::value(camera));
  EXPECT_EQ(told->at_pointer("/deployments/0/id"), json::value(made->id));
  EXPECT_EQ(told->at_pointer("/deployments/0/streams").as_array().size(), 2u);
}

TEST_F(DesiredTest, many_cameras_are_read_once_and_only_some_are_open) {
  constexpr int kCameras = 70;
  for (int i = 0; i < kCameras; ++i) {
    char name[16];
    std::snprintf(name, sizeof name, "cam %05d", i);
    const auto made = store->create(store::Camera{.name = name,
                                                  .source = store::CameraSource::usb,
                                                  .uri = "/dev/video" + std::to_string(10'000 + i),
                                                  .location = location,
                                                  .devices = {device}});
    ASSERT_TRUE(made) << made.error().message;
  }
  tell<store::Camera>("");
  ASSERT_TRUE(server->desired().applied(Steady::now() + 60s));
  ASSERT_TRUE(agent->settled(Steady::now() + 60s));
  EXPECT_EQ(agent->report().cameras.size(), 64u);
  const auto first = store->find<store::Camera>("cam 00063")->id;
  const auto last = store->find<store::Camera>("cam 00064")->id;
  EXPECT_NE(camera_state(first), "idle");
  EXPECT_EQ(camera_state(last), "idle");
  // Used by a deployment, it is opened as well.
  deploy("Count", last, make_skill("Count", count_graph()));
  ASSERT_TRUE(server->desired().applied(Steady::now() + 60s));
  ASSERT_TRUE(agent->settled(Steady::now() + 60s));
  EXPECT_NE(camera_state(last), "idle");
  EXPECT_EQ(agent->report().cameras.size(), 65u);
}

TEST(Parameters, replace_settings_by_their_kind) {
  NodeRegistry registry;
  registry.add<Knobs>();
  Skill skill{.id = "s", .name = "S", .nodes = {{.id = "k.1", .type = "knobs"}}};
  const auto set = set_parameters(
      skill, {{"k.1.text", "12"}, {"k.1.number", "0.5"}, {"k.1.list", "[\"car\"]"}, {"fps", "7.5"}},
      registry);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(skill.fps, 7.5);
  const json::object wanted{{"list", {"car"}}, {"number", 0.5}, {"text", "12"}};
  EXPECT_EQ(skill.nodes[0].settings, wanted);
  const auto fault = [&](const char* name, const char* value) {
    return set_parameters(skill, {{name, value}}, registry).error().message;
  };
  EXPECT_THAT(fault("fps", "fast"), HasSubstr("0 to 1000"));
  EXPECT_THAT(fault("x.text", "a"), HasSubstr("names the node 'x'"));
  EXPECT_THAT(fault("k.1.colour", "a"), HasSubstr("names a setting"));
  EXPECT_THAT(fault("text", "a"), HasSubstr("NODE.SETTING"));
}

}  // namespace
}  // namespace poss::server
