// One function a type of connection.
#include "net/connection_check.h"

#include <cstdlib>
#include <functional>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "net/azure.h"
#include "net/encoding.h"
#include "net/http.h"
#include "net/mqtt.h"
#include "net/smtp.h"

namespace poss::net {
namespace {

constexpr auto kTokenLife = std::chrono::minutes(5);

std::string setting(const ConnectionSpec& spec, const std::string& name) {
  const auto at = spec.settings.find(name);
  return at == spec.settings.end() ? "" : at->second;
}

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }

// What stands between scheme and path.
std::string host_of(const std::string& url) {
  const std::string masked = mask_uri(url);
  const auto begin = masked.find("://") == std::string::npos ? 0 : masked.find("://") + 3;
  return masked.substr(begin, masked.find_first_of("/?#", begin) - begin);
}

Result<void> connect_mqtt(MqttOptions options, const ConnectionSpec& spec,
                          const ConnectionCheckOptions& check) {
  options.ca_file = setting(spec, "ca_file");
  options.connect_timeout = check.timeout;
  POSS_ASSIGN(const auto client, MqttClient::create(std::move(options)));
  return client->wait_connected(check.timeout);
}

Result<std::string> check_mqtt(const ConnectionSpec& spec, const ConnectionCheckOptions& check) {
  MqttOptions options;
  POSS_ASSIGN(options.address, parse_mqtt_address(spec.address));
  if (!spec.user_name.empty()) options.address.user_name = spec.user_name;
  if (!spec.credentials.empty()) options.address.password = spec.credentials;
  options.client_id = setting(spec, "client_id");
  const MqttAddress address = options.address;
  POSS_TRY(connect_mqtt(std::move(options), spec, check));
  return "The MQTT broker at " + address.host + ":" + std::to_string(address.port) +
         (address.tls ? " accepts the connection, with TLS" : " accepts the connection") +
         (address.user_name.empty() ? "." : " and the user '" + address.user_name + "'.");
}

HttpRequest request_for(const std::string& url, const ConnectionSpec& spec,
                        const ConnectionCheckOptions& check) {
  HttpRequest request;
  request.url = url;
  request.ca_file = setting(spec, "ca_file");
  request.timeout = check.timeout;
  request.accept_all_statuses = true;
  return request;
}

Result<std::string> check_webhook(const ConnectionSpec& spec, const ConnectionCheckOptions& check) {
  HttpRequest request = request_for(spec.address, spec, check);
  if (!spec.user_name.empty()) {
    request.headers["Authorization"] =
        "Basic " + base64_encode(spec.user_name + ":" + spec.credentials);
  } else if (!spec.credentials.empty()) {
    request.headers["Authorization"] = "Bearer " + spec.credentials;
  }
  HttpClient client;
  request.method = HttpMethod::head;
  POSS_ASSIGN(HttpResponse answer, client.send(request));
  if (answer.status >= 400 && answer.status != 401 && answer.status != 403) {
    request.method = HttpMethod::options;
    POSS_ASSIGN(answer, client.send(request));
  }
  const std::string said = "The server at " + host_of(spec.address) + " answers with status " +
                           std::to_string(answer.status);
  if (answer.status == 401 || answer.status == 403 || answer.status == 407) {
    return Error{Code::permission_denied,
                 said + "; check the user name and password, or the token."};
  }
  if (answer.status == 404 || answer.status == 410) {
    return Error{Code::not_found, said + ": it has nothing at this path; check the address."};
  }
  if (answer.status >= 500 && answer.status != 501) {
    return Error{Code::unavailable, said + ", an error of its own; look at its log."};
  }
  if (answer.status >= 300 && answer.status < 400) {
    return bad(said + ", a redirection; use the address it points to.");
  }
  if (answer.status >= 400) {
    return said + " to a request without data, as a receiver of POST may.";
  }
  return said + ".";
}

Result<std::string> check_mail(const ConnectionSpec& spec, const ConnectionCheckOptions& check) {
  SmtpServer server;
  server.url =
      spec.address.find("://") == std::string::npos ? "smtp://" + spec.address : spec.address;
  server.user_name = spec.user_name;
  server.password = spec.credentials;
  server.allow_plain_text = setting(spec, "tls") == "none";
  server.ca_file = setting(spec, "ca_file");
  server.timeout = check.timeout;
  POSS_ASSIGN(const bool encrypted, check_smtp(server));
  return "The mail server at " + host_of(server.url) + " answers " +
         (encrypted ? "over an encrypted connection" : "without encryption") +
         (server.user_name.empty() ? "." : " and accepts the user '" + server.user_name + "'.");
}

Result<std::string> storage_verdict(const HttpResponse& answer, const std::string& where) {
  if (answer.status == 200) return where + " answers and accepts the credentials.";
  const std::string code = answer.header("x-ms-error-code");
  if (code == "AuthorizationPermissionMismatch" || code == "AuthorizationResourceTypeMismatch") {
    return where +
           " answers and knows the token, which does not allow listing; whether it allows "
           "writing shows with the first upload.";
  }
  return storage_error(answer, where);
}

Result<std::string> check_storage(const ConnectionSpec& spec, const ConnectionCheckOptions& check) {
  POSS_ASSIGN(BlobAccount account,
              parse_blob_account(spec.address, spec.user_name, spec.credentials));
  if (const std::string named = setting(spec, "container"); !named.empty()) {
    account.container = named;
  }
  std::map<std::string, std::string> query{{"comp", "list"}, {"maxresults", "1"}};
  std::string path;
  std::string where = "The storage account at " + host_of(account.endpoint);
  if (!account.container.empty()) {
    path = "/" + percent_encode(account.container);
    query["restype"] = "container";
    where = "The container '" + account.container + "' at " + host_of(account.endpoint);
  }
  POSS_ASSIGN(HttpRequest request,
              blob_request(account, HttpMethod::get, path, query, check.clock->now()));
  request.ca_file = setting(spec, "ca_file");
  request.timeout = check.timeout;
  request.accept_all_statuses = true;
  HttpClient client;
  POSS_ASSIGN(const HttpResponse answer, client.send(request));
  return storage_verdict(answer, where);
}

Result<std::string> check_iot_hub(const ConnectionSpec& spec, const ConnectionCheckOptions& check) {
  POSS_ASSIGN(const IotHubIdentity identity, parse_iot_hub(spec.credentials));
  POSS_ASSIGN(MqttOptions options, iot_hub_options(identity, check.clock->now() + kTokenLife));
  if (auto done = connect_mqtt(std::move(options), spec, check); !done) {
    if (done.error().code != Code::permission_denied) return done.error();
    return done.error().with("IoT Hub, as device '" + identity.device + "'");
  }
  return "The IoT Hub " + identity.host + " accepts the device '" + identity.device + "'" +
         (identity.module.empty() ? "." : " with its module '" + identity.module + "'.");
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<std::string> check_iot_edge(const ConnectionSpec& spec,
                                   const ConnectionCheckOptions& check) {
  const std::string workload = environment("IOTEDGE_WORKLOADURI");
  if (workload.empty()) {
    return Error{Code::unavailable,
                 "This program does not run as an IoT Edge module; deploy it as one, or use an "
                 "IoT Hub connection."};
  }
  const std::string call = "/trust-bundle?api-version=2019-01-30";
  HttpRequest request;
  if (workload.starts_with("unix://")) {
    request = request_for("http://localhost" + call, spec, check);
    request.unix_socket = workload.substr(7);
  } else {
    request = request_for(workload + call, spec, check);
  }
  HttpClient client;
  const auto answer = client.send(request);
  if (!answer || answer->status != 200) {
    return Error{
        Code::unavailable,
        "The IoT Edge runtime does not answer at " + mask_uri(workload) + " (" +
            (answer ? "status " + std::to_string(answer->status) : answer.error().message) +
            "); restart it with: iotedge system restart."};
  }
  return "The IoT Edge runtime answers for module '" + environment("IOTEDGE_MODULEID") +
         "' of device '" + environment("IOTEDGE_DEVICEID") + "'.";
}

Result<std::string> check_custom_vision(const ConnectionSpec& spec,
                                        const ConnectionCheckOptions& check) {
  if (spec.credentials.empty()) {
    return bad("There is no training key; copy it from the Custom Vision resource's keys.");
  }
  std::string endpoint = spec.address;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  HttpRequest request = request_for(endpoint + "/customvision/v3.3/Training/projects", spec, check);
  request.headers["Training-Key"] = spec.credentials;
  request.max_response_bytes = 16u << 20;
  HttpClient client;
  POSS_ASSIGN(const HttpResponse answer, client.send(request));
  const std::string who = "Custom Vision at " + host_of(endpoint);
  if (answer.status == 401 || answer.status == 403) {
    return Error{Code::permission_denied,
                 who + " refuses the key; copy the training key, not the prediction key."};
  }
  const auto projects = parse_json(answer.body);
  if (answer.status != 200 || !projects || !projects->is_array()) {
    return Error{Code::not_found, "There is no Custom Vision training at " + host_of(endpoint) +
                                      " (status " + std::to_string(answer.status) +
                                      "); copy the endpoint of the training resource."};
  }
  const size_t count = projects->as_array().size();
  return who + " accepts the key; it has " + std::to_string(count) +
         (count == 1 ? " project." : " projects.");
}

}  // namespace

Result<std::string> check_connection(const ConnectionSpec& spec,
                                     const ConnectionCheckOptions& options) {
  using Check = Result<std::string> (*)(const ConnectionSpec&, const ConnectionCheckOptions&);
  static constexpr std::pair<std::string_view, Check> kChecks[] = {
      {"mqtt", check_mqtt},
      {"webhook", check_webhook},
      {"smtp", check_mail},
      {"azure_storage", check_storage},
      {"iot_hub", check_iot_hub},
      {"iot_edge", check_iot_edge},
      {"custom_vision", check_custom_vision},
  };
  for (const auto& [type, check] : kChecks) {
    if (spec.type == type) return check(spec, options);
  }
  return bad("There are no connections of type '" + spec.type + "'.");
}

}  // namespace poss::net
