// Azure's connection strings, and how requests to IoT Hub and Azure Storage are signed.
//
// By Microsoft's public documentation: "Communicate with an IoT hub using the MQTT protocol",
// "Control access to IoT Hub by using shared access signatures", "Configure Azure Storage
// connection strings", "Authorize with Shared Key". No error holds a key or a token. Reentrant.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"
#include "net/mqtt.h"

namespace poss::net {

// "Key=Value;Key=Value": a value may hold '='.
Result<std::map<std::string, std::string>> parse_connection_string(std::string_view text);

// A SAS token for `resource`, such as "hub.azure-devices.net/devices/cam"; `key` is Base64.
Result<std::string> sas_token(const std::string& resource, const std::string& key, Time expiry);

// A device, or a module on one, as its connection string names it.
struct IotHubIdentity {
  std::string host;           // of the hub
  std::uint16_t port = 8883;  // of MQTT with TLS
  std::string device;
  std::string module;  // empty: the device itself
  std::string key;     // Base64

  std::string resource() const;
};
Result<IotHubIdentity> parse_iot_hub(std::string_view connection_string);

// How to connect as `identity` by MQTT 3.1.1 over TLS, with a token that is good until `expiry`.
Result<MqttOptions> iot_hub_options(const IotHubIdentity& identity, Time expiry);

// Where blobs are and what allows to use them: either a key or a SAS token.
struct BlobAccount {
  std::string endpoint;   // https://ACCOUNT.blob.core.windows.net, without '/' at its end
  std::string container;  // when the address names one
  std::string blob;       // its name in the container, when the address names one
  std::string account;    // with a key
  std::string key;        // Base64
  std::string sas;        // "sv=…&sig=…"
};
// `credentials` is a connection string, a URL with a SAS token, or a token or key that belongs to
// the account's URL `address` (whose first label is the account, unless `account` names it; without
// an address it is that of `account` in Azure). Refuses addresses of single blobs.
Result<BlobAccount> parse_blob_account(std::string_view address, std::string_view account,
                                       std::string_view credentials);

// Where a blob is, as a person says it; whatever the credentials or the address say may be empty.
struct BlobSource {
  std::string address;      // of the account, a container or a blob
  std::string account;      // its name
  std::string credentials;  // as for parse_blob_account
  std::string container;
  std::string path;  // of the blob
};
// Container and blob are empty where nothing names them.
Result<BlobAccount> parse_blob_source(const BlobSource& source);

// A request to `path` ("", "/container" or "/container/blob") with `query` (names in order, values
// encoded where needed), signed or with the token in its URL. `range` ("bytes=5-") becomes a
// header.
Result<HttpRequest> blob_request(const BlobAccount& account, HttpMethod method,
                                 const std::string& path,
                                 const std::map<std::string, std::string>& query, Time now,
                                 const std::string& range = "");

// What a refusal by Azure Storage means ("Common REST API error codes"). `where` begins a sentence:
// "The container 'clips' at host".
Error storage_error(const HttpResponse& answer, const std::string& where);

}  // namespace poss::net
