// MqttClient: publishing to an MQTT 3.1.1 broker over a connection that heals itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace poss::net {

// Where a broker is reached.
struct MqttAddress {
  std::string host;
  std::uint16_t port = 1883;
  bool tls = false;
  // Of the URI; empty when it names none.
  std::string user_name;
  std::string password;
};

// Reads "host", "host:port", "[v6 address]:port", and URIs mqtt://user:password@host:port and
// mqtts:// (TLS); without a port 1883, with TLS 8883. Reentrant.
Result<MqttAddress> parse_mqtt_address(std::string_view text);

struct MqttOptions {
  MqttAddress address;
  std::string client_id;  // empty: a random one
  std::string ca_file;    // PEM; empty: the system's certificate authorities
  std::chrono::seconds keep_alive{30};
  // From name lookup to the broker's welcome; a lookup itself cannot be cut short.
  std::chrono::milliseconds connect_timeout{10'000};
  // Pause before the second attempt to connect; it doubles up to the maximum.
  std::chrono::milliseconds min_pause{500};
  std::chrono::milliseconds max_pause{10'000};
};

// Thread-safe. One thread inside connects, reconnects and sends; nothing is kept on disk.
class MqttClient {
 public:
  // Starts connecting and returns at once: a broker may come later. Fails on impossible options.
  static Result<std::unique_ptr<MqttClient>> create(MqttOptions options);
  // Takes leave of the broker. Publishers must have returned; call cancel() to make them.
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // Sends one message and waits: with `qos` 1 for the broker's acknowledgement, with 0 until it
  // is written to the connection. While there is no connection it waits for the next attempt and
  // returns that attempt's error. A message whose connection breaks is sent again on the next one,
  // within `timeout`; after an error the broker may still have received it.
  Result<void> publish(std::string topic, std::string payload, int qos,
                       std::chrono::milliseconds timeout);

  // Waits for the broker's welcome; returns the error of the attempt that failed, if one has.
  Result<void> wait_connected(std::chrono::milliseconds timeout);

  // Makes waiting and later calls of publish() and wait_connected() return `unavailable`.
  void cancel();

  bool connected() const;

 private:
  struct State;
  explicit MqttClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace poss::net
