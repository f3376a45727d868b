// /api/v1/connections: other systems that skills send to or import from; and
// /api/v1/connection_tests: trying one before, or after, it is stored.
#include <filesystem>

#include "net/connection_check.h"
#include "net/encoding.h"
#include "net/http.h"
#include "net/mqtt.h"
#include "server/resource.h"

namespace poss::server {
namespace {

using store::Connection;
using store::ConnectionType;
using Secrets = std::map<std::string, std::string>;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// "scheme://user:password@host:port/path" taken apart.
struct Parts {
  std::string scheme;  // lower case; empty where there is none
  std::string user_info;
  std::string host;  // with its port
  std::string rest;
};

Parts parts_of(const std::string& address) {
  Parts out;
  size_t begin = 0;
  if (const auto at = address.find("://"); at != std::string::npos) {
    out.scheme = lower(address.substr(0, at));
    begin = at + 3;
  }
  const auto end = std::min(address.find_first_of("/?#", begin), address.size());
  out.host = address.substr(begin, end - begin);
  out.rest = address.substr(end);
  if (const auto at = out.host.rfind('@'); at != std::string::npos) {
    out.user_info = out.host.substr(0, at);
    out.host.erase(0, at + 1);
  }
  return out;
}

// Whom stored credentials go to, and whether everybody on the way could read them.
std::string peer_of(const Connection& connection) {
  const Parts parts = parts_of(connection.address);
  const auto tls = connection.settings.find("tls");
  return std::string(enum_name(connection.type)) + " " + parts.scheme + " " + lower(parts.host) +
         " " + (tls == connection.settings.end() ? "" : tls->second);
}

// Moves what is secret in the address to where it is kept as a secret.
void split_address(Connection& connection, Secrets& secrets, std::vector<FieldError>& errors) {
  const auto take = [&](const std::string& secret) {
    const auto sent = secrets.find("credentials");
    if (sent != secrets.end() && !sent->second.empty()) return;
    secrets["credentials"] = secret;
    connection.credentials.clear();
  };
  const Parts parts = parts_of(connection.address);
  const std::string scheme = parts.scheme.empty() ? "" : parts.scheme + "://";
  if (!parts.user_info.empty()) {
    connection.address = scheme + parts.host + parts.rest;
    const auto colon = parts.user_info.find(':');
    if (connection.user_name.empty()) {
      connection.user_name = net::percent_decode(parts.user_info.substr(0, colon));
    }
    if (colon != std::string::npos) {
      take(net::percent_decode(parts.user_info.substr(colon + 1)));
    }
  } else if (parts.rest.find('@') != std::string::npos &&
             parts.host.find(':') != std::string::npos &&
             parts.host.find_first_not_of("0123456789", parts.host.rfind(':') + 1) !=
                 std::string::npos &&
             !parts.host.starts_with('[')) {
    errors.push_back({"address",
                      "holds a password with characters that an address must have encoded; type "
                      "user name and password into their own fields"});
    connection.address.clear();
  }
  if (connection.type == ConnectionType::azure_storage &&
      parts.rest.find("sig=") != std::string::npos) {
    take(connection.address);  // a URL with a SAS token is a secret as a whole
    connection.address = connection.address.substr(0, connection.address.find('?'));
  }
}

// What is wrong with the address; "" when nothing is.
std::string address_fault(const Connection& connection) {
  const std::string& address = connection.address;
  const std::string scheme = parts_of(address).scheme;
  switch (connection.type) {
    case ConnectionType::mqtt: {
      if (address.empty()) return "is missing: write host:port, mqtt://host or mqtts://host";
      const auto parsed = net::parse_mqtt_address(address);
      return parsed ? "" : parsed.error().message;
    }
    case ConnectionType::webhook: {
      if (address.empty()) return "is missing: write a URL such as https://example.com/hook";
      const auto fine = net::check_http_url(address);
      return fine ? "" : fine.error().message;
    }
    case ConnectionType::smtp:
      if (parts_of(address).host.empty()) {
        return "is missing: write host:port, smtp://host (STARTTLS) or smtps://host";
      }
      if (!scheme.empty() && scheme != "smtp" && scheme != "smtps") {
        return "must begin with smtp:// or smtps://, not " + scheme + "://";
      }
      return "";
    case ConnectionType::azure_storage: {
      if (address.empty()) return "";  // a connection string names it
      const auto fine = net::check_http_url(address);
      return fine ? "" : fine.error().message;
    }
    case ConnectionType::custom_vision: {
      if (address.empty()) {
        return "is missing: write the resource's endpoint, such as "
               "https://NAME.cognitiveservices.azure.com";
      }
      const auto fine = net::check_http_url(address);
      return fine ? "" : fine.error().message;
    }
    case ConnectionType::iot_hub:  // the connection string names it
    case ConnectionType::iot_edge:
      return "";
  }
  return "";
}

// What must be there as credentials; "" when nothing must.
std::string_view needed_credentials(ConnectionType type) {
  switch (type) {
    case ConnectionType::azure_storage:
      return "a connection string, a SAS token or an account key";
    case ConnectionType::iot_hub:
      return "the connection string of the device";
    case ConnectionType::custom_vision:
      return "the training key";
    default:
      return "";
  }
}

void check_fields(Connection& connection, Secrets& secrets, const Connection* before,
                  std::vector<FieldError>& errors) {
  split_address(connection, secrets, errors);
  if (errors.empty()) {
    if (std::string fault = address_fault(connection); !fault.empty()) {
      errors.push_back({"address", std::move(fault)});
    }
  }
  const auto sent = secrets.find("credentials");
  const bool has =
      !connection.credentials.empty() || (sent != secrets.end() && !sent->second.empty());
  const auto needed = needed_credentials(connection.type);
  if (!has && !needed.empty()) {
    errors.push_back({"credentials", "are missing: " + std::string(needed)});
  }
  if (const auto ca = connection.settings.find("ca_file");
      ca != connection.settings.end() && !ca->second.empty()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(ca->second, error)) {
      errors.push_back({"settings.ca_file", "'" + ca->second + "' is no file on this machine"});
    }
  }
  if (before && !connection.credentials.empty() && peer_of(*before) != peer_of(connection)) {
    errors.push_back({"credentials",
                      "type the credentials again: they are stored for another address, and are "
                      "not sent to this one unasked"});
  }
}

// ---- tests ----

struct ConnectionTestBody {
  std::string connection;
  std::string name;
  ConnectionType type = ConnectionType::mqtt;
  std::string address;
  std::string user_name;
  std::string credentials;
  std::map<std::string, std::string> settings;
  store::Tags tags;
  static void declare(Fields<ConnectionTestBody>& f) {
    using S = ConnectionTestBody;
    f.add(&S::connection, "connection")
        .format("connection")
        .help("Id of the connection as stored: its credentials are used where none are sent.");
    f.add(&S::name, "name").help("For the job's title.");
    f.add(&S::type, "type");
    f.add(&S::address, "address");
    f.add(&S::user_name, "user_name").max_length(256);
    f.add(&S::credentials, "credentials").format("secret");
    f.add(&S::settings, "settings").max_length(64);
    f.add(&S::tags, "tags").help("Not looked at.");
  }
};

Result<Reply> start(const Call<NoParameters>& call) {
  POSS_ASSIGN(const json::object sent, json_body(call.request));
  ConnectionTestBody body;
  std::vector<FieldError> errors;
  FieldCodec<ConnectionTestBody>::read(body, sent, FieldSpec{}, "", errors);
  if (!errors.empty()) return Reply(problem(400, Code::invalid_argument, errors));
  std::optional<Connection> before;
  if (!body.connection.empty()) {
    POSS_ASSIGN(auto stored, call.resources.store.get<Connection>(body.connection));
    before = std::move(stored.value);
  }
  Connection connection{.name = body.name,
                        .type = body.type,
                        .address = body.address,
                        .user_name = body.user_name,
                        .settings = body.settings};
  Secrets secrets;
  if (sent.contains("credentials")) {
    secrets["credentials"] = body.credentials;
  } else if (before) {
    connection.credentials = before->credentials;
  }
  check_fields(connection, secrets, before ? &*before : nullptr, errors);
  if (!errors.empty()) return Reply(problem(400, Code::invalid_argument, errors));
  net::ConnectionSpec spec{.type = std::string(enum_name(connection.type)),
                           .address = connection.address,
                           .user_name = connection.user_name,
                           .credentials = secrets["credentials"],
                           .settings = connection.settings};
  if (spec.credentials.empty() && !connection.credentials.empty()) {
    POSS_ASSIGN(spec.credentials, call.resources.store.reveal(connection.credentials));
  }
  POSS_ASSIGN(const JobBody job,
              call.resources.jobs.start(
                  "connection_test",
                  "Testing connection" + (body.name.empty() ? "" : " '" + body.name + "'"),
                  [spec](JobContext& context) -> Result<json::object> {
                    context.progress(-1, "Connecting");
                    POSS_ASSIGN(const std::string answer, net::check_connection(spec));
                    return json::object{{"detail", answer}};
                  }));
  HttpResponse response = json_response(json_text(to_json(job)));
  response.status = 202;
  return Reply(std::move(response));
}

}  // namespace

void declare_connections(Api& api) {
  declare_resource<Connection>(
      api, {.path = "/api/v1/connections", .tag = "connections", .name = "Connection"},
      {.check =
           [](const Draft<Connection>& draft, Connection& connection,
              std::vector<FieldError>& errors) {
             check_fields(connection, draft.secrets, draft.before ? &draft.before->value : nullptr,
                          errors);
           },
       .shown = {},
       .show = {},
       .before_remove = {},
       .changed = {}});
  api.add<NoParameters>(
      {.method = "POST",
       .path = "/api/v1/connection_tests",
       .id = "testConnection",
       .tag = "connections",
       .summary = "Connects and signs in as far as leaves nothing there, and tells what answered.",
       .body_type = "application/json",
       .body_schema = schema_of<ConnectionTestBody>()},
      {.status = 202,
       .description = "The job; its result has a sentence as detail.",
       .content_type = "application/json",
       .schema = response_schema(schema_of<JobBody>())},
      start);
}

}  // namespace poss::server
