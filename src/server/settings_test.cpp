// The settings over REST.
#include "server/settings.h"

#include "server/test_server.h"

namespace poss::server {
namespace {

class SettingsTest : public RestTest {};

TEST_F(SettingsTest, are_there_from_the_start_with_their_defaults) {
  const auto settings = get("/settings");
  ASSERT_EQ(settings.status, 200) << settings.text;
  EXPECT_EQ(settings.body.at("insight_days").to_number<double>(), 30);
  EXPECT_EQ(settings.body.at("disk_floor_gb").to_number<double>(), 2);
  EXPECT_TRUE(settings.body.at("import_networks").as_array().empty());
  EXPECT_FALSE(settings.body.as_object().contains("name"));
}

TEST_F(SettingsTest, are_changed_under_their_revision) {
  const auto first = get("/settings");
  const auto changed =
      send("PATCH", "/settings", {{"insight_days", 7}}, {"If-Match: " + first.etag()});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.body.at("insight_days").to_number<double>(), 7);
  EXPECT_EQ(get("/settings").body, changed.body);
  const auto stale =
      send("PATCH", "/settings", {{"insight_days", 9}}, {"If-Match: " + first.etag()});
  EXPECT_EQ(stale.status, 412);
}

TEST_F(SettingsTest, refuse_what_makes_no_sense) {
  const auto wrong = [&](const json::object& change) {
    const auto answer = send("PATCH", "/settings", change);
    EXPECT_EQ(answer.status, 400) << answer.text;
    EXPECT_EQ(send("PATCH", "/settings?dry_run=true", change).body.at("problems").as_array().size(),
              1u);
  };
  wrong({{"insight_days", -1}});
  wrong({{"disk_floor_gb", 0}});
  wrong({{"import_folders", {"pictures"}}});
  wrong({{"import_folders", {"/srv/../etc"}}});
  wrong({{"import_networks", {"10.0.0.0/40"}}});
  wrong({{"import_networks", {"example.org"}}});
  wrong({{"import_networks", {"fd00::/8", "10.0.0.0/"}}});
  wrong({{"name", "other"}});
  EXPECT_EQ(send("DELETE", "/settings").status, 405);
}

}  // namespace
}  // namespace poss::server
