// Skills over REST: what a graph must keep, versions, copies and files.
#include "server/test_nodes.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::HasSubstr;

class SkillsTest : public RestTest {
 protected:
  void SetUp() override {
    add_test_nodes(registry);
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
