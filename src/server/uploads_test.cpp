// Uploads: whole or not at all, kept for a day, never a path.
#include "server/uploads.h"

#include <atomic>
#include <thread>

#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::HasSubstr;

class SetClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::seconds(seconds.load())); }
  Steady::time_point steady_now() const override { return {}; }
  std::atomic<std::int64_t> seconds{1'700'000'000};
};

class UploadsTest : public RestTest {
 protected:
  RestAnswer upload(const std::string& name, const std::string& bytes) {
    return send_raw(
        "/api/v1/uploads?name=" + name,
        {.method = "POST", .body = bytes, .headers = {"Content-Type: application/octet-stream"}});
  }
  size_t files() const {
    const std::filesystem::directory_iterator all(options.data / "uploads");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
};

TEST_F(UploadsTest, answer_size_and_hash_and_can_be_removed) {
  const auto made = upload("model%20a.tflite", "abc");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("name"), "model a.tflite");
  EXPECT_EQ(made.body.at("bytes"), 3);
  EXPECT_EQ(made.body.at("sha256"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
  EXPECT_EQ(files(), 1u);
  const std::string path = "/uploads/" + std::string(made.body.at("id").as_string());
  EXPECT_EQ(made.headers.at("location"), "/api/v1" + path);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(send("DELETE", path).status, 404);
  EXPECT_EQ(files(), 0u);
}

TEST_F(UploadsTest, names_are_labels_and_never_paths) {
  for (const char* name : {"..%2F..%2Fetc%2Fpasswd", "..", "a%5Cb", "", "a%0Ab"}) {
    EXPECT_EQ(upload(name, "x").status, 400) << name;
  }
  EXPECT_EQ(upload(std::string(300, 'a'), "x").status, 400);
  EXPECT_EQ(upload("%E6%A8%A1%E5%9E%8B.onnx", "x").status, 201);
  EXPECT_EQ(upload("empty", "").status, 400);
  EXPECT_EQ(files(), 1u);
}

TEST_F(UploadsTest, a_cut_off_upload_leaves_nothing) {
  {
    BareClient client(server->port());
    client.send(
        "POST /api/v1/uploads?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n" +
        authorization + "\r\n\r\nabc");
    while (files() == 0) std::this_thread::yield();
  }
  while (files() != 0) std::this_thread::yield();
}

TEST_F(UploadsTest, what_would_fill_the_disk_is_refused) {
  ASSERT_EQ(send("PATCH", "/settings", {{"disk_floor_gb", 1'000'000}}).status, 200);
  // The housekeeper takes the change over on its own thread.
  RestAnswer refused;
  for (refused = upload("a", "x"); refused.status == 201; refused = upload("a", "x")) {
    std::this_thread::yield();
  }
  EXPECT_EQ(refused.status, 507) << refused.text;
  EXPECT_THAT(refused.text, HasSubstr("must keep 1000000.0 GB free"));
}

TEST(Uploads, go_after_a_day_unless_claimed) {
  const auto folder = std::filesystem::temp_directory_path() / ("poss-uploads-" + new_id());
  std::filesystem::create_directories(folder);
  SetClock clock;
  Uploads uploads(folder, clock);
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    const auto file = UploadedFile::create(folder);
    ASSERT_TRUE(file && (*file)->append("abc"));
    ids.push_back(uploads.add(**file, "a")->id);
  }
  const auto claimed = uploads.claim(ids[0]);
  ASSERT_TRUE(claimed);
  EXPECT_FALSE(uploads.claim(ids[0]));
  clock.seconds += 24 * 3600 - 1;
  uploads.remove_old();
  EXPECT_TRUE(uploads.claim(ids[1]));
  const auto file = UploadedFile::create(folder);
  ASSERT_TRUE(file && uploads.add(**file, "b"));
  clock.seconds += 24 * 3600;
  uploads.remove_old();
  EXPECT_FALSE(std::filesystem::exists((*file)->path()));
  EXPECT_TRUE(std::filesystem::exists(*claimed));
  Uploads after_a_restart(folder, clock);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace poss::server
