// Models and the zoo over REST: adding, importing versions, failing honestly, leaving nothing
// half-written.
#include "server/models.h"

#include <fstream>
#include <thread>

#include "base/file.h"
#include "convert/tiny_model.h"
#include "server/test_server.h"
#include "server/uploads.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using convert::TinyModel;
using testing::HasSubstr;
using testing::Not;

class ModelsTest : public RestTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(replace_file(options.data / "catalogue.json", R"({"models":[
      {"name":"mobilenet_v1","title":"MobileNet v1","task":"classification","license":"Apache-2.0",
       "input":{"width":224,"height":224}},
      {"name":"not_there","title":"Not there","task":"detection","input":{}}]})"));
    options.zoo_catalogue = options.data / "catalogue.json";
    start();
  }

  json::object add(const json::object& fields) {
    const auto made = send("POST", "/models", fields);
    EXPECT_EQ(made.status, 201) << made.text;
    return made.body.is_object() ? made.body.as_object() : json::object();
  }
  static std::string text(const json::value& object, const char* name) {
    return std::string(object.at(name).as_string());
  }
  json::object model(const std::string& id) { return get("/models/" + id).body.as_object(); }

  std::string upload(const std::string& bytes) {
    const auto made =
        send_raw("/api/v1/uploads?name=model.tflite", {.method = "POST", .body = bytes});
    EXPECT_EQ(made.status, 201) << made.text;
    return text(made.body, "id");
  }
  // A classifier of 12 classes for pictures of 2 × 2.
  static std::string tiny() {
    TinyModel m;
    const int picture = m.tensor({1, 2, 2, 3});
    const int doubled = m.tensor({1, 2, 2, 3});
    m.op(TinyModel::Op::ADD, {picture, picture}, {doubled});
    return m.finish({picture}, {m.row(doubled, 12)});
  }
  static json::array twelve_labels() {
    json::array labels;
    for (int i = 0; i < 12; ++i) labels.emplace_back("class " + std::to_string(i));
    return labels;
  }
  // The job once it has ended.
  json::object wait(const RestAnswer& started) {
    EXPECT_EQ(started.status, 202) << started.text;
    if (started.status != 202) return {};
    for (;;) {
      const auto job = get("/jobs/" + text(started.body, "id"));
      const std::string state = text(job.body, "state");
      if (state != "queued" && state != "running") return job.body.as_object();
      std::this_thread::yield();
    }
  }
  bool empty(const char* name) {
    std::error_code error;
    return !fs::exists(options.data / name) || fs::is_empty(options.data / name, error);
  }
};

TEST_F(ModelsTest, a_model_begins_as_a_draft_with_a_slug_of_its_own) {
  const auto made = add({{"name", "My Bottles!"}, {"source", "external"}, {"labels", {"bottle"}}});
  EXPECT_EQ(made.at("status"), "draft");
  EXPECT_EQ(made.at("slug"), "my-bottles");
  EXPECT_EQ(text(add({{"name", "My bottles?"}}), "slug"), "my-bottles-2");
  EXPECT_EQ(text(add({{"name", "mobilenet_v1"}}), "slug"), "mobilenet_v1-2");  // the zoo has it
  const std::string path = "/models/" + text(made, "id");
  EXPECT_EQ(send("PATCH", path, {{"name", "Bottles"}}).body.at("slug"), "my-bottles");
  EXPECT_EQ(send("PATCH", path, {{"source", "custom"}}).status, 400);
  EXPECT_EQ(send("POST", "/models", {{"name", "x"}, {"slug", "y"}}).status, 400);
  EXPECT_EQ(send("POST", "/models", {{"name", "x"}, {"zoo_name", "mobilenet_v1"}}).status, 400);
  EXPECT_EQ(get("/models?status=draft").body.at("total"), 3);
}

TEST_F(ModelsTest, a_model_of_the_zoo_is_ready_at_once_and_added_once) {
  auto zoo = get("/zoo");
  ASSERT_EQ(zoo.status, 200) << zoo.text;
  EXPECT_EQ(zoo.body.at_pointer("/items/0/installed"), true);
  EXPECT_EQ(zoo.body.at_pointer("/items/1/installed"), false);
  EXPECT_EQ(zoo.body.at_pointer("/items/0/added"), "");
  const auto made = add({{"name", "Things"}, {"source", "zoo"}, {"zoo_name", "mobilenet_v1"}});
  EXPECT_EQ(made.at("status"), "ready");
  EXPECT_EQ(made.at("slug"), "mobilenet_v1");
  EXPECT_EQ(made.at("task"), "classification");
  EXPECT_GT(made.at("labels").as_array().size(), 900u);
  EXPECT_EQ(get("/zoo").body.at_pointer("/items/0/added"), made.at("id"));
  const auto again =
      send("POST", "/models", {{"name", "B"}, {"source", "zoo"}, {"zoo_name", "mobilenet_v1"}});
  EXPECT_THAT(problem_of(again, "zoo_name"), HasSubstr("already"));
  const auto absent =
      send("POST", "/models", {{"name", "B"}, {"source", "zoo"}, {"zoo_name", "not_there"}});
  EXPECT_THAT(problem_of(absent, "zoo_name"), HasSubstr("not installed"));
  EXPECT_EQ(send("POST", "/models", {{"name", "B"}, {"source", "zoo"}}).status, 400);
  EXPECT_EQ(send("DELETE", "/models/" + text(made, "id")).status, 204);
  EXPECT_TRUE(fs::exists("build/zoo/mobilenet_v1/model.onnx"));
}

TEST_F(ModelsTest, an_imported_file_makes_versions_and_the_model_ready) {
  const std::string id = text(add({{"name", "Tiny"}, {"labels", twelve_labels()}}), "id");
  const std::string versions = "/models/" + id + "/versions";
  const auto job = wait(send("POST", versions, {{"upload", upload(tiny())}}));
  ASSERT_EQ(text(job, "state"), "done") << json_text(job);
  EXPECT_EQ(job.at("result").at("number"), 1);
  EXPECT_EQ(model(id).at("status"), "ready");
  EXPECT_EQ(model(id).at("task"), "classification");
  auto list = get(versions);
  EXPECT_EQ(list.body.at_pointer("/items/0/width"), 2);
  EXPECT_EQ(list.body.at_pointer("/items/0/sha256").as_string().size(), 64u);
  EXPECT_TRUE(fs::exists(options.data / "models" / "tiny" / "model.onnx"));
  EXPECT_TRUE(empty("uploads"));
  auto labels = twelve_labels();
  labels[3] = "door";
  const auto second =
      wait(send("POST", versions, {{"upload", upload(tiny())}, {"labels", labels}}));
  ASSERT_EQ(text(second, "state"), "done") << json_text(second);
  EXPECT_EQ(get(versions).body.at("total"), 2);
  EXPECT_EQ(model(id).at("labels").at(3), "door");
  EXPECT_EQ(get("/models/" + id + "/images").body.at("total"), 0);
  EXPECT_EQ(get("/models/" + id + "/training_runs").body.at("total"), 0);
  EXPECT_EQ(get("/models/none/versions").status, 404);
  EXPECT_EQ(send("DELETE", "/models/" + id).status, 204);
  EXPECT_TRUE(empty("models"));
}

TEST_F(ModelsTest, an_onnx_file_comes_with_its_manifest) {
  const std::string id = text(add({{"name", "Again"}}), "id");
  const auto bytes = read_file("build/zoo/mobilenet_v1/model.onnx", 100u << 20);
  ASSERT_TRUE(bytes);
  const std::string versions = "/models/" + id + "/versions";
  const auto bare = wait(send("POST", versions, {{"upload", upload(*bytes)}}));
  EXPECT_THAT(text(bare, "cause"), HasSubstr("needs its manifest"));
  EXPECT_THAT(text(bare, "cause"), Not(HasSubstr(folder.string())));
  EXPECT_EQ(model(id).at("status"), "failed");
  const auto manifest = read_json_file("build/zoo/mobilenet_v1/model.json");
  ASSERT_TRUE(manifest);
  const auto job =
      wait(send("POST", versions, {{"upload", upload(*bytes)}, {"manifest", *manifest}}));
  EXPECT_EQ(text(job, "state"), "done") << json_text(job);
  EXPECT_EQ(model(id).at("status"), "ready");
  EXPECT_EQ(model(id).at("cause"), "");
}

TEST_F(ModelsTest, a_file_that_is_no_model_fails_with_its_cause_and_leaves_nothing) {
  const std::string id = text(add({{"name", "Tiny"}}), "id");
  const std::string versions = "/models/" + id + "/versions";
  auto broken = tiny();
  broken.resize(broken.size() / 2);
  const auto job = wait(send("POST", versions, {{"upload", upload(broken)}}));
  EXPECT_EQ(text(job, "state"), "failed");
  EXPECT_THAT(text(job, "cause"), Not(HasSubstr(folder.string())));
  EXPECT_EQ(model(id).at("status"), "failed");
  EXPECT_EQ(model(id).at("cause"), job.at("cause"));
  EXPECT_TRUE(empty("models"));
  EXPECT_TRUE(empty("uploads"));
  EXPECT_EQ(send("POST", versions, {{"upload", "nobody"}}).status, 404);
  EXPECT_EQ(send("POST", versions, {{"upload", ""}}).status, 400);
}

TEST_F(ModelsTest, a_failed_import_leaves_the_older_version_at_work) {
  const std::string id = text(add({{"name", "Tiny"}, {"labels", twelve_labels()}}), "id");
  const std::string versions = "/models/" + id + "/versions";
  wait(send("POST", versions, {{"upload", upload(tiny())}}));
  const auto job = wait(send("POST", versions, {{"upload", upload("nonsense")}}));
  EXPECT_EQ(text(job, "state"), "failed");
  EXPECT_EQ(model(id).at("status"), "ready");
  EXPECT_THAT(text(model(id), "cause"), HasSubstr("the last import failed"));
  EXPECT_TRUE(fs::exists(options.data / "models" / "tiny" / "model.onnx"));
}

TEST_F(ModelsTest, what_a_stop_has_left_is_set_right_at_the_next_start) {
  const std::string finished = text(add({{"name", "Tiny"}, {"labels", twelve_labels()}}), "id");
  wait(send("POST", "/models/" + finished + "/versions", {{"upload", upload(tiny())}}));
  const std::string lost = text(add({{"name", "Lost"}}), "id");
  server->stop();
  // As if the server had been killed: one import had its files in place, one had not.
  for (const auto& id : {finished, lost}) {
    auto stored = store->get<store::Model>(id);
    stored->value.status = store::ModelStatus::importing;
    ASSERT_TRUE(store->update(id, stored->revision, stored->value));
  }
  ASSERT_TRUE(replace_file(options.data / "models" / "tiny" / "model.onnx", "another"));
  ASSERT_TRUE(replace_file(options.data / "models" / ".lost.abc" / "model.onnx", "half"));
  server.reset();
  start();
  EXPECT_EQ(model(finished).at("status"), "ready");
  EXPECT_EQ(get("/models/" + finished + "/versions").body.at("total"), 2);
  EXPECT_EQ(model(lost).at("status"), "failed");
  EXPECT_THAT(text(model(lost), "cause"), HasSubstr("stopped during the import"));
  EXPECT_FALSE(fs::exists(options.data / "models" / ".lost.abc"));
}

TEST_F(ModelsTest, a_model_that_a_skill_uses_stays) {
  const std::string id = text(add({{"name", "Tiny"}}), "id");
  ASSERT_TRUE(store->create(store::SkillRecord{.name = "Watch", .models = {id}}));
  const auto refused = send("DELETE", "/models/" + id);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.text, HasSubstr("Watch"));
}

}  // namespace
}  // namespace poss::server
