// Connection checks against real peers: mosquitto, Azurite, aiosmtpd and web servers.
#include "net/connection_check.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/azure.h"
#include "net/encoding.h"
#include "net/test_azurite.h"
#include "net/test_peers.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const ConnectionCheckOptions kPatient{.timeout = seconds(60)};

// The sentence, or "CODE: message"; never with the secret in it.
std::string outcome(const ConnectionSpec& spec, const ConnectionCheckOptions& options = kPatient) {
  const auto result = check_connection(spec, options);
  const std::string text =
      result ? *result
             : std::string(code_name(result.error().code)) + ": " + result.error().message;
  if (!spec.credentials.empty()) {
    EXPECT_THAT(text, Not(HasSubstr(spec.credentials)));
  }
  return text;
}

// ---- MQTT ----

TEST(CheckMqtt, tells_what_the_broker_says) {
  TempFolder folder;
  const std::string passwords = folder.write("passwords", "");
  ASSERT_EQ(run_command({"mosquitto_passwd", "-b", passwords, "poss", "right-password"}), 0);
  Broker broker("allow_anonymous false\npassword_file " + passwords + "\n");
  ConnectionSpec spec{.type = "mqtt",
                      .address = broker.address(),
                      .user_name = "poss",
                      .credentials = "right-password"};
  EXPECT_EQ(outcome(spec), "The MQTT broker at " + broker.address() +
                               " accepts the connection and the user 'poss'.");
  spec.credentials = "wrong-password";
  EXPECT_THAT(outcome(spec), HasSubstr("permission_denied: "));
  EXPECT_THAT(outcome(spec), HasSubstr("check user name and password"));
  broker.kill();
  EXPECT_THAT(outcome(spec), HasSubstr("the connection was refused"));
}

TEST(CheckMqtt, checks_the_certificate) {
  TempFolder folder;
  ASSERT_TRUE(make_certificates(folder));
  Broker broker("allow_anonymous true\ncertfile " + folder.file("server.pem") + "\nkeyfile " +
                folder.file("server.key") + "\n");
  ConnectionSpec spec{.type = "mqtt", .address = "mqtts://" + broker.address()};
  EXPECT_THAT(outcome(spec), HasSubstr("certificate verify failed"));
  spec.settings["ca_file"] = folder.file("ca.pem");
  EXPECT_EQ(outcome(spec),
            "The MQTT broker at " + broker.address() + " accepts the connection, with TLS.");
}

TEST(CheckMqtt, a_silent_peer_times_out_and_an_unknown_name_is_named) {
  const LoopbackSocket silent;
  EXPECT_THAT(outcome({.type = "mqtt", .address = "127.0.0.1:" + std::to_string(silent.listen())},
                      {.timeout = milliseconds(200)}),
              HasSubstr("timed_out: "));
  EXPECT_THAT(outcome({.type = "mqtt", .address = "no-such-host.invalid"}),
              HasSubstr("no such host"));
  EXPECT_THAT(outcome({.type = "mqtt", .address = ""}), HasSubstr("invalid_argument: "));
}

// ---- IoT Hub, IoT Edge ----

class FixedClock : public Clock {
 public:
  Time now() const override { return Time(seconds(1'700'000'000)); }
  Steady::time_point steady_now() const override { return Steady::now(); }
};

TEST(CheckIotHub, signs_in_as_the_device_with_a_token_for_five_minutes) {
  const std::string key = base64_encode("the key of this device");
  TempFolder folder;
  ASSERT_TRUE(make_certificates(folder));
  const FixedClock clock;
  const auto token = sas_token("127.0.0.1/devices/cam", key, clock.now() + std::chrono::minutes(5));
  const std::string passwords = folder.write("passwords", "");
  ASSERT_EQ(run_command({"mosquitto_passwd", "-b", passwords,
                         "127.0.0.1/cam/?api-version=2021-04-12", *token}),
            0);
  Broker broker("allow_anonymous false\npassword_file " + passwords + "\ncertfile " +
                folder.file("server.pem") + "\nkeyfile " + folder.file("server.key") + "\n");
  ConnectionSpec spec{
      .type = "iot_hub",
      .credentials = "HostName=" + broker.address() + ";DeviceId=cam;SharedAccessKey=" + key,
      .settings = {{"ca_file", folder.file("ca.pem")}}};
  const ConnectionCheckOptions options{.timeout = seconds(60), .clock = &clock};
  EXPECT_EQ(outcome(spec, options), "The IoT Hub 127.0.0.1 accepts the device 'cam'.");
  spec.credentials.replace(spec.credentials.find(key), key.size(), base64_encode("another key"));
  EXPECT_THAT(outcome(spec, options), HasSubstr("permission_denied: IoT Hub, as device 'cam'"));
  spec.credentials = "nonsense-secret";
  EXPECT_THAT(outcome(spec, options), HasSubstr("invalid_argument: "));
}

// A web server on a Unix socket.
constexpr const char* kWorkload = R"python(
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments): pass
    def address_string(self): return ''
    def do_GET(self):
        good = self.path == '/trust-bundle?api-version=2019-01-30'
        self.send_response(200 if good else 404)
        self.end_headers()
class Server(socketserver.UnixStreamServer):
    def get_request(self): return self.socket.accept()[0], ('', 0)
server = Server(sys.argv[1], Handler)
print('ready', flush=True)
server.serve_forever()
)python";

TEST(CheckIotEdge, says_whether_this_is_a_module) {
  const ConnectionSpec spec{.type = "iot_edge"};
  unsetenv("IOTEDGE_WORKLOADURI");
  EXPECT_THAT(outcome(spec), HasSubstr("does not run as an IoT Edge module"));
  TempFolder folder;
  setenv("IOTEDGE_WORKLOADURI", ("unix://" + folder.file("workload.sock")).c_str(), 1);
  setenv("IOTEDGE_MODULEID", "vision", 1);
  setenv("IOTEDGE_DEVICEID", "edge1", 1);
  EXPECT_THAT(outcome(spec), HasSubstr("does not answer"));
  ChildProcess workload({"/usr/bin/python3", "-c", kWorkload, folder.file("workload.sock")});
  ASSERT_EQ(workload.read_line(), "ready");
  EXPECT_EQ(outcome(spec), "The IoT Edge runtime answers for module 'vision' of device 'edge1'.");
  for (const char* name : {"IOTEDGE_WORKLOADURI", "IOTEDGE_MODULEID", "IOTEDGE_DEVICEID"}) {
    unsetenv(name);
  }
}

// ---- webhook, Custom Vision ----

TEST(CheckWebhook, says_the_status_and_leaves_nothing_there) {
  HttpReceiver server;
  const std::string at = "The server at 127.0.0.1:" + std::to_string(server.port());
  const auto hook = [&](const std::string& path) {
    return ConnectionSpec{.type = "webhook", .address = server.url(path)};
  };
  EXPECT_EQ(outcome(hook("/ok")), at + " answers with status 200.");
  EXPECT_EQ(server.next()->at("method"), "HEAD");
  EXPECT_EQ(outcome(hook("/status/405")),
            at + " answers with status 405 to a request without data, as a receiver of POST may.");
  EXPECT_THAT(outcome(hook("/status/401")), HasSubstr("permission_denied: "));
  EXPECT_THAT(outcome(hook("/status/404")), HasSubstr("not_found: "));
  EXPECT_THAT(outcome(hook("/status/503")), HasSubstr("unavailable: "));
  EXPECT_THAT(outcome(hook("/redirect")), HasSubstr("use the address it points to"));
  EXPECT_THAT(outcome({.type = "webhook", .address = "ftp://x"}), HasSubstr("invalid_argument: "));
}

TEST(CheckWebhook, brings_its_credentials) {
  HttpReceiver server;
  ConnectionSpec spec{.type = "webhook", .address = server.url("/ok"), .credentials = "hunter2"};
  outcome(spec);
  EXPECT_EQ(server.next()->at("headers").at("authorization"), "Bearer hunter2");
  spec.user_name = "me";
  outcome(spec);
  EXPECT_EQ(server.next()->at("headers").at("authorization"), "Basic bWU6aHVudGVyMg==");
}

TEST(CheckCustomVision, counts_the_projects_that_the_key_opens) {
  HttpReceiver server;
  ConnectionSpec spec{
      .type = "custom_vision", .address = server.url("/"), .credentials = "training-key-1"};
  EXPECT_EQ(outcome(spec), "Custom Vision at 127.0.0.1:" + std::to_string(server.port()) +
                               " accepts the key; it has 2 projects.");
  spec.credentials = "another-key";
  EXPECT_THAT(outcome(spec), HasSubstr("permission_denied: "));
  spec.address = server.url("/status/404");
  EXPECT_THAT(outcome(spec), HasSubstr("There is no Custom Vision training"));
}

// ---- SMTP ----

// A mail server of user "poss" with password "right-password"; with the folder of certificates it
// offers STARTTLS, and signs nobody in without it.
class MailServer {
 public:
  explicit MailServer(const TempFolder* certificates = nullptr)
      : process_({"/usr/bin/python3", "-W", "ignore", "-c", kScript,
                  certificates ? certificates->path().string() : std::string()}) {
    if (const auto line = process_.read_line()) address_ = "127.0.0.1:" + *line;
  }
  const std::string& address() const { return address_; }

 private:
  static constexpr const char* kScript = R"python(
import asyncio, ssl, sys
import logging
from aiosmtpd.smtp import SMTP, AuthResult
logging.disable()
def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b'poss', b'right-password')
    return AuthResult(success=good, handled=False)
class Handler:
    async def handle_DATA(self, server, session, envelope): return '554 no mail is wanted'
context = None
if sys.argv[1]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + '/server.pem', sys.argv[1] + '/server.key')
async def main():
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Handler(), tls_context=context, authenticator=authenticate,
                        auth_require_tls=context is not None, hostname='test', loop=loop)
    server = await loop.create_server(make, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
)python";
  ChildProcess process_;
  std::string address_;
};

TEST(CheckSmtp, signs_in_over_starttls_only) {
  TempFolder folder;
  ASSERT_TRUE(make_certificates(folder));
  const MailServer server(&folder);
  ConnectionSpec spec{.type = "smtp",
                      .address = "smtp://" + server.address(),
                      .user_name = "poss",
                      .credentials = "right-password",
                      .settings = {{"ca_file", folder.file("ca.pem")}}};
  EXPECT_EQ(outcome(spec),
            "The mail server at " + server.address() +
                " answers over an encrypted connection and accepts the user 'poss'.");
  spec.credentials = "wrong-password";
  EXPECT_THAT(outcome(spec), HasSubstr("permission_denied: "));
  EXPECT_THAT(outcome(spec), HasSubstr("refused the user name or password"));
  spec.settings.clear();
  EXPECT_THAT(outcome(spec), HasSubstr("check which authority signed its certificate"));
}

TEST(CheckSmtp, a_password_goes_unencrypted_only_when_allowed) {
  const MailServer server;
  ConnectionSpec spec{.type = "smtp",
                      .address = server.address(),
                      .user_name = "poss",
                      .credentials = "right-password"};
  EXPECT_THAT(outcome(spec), HasSubstr("offers no encryption"));
  spec.settings["tls"] = "none";
  EXPECT_EQ(outcome(spec), "The mail server at " + server.address() +
                               " answers without encryption and accepts the user 'poss'.");
  EXPECT_EQ(outcome({.type = "smtp", .address = server.address()}),
            "The mail server at " + server.address() + " answers without encryption.");
}

TEST(CheckSmtp, each_failure_has_its_name) {
  EXPECT_THAT(outcome({.type = "smtp", .address = "127.0.0.1:" + std::to_string(free_port())}),
              HasSubstr("the connection was refused"));
  EXPECT_THAT(outcome({.type = "smtp", .address = "no-such-host.invalid:25"}),
              HasSubstr("no such host"));
  const LoopbackSocket silent;
  EXPECT_THAT(outcome({.type = "smtp", .address = "127.0.0.1:" + std::to_string(silent.listen())},
                      {.timeout = milliseconds(200)}),
              HasSubstr("timed_out: "));
  EXPECT_THAT(outcome({.type = "smtp", .address = "http://127.0.0.1/"}),
              HasSubstr("write smtp://host:587"));
}

// ---- Azure Storage ----

TEST(CheckAzureStorage, accepts_key_and_token_and_names_what_is_wrong) {
  const Azurite azurite;
  ASSERT_TRUE(azurite.ready());
  const auto made = azurite.make_container("clips");
  ASSERT_TRUE(made) << made.error().message;
  const std::string host = azurite.endpoint().substr(7, azurite.endpoint().find('/', 7) - 7);
  const auto with = [](const std::string& credentials, const std::string& address = "") {
    return ConnectionSpec{.type = "azure_storage", .address = address, .credentials = credentials};
  };
  const std::string account_good =
      "The storage account at " + host + " answers and accepts the credentials.";
  const std::string container_good =
      "The container 'clips' at " + host + " answers and accepts the credentials.";
  EXPECT_EQ(outcome(with(azurite.connection_string())), account_good);
  EXPECT_EQ(outcome(with(Azurite::key(), azurite.endpoint())), account_good);
  EXPECT_EQ(outcome(with(Azurite::token("rl", "s"), azurite.endpoint())), account_good);
  EXPECT_EQ(outcome(with(azurite.endpoint() + "/clips?" + Azurite::token("rl", "c"))),
            container_good);
  ConnectionSpec named = with(azurite.connection_string());
  named.settings["container"] = "clips";
  EXPECT_EQ(outcome(named), container_good);

  EXPECT_THAT(outcome(with(azurite.connection_string(base64_encode("another key")))),
              HasSubstr("permission_denied: "));
  EXPECT_THAT(
      outcome(with(azurite.endpoint() + "?" + Azurite::token("rl", "s", "2020-01-01T00:00:00Z"))),
      HasSubstr("permission_denied: "));
  EXPECT_THAT(outcome(with(azurite.endpoint() + "/clips?" + Azurite::token("w", "c"))),
              HasSubstr("does not allow listing"));
  named.settings["container"] = "absent";
  EXPECT_THAT(outcome(named), HasSubstr("not_found: The container 'absent'"));
  EXPECT_THAT(outcome(with("nonsense")), HasSubstr("invalid_argument: "));
}

TEST(CheckConnection, an_unknown_type_is_refused) {
  EXPECT_THAT(outcome({.type = "carrier_pigeon"}), HasSubstr("invalid_argument: "));
}

}  // namespace
}  // namespace poss::net
