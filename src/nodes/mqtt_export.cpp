// mqtt_export: sends insights to an MQTT broker.
#include "net/mqtt.h"
#include "nodes/export_payload.h"

namespace poss {
namespace {

constexpr std::chrono::seconds kTimeout{10};

class MqttExport final : public Node {
 public:
  struct Config {
    std::string broker;
    std::string topic = "poss/{camera}/insights";
    int qos = 1;
    std::string user_name;
    std::string password;
    std::string ca_file;
    std::string client_id;
    PayloadForm payload = PayloadForm::poss;
    double delay_buffer = 0;
    bool only_with_detections = true;

    static void declare(Fields<Config>& f) {
      f.add(&Config::broker, "broker")
          .title("Broker")
          .required()
          .help("host:port, mqtt://host:port, or mqtts://host:port for TLS.");
      f.add(&Config::topic, "topic")
          .title("Topic")
          .max_length(1024)
          .help(
              "May hold {camera}, {skill} and {deployment}. KAN sent everything to the topic "
              "mqttmessage.");
      f.add(&Config::qos, "qos")
          .title("Quality of service")
          .range(0, 1)
          .help("1: the broker acknowledges each message. 0: sent once, unconfirmed.");
      f.add(&Config::user_name, "user_name").title("User name").max_length(1024);
      f.add(&Config::password, "password").title("Password").format("secret").max_length(4096);
      f.add(&Config::ca_file, "ca_file")
          .title("Certificate authority")
          .format("file")
          .help("PEM file, for mqtts. Empty: the system's authorities.");
      f.add(&Config::client_id, "client_id")
          .title("Client id")
          .max_length(256)
          .help("Empty: a random one. Two clients with one id push each other out.");
      f.add(&Config::payload, "payload")
          .title("Message")
          .help("poss: the whole insight. kan: as the receivers of KAN expect it.");
      declare_send_rules(f);
    }

    void validate(const std::string& path, std::vector<FieldError>& errors) const {
      if (const auto address = net::parse_mqtt_address(broker); !address) {
        errors.push_back({detail::join_path(path, "broker"), address.error().message});
      } else if (!password.empty() && user_name.empty() && address->user_name.empty()) {
        errors.push_back({detail::join_path(path, "user_name"), "is needed with a password"});
      }
      const std::string topic_path = detail::join_path(path, "topic");
      check_placeholders(topic, topic_path, errors);
      if (topic.empty()) errors.push_back({topic_path, "must not be empty"});
      if (topic.find_first_of("+#") != std::string::npos) {
        errors.push_back({topic_path, "must not hold the wildcards + and #"});
      }
    }
  };

  static NodeInfo info() {
    return {.type = "mqtt_export",
            .title = "MQTT",
            .help =
                "Sends each insight to an MQTT broker. While the broker is away the newest 100 "
                "wait.",
            .category = Category::export_,
            .outputs = {},
            .queue = NodeQueue{.capacity = 100, .when_full = WhenFull::drop_oldest}};
  }

  static Result<std::unique_ptr<Node>> create(Config config, NodeContext context) {
    POSS_ASSIGN(std::string topic, fill_placeholders(config.topic, context).with("'topic'"));
    return std::make_unique<MqttExport>(std::move(config), std::move(topic), context.clock);
  }

  MqttExport(Config config, std::string topic, const Clock& clock)
      : config_(std::move(config)),
        topic_(std::move(topic)),
        clock_(clock),
        rules_(config_.delay_buffer, config_.only_with_detections) {}

  Result<void> open() override {
    net::MqttOptions options;
    POSS_ASSIGN(options.address, net::parse_mqtt_address(config_.broker));
    if (!config_.user_name.empty()) options.address.user_name = config_.user_name;
    if (!config_.password.empty()) options.address.password = config_.password;
    options.client_id = config_.client_id;
    options.ca_file = config_.ca_file;
    POSS_ASSIGN(client_, net::MqttClient::create(std::move(options)));
    return {};
  }

  Result<void> process(Message message, Emitter&) override {
    const auto now = clock_.steady_now();
    if (!rules_.due(message.insight, now)) return {};
    POSS_TRY(client_->publish(topic_, payload_text(message.insight, config_.payload), config_.qos,
                              kTimeout));
    rules_.sent(message.insight, now);
    return {};
  }

  void close() override { client_.reset(); }
  void cancel() override { client_->cancel(); }

 private:
  Config config_;
  std::string topic_;
  const Clock& clock_;
  SendRules rules_;
  std::unique_ptr<net::MqttClient> client_;  // from open() to close()
};

POSS_NODE(MqttExport);

}  // namespace
}  // namespace poss
