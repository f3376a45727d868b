// Connections: what each type's address must be, where secrets go, and trying one.
#include "media/test_peer.h"
#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ConnectionsTest : public RestTest {
 protected:
  static json::object fields(const std::string& type, const std::string& address) {
    return {{"name", "C"}, {"type", type}, {"address", address}};
  }
  std::string refusal(const json::object& connection, const std::string& field = "address") {
    return problem_of(send("POST", "/connections?dry_run=true", connection), field);
  }
};

TEST_F(ConnectionsTest, an_address_must_fit_its_type) {
  EXPECT_EQ(refusal(fields("mqtt", "broker.example:1883")), "");
  EXPECT_EQ(refusal(fields("mqtt", "mqtts://broker.example")), "");
  EXPECT_NE(refusal(fields("mqtt", "")), "");
  EXPECT_NE(refusal(fields("mqtt", "http://broker.example")), "");
  EXPECT_EQ(refusal(fields("webhook", "https://example.com/hook")), "");
  EXPECT_NE(refusal(fields("webhook", "example.com")), "");
  EXPECT_EQ(refusal(fields("smtp", "mail.example:587")), "");
  EXPECT_NE(refusal(fields("smtp", "https://mail.example")), "");
  EXPECT_THAT(refusal(fields("iot_hub", ""), "credentials"), HasSubstr("connection string"));
  EXPECT_THAT(
      refusal(fields("custom_vision", "https://x.cognitiveservices.azure.com"), "credentials"),
      HasSubstr("training key"));
  EXPECT_EQ(refusal(fields("iot_edge", "")), "");
}

TEST_F(ConnectionsTest, secrets_in_an_address_are_kept_as_secrets) {
  const auto made = send("POST", "/connections", fields("mqtt", "mqtt://op:p%40ss@192.0.2.7"));
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("address"), "mqtt://192.0.2.7");
  EXPECT_EQ(made.body.at("user_name"), "op");
  EXPECT_EQ(made.body.at("has_credentials"), true);
  EXPECT_THAT(made.text, AllOf(Not(HasSubstr("p%40ss")), Not(HasSubstr("p@ss"))));
  const auto stored = store->get<store::Connection>(std::string(made.body.at("id").as_string()));
  EXPECT_EQ(*store->reveal(stored->value.credentials), "p@ss");
  auto blobs = fields("azure_storage", "https://acc.blob.core.windows.net/c?sv=1&sig=geheim");
  blobs["name"] = "Blobs";
  const auto sas = send("POST", "/connections", blobs);
  ASSERT_EQ(sas.status, 201) << sas.text;
  EXPECT_EQ(sas.body.at("address"), "https://acc.blob.core.windows.net/c");
  EXPECT_EQ(sas.body.at("has_credentials"), true);
  EXPECT_THAT(sas.text, Not(HasSubstr("geheim")));
}

TEST_F(ConnectionsTest, stored_credentials_are_not_sent_to_another_address) {
  auto connection = fields("mqtt", "mqtts://192.0.2.7");
  connection["credentials"] = "geheim";
  const auto made = send("POST", "/connections", connection);
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string path = "/connections/" + std::string(made.body.at("id").as_string());
  for (const char* other : {"mqtts://198.51.100.1", "mqtt://192.0.2.7"}) {
    const auto moved = send("PATCH", path, {{"address", other}});
    EXPECT_THAT(problem_of(moved, "credentials"), HasSubstr("again")) << other;
    auto test = fields("mqtt", other);
    test["connection"] = made.body.at("id");
    EXPECT_EQ(send("POST", "/connection_tests", test).status, 400) << other;
  }
}

TEST_F(ConnectionsTest, a_test_tells_what_answered_or_why_nothing_did) {
  media::test::SilentPort closed(false);
  const auto refused = ended_job(
      send("POST", "/connection_tests",
           fields("webhook", "http://op:geheim@127.0.0.1:" + std::to_string(closed.port()) + "/")));
  EXPECT_EQ(refused.at("state"), "failed");
  EXPECT_NE(refused.at("cause"), "");
  EXPECT_THAT(json_text(refused), Not(HasSubstr("geheim")));
  // This server itself is a web server.
  const auto works = ended_job(
      send("POST", "/connection_tests",
           fields("webhook", "http://127.0.0.1:" + std::to_string(server->port()) + "/healthz")));
  EXPECT_EQ(works.at("state"), "done") << json_text(works);
  EXPECT_NE(works.at_pointer("/result/detail"), "");
}

}  // namespace
}  // namespace poss::server
