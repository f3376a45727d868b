// Uploads: whole or not at all, kept for a day, never a path.
#include "server/uploads.h"

#include <atomic>
#include <thread>

#include "base/file.h"
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
  RestAnswer part(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    return send_raw(
        "/api/v1" + path + "?offset=" + std::to_string(offset),
        {.method = "PATCH", .body = bytes, .headers = {"Content-Type: application/octet-stream"}});
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

TEST_F(UploadsTest, come_in_parts_as_well) {
  const auto begun = send_raw(
      "/api/v1/uploads?name=model.onnx&bytes=6",
      {.method = "POST", .body = "ab", .headers = {"Content-Type: application/octet-stream"}});
  ASSERT_EQ(begun.status, 201) << begun.text;
  EXPECT_EQ(begun.body.at("bytes"), 6);
  EXPECT_EQ(begun.body.at("received"), 2);
  EXPECT_EQ(begun.body.at("sha256"), "");
  const std::string path = "/uploads/" + std::string(begun.body.at("id").as_string());
  EXPECT_EQ(part(path, 2, "c").body.at("received"), 3);
  const auto again = part(path, 2, "c");
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.text, HasSubstr("has 3 of 6 bytes"));
  EXPECT_EQ(part(path, 3, "defg").status, 400);
  EXPECT_EQ(send("GET", path).body.at("received"), 3);
  const auto whole = part(path, 3, "def");
  ASSERT_EQ(whole.status, 200) << whole.text;
  EXPECT_EQ(whole.body.at("sha256"),
            "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721");  // of "abcdef"
  EXPECT_EQ(part(path, 6, "g").status, 400);
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(send("GET", path).status, 404);
  EXPECT_EQ(part(path, 0, "a").status, 404);
  EXPECT_EQ(files(), 0u);
}

TEST_F(UploadsTest, a_part_that_breaks_off_is_sent_again) {
  const auto begun = send_raw("/api/v1/uploads?name=a&bytes=1000003", {.method = "POST"});
  ASSERT_EQ(begun.status, 201) << begun.text;
  EXPECT_EQ(begun.body.at("received"), 0);
  const std::string path = "/uploads/" + std::string(begun.body.at("id").as_string());
  ASSERT_EQ(part(path, 0, "abc").status, 200);
  {
    BareClient client(server->port());
    client.send("PATCH /api/v1" + path +
                "?offset=3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n" +
                authorization + "\r\n\r\nxyz");
    while (files() == 1) std::this_thread::yield();
  }
  while (files() != 1) std::this_thread::yield();
  EXPECT_EQ(send("GET", path).body.at("received"), 3);
  EXPECT_EQ(part(path, 3, std::string(1'000'000, 'x')).body.at("received"), 1'000'003);
}

TEST_F(UploadsTest, sizes_that_cannot_be_are_refused_at_once) {
  const auto begin = [&](const std::string& bytes) {
    return send_raw("/api/v1/uploads?name=a&bytes=" + bytes, {.method = "POST"}).status;
  };
  EXPECT_EQ(begin("0"), 400);
  EXPECT_EQ(begin("-1"), 400);
  EXPECT_EQ(begin("4294967297"), 400);
  EXPECT_EQ(begin("x"), 400);
  EXPECT_EQ(send_raw("/api/v1/uploads?name=a&bytes=2", {.method = "POST", .body = "abc"}).status,
            400);
  EXPECT_EQ(files(), 0u);
}

TEST(Uploads, unfinished_ones_are_few_and_cannot_be_claimed) {
  const auto folder = std::filesystem::temp_directory_path() / ("poss-uploads-" + new_id());
  std::filesystem::create_directories(folder);
  SetClock clock;
  Uploads uploads(folder, clock);
  const auto begin = [&](std::uint64_t bytes) {
    const auto file = UploadedFile::create(folder);
    EXPECT_TRUE((*file)->append("ab"));
    return uploads.add(**file, "a", bytes);
  };
  std::string first;
  for (size_t i = 0; i < Uploads::kMaxUnfinished; ++i) {
    const auto begun = begin(5);
    ASSERT_TRUE(begun) << begun.error().message;
    if (first.empty()) first = begun->id;
  }
  EXPECT_EQ(begin(5).error().code, Code::resource_exhausted);
  EXPECT_TRUE(begin(2));
  EXPECT_THAT(uploads.claim(first).error().message, HasSubstr("has 2 of 5 bytes; send the rest"));
  clock.seconds += 24 * 3600 - 1;
  const auto part = UploadedFile::create(folder);
  ASSERT_TRUE((*part)->append("cde"));
  ASSERT_TRUE(uploads.append(first, 2, **part));
  clock.seconds += 1;
  uploads.remove_old();  // all but the one that went on
  EXPECT_TRUE(begin(5));
  const auto claimed = uploads.claim(first);
  ASSERT_TRUE(claimed) << claimed.error().message;
  EXPECT_EQ(*read_file(*claimed, 100), "abcde");
  std::filesystem::remove_all(folder);
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
