// Tests of the MQTT client against a real broker.
#include "net/mqtt.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/test_peers.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

MqttOptions options_for(int port) {
  MqttOptions options;
  options.address.host = "127.0.0.1";
  options.address.port = static_cast<std::uint16_t>(port);
  options.min_pause = milliseconds(20);
  options.max_pause = milliseconds(200);
  return options;
}

// Publishes until it works; the error of the last attempt when it never does.
Result<void> publish_until_ok(MqttClient& client, const std::string& payload) {
  Result<void> done;
  for (int attempt = 0; attempt < 200; ++attempt) {
    done = client.publish("t", payload, 1, seconds(10));
    if (done) return done;
  }
  return done;
}

TEST(MqttAddress, reads_hosts_ports_and_uris) {
  EXPECT_EQ(parse_mqtt_address("broker")->port, 1883);
  EXPECT_EQ(parse_mqtt_address("broker:1884")->port, 1884);
  EXPECT_EQ(parse_mqtt_address("mqtts://broker")->port, 8883);
  EXPECT_TRUE(parse_mqtt_address("mqtts://broker/")->tls);
  EXPECT_EQ(parse_mqtt_address("[::1]:99")->host, "::1");
  const auto full = parse_mqtt_address("mqtt://me:p%40s:s@broker:1");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->user_name, "me");
  EXPECT_EQ(full->password, "p@s:s");
  EXPECT_EQ(full->host, "broker");
  for (const char* bad : {"", "http://x", "x:", "x:0", "x:70000", "x:1b", "[::1", "a b", "mqtt://",
                          "x:99999999999999", "x/y"}) {
    EXPECT_FALSE(parse_mqtt_address(bad)) << bad;
  }
  const auto secret = parse_mqtt_address("mqtt://me:hunter2@bro ker");
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().message, Not(HasSubstr("hunter2")));
}

TEST(MqttClient, delivers_with_both_qualities_of_service) {
  Broker broker;
  Subscriber subscriber(broker.port());
  auto client = *MqttClient::create(options_for(broker.port()));
  ASSERT_TRUE(client->publish("a/b", "one", 1, seconds(10)));
  ASSERT_TRUE(client->publish("a/c", "two", 0, seconds(10)));
  ASSERT_TRUE(client->publish("a/d", std::string(1 << 20, 'x'), 1, seconds(10)));
  EXPECT_EQ(subscriber.next(), std::pair(std::string("a/b"), std::string("one")));
  EXPECT_EQ(subscriber.next(), std::pair(std::string("a/c"), std::string("two")));
  EXPECT_EQ(subscriber.next()->second.size(), 1u << 20);
  EXPECT_TRUE(client->connected());
}

TEST(MqttClient, refuses_a_topic_with_wildcards) {
  Broker broker;
  auto client = *MqttClient::create(options_for(broker.port()));
  const auto done = client->publish("a/#", "x", 1, seconds(10));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::invalid_argument);
  EXPECT_TRUE(client->publish("a", "x", 1, seconds(10)));
}

TEST(MqttClient, says_that_the_connection_was_refused_and_connects_when_the_broker_comes) {
  Broker broker;
  broker.kill();
  auto client = *MqttClient::create(options_for(broker.port()));
  const auto done = client->publish("t", "early", 1, seconds(10));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
  EXPECT_THAT(done.error().message, HasSubstr("refused"));
  EXPECT_THAT(done.error().message, HasSubstr(broker.address()));
  ASSERT_TRUE(broker.start());
  const auto later = publish_until_ok(*client, "late");
  EXPECT_TRUE(later) << later.error().message;
}

TEST(MqttClient, reconnects_after_the_broker_was_killed) {
  Broker broker;
  auto client = *MqttClient::create(options_for(broker.port()));
  ASSERT_TRUE(client->publish("t", "one", 1, seconds(10)));
  broker.kill();
  EXPECT_FALSE(client->publish("t", "lost", 1, seconds(10)));
  EXPECT_FALSE(client->connected());
  ASSERT_TRUE(broker.start());
  Subscriber subscriber(broker.port());
  const auto done = publish_until_ok(*client, "back");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(subscriber.next()->second, "back");
}

TEST(MqttClient, times_out_when_the_broker_hangs_and_recovers) {
  Broker broker;
  auto client = *MqttClient::create(options_for(broker.port()));
  ASSERT_TRUE(client->publish("t", "one", 1, seconds(10)));
  broker.freeze();
  const auto done = client->publish("t", "two", 1, milliseconds(200));
  broker.thaw();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::timed_out);
  EXPECT_TRUE(publish_until_ok(*client, "three"));
}

TEST(MqttClient, says_when_a_peer_accepts_but_never_answers) {
  LoopbackSocket silent;
  auto options = options_for(silent.listen());
  options.connect_timeout = milliseconds(200);
  auto client = *MqttClient::create(options);
  const auto done = client->publish("t", "x", 1, seconds(10));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::timed_out) << done.error().message;
}

TEST(MqttClient, says_that_the_host_is_unknown) {
  MqttOptions options;
  options.address.host = "no-such-host.invalid";
  auto client = *MqttClient::create(options);
  const auto done = client->publish("t", "x", 1, seconds(60));
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("no such host"));
}

TEST(MqttClient, cancel_wakes_a_waiting_publisher) {
  LoopbackSocket silent;
  auto client = *MqttClient::create(options_for(silent.listen()));
  Result<void> done;
  std::thread publisher([&] { done = client->publish("t", "x", 1, std::chrono::hours(1)); });
  client->cancel();
  publisher.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
  EXPECT_FALSE(client->publish("t", "x", 1, std::chrono::hours(1)));
}

TEST(MqttClient, signs_in_and_says_that_a_wrong_password_is_not_authorised) {
  TempFolder folder;
  const std::string passwords = folder.write("passwords", "");
  ASSERT_EQ(run_command({"mosquitto_passwd", "-b", passwords, "poss", "right"}), 0);
  Broker broker("allow_anonymous false\npassword_file " + passwords + "\n");
  auto options = options_for(broker.port());
  options.address.user_name = "poss";
  options.address.password = "right";
  auto client = *MqttClient::create(options);
  const auto right = client->publish("t", "x", 1, seconds(10));
  EXPECT_TRUE(right) << right.error().message;

  options.address.password = "hunter2";
  auto stranger = *MqttClient::create(options);
  const auto wrong = stranger->publish("t", "x", 1, seconds(10));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::permission_denied);
  EXPECT_THAT(wrong.error().message, HasSubstr("not authorised"));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("hunter2")));
}

TEST(MqttClient, speaks_tls_and_trusts_only_the_given_authority) {
  TempFolder folder;
  ASSERT_TRUE(make_certificates(folder));
  Broker broker("allow_anonymous true\ncertfile " + folder.file("server.pem") + "\nkeyfile " +
                folder.file("server.key") + "\n");
  auto options = options_for(broker.port());
  options.address.tls = true;
  options.ca_file = folder.file("ca.pem");
  auto client = *MqttClient::create(options);
  const auto done = client->publish("t", "x", 1, seconds(10));
  EXPECT_TRUE(done) << done.error().message;

  options.ca_file.clear();  // the system's authorities do not know it
  auto wary = *MqttClient::create(options);
  const auto refused = wary->publish("t", "x", 1, seconds(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::permission_denied) << refused.error().message;
  EXPECT_THAT(refused.error().message, HasSubstr("certificate verify failed"));

  options.ca_file = folder.file("ca.pem");
  options.address.host = "localhost";  // the certificate is for 127.0.0.1
  auto misled = *MqttClient::create(options);
  const auto other_name = misled->publish("t", "x", 1, seconds(10));
  ASSERT_FALSE(other_name);
  EXPECT_EQ(other_name.error().code, Code::permission_denied) << other_name.error().message;
}

TEST(MqttClient, says_so_when_tls_meets_a_port_without_it) {
  Broker broker;
  auto options = options_for(broker.port());
  options.address.tls = true;
  auto client = *MqttClient::create(options);
  const auto done = client->publish("t", "x", 1, seconds(10));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().code, Code::internal) << done.error().message;
}

TEST(MqttClient, refuses_impossible_options) {
  auto options = options_for(1);
  options.ca_file = "/no/such/file";
  EXPECT_EQ(MqttClient::create(options).error().code, Code::not_found);
  options = options_for(1);
  options.address.password = "alone";
  EXPECT_EQ(MqttClient::create(options).error().code, Code::invalid_argument);
  options.address.user_name = "\xff";
  EXPECT_EQ(MqttClient::create(options).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace poss::net
