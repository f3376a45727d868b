// Insights kept: lists, counts, labels and exports over REST.
#include "graph/insight.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class InsightsTest : public RestTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store->create(store::Settings{.insight_days = 0}));  // what is old stays
    start();
  }
  // At 2023-11-14T22:13:20 and so many seconds.
  void publish(int second, const std::string& camera, std::vector<std::string> labels) {
    Insight made;
    made.id = camera + "-" + std::to_string(second);
    made.time = Time(std::chrono::seconds(1'700'000'000 + second));
    made.camera = camera;
    made.deployment = "people";
    made.skill = "watch";
    made.width = 640;
    made.height = 360;
    for (auto& label : labels) {
      made.detections.push_back(
          {.label = label, .confidence = 0.5f, .box = {}, .inference_id = "1", .attributes = {}});
    }
    if (!made.detections.empty()) made.detections[0].track = Track{.id = "7"};
    made.events.push_back(
        {.type = "line", .id = "1", .related_ids = {}, .properties = {{"a", "b"}}});
    recorder->publish(std::make_shared<const Insight>(std::move(made)));
  }
  std::vector<std::string> ids(const std::string& target) {
    std::vector<std::string> found;
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 200) << answer.text;
    for (const auto& item : answer.body.at("items").as_array()) {
      found.emplace_back(item.at("id").as_string());
    }
    return found;
  }
};

TEST_F(InsightsTest, are_listed_newest_first_page_by_page) {
  for (int i = 0; i < 5; ++i) publish(i, "dock", {"person"});
  recorder->flush();
  const auto page = get("/insights?limit=2");
  EXPECT_THAT(ids("/insights?limit=2"), ElementsAre("dock-4", "dock-3"));
  const std::string cursor(page.body.at("next_cursor").as_string());
  EXPECT_THAT(ids("/insights?limit=2&cursor=" + cursor), ElementsAre("dock-2", "dock-1"));
  EXPECT_EQ(get("/insights?cursor=nonsense").status, 400);
}

TEST_F(InsightsTest, are_found_by_camera_deployment_label_and_time) {
  publish(1, "dock", {"person"});
  publish(2, "gate", {"person", "car"});
  publish(3, "gate", {});
  recorder->flush();
  EXPECT_THAT(ids("/insights?camera=gate"), ElementsAre("gate-3", "gate-2"));
  EXPECT_THAT(ids("/insights?deployment=people&label=person"), ElementsAre("gate-2", "dock-1"));
  EXPECT_THAT(ids("/insights?from=2023-11-14T22:13:22Z&to=2023-11-14T22:13:23Z"),
              ElementsAre("gate-2"));
  EXPECT_THAT(ids("/insights?label=cat"), ElementsAre());
  EXPECT_EQ(get("/insights?from=yesterday").status, 400);
}

TEST_F(InsightsTest, are_counted_by_step_and_label) {
  publish(1, "dock", {"person"});
  publish(2, "dock", {"person", "car"});
  publish(11, "dock", {"car"});
  recorder->flush();
  const auto counts = get(
      "/insights/counts?from=2023-11-14T22:13:20Z&to=2023-11-14T22:13:40Z&step_s=10&camera=dock");
  ASSERT_EQ(counts.status, 200) << counts.text;
  EXPECT_EQ(counts.body.at("total"), (json::array{2, 1}));
  EXPECT_EQ(counts.body.at("by_label").at("person"), (json::array{2, 0}));
  EXPECT_EQ(counts.body.at("by_label").at("car"), (json::array{1, 1}));
  EXPECT_EQ(get("/insights/labels").body.at("items"), (json::array{"car", "person"}));
  EXPECT_EQ(get("/insights/counts").body.at("total").as_array().size(), 60u);
  const auto late = get("/insights/counts?from=2023-11-14T22:13:40Z&to=2023-11-14T22:13:20Z");
  EXPECT_EQ(late.status, 400);
  EXPECT_EQ(get("/insights/counts?step_s=1").status, 400);
}

TEST_F(InsightsTest, are_exported_as_csv_with_a_row_for_each_object) {
  const auto location = send("POST", "/locations", {{"name", "Hall"}});
  const auto camera =
      store->create(store::Camera{.name = "Dock \"A\", north",
                                  .uri = "rtsp://127.0.0.1/a",
                                  .location = std::string(location.body.at("id").as_string())});
  ASSERT_TRUE(camera) << camera.error().message;
  publish(1, camera->id, {"person", "car"});
  publish(2, camera->id, {});
  recorder->flush();
  const auto answer = get("/insights/export");
  EXPECT_EQ(answer.headers.at("content-type"), "text/csv; charset=utf-8; header=present");
  EXPECT_THAT(answer.headers.at("content-disposition"), HasSubstr("insights.csv"));
  EXPECT_EQ(answer.text,
            "time,camera,camera_id,deployment,deployment_id,label,confidence,l,t,w,h,tracking_id"
            "\r\n"
            "2023-11-14T22:13:21.000+00:00,\"Dock \"\"A\"\", north\"," +
                camera->id + ",people,people,person,0.5,0.0,0.0,0.0,0.0,7\r\n" +
                "2023-11-14T22:13:21.000+00:00,\"Dock \"\"A\"\", north\"," + camera->id +
                ",people,people,car,0.5,0.0,0.0,0.0,0.0,\r\n");
  EXPECT_THAT(get("/insights/export?label=car").text, Not(HasSubstr("person,0.5")));
  EXPECT_EQ(get("/insights/export?format=xml").status, 400);
  EXPECT_TRUE(std::filesystem::is_empty(options.data / "uploads"));
}

TEST_F(InsightsTest, an_export_that_leaves_rows_out_says_so) {
  for (int i = 0; i < 201; ++i) publish(i, "dock", std::vector<std::string>(500, "person"));
  recorder->flush();
  const auto answer = get("/insights/export");
  EXPECT_EQ(std::count(answer.text.begin(), answer.text.end(), '\n'), 100'001);
  EXPECT_THAT(answer.headers.at("x-export-note"), HasSubstr("only the newest 100000 rows"));
}

TEST_F(InsightsTest, are_exported_as_json) {
  for (int i = 0; i < 3; ++i) publish(i, "dock", {"person"});
  recorder->flush();
  const auto answer = get("/insights/export?format=json");
  EXPECT_EQ(answer.body.at("items").as_array().size(), 3u);
  EXPECT_EQ(answer.body.at("complete"), true);
  EXPECT_FALSE(answer.headers.contains("x-export-note"));
}

}  // namespace
}  // namespace poss::server
