// Cameras over REST: addresses, passwords, files; tests of them against real peers; discovery.
#include <fstream>

#include "media/test_peer.h"
#include "net/test_peers.h"
#include "server/desired.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using media::test::RtspServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CamerasTest : public RestTest {
 protected:
  void SetUp() override {
    start();
    location =
        std::string(send("POST", "/locations", {{"name", "Yard"}}).body.at("id").as_string());
  }
  json::object fields(const std::string& source, const std::string& uri) {
    return {{"name", "Dock"}, {"source", source}, {"uri", uri}, {"location", location}};
  }
  RestAnswer make(json::object camera) { return send("POST", "/cameras", camera); }
  std::string refusal(const json::object& camera, const std::string& field = "uri") {
    return problem_of(send("POST", "/cameras?dry_run=true", camera), field);
  }
  std::string password_of_camera(const std::string& id) {
    const auto stored = store->get<store::Camera>(id);
    return stored->value.password.empty() ? "" : *store->reveal(stored->value.password);
  }
  static std::string id_of(const RestAnswer& answer) {
    return std::string(answer.body.at("id").as_string());
  }
  std::string location;
};

TEST_F(CamerasTest, credentials_in_an_address_become_user_name_and_secret) {
  const auto made = make(fields("rtsp", " rtsp://op:p%40ss%2Fw%3A@192.0.2.7:8554/main?subtype=0 "));
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("uri"), "rtsp://192.0.2.7:8554/main?subtype=0");
  EXPECT_EQ(made.body.at("user_name"), "op");
  EXPECT_EQ(made.body.at("has_password"), true);
  EXPECT_THAT(made.text, AllOf(Not(HasSubstr("p%40ss")), Not(HasSubstr("p@ss"))));
  EXPECT_EQ(password_of_camera(id_of(made)), "p@ss/w:");
}

TEST_F(CamerasTest, the_second_stream_has_the_same_credentials_and_host) {
  auto camera = fields("rtsp", "rtsp://192.0.2.7/main");
  camera["detect_uri"] = "rtsp://op:geheim@192.0.2.7/sub";
  const auto made = make(camera);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("detect_uri"), "rtsp://192.0.2.7/sub");
  EXPECT_EQ(made.body.at("user_name"), "op");
  EXPECT_EQ(password_of_camera(id_of(made)), "geheim");
  camera["name"] = "Other";
  camera["detect_uri"] = "rtsp://198.51.100.1/sub";
  EXPECT_THAT(refusal(camera, "detect_uri"), HasSubstr("same camera"));
  camera["uri"] = "rtsp://op:one@192.0.2.7/main";
  camera["detect_uri"] = "rtsp://op:two@192.0.2.7/sub";
  EXPECT_THAT(refusal(camera, "detect_uri"), HasSubstr("another user name or password"));
}

TEST_F(CamerasTest, a_password_that_breaks_the_address_is_refused_without_repeating_it) {
  const auto answer = make(fields("rtsp", "rtsp://op:top/secret@192.0.2.7/main"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(problem_of(answer, "uri"), HasSubstr("into their own fields"));
  EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
}

TEST_F(CamerasTest, a_stored_password_is_not_sent_to_another_host) {
  const auto made = make(fields("rtsp", "rtsp://op:geheim@192.0.2.7/main"));
  const std::string path = "/cameras/" + id_of(made);
  const auto moved = send("PATCH", path, {{"uri", "rtsp://198.51.100.1/main"}});
  EXPECT_EQ(moved.status, 400);
  EXPECT_THAT(problem_of(moved, "password"), HasSubstr("again"));
  EXPECT_EQ(send("PATCH", path, {{"uri", "rtsp://192.0.2.7/other"}}).status, 200);
  EXPECT_EQ(send("PATCH", path, {{"uri", "rtsp://198.51.100.1/main"}, {"password", "neu"}}).status,
            200);
  EXPECT_EQ(password_of_camera(id_of(made)), "neu");
  auto test = fields("rtsp", "rtsp://203.0.113.9/main");
  test["camera"] = id_of(made);
  test["user_name"] = "op";
  const auto tested = send("POST", "/camera_tests", test);
  EXPECT_EQ(tested.status, 400);
  EXPECT_THAT(problem_of(tested, "password"), HasSubstr("again"));
}

TEST_F(CamerasTest, addresses_must_fit_their_source) {
  EXPECT_THAT(refusal(fields("rtsp", "http://192.0.2.7/")), HasSubstr("RTSP address"));
  EXPECT_THAT(refusal(fields("rtsp", "rtsp:///main")), HasSubstr("no host"));
  EXPECT_THAT(refusal(fields("rtsp", "192.0.2.7")), HasSubstr("RTSP address"));
  EXPECT_THAT(refusal(fields("rtsp", "rtsp://h:99999/")), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal(fields("http", "rtsp://192.0.2.7/")), HasSubstr("web address"));
  EXPECT_THAT(refusal(fields("http", "ftp://192.0.2.7/")), HasSubstr("web address"));
  EXPECT_THAT(refusal(fields("usb", "/dev/sda")), HasSubstr("/dev/video0"));
  EXPECT_THAT(refusal(fields("usb", "/dev/video")), HasSubstr("/dev/video0"));
  EXPECT_EQ(refusal(fields("usb", "/dev/video0")), "");
  EXPECT_EQ(refusal(fields("http", "https://192.0.2.7/video.mjpeg")), "");
  auto second = fields("usb", "/dev/video0");
  second["detect_uri"] = "/dev/video1";
  EXPECT_THAT(refusal(second, "detect_uri"), HasSubstr("second stream"));
  EXPECT_NE(refusal({{"name", "Dock"}, {"uri", "rtsp://h/"}}, "location"), "");
}

TEST_F(CamerasTest, files_must_exist_and_hold_nothing_of_the_system_or_of_poss) {
  const std::string file = (folder / "a.mp4").string();
  std::ofstream(file) << "video";
  std::filesystem::create_symlink(options.data / "poss.db", folder / "link.mp4");
  std::filesystem::create_symlink("/proc/self/environ", folder / "environ.mp4");
  EXPECT_EQ(refusal(fields("file", file)), "");
  EXPECT_EQ(refusal(fields("images", folder.string())), "");
  EXPECT_THAT(refusal(fields("file", "a.mp4")), HasSubstr("absolute path"));
  EXPECT_THAT(refusal(fields("file", "/no/such.mp4")), HasSubstr("does not exist"));
  EXPECT_THAT(refusal(fields("file", folder.string())), HasSubstr("'images'"));
  EXPECT_THAT(refusal(fields("images", file)), HasSubstr("not a folder"));
  EXPECT_THAT(refusal(fields("file", "/proc/self/environ")), HasSubstr("/proc"));
  EXPECT_THAT(refusal(fields("file", "/sys/../proc/version")), HasSubstr("/proc"));
  EXPECT_THAT(refusal(fields("file", "/dev/video0")), HasSubstr("'usb'"));
  EXPECT_THAT(refusal(fields("images", options.data.string())), HasSubstr("its own data"));
  EXPECT_THAT(refusal(fields("file", (options.data / "absent").string())),
              HasSubstr("its own data"));
  EXPECT_THAT(refusal(fields("file", (folder / "link.mp4").string())), HasSubstr("its own data"));
  EXPECT_THAT(refusal(fields("file", (folder / "environ.mp4").string())), HasSubstr("/proc"));
  EXPECT_THAT(refusal(fields("file", "rtsp://192.0.2.7/")), HasSubstr("file on this machine"));
  const auto made = make(fields("file", file));
  ASSERT_EQ(made.status, 201) << made.text;
  std::filesystem::remove(file);
  EXPECT_EQ(send("PATCH", "/cameras/" + id_of(made), {{"name", "Gate"}}).status, 200);
}

TEST_F(CamerasTest, a_camera_is_this_machines_unless_told_otherwise) {
  const auto made = make(fields("usb", "/dev/video63"));
  EXPECT_EQ(made.body.at_pointer("/devices/0"),
            json::value(store->list<store::Device>()->items[0].id));
  const auto remote =
      send("POST", "/devices", {{"name", "Box"}, {"type", "remote_agent"}}).body.at("id");
  auto camera = fields("usb", "/dev/video62");
  camera["name"] = "Remote";
  camera["devices"].emplace_array().push_back(remote);
  const auto there = make(camera);
  ASSERT_EQ(there.status, 201) << there.text;
  EXPECT_EQ(there.body.at_pointer("/status/state"), "idle");
  EXPECT_THAT(std::string(there.body.at_pointer("/status/cause").as_string()),
              HasSubstr("None of its compute devices"));
  const auto live = get("/cameras/" + id_of(there) + "/snapshot");
  EXPECT_EQ(live.status, 503);
  EXPECT_THAT(live.text, HasSubstr("may not be used by this machine"));
  EXPECT_EQ(send("DELETE", "/locations/" + location).status, 409);
}

TEST_F(CamerasTest, a_made_camera_gives_pictures_and_a_removed_one_is_gone) {
  media::test::make_video((folder / "a.mp4").string(),
                          "-v error -f lavfi -i testsrc2=size=320x240:rate=10:duration=2 "
                          "-c:v libx264 -g 5 -pix_fmt yuv420p");
  const auto made = make(fields("file", (folder / "a.mp4").string()));
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string path = "/cameras/" + id_of(made);
  ASSERT_TRUE(media::test::eventually(
      [&] { return get(path).body.at_pointer("/status/state") == json::value("streaming"); }));
  ASSERT_TRUE(media::test::eventually([&] { return get(path + "/snapshot").status == 200; }));
  EXPECT_EQ(get(path).body.at_pointer("/status/width"), 320);
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(get(path + "/snapshot").status, 404);
}

TEST_F(CamerasTest, a_test_shows_a_picture_or_the_named_cause) {
  RtspServer camera({"--test-pattern", "--user", "op", "--password", "geheim"});
  const auto test = [&](json::object body) {
    return ended_job(send("POST", "/camera_tests", body));
  };
  auto body = fields("rtsp", camera.uri());
  body["user_name"] = "op";
  body["password"] = "geheim";
  const auto works = test(body);
  EXPECT_EQ(works.at("state"), "done") << json_text(works);
  const auto& result = works.at("result");
  EXPECT_EQ(result.at("state"), "streaming") << result.at("cause");
  EXPECT_EQ(result.at("codec"), "h264");
  EXPECT_GT(result.at("width").as_int64(), 0);
  EXPECT_THAT(std::string(result.at("picture").as_string()), StartsWith("data:image/jpeg;base64,"));
  body["password"] = "falsch";
  const auto wrong = test(body);
  EXPECT_EQ(wrong.at_pointer("/result/state"), "wrong_password");
  EXPECT_THAT(json_text(wrong), Not(HasSubstr("falsch")));
  // With what is stored, which is not shown.
  body["password"] = "geheim";
  const auto made = make(body);
  ASSERT_EQ(made.status, 201) << made.text;
  body.erase("password");
  body["camera"] = made.body.at("id");
  const auto stored = test(body);
  EXPECT_EQ(stored.at_pointer("/result/state"), "streaming");
  EXPECT_THAT(json_text(stored), Not(HasSubstr("geheim")));
  const auto bad = send("POST", "/camera_tests", fields("rtsp", "http://127.0.0.1/"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(problem_of(bad, "uri"), "");
}

TEST_F(CamerasTest, a_device_is_asked_for_its_streams) {
  net::ChildProcess device({"/usr/bin/python3", "tests/onvif_device/onvif_device.py", "--user",
                            "op", "--password", "geheim"});
  const auto line = device.read_line();
  ASSERT_TRUE(line);
  const std::string address =
      "http://127.0.0.1:" + line->substr(0, line->find(' ')) + "/onvif/device_service";
  const auto ask = [&](const char* password) {
    return ended_job(send("POST", "/discovery",
                          {{"address", address}, {"user_name", "op"}, {"password", password}}));
  };
  const auto streams = ask("geheim");
  EXPECT_EQ(streams.at("state"), "done") << json_text(streams);
  EXPECT_EQ(streams.at_pointer("/result/streams").as_array().size(), 2u);
  EXPECT_THAT(std::string(streams.at_pointer("/result/streams/0/uri").as_string()),
              StartsWith("rtsp://127.0.0.1"));
  const auto refused = ask("falsch");
  EXPECT_EQ(refused.at("state"), "failed");
  EXPECT_THAT(json_text(refused), Not(HasSubstr("falsch")));
  EXPECT_EQ(send("POST", "/discovery", {{"address", "op:geheim@192.0.2.7"}}).status, 400);
}

}  // namespace
}  // namespace poss::server
