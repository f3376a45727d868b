// MQTT over libmosquitto, whose non-blocking interface one thread of ours drives with poll().
// libmosquitto's own thread would do the same, but hides why it cannot connect.
#include "net/mqtt.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <thread>

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/sync.h"
#include "base/time.h"
#include "net/encoding.h"

namespace poss::net {
namespace {

constexpr std::size_t kMaxPayload = 16u << 20;

// One message on its way; owned by its publish() call.
struct Outgoing {
  std::string topic;
  std::string payload;
  int qos = 0;
  int mid = 0;        // touched by the connection's thread alone
  bool sent = false;  // handed to the present connection
  bool done = false;
  std::optional<Error> error;
};

void start_library() {
  static const int started = mosquitto_lib_init();
  static_cast<void>(started);
}

}  // namespace

Result<MqttAddress> parse_mqtt_address(std::string_view text) {
  const auto bad = [](std::string_view what) {
    return Error{Code::invalid_argument,
                 "the broker's address " + std::string(what) +
                     "; write host:port, mqtt://host:port or mqtts://host:port"};
  };
  MqttAddress out;
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    const auto name = text.substr(0, scheme);
    if (name != "mqtt" && name != "mqtts") return bad("has a scheme other than mqtt and mqtts");
    out.tls = name == "mqtts";
    text.remove_prefix(scheme + 3);
    if (!text.empty() && text.back() == '/') text.remove_suffix(1);
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
      const auto user = text.substr(0, at);
      const auto colon = user.find(':');
      out.user_name = percent_decode(user.substr(0, colon));
      if (colon != std::string_view::npos) out.password = percent_decode(user.substr(colon + 1));
      text.remove_prefix(at + 1);
    }
  }
  out.port = out.tls ? 8883 : 1883;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad("lacks a ']'");
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return bad("has text after ']'");
    if (!text.empty()) port = text;
  } else {
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (out.host.empty()) return bad("names no host");
  const bool plain = std::all_of(out.host.begin(), out.host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '%';
  });
  if (!plain) return bad("has characters that no host name has");
  if (!port.empty()) {
    int number = 0;
    const bool digits = port.size() > 1 && port.size() <= 6 &&
                        std::all_of(port.begin() + 1, port.end(), [&](char c) {
                          number = number * 10 + (c - '0');
                          return c >= '0' && c <= '9';
                        });
    if (!digits || number < 1 || number > 65535) return bad("has a port that is not 1 to 65535");
    out.port = static_cast<std::uint16_t>(number);
  }
  return out;
}

struct MqttClient::State {
  explicit State(MqttOptions settings)
      : options(std::move(settings)),
        name("MQTT broker " + options.address.host + ":" + std::to_string(options.address.port)),
        wake_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~State() {
    if (wake_fd >= 0) close(wake_fd);
  }

  void wake() const {
    const std::uint64_t one = 1;
    // A full counter means that a wake-up is already pending.
    static_cast<void>(!write(wake_fd, &one, sizeof one));
  }

  // The connection's thread.
  void run();
  Error connect_and_serve();
  Error serve(mosquitto* client);
  void send_waiting(mosquitto* client);
  void lost(const Error& error);
  Error describe(int code, int system_error) const;
  Error describe_refusal() const;

  const MqttOptions options;
  const std::string name;
  const int wake_fd;
  std::string tls_error;            // of the connection's thread
  std::optional<int> refusal;       // the same: the broker's answer to CONNECT, when not 0
  bool welcomed = false;            // the same
  Steady::time_point welcome_time;  // the same
  mutable Mutex mutex;
  Condition changed;
  std::deque<std::shared_ptr<Outgoing>> waiting GUARDED_BY(mutex);
  bool connected GUARDED_BY(mutex) = false;
  bool stop GUARDED_BY(mutex) = false;
  bool cancelled GUARDED_BY(mutex) = false;
  bool start_over GUARDED_BY(mutex) = false;  // the peer hangs: take a new connection
  std::uint64_t failures GUARDED_BY(mutex) = 0;
  std::optional<Error> last_error GUARDED_BY(mutex);
  std::thread thread;
};

Error MqttClient::State::describe(int code, int system_error) const {
  switch (code) {
    case MOSQ_ERR_EAI:
      return {Code::unavailable, name + ": no such host; check the name and the name server"};
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE: {
      const std::string detail = tls_error.empty() ? "" : " (" + tls_error + ")";
      return {Code::permission_denied,
              name + ": no secure connection" + detail +
                  "; check that the port speaks TLS and which authority signed its certificate"};
    }
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_KEEPALIVE:
      return {Code::unavailable, name + ": the connection was lost"};
    case MOSQ_ERR_ERRNO:
      if (system_error == ECONNREFUSED) {
        return {Code::unavailable,
                name + ": the connection was refused; is the broker running on this port?"};
      }
      if (system_error == EPROTO) return describe(MOSQ_ERR_TLS, 0);
      return {Code::unavailable, name + ": " + std::strerror(system_error)};
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
      return {Code::resource_exhausted, name + ": the message is larger than the broker takes"};
    default:
      return {Code::unavailable, name + ": " + mosquitto_strerror(code)};
  }
}

// The return codes of CONNACK: MQTT 3.1.1, section 3.2.2.3.
Error MqttClient::State::describe_refusal() const {
  switch (refusal.value_or(0)) {
    case 1:
      return {Code::unavailable, name + ": does not speak MQTT 3.1.1"};
    case 2:
      return {Code::invalid_argument, name + ": refused the client id; choose another"};
    case 3:
      return {Code::unavailable, name + ": is not ready to serve"};
    case 4:
    case 5:
      return {Code::permission_denied, name + ": not authorised; check user name and password"};
    default:
      return {Code::unavailable,
              name + ": refused the connection with code " + std::to_string(refusal.value_or(0))};
  }
}

void MqttClient::State::send_waiting(mosquitto* client) {
  for (;;) {
    std::shared_ptr<Outgoing> item;
    {
      Lock lock(mutex);
      const auto next = std::find_if(waiting.begin(), waiting.end(),
                                     [](const auto& candidate) { return !candidate->sent; });
      if (next == waiting.end()) return;
      item = *next;
      item->sent = true;
    }
    // Without the lock: with QoS 0 on_publish may be called from inside.
    const int code = mosquitto_publish(client, &item->mid, item->topic.c_str(),
                                       static_cast<int>(item->payload.size()), item->payload.data(),
                                       item->qos, false);
    if (code == MOSQ_ERR_SUCCESS) continue;
    Lock lock(mutex);
    if (code == MOSQ_ERR_NO_CONN || code == MOSQ_ERR_CONN_LOST) {
      item->sent = false;  // serve() sees the loss too
      return;
    }
    item->error = code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8
                      ? Error{Code::invalid_argument,
                              name + ": '" + item->topic + "' is not a topic to publish to"}
                      : describe(code, errno);
    item->done = true;
    changed.notify_all();
  }
}

// Runs until the connection ends, and says why.
Error MqttClient::State::serve(mosquitto* client) {
  const auto deadline = Steady::now() + options.connect_timeout;
  for (;;) {
    bool leave = false;
    {
      Lock lock(mutex);
      leave = stop;
      if (start_over) return {Code::timed_out, name + ": does not acknowledge messages"};
    }
    if (leave) {
      // Not under our lock: the library calls back with its own locks held.
      mosquitto_disconnect(client);
      return {Code::unavailable, name + ": closed"};
    }
    if (refusal) return describe_refusal();
    if (welcomed) {
      send_waiting(client);
    } else if (Steady::now() > deadline) {
      return {Code::timed_out,
              name + ": did not answer in " +
                  std::to_string(options.connect_timeout.count() / 1000.0).substr(0, 4) + " s"};
    }
    const int socket = mosquitto_socket(client);
    if (socket < 0) return describe(MOSQ_ERR_CONN_LOST, 0);
    pollfd polled[2] = {{socket, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    if (mosquitto_want_write(client)) polled[0].events |= POLLOUT;
    // Once a second for the keep-alive, sooner while a deadline for the welcome runs.
    poll(polled, 2, welcomed ? 1000 : 100);
    if (polled[1].revents) {
      std::uint64_t count = 0;
      static_cast<void>(!read(wake_fd, &count, sizeof count));
    }
    int code = MOSQ_ERR_SUCCESS;
    errno = 0;
    if (!welcomed && (polled[0].revents & (POLLERR | POLLHUP))) {
      // The library would report a lost connection; the socket knows why.
      int cause = 0;
      socklen_t size = sizeof cause;
      getsockopt(socket, SOL_SOCKET, SO_ERROR, &cause, &size);
      if (cause != 0) return describe(MOSQ_ERR_ERRNO, cause);
    }
    if (polled[0].revents & POLLOUT) code = mosquitto_loop_write(client, 1);
    if (code == MOSQ_ERR_SUCCESS && (polled[0].revents & (POLLIN | POLLERR | POLLHUP))) {
      code = mosquitto_loop_read(client, 1);
    }
    const int cause = errno;
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_loop_misc(client);
    if (refusal) return describe_refusal();
    if (code != MOSQ_ERR_SUCCESS) {
      return describe(!tls_error.empty() && !welcomed ? static_cast<int>(MOSQ_ERR_TLS) : code,
                      cause);
    }
  }
}

Error MqttClient::State::connect_and_serve() {
  tls_error.clear();
  refusal.reset();
  welcomed = false;
  const std::string id =
      options.client_id.empty() ? "poss-" + new_id().substr(0, 13) : options.client_id;
  struct Release {
    void operator()(mosquitto* client) const { mosquitto_destroy(client); }
  };
  const std::unique_ptr<mosquitto, Release> client(mosquitto_new(id.c_str(), true, this));
  if (!client) return {Code::internal, name + ": no client with id '" + id + "' can be made"};

  mosquitto_int_option(client.get(), MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
  mosquitto_int_option(client.get(), MOSQ_OPT_TCP_NODELAY, 1);
  if (!options.address.user_name.empty()) {
    mosquitto_username_pw_set(
        client.get(), options.address.user_name.c_str(),
        options.address.password.empty() ? nullptr : options.address.password.c_str());
  }
  if (options.address.tls) {
    int code = MOSQ_ERR_SUCCESS;
    if (options.ca_file.empty()) {
      code = mosquitto_int_option(client.get(), MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    } else {
      code = mosquitto_tls_set(client.get(), options.ca_file.c_str(), nullptr, nullptr, nullptr,
                               nullptr);
    }
    if (code != MOSQ_ERR_SUCCESS) {
      return {Code::invalid_argument,
              name + ": '" + options.ca_file + "' cannot be read as certificate authority"};
    }
  }
  mosquitto_connect_callback_set(client.get(), [](mosquitto*, void* self, int code) {
    auto& state = *static_cast<State*>(self);
    if (code != 0) {
      state.refusal = code;
      return;
    }
    state.welcomed = true;
    state.welcome_time = Steady::now();
    Lock lock(state.mutex);
    state.connected = true;
    state.last_error.reset();
    state.changed.notify_all();
  });
  mosquitto_publish_callback_set(client.get(), [](mosquitto*, void* self, int mid) {
    auto& state = *static_cast<State*>(self);
    Lock lock(state.mutex);
    for (const auto& item : state.waiting) {
      if (item->sent && item->mid == mid) item->done = true;
    }
    state.changed.notify_all();
  });
  mosquitto_log_callback_set(client.get(), [](mosquitto*, void* self, int level, const char* text) {
    // "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"
    constexpr std::string_view kPrefix = "OpenSSL Error[0]:";
    const std::string_view line(text);
    auto& state = *static_cast<State*>(self);
    if (level != MOSQ_LOG_ERR || !state.tls_error.empty()) return;
    if (line.starts_with("Error: host name verification failed")) {
      state.tls_error = "the certificate is for another host name";
    } else if (line.starts_with(kPrefix)) {
      state.tls_error = line.substr(line.rfind(':') + 1);
    }
  });

  errno = 0;
  const int code =
      mosquitto_connect_async(client.get(), options.address.host.c_str(), options.address.port,
                              static_cast<int>(options.keep_alive.count()));
  if (code != MOSQ_ERR_SUCCESS) return describe(code, errno);
  return serve(client.get());
}

// Called when a connection ended or could not be made.
void MqttClient::State::lost(const Error& error) {
  Lock lock(mutex);
  // After a connection that worked the next attempt comes at once; its outcome counts.
  if (!connected) {
    ++failures;
    last_error = error;
  }
  connected = false;
  start_over = false;
  for (const auto& item : waiting) item->sent = false;
  changed.notify_all();
}

void MqttClient::State::run() {
  auto pause = options.min_pause;
  for (;;) {
    const Error error = connect_and_serve();
    lost(error);
    if (welcomed && Steady::now() - welcome_time > options.max_pause) pause = options.min_pause;
    Lock lock(mutex);
    if (stop) return;
    if (welcomed) spdlog::warn("{}", error.message);
    // A connection that held is renewed at once, one that breaks at the start after a pause.
    if (welcomed && Steady::now() - welcome_time > options.min_pause) continue;
    const auto until = Steady::now() + pause;
    while (!stop && Steady::now() < until) changed.wait_until(mutex, until);
    if (stop) return;
    pause = std::min(pause * 2, options.max_pause);
  }
}

MqttClient::MqttClient(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([raw = state_.get()] { raw->run(); });
}

Result<std::unique_ptr<MqttClient>> MqttClient::create(MqttOptions options) {
  start_library();
  if (!options.ca_file.empty() && !std::filesystem::is_regular_file(options.ca_file)) {
    return Error{Code::not_found,
                 "'" + options.ca_file + "' with certificate authorities is absent"};
  }
  const auto& address = options.address;
  if (address.host.empty()) return Error{Code::invalid_argument, "the MQTT broker has no host"};
  if (address.user_name.empty() && !address.password.empty()) {
    return Error{Code::invalid_argument, "MQTT takes a password only with a user name; give both"};
  }
  for (const std::string* text :
       std::array{&address.user_name, &address.password, &std::as_const(options.client_id)}) {
    if (text->size() > 65535 || text->find('\0') != std::string::npos ||
        mosquitto_validate_utf8(text->data(), static_cast<int>(text->size())) != MOSQ_ERR_SUCCESS) {
      return Error{Code::invalid_argument,
                   "user name, password and client id must be UTF-8 text for MQTT"};
    }
  }
  auto state = std::make_unique<State>(std::move(options));
  if (state->wake_fd < 0) {
    return Error{Code::resource_exhausted, "no file descriptor is left for an MQTT connection"};
  }
  return std::unique_ptr<MqttClient>(new MqttClient(std::move(state)));
}

MqttClient::~MqttClient() {
  {
    Lock lock(state_->mutex);
    state_->stop = true;
    state_->cancelled = true;
    state_->changed.notify_all();
  }
  state_->wake();
  state_->thread.join();
}

void MqttClient::cancel() {
  Lock lock(state_->mutex);
  state_->cancelled = true;
  state_->changed.notify_all();
}

bool MqttClient::connected() const {
  Lock lock(state_->mutex);
  return state_->connected;
}

Result<void> MqttClient::wait_connected(std::chrono::milliseconds timeout) {
  State& state = *state_;
  const auto deadline = Steady::now() + timeout;
  Lock lock(state.mutex);
  while (!state.connected && !state.last_error && !state.cancelled && Steady::now() < deadline) {
    state.changed.wait_until(state.mutex, deadline);
  }
  if (state.cancelled) return Error{Code::unavailable, state.name + ": waiting was cancelled"};
  if (state.connected) return {};
  if (state.last_error) return *state.last_error;
  return Error{Code::timed_out, state.name + ": did not answer in time"};
}

Result<void> MqttClient::publish(std::string topic, std::string payload, int qos,
                                 std::chrono::milliseconds timeout) {
  State& state = *state_;
  if (payload.size() > kMaxPayload) {
    return Error{Code::resource_exhausted, state.name + ": the message is larger than 16 MiB"};
  }
  if (topic.empty() || topic.find('\0') != std::string::npos) {
    return Error{Code::invalid_argument, state.name + ": the topic is empty or holds a zero byte"};
  }
  auto item = std::make_shared<Outgoing>();
  item->topic = std::move(topic);
  item->payload = std::move(payload);
  item->qos = qos > 0 ? 1 : 0;
  const auto deadline = Steady::now() + timeout;

  Lock lock(state.mutex);
  if (state.cancelled) return Error{Code::unavailable, state.name + ": sending was cancelled"};
  state.waiting.push_back(item);
  const std::uint64_t failures = state.failures;
  state.wake();
  bool in_time = true;
  while (!item->done && !state.cancelled && in_time && state.failures == failures) {
    in_time = state.changed.wait_until(state.mutex, deadline) || Steady::now() < deadline;
  }
  std::erase(state.waiting, item);
  if (item->done) return item->error ? Result<void>(*item->error) : Result<void>();
  if (state.cancelled) return Error{Code::unavailable, state.name + ": sending was cancelled"};
  if (!state.connected && state.last_error) return *state.last_error;
  if (!state.connected) return Error{Code::timed_out, state.name + ": did not answer in time"};
  // What the library still holds must not pile up: a fresh connection forgets it.
  state.start_over = true;
  state.wake();
  return Error{Code::timed_out, state.name + ": did not acknowledge the message in time"};
}

}  // namespace poss::net
