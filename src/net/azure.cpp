// Azure's strings and signatures.
#include "net/azure.h"

#include <algorithm>
#include <ctime>

#include "net/encoding.h"

namespace poss::net {
namespace {

constexpr const char* kStorageVersion = "2021-08-06";

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }

std::string value_of(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto at = values.find(name);
  return at == values.end() ? "" : at->second;
}

std::string without_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// RFC 1123, as the header x-ms-date has it.
std::string http_date(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64] = {};
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

// The path of an absolute URL, without its query.
std::string path_of(const std::string& url) {
  const auto begin = url.find('/', url.find("://") + 3);
  return begin == std::string::npos ? "" : url.substr(begin, url.find('?') - begin);
}

bool is_ip_or_localhost(const std::string& host) {
  return host == "localhost" || host.find_first_not_of("0123456789.") == std::string::npos;
}

// Splits "https://host/container?token" into the account's endpoint, container and token.
Result<BlobAccount> from_url(const std::string& url) {
  POSS_TRY(check_http_url(url));
  BlobAccount out;
  const auto query = url.find('?');
  if (query != std::string::npos) out.sas = url.substr(query + 1);
  std::string base = without_slash(url.substr(0, query));
  const auto host_begin = base.find("://") + 3;
  auto slash = base.find('/', host_begin);
  const std::string host =
      base.substr(host_begin, base.find_first_of(":/", host_begin) - host_begin);
  out.account = host.substr(0, host.find('.'));
  if (is_ip_or_localhost(host) && slash != std::string::npos) {
    // The emulator and Azure Stack on an address in numbers: the path begins with the account.
    const auto next = base.find('/', slash + 1);
    out.account = base.substr(slash + 1, next == std::string::npos ? next : next - slash - 1);
    slash = next;
  }
  out.endpoint = base.substr(0, slash);
  if (slash == std::string::npos) return out;
  const auto behind = std::min(base.find('/', slash + 1), base.size());
  out.container = percent_decode(base.substr(slash + 1, behind - slash - 1));
  if (behind < base.size()) out.blob = percent_decode(base.substr(behind + 1));
  return out;
}

std::string azure_endpoint(const std::string& account) {
  return "https://" + account + ".blob.core.windows.net";
}

bool is_account_name(const std::string& text) {
  return text.size() >= 3 && text.size() <= 24 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

Result<BlobAccount> from_connection_string(std::string_view text) {
  POSS_ASSIGN(const auto values, parse_connection_string(text));
  const std::string name = value_of(values, "AccountName");
  std::string endpoint = value_of(values, "BlobEndpoint");
  if (endpoint.empty()) {
    if (name.empty()) {
      return bad(
          "The connection string has no AccountName; copy it from the storage account's "
          "access keys.");
    }
    const std::string protocol = value_of(values, "DefaultEndpointsProtocol");
    const std::string suffix = value_of(values, "EndpointSuffix");
    endpoint = (protocol.empty() ? "https" : protocol) + "://" + name + ".blob." +
               (suffix.empty() ? "core.windows.net" : suffix);
  }
  POSS_ASSIGN(BlobAccount out, from_url(endpoint));
  if (!name.empty()) out.account = name;
  out.key = value_of(values, "AccountKey");
  out.sas = value_of(values, "SharedAccessSignature");
  if (out.key.empty() && out.sas.empty()) {
    return bad(
        "The connection string has neither AccountKey nor SharedAccessSignature; copy it "
        "whole from the storage account.");
  }
  return out;
}

// Also of a single blob.
Result<BlobAccount> parse_any_blob_address(const std::string& address, const std::string& account,
                                           std::string_view credentials) {
  const bool is_url = credentials.starts_with("https://") || credentials.starts_with("http://");
  if (is_url) {
    POSS_ASSIGN(BlobAccount out, from_url(std::string(credentials)));
    if (out.sas.find("sig=") == std::string::npos) {
      return bad("The storage URL has no SAS token behind its '?'; create one for the container.");
    }
    return out;
  }
  if (credentials.find(';') != std::string_view::npos) return from_connection_string(credentials);
  if (credentials.empty()) {
    return bad(
        "There are no credentials; give a connection string, a URL with a SAS token, or "
        "the account's key.");
  }
  if (address.empty() && !is_account_name(account)) {
    return bad(
        "The storage account has no address; give https://ACCOUNT.blob.core.windows.net, "
        "or a whole connection string.");
  }
  POSS_ASSIGN(BlobAccount out, from_url(address.empty() ? azure_endpoint(account) : address));
  if (!account.empty()) out.account = account;
  const bool is_token = credentials.find("sig=") != std::string_view::npos;
  if (credentials.starts_with('?')) credentials.remove_prefix(1);
  (is_token ? out.sas : out.key) = credentials;
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_connection_string(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return bad("The connection string is not of the form Name=Value;Name=Value; copy it whole.");
    }
    const auto begin = part.find_first_not_of(" \t\r\n");
    const auto end = part.find_last_not_of(" \t\r\n");
    values[std::string(part.substr(begin, equals - begin))] = part.substr(equals + 1, end - equals);
  }
  return values;
}

Result<std::string> sas_token(const std::string& resource, const std::string& key, Time expiry) {
  const auto secret = base64_decode(key);
  if (!secret || secret->empty()) return bad("The access key is not Base64; copy it whole.");
  const std::string scope = percent_encode(resource);
  const std::string until = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(expiry.time_since_epoch()).count());
  return "SharedAccessSignature sr=" + scope +
         "&sig=" + percent_encode(base64_encode(hmac_sha256(*secret, scope + "\n" + until))) +
         "&se=" + until;
}

std::string IotHubIdentity::resource() const {
  return host + "/devices/" + device + (module.empty() ? "" : "/modules/" + module);
}

Result<IotHubIdentity> parse_iot_hub(std::string_view connection_string) {
  POSS_ASSIGN(const auto values, parse_connection_string(connection_string));
  IotHubIdentity identity{.host = value_of(values, "HostName"),
                          .device = value_of(values, "DeviceId"),
                          .module = value_of(values, "ModuleId"),
                          .key = value_of(values, "SharedAccessKey")};
  if (values.contains("SharedAccessKeyName") && identity.device.empty()) {
    return bad(
        "This is the connection string of the whole hub; copy that of a device, under "
        "Devices in the IoT Hub.");
  }
  for (const auto& [name, value] :
       {std::pair{"HostName", identity.host}, std::pair{"DeviceId", identity.device},
        std::pair{"SharedAccessKey", identity.key}}) {
    if (value.empty()) {
      return bad(std::string("The connection string has no ") + name +
                 "; copy it whole from the device's page in the IoT Hub.");
    }
  }
  POSS_ASSIGN(const MqttAddress address, parse_mqtt_address("mqtts://" + identity.host));
  identity.host = address.host;
  identity.port = address.port;
  return identity;
}

Result<MqttOptions> iot_hub_options(const IotHubIdentity& identity, Time expiry) {
  MqttOptions options;
  options.address.host = identity.host;
  options.address.port = identity.port;
  options.address.tls = true;
  options.client_id = identity.device + (identity.module.empty() ? "" : "/" + identity.module);
  options.address.user_name = identity.host + "/" + options.client_id + "/?api-version=2021-04-12";
  POSS_ASSIGN(options.address.password, sas_token(identity.resource(), identity.key, expiry));
  return options;
}

Result<BlobAccount> parse_blob_account(std::string_view address, std::string_view account,
                                       std::string_view credentials) {
  POSS_ASSIGN(BlobAccount out,
              parse_any_blob_address(std::string(address), std::string(account), credentials));
  if (!out.blob.empty()) {
    return bad("The storage address names a blob; give that of its account or container.");
  }
  return out;
}

Result<BlobAccount> parse_blob_source(const BlobSource& source) {
  // Some paste the URL with its token where the address goes.
  const bool in_address =
      source.credentials.empty() && source.address.find('?') != std::string::npos;
  POSS_ASSIGN(BlobAccount out,
              parse_any_blob_address(source.address, source.account,
                                     in_address ? source.address : source.credentials));
  if (!source.container.empty()) {
    if (source.container != out.container) out.blob.clear();
    out.container = source.container;
  }
  if (!source.path.empty()) {
    out.blob = source.path.substr(std::min(source.path.find_first_not_of('/'), source.path.size()));
  }
  if (out.container.empty() && !out.blob.empty()) {
    return bad("The blob's container is missing; name it, or choose it from the list.");
  }
  if (out.container.find('/') != std::string::npos) {
    return bad("The container's name has a '/'; give the path in the container apart from it.");
  }
  return out;
}

Result<HttpRequest> blob_request(const BlobAccount& account, HttpMethod method,
                                 const std::string& path,
                                 const std::map<std::string, std::string>& query, Time now,
                                 const std::string& range) {
  HttpRequest request;
  request.method = method;
  request.url = account.endpoint + (path.empty() ? "/" : path);
  std::string resource = "/" + account.account + path_of(request.url);
  char separator = '?';
  for (const auto& [name, value] : query) {
    request.url += separator + name + "=" + percent_encode(value);
    separator = '&';
    resource += "\n" + name + ":" + value;
  }
  request.headers = {{"x-ms-date", http_date(now)}, {"x-ms-version", kStorageVersion}};
  const auto add_range = [&] {
    if (!range.empty()) request.headers["Range"] = range;
  };
  if (account.key.empty()) {
    request.url += separator + account.sas;
    add_range();
    return request;
  }
  const auto key = base64_decode(account.key);
  if (!key || key->empty()) return bad("The account's key is not Base64; copy it whole.");
  const std::string verb = method == HttpMethod::head ? "HEAD" : "GET";
  // The standard headers between verb and our own are all absent, but for the last of them.
  std::string text = verb + std::string(11, '\n') + range + "\n";
  for (const auto& [name, value] : request.headers) text += name + ":" + value + "\n";
  request.headers["Authorization"] =
      "SharedKey " + account.account + ":" + base64_encode(hmac_sha256(*key, text + resource));
  add_range();
  return request;
}

Error storage_error(const HttpResponse& answer, const std::string& where) {
  const std::string code = answer.header("x-ms-error-code");
  const std::string said = code.empty() ? std::to_string(answer.status) : code;
  if (answer.status == 401 || answer.status == 403) {
    return {Code::permission_denied,
            where + " refuses the credentials (" + said +
                "); check the key or token, its expiry, and this machine's clock."};
  }
  if (answer.status == 404) {
    return {Code::not_found, where + " does not exist (" + said + "); check its name."};
  }
  return {Code::unavailable, where + " answers with status " + std::to_string(answer.status) +
                                 (code.empty() ? "" : " (" + code + ")") + "; check the address."};
}

}  // namespace poss::net
