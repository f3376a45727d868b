// Recordings over REST: lists, parts of a video, and files that never lead out of their folder.
#include "server/recordings.h"

#include <fstream>

#include "base/file.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

class RecordingsTest : public RestTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store->create(store::Settings{.recording_days = 0}));  // what is old stays
    start();
  }
  void add(const std::string& id, int second, const std::string& camera, Recording recording) {
    recording.camera = camera;
    recording.deployment = "people";
    store::NewHistoryEntry entry;
    entry.id = id;
    entry.time = Time(std::chrono::seconds(1'700'000'000 + second));
    entry.bytes = 1000;
    entry.body = to_json(recording);
    entry.camera = camera;
    entry.deployment = recording.deployment;
    entry.labels = recording.labels;
    ASSERT_TRUE(store->history().append(store::Log::recording, {entry}));
  }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(replace_file(options.data / "recordings" / name, text));
  }
};

TEST_F(RecordingsTest, are_listed_read_and_removed_with_their_files) {
  write("dock/a.mp4", "0123456789");
  write("dock/a.jpg", "picture");
  add("a", 1, "dock",
      {.labels = {"person"}, .duration_s = 10.5, .file = "dock/a.mp4", .thumbnail = "dock/a.jpg"});
  add("b", 2, "gate", {.file = "gate/b.mp4"});
  const auto page = get("/recordings?limit=1");
  ASSERT_EQ(page.status, 200) << page.text;
  EXPECT_EQ(page.body.at_pointer("/items/0/id"), "b");
  const std::string cursor(page.body.at("next_cursor").as_string());
  EXPECT_EQ(get("/recordings?limit=1&cursor=" + cursor).body.at_pointer("/items/0/id"), "a");
  EXPECT_EQ(get("/recordings?camera=dock&label=person").body.at("items").as_array().size(), 1u);
  const auto one = get("/recordings/a");
  EXPECT_EQ(one.body.at("duration_s"), 10.5);
  EXPECT_EQ(one.body.at("has_thumbnail"), true);
  EXPECT_GE(one.body.at("bytes").as_int64(), 1000);
  EXPECT_FALSE(one.body.as_object().contains("file"));
  EXPECT_EQ(get("/recordings/a/thumbnail").text, "picture");
  EXPECT_EQ(get("/recordings/b/thumbnail").status, 404);
  EXPECT_EQ(send("DELETE", "/recordings/a").status, 204);
  EXPECT_FALSE(fs::exists(options.data / "recordings" / "dock" / "a.mp4"));
  EXPECT_FALSE(fs::exists(options.data / "recordings" / "dock" / "a.jpg"));
  EXPECT_EQ(get("/recordings/a").status, 404);
  EXPECT_EQ(send("DELETE", "/recordings/b").status, 204);  // its file was gone before
}

TEST_F(RecordingsTest, a_player_gets_the_part_it_asks_for) {
  write("a.mp4", "0123456789");
  add("a", 1, "dock", {.file = "a.mp4"});
  const auto whole = get("/recordings/a/video");
  EXPECT_EQ(whole.text, "0123456789");
  EXPECT_EQ(whole.headers.at("content-type"), "video/mp4");
  const auto part = send("GET", "/recordings/a/video", {}, {"Range: bytes=2-4"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.text, "234");
  EXPECT_EQ(part.headers.at("content-range"), "bytes 2-4/10");
  EXPECT_EQ(send("GET", "/recordings/a/video", {}, {"Range: bytes=20-"}).status, 416);
}

TEST_F(RecordingsTest, a_name_that_leads_out_of_the_folder_is_never_followed) {
  ASSERT_TRUE(replace_file(options.data / "secret", "do not read"));
  write("inside.mp4", "x");
  fs::create_symlink(options.data, options.data / "recordings" / "link");
  int number = 0;
  for (const std::string& name :
       {std::string("../secret"), std::string("/etc/passwd"), std::string("a/../../secret"),
        std::string("link/secret"), (options.data / "secret").string(), std::string(".")}) {
    const std::string id = "evil" + std::to_string(number++);
    add(id, number, "dock", {.file = name});
    EXPECT_EQ(get("/recordings/" + id + "/video").status, 403) << name;
    EXPECT_EQ(send("DELETE", "/recordings/" + id).status, 204) << name;
    EXPECT_TRUE(fs::exists(options.data / "secret")) << name;
  }
  EXPECT_TRUE(recording_path(options.data, "inside.mp4"));
  EXPECT_FALSE(recording_path(options.data, ""));
}

}  // namespace
}  // namespace poss::server
