// Tests of the MQTT exporter against a real broker.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_peers.h"
#include "nodes/node_harness.h"

namespace poss {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MqttExport, sends_insights_to_the_topic_of_its_camera) {
  net::Broker broker;
  net::Subscriber subscriber(broker.port());
  NodeHarness node("mqtt_export", {{"broker", broker.address()}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));  // nothing to tell
  const Message message = node.message({NodeHarness::detection("person")});
  const auto done = node.process(message);
  ASSERT_TRUE(done) << done.error().message;
  const auto received = subscriber.next();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->first, "poss/dock/insights");
  EXPECT_EQ(*parse_json(received->second), to_json(message.insight));
  EXPECT_TRUE(node.sent().empty());
}

TEST(MqttExport, keeps_the_delay_between_messages_with_the_same_labels) {
  net::Broker broker;
  net::Subscriber subscriber(broker.port());
  NodeHarness node("mqtt_export", {{"broker", "mqtt://" + broker.address()},
                                   {"topic", "mqttmessage"},
                                   {"payload", "kan"},
                                   {"qos", 0},
                                   {"delay_buffer", 5}});
  ASSERT_TRUE(node.open());
  const auto send = [&](const char* label) {
    return node.process(node.message({NodeHarness::detection(label)}));
  };
  ASSERT_TRUE(send("person"));
  ASSERT_TRUE(send("person"));
  ASSERT_TRUE(send("car"));
  node.clock.advance(std::chrono::seconds(5));
  ASSERT_TRUE(send("person"));
  std::vector<std::string> labels;
  for (int i = 0; i < 3; ++i) {
    const auto received = subscriber.next();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->first, "mqttmessage");
    const auto insight = parse_insight(*parse_json(received->second));
    labels.push_back(insight->detections.at(0).label);
    EXPECT_EQ(insight->frame_id, std::vector<int>({1, 3, 4})[static_cast<size_t>(i)]);
  }
  EXPECT_THAT(labels, testing::ElementsAre("person", "car", "person"));
}

TEST(MqttExport, opens_while_the_broker_is_away_and_sends_when_it_comes) {
  net::Broker broker;
  broker.kill();
  NodeHarness node("mqtt_export", {{"broker", broker.address()}, {"delay_buffer", 3600}});
  ASSERT_TRUE(node.open());
  const auto away = node.process(node.message({NodeHarness::detection("person")}));
  ASSERT_FALSE(away);
  EXPECT_THAT(away.error().message, HasSubstr("refused"));
  ASSERT_TRUE(broker.start());
  Result<void> back;
  for (int attempt = 0; attempt < 20; ++attempt) {
    back = node.process(node.message({NodeHarness::detection("person")}));
    if (back) break;
  }
  EXPECT_TRUE(back) << back.error().message;
}

TEST(MqttExport, names_a_wrong_password_without_showing_it) {
  net::TempFolder folder;
  const std::string passwords = folder.write("passwords", "");
  ASSERT_EQ(net::run_command({"mosquitto_passwd", "-b", passwords, "poss", "right"}), 0);
  net::Broker broker("allow_anonymous false\npassword_file " + passwords + "\n");
  NodeHarness node("mqtt_export",
                   {{"broker", broker.address()}, {"user_name", "poss"}, {"password", "hunter2"}});
  ASSERT_TRUE(node.open());
  const auto done = node.process(node.message({NodeHarness::detection("person")}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::permission_denied);
  EXPECT_THAT(done.error().message, Not(HasSubstr("hunter2")));

  NodeHarness welcome("mqtt_export", {{"broker", "mqtt://poss:right@" + broker.address()}});
  ASSERT_TRUE(welcome.open());
  EXPECT_TRUE(welcome.process(welcome.message({NodeHarness::detection("person")})));
}

TEST(MqttExport, cancel_wakes_a_blocked_process) {
  net::LoopbackSocket silent;
  NodeHarness node("mqtt_export", {{"broker", "127.0.0.1:" + std::to_string(silent.listen())}});
  ASSERT_TRUE(node.open());
  std::thread canceller([&] { node.node().cancel(); });
  const auto start = Steady::now();
  EXPECT_FALSE(node.process(node.message({NodeHarness::detection("person")})));
  EXPECT_LT(Steady::now() - start, std::chrono::seconds(5));
  canceller.join();
}

TEST(MqttExport, refuses_wrong_settings) {
  const auto error = [](json::object settings) {
    return NodeHarness("mqtt_export", std::move(settings)).open().error().message;
  };
  EXPECT_THAT(error({}), HasSubstr("broker"));
  EXPECT_THAT(error({{"broker", "http://x"}}), HasSubstr("scheme"));
  EXPECT_THAT(error({{"broker", "x"}, {"topic", "a/#"}}), HasSubstr("wildcards"));
  EXPECT_THAT(error({{"broker", "x"}, {"topic", "a/{label}"}}), HasSubstr("{label}"));
  EXPECT_THAT(error({{"broker", "x"}, {"qos", 2}}), HasSubstr("qos"));
  EXPECT_THAT(error({{"broker", "x"}, {"password", "hunter2"}}),
              testing::AllOf(HasSubstr("user_name"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace poss
