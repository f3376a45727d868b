// Skills over REST: what a graph must keep, versions, copies and files.
#include "server/desired.h"
#include "server/node_secrets.h"
#include "server/skill_record.h"
#include "server/test_nodes.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// An exit that needs a password.
class Vault final : public Node {
 public:
  struct Config {
    std::string password;
    static void declare(Fields<Config>& f) {
      f.add(&Config::password, "password").format("secret");
    }
  };
  static NodeInfo info() { return {.type = "vault", .title = "Vault", .help = "", .outputs = {}}; }
  static Result<std::unique_ptr<Node>> create(Config, NodeContext) {
    return std::make_unique<Vault>();
  }
  Result<void> process(Message, Emitter&) override { return {}; }
};

class SkillsTest : public RestTest {
 protected:
  void SetUp() override {
    add_test_nodes(registry);
    registry.add<Vault>();
    start();
  }
  static json::object graph() {
    return {{"nodes", {{{"id", "in"}, {"type", "entry"}}, {{"id", "out"}, {"type", "publish"}}}},
            {"edges", {{{"from", "in"}, {"to", "out"}}}}};
  }
  std::string make(const std::string& name) {
    const auto made = send("POST", "/skills", {{"name", name}, {"graph", graph()}});
    EXPECT_EQ(made.status, 201) << made.text;
    return std::string(made.body.at("id").as_string());
  }
};

TEST_F(SkillsTest, a_list_counts_nodes_and_leaves_graphs_out) {
  const std::string id = make("Watch");
  const auto list = get("/skills");
  EXPECT_EQ(list.body.at_pointer("/items/0/node_count"), 2);
  EXPECT_FALSE(list.body.at("items").at(0).as_object().contains("graph"));
  EXPECT_EQ(get("/skills/" + id).body.at_pointer("/graph/nodes/0/type"), "entry");
}

TEST_F(SkillsTest, what_is_wrong_with_a_graph_is_told_by_node) {
  json::object broken = graph();
  broken["edges"] = json::array();
  const auto answer = send("POST", "/skills?dry_run=true", {{"name", "Watch"}, {"graph", broken}});
  EXPECT_THAT(problem_of(answer, "graph.nodes.out"), HasSubstr("nothing leads into it"));
  const auto empty = send("POST", "/skills", {{"name", "Watch"}});
  EXPECT_EQ(empty.status, 400);
  EXPECT_THAT(problem_of(empty, "graph"), HasSubstr("camera input"));
  EXPECT_EQ(send("POST", "/skills", {{"name", "Watch"}, {"graph", {{"nodes", 7}}}}).status, 400);
  EXPECT_EQ(get("/skills").body.at("total"), 0);
}

TEST_F(SkillsTest, each_change_of_the_graph_is_a_version) {
  const std::string id = make("Watch");
  json::object other = graph();
  other["nodes"].as_array()[0].as_object()["name"] = "Frames";
  send("PATCH", "/skills/" + id, {{"graph", other}});
  send("PATCH", "/skills/" + id, {{"description", "of the yard"}});
  const auto versions = get("/skill_versions?uses=" + id + "&sort=created");
  EXPECT_EQ(versions.body.at("total"), 2);
  EXPECT_EQ(versions.body.at_pointer("/items/0/number"), 1);
}

TEST_F(SkillsTest, a_copy_and_a_file_hold_the_same_graph) {
  const std::string id = make("Watch");
  const auto copy = send("POST", "/skills/" + id + "/duplicate", {{"name", "Watch 2"}});
  ASSERT_EQ(copy.status, 201) << copy.text;
  EXPECT_EQ(copy.body.at("graph"), get("/skills/" + id).body.at("graph"));
  EXPECT_EQ(send("POST", "/skills/" + id + "/duplicate", {{"name", "watch"}}).status, 409);
  auto file = get("/skills/" + id + "/export");
  ASSERT_EQ(file.status, 200);
  EXPECT_THAT(file.headers.at("content-disposition"), HasSubstr("watch.json"));
  file.body.as_object()["name"] = "Imported";
  const auto imported = send("POST", "/skills/import", file.body);
  ASSERT_EQ(imported.status, 201) << imported.text;
  EXPECT_EQ(imported.body.at("graph"), copy.body.at("graph"));
}

class NodeSecretsTest : public SkillsTest {
 protected:
  static json::object locked(json::object settings) {
    return {{"nodes",
             {{{"id", "in"}, {"type", "entry"}},
              {{"id", "out"}, {"type", "vault"}, {"settings", std::move(settings)}}}},
            {"edges", {{{"from", "in"}, {"to", "out"}}}}};
  }
  std::string make_locked() {
    const auto made =
        send("POST", "/skills", {{"name", "Safe"}, {"graph", locked({{"password", "hunter2"}})}});
    EXPECT_EQ(made.status, 201) << made.text;
    EXPECT_THAT(made.text, Not(HasSubstr("hunter2")));
    return std::string(made.body.at("id").as_string());
  }
  // The password as the node gets it when the skill runs; "" for none.
  std::string password_of(const std::string& id) {
    const auto stored = store->get<store::SkillRecord>(id);
    auto skill = skill_of(*stored);
    EXPECT_TRUE(reveal_node_secrets(*store, stored->value.secrets, *skill));
    const auto* password = skill->nodes[1].settings.if_contains("password");
    return password ? std::string(password->as_string()) : "";
  }
};

TEST_F(NodeSecretsTest, are_given_to_the_node_and_to_nobody_else) {
  const std::string id = make_locked();
  EXPECT_EQ(password_of(id), "hunter2");
  const auto shown = get("/skills/" + id);
  EXPECT_EQ(shown.body.at_pointer("/graph/nodes/1/settings/password"), json::value(kStoredSecret));
  EXPECT_FALSE(shown.body.as_object().contains("secrets"));
  for (const auto* path : {"", "/export"}) {
    EXPECT_THAT(get("/skills/" + id + path).text, Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(get("/skills/" + id + "/export").text, Not(HasSubstr("(stored)")));
  EXPECT_THAT(get("/skill_versions?uses=" + id).text, Not(HasSubstr("hunter2")));
}

TEST_F(NodeSecretsTest, stay_when_sent_back_or_left_out_and_go_when_emptied) {
  const std::string id = make_locked();
  const auto patch = [&](json::object settings) {
    return send("PATCH", "/skills/" + id, {{"graph", locked(std::move(settings))}});
  };
  EXPECT_EQ(patch({{"password", kStoredSecret}}).status, 200);
  EXPECT_EQ(password_of(id), "hunter2");
  EXPECT_EQ(patch({}).status, 200);
  EXPECT_EQ(password_of(id), "hunter2");
  EXPECT_EQ(send("PATCH", "/skills/" + id, {{"description", "of gold"}}).status, 200);
  EXPECT_EQ(password_of(id), "hunter2");
  EXPECT_EQ(patch({{"password", "other"}}).status, 200);
  EXPECT_EQ(password_of(id), "other");
  EXPECT_EQ(patch({{"password", ""}}).status, 200);
  EXPECT_EQ(password_of(id), "");
  EXPECT_TRUE(store->get<store::SkillRecord>(id)->value.secrets.empty());
}

TEST_F(NodeSecretsTest, go_with_a_copy_but_not_with_a_file) {
  const std::string id = make_locked();
  const auto copy = send("POST", "/skills/" + id + "/duplicate", {{"name", "Safe 2"}});
  ASSERT_EQ(copy.status, 201) << copy.text;
  EXPECT_THAT(copy.text, Not(HasSubstr("hunter2")));
  EXPECT_EQ(send("DELETE", "/skills/" + id, {}).status, 204);
  EXPECT_EQ(password_of(std::string(copy.body.at("id").as_string())), "hunter2");
  const auto unknown = send("POST", "/skills",
                            {{"name", "Other"}, {"graph", locked({{"password", kStoredSecret}})}});
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(problem_of(unknown, "graph.nodes.out"), HasSubstr("no stored password"));
}

TEST_F(NodeSecretsTest, are_no_parameters_of_a_deployment) {
  auto skill = skill_of(*store->get<store::SkillRecord>(make_locked()));
  const auto set = set_parameters(*skill, {{"out.password", "x"}}, registry);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("is a secret"));
}

TEST_F(SkillsTest, a_deployed_skill_stays) {
  const std::string id = make("Watch");
  const auto device = store->create(store::Device{.name = "Here"});
  const auto place = store->create(store::Location{.name = "Yard"});
  const auto camera = store->create(store::Camera{.name = "Gate",
                                                  .uri = "rtsp://127.0.0.1:9/x",
                                                  .location = place->id,
                                                  .devices = {device->id}});
  const json::object deployment{
      {"name", "Gate watch"},
      {"device", device->id},
      {"cameras",
       {{{"camera", camera->id}, {"skills", {{{"skill", id}, {"parameters", {{"fps", "2"}}}}}}}}}};
  const auto made = send("POST", "/deployments", deployment);
  ASSERT_EQ(made.status, 201) << made.text;
  const auto refused = send("DELETE", "/skills/" + id);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(std::string(refused.body.at("detail").as_string()), HasSubstr("Gate watch"));
  const std::string path = "/deployments/" + std::string(made.body.at("id").as_string());
  EXPECT_EQ(get("/deployments?status=stopped").body.at("total"), 0);
  EXPECT_EQ(send("PATCH", path, {{"enabled", false}}).body.at_pointer("/status/state"), "stopped");
  EXPECT_EQ(get("/deployments?status=stopped").body.at("total"), 1);
  EXPECT_EQ(get("/cameras?status=idle").body.at("total"), 1);
  EXPECT_EQ(get("/cameras?status=streaming").body.at("total"), 0);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(send("DELETE", "/skills/" + id).status, 204);
}

TEST_F(SkillsTest, a_deployment_is_checked_whole) {
  const std::string id = make("Watch");
  const auto device = store->create(store::Device{.name = "Here"});
  const auto place = store->create(store::Location{.name = "Yard"});
  const auto camera = store->create(
      store::Camera{.name = "Gate", .uri = "rtsp://127.0.0.1:9/x", .location = place->id});
  const auto answer =
      send("POST", "/deployments?dry_run=true",
           {{"name", "Gate watch"},
            {"device", device->id},
            {"cameras",
             {{{"camera", camera->id},
               {"skills", {{{"skill", id}, {"parameters", {{"nobody.size", "2"}}}}}}},
              {{"camera", camera->id}}}}});
  EXPECT_THAT(problem_of(answer, "cameras[0].camera"), HasSubstr("allow it"));
  EXPECT_THAT(problem_of(answer, "cameras[0].skills[0].parameters"), HasSubstr("nobody.size"));
  EXPECT_THAT(problem_of(answer, "cameras[1].camera"), HasSubstr("twice"));
  EXPECT_THAT(problem_of(answer, "cameras[1].skills"), HasSubstr("at least one"));
  const auto unknown = send("POST", "/deployments?dry_run=true",
                            {{"name", "x"}, {"device", "nowhere"}, {"cameras", json::array()}});
  EXPECT_NE(problem_of(unknown, "cameras"), "");
}

}  // namespace
}  // namespace poss::server
