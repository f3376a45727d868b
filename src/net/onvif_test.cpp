// ONVIF against a device that speaks real WS-Discovery and SOAP, and checks the digests.
#include "net/onvif.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/onvif_xml.h"
#include "net/test_peers.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OnvifCamera {
 public:
  explicit OnvifCamera(const std::vector<std::string>& arguments = {})
      : process_(command(arguments)) {
    if (const auto line = process_.read_line()) std::istringstream(*line) >> http_ >> discovery_;
    EXPECT_GT(discovery_, 0) << "The ONVIF test device did not start.";
  }
  std::string url(const std::string& path = "/onvif/device_service") const {
    return "http://127.0.0.1:" + std::to_string(http_) + path;
  }
  DiscoveryOptions discovery() const {
    return {.timeout = milliseconds(500),
            .loopback = true,
            .port = static_cast<std::uint16_t>(discovery_)};
  }
  std::optional<std::string> next_call() { return process_.read_line(); }

 private:
  static std::vector<std::string> command(const std::vector<std::string>& arguments) {
    std::vector<std::string> out{"/usr/bin/python3", "tests/onvif_device/onvif_device.py"};
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
  }
  ChildProcess process_;
  int http_ = 0;
  int discovery_ = 0;
};

// The camera as discovery finds it; on a busy machine its answer may come too late at first.
OnvifDevice found_one(const OnvifCamera& camera) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto found = discover(camera.discovery(), [] { return false; });
    EXPECT_TRUE(found) << found.error().message;
    if (!found || found->empty()) continue;
    EXPECT_EQ(found->size(), 1u);
    return found->front();
  }
  ADD_FAILURE() << "The camera was not found.";
  return {.xaddrs = {""}};
}

Result<std::vector<OnvifStream>> ask(const OnvifCamera& camera, const std::string& user = "",
                                     const std::string& password = "") {
  return streams_of(camera.url(), user, password, seconds(20));
}

std::string text(const Result<std::vector<OnvifStream>>& streams) {
  if (!streams) return streams.error().message;
  std::string out;
  for (const auto& one : *streams) {
    out += one.name + " " + one.uri + " " + one.codec + " " + std::to_string(one.width) + "x" +
           std::to_string(one.height) + "\n";
  }
  return out;
}

const std::string kBothStreams =
    "main & more rtsp://127.0.0.1:554/main?a=1&b=2 h264 1920x1080\n"
    "sub & more rtsp://127.0.0.1:554/sub?a=1&b=2 mjpeg 640x360\n";

TEST(OnvifDiscovery, finds_a_camera_once_with_name_model_and_address) {
  const OnvifCamera camera;
  const OnvifDevice device = found_one(camera);
  EXPECT_EQ(device.name, "Dock ä");
  EXPECT_EQ(device.hardware, "CAM-1");
  EXPECT_EQ(device.address, "127.0.0.1");
  EXPECT_EQ(device.endpoint, "1419d68a-1dd2-11b2-a105-000000000001");
  EXPECT_THAT(device.xaddrs, ElementsAre(camera.url(), "http://192.168.77.1/onvif/device_service"));
}

TEST(OnvifDiscovery, an_address_elsewhere_becomes_the_one_that_answered) {
  for (const std::string host : {"8.8.8.8", "camera.example.com", "[2001:db8::1]"}) {
    const OnvifCamera camera({"--host", host});
    EXPECT_EQ(found_one(camera).xaddrs.front(), camera.url()) << host;
  }
}

TEST(OnvifDiscovery, nobody_is_no_error_and_cancelling_is) {
  const DiscoveryOptions options{.timeout = milliseconds(100),
                                 .loopback = true,
                                 .port = static_cast<std::uint16_t>(free_port())};
  const auto nobody = discover(options, {});
  ASSERT_TRUE(nobody) << nobody.error().message;
  EXPECT_TRUE(nobody->empty());
  EXPECT_EQ(discover(options, [] { return true; }).error().code, Code::unavailable);
}

TEST(OnvifStreams, an_open_device_gives_its_streams_without_credentials) {
  EXPECT_EQ(text(ask(OnvifCamera())), kBothStreams);
}

TEST(OnvifStreams, ws_security_digest_by_the_device_s_own_clock) {
  for (const char* offset : {"0", "-86400", "700000000"}) {
    const OnvifCamera camera({"--user", "o p<", "--password", "p&:w", "--clock-offset", offset});
    EXPECT_EQ(text(ask(camera, "o p<", "p&:w")), kBothStreams) << offset;
  }
}

TEST(OnvifStreams, http_digest_where_the_device_asks) {
  const OnvifCamera camera({"--user", "op", "--password", "p:w", "--auth", "http"});
  EXPECT_EQ(text(ask(camera, "op", "p:w")), kBothStreams);
}

TEST(OnvifStreams, wrong_and_missing_passwords_are_told_apart) {
  for (const char* way : {"ws", "http"}) {
    const OnvifCamera camera({"--user", "op", "--password", "right", "--auth", way});
    const auto wrong = ask(camera, "op", "hunter2");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Code::permission_denied);
    EXPECT_THAT(wrong.error().message, HasSubstr("refused the user name or password"));
    EXPECT_THAT(wrong.error().message, Not(HasSubstr("hunter2")));
    const auto none = ask(camera);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::permission_denied);
    EXPECT_THAT(none.error().message, HasSubstr("asks for a user name and password"));
  }
}

TEST(OnvifStreams, a_device_that_only_knows_get_capabilities) {
  EXPECT_EQ(text(ask(OnvifCamera({"--old"}))), kBothStreams);
}

TEST(OnvifStreams, h265_comes_from_media_2) {
  EXPECT_EQ(text(ask(OnvifCamera({"--media2"}))), "main rtsp://127.0.0.1/2/p1 hevc 3840x2160\n");
}

TEST(OnvifStreams, requests_stay_with_the_host_asked) {
  const OnvifCamera camera({"--host", "192.0.2.1"});  // TEST-NET-1: nobody is there
  EXPECT_EQ(text(ask(camera)), kBothStreams);
}

TEST(OnvifStreams, each_failure_has_its_name_and_remedy) {
  const OnvifCamera camera;
  const auto fails = [](const std::string& url, milliseconds timeout = seconds(20)) {
    const auto streams = streams_of(url, "me", "hunter2", timeout);
    EXPECT_FALSE(streams) << url;
    EXPECT_THAT(streams ? "" : streams.error().message, Not(HasSubstr("hunter2")));
    return streams ? Error{} : streams.error();
  };
  EXPECT_EQ(fails(camera.url("/other")).code, Code::not_found);
  EXPECT_THAT(fails(camera.url("/other")).message, HasSubstr("turn ONVIF on"));
  EXPECT_THAT(fails("http://127.0.0.1:" + std::to_string(free_port())).message,
              HasSubstr("refused"));
  EXPECT_EQ(fails("rtsp://127.0.0.1/").code, Code::invalid_argument);
  const LoopbackSocket silent;
  EXPECT_EQ(fails("http://127.0.0.1:" + std::to_string(silent.listen()), milliseconds(200)).code,
            Code::timed_out);
  const HttpReceiver no_camera;
  EXPECT_EQ(fails(no_camera.url("/ok")).code, Code::not_found);
}

TEST(OnvifXml, addresses_stay_near) {
  const auto near = [](const std::string& url, bool allow_private = true) {
    return url_near(url, "192.168.1.9", "http https", allow_private).value_or("-");
  };
  EXPECT_EQ(near("http://192.168.1.9/a?b=1"), "http://192.168.1.9/a?b=1");
  EXPECT_EQ(near("https://u:p@192.168.1.9:8443/a#f"), "https://192.168.1.9:8443/a");
  EXPECT_EQ(near("http://10.1.2.3/a"), "http://10.1.2.3/a");
  EXPECT_EQ(near("http://169.254.1.1/a"), "http://169.254.1.1/a");
  EXPECT_EQ(near("http://10.1.2.3:81/a", false), "http://192.168.1.9:81/a");
  for (const char* foreign : {"http://8.8.8.8/a", "http://example.com/a", "http://127.0.0.1/a",
                              "http://[::1]/a", "http://172.32.0.1/a", "http://192.169.0.1/a"}) {
    EXPECT_EQ(near(foreign), "http://192.168.1.9/a") << foreign;
  }
  for (const char* bad : {"", "x", "ftp://192.168.1.9/", "file:///etc/passwd", "http://a b/",
                          "http://192.168.1.9/\n", "javascript:alert(1)"}) {
    EXPECT_EQ(near(bad), "-") << bad;
  }
}

TEST(OnvifXml, entities_and_document_types_do_nothing) {
  const std::string bomb =
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"yyyy\">]>"
      "<Envelope><Body><GetProfilesResponse><Profiles token=\"t\"><Name>&x;&y;&amp;</Name>"
      "<VideoEncoderConfiguration/></Profiles></GetProfilesResponse></Body></Envelope>";
  const auto profiles = parse_profiles(bomb);
  ASSERT_EQ(profiles.size(), 1u);
  EXPECT_EQ(profiles[0].stream.name, "&x;&y;&");
}

TEST(OnvifXml, texts_come_out_as_short_clean_utf_8) {
  const auto named = [](const std::string& name) {
    const auto profiles = parse_profiles(
        "<Envelope><Body><GetProfilesResponse><Profiles token=\"t\"><Name>" + name +
        "</Name><VideoEncoderConfiguration/></Profiles></GetProfilesResponse></Body></Envelope>");
    return profiles.empty() ? std::string("-") : profiles[0].stream.name;
  };
  EXPECT_EQ(named(" Hof &#228;\n1 "), "Hof ä 1");
  EXPECT_EQ(named("a\xff\xc0\x80\x1b[31mb\xed\xa0\x80"), "a[31mb");
  EXPECT_EQ(named(std::string(10'000, 'x')), std::string(400, 'x'));
  EXPECT_EQ(named(std::string(399, 'x') + "ä"), std::string(399, 'x'));
}

TEST(OnvifXml, answers_to_another_question_are_left_out) {
  const std::string answer =
      "<Envelope><Header><RelatesTo>uuid:1</RelatesTo></Header><Body><ProbeMatches><ProbeMatch>"
      "<XAddrs>http://10.0.0.1/</XAddrs></ProbeMatch></ProbeMatches></Body></Envelope>";
  EXPECT_EQ(parse_probe_matches(answer, "10.0.0.1", "urn:uuid:1").size(), 1u);
  EXPECT_TRUE(parse_probe_matches(answer, "10.0.0.1", "urn:uuid:2").empty());
  EXPECT_TRUE(parse_probe_matches("", "10.0.0.1", "urn:uuid:2").empty());
}

}  // namespace
}  // namespace poss::net
