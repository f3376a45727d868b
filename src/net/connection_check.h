// Trying a connection to another system as far as is possible without leaving anything there.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace poss::net {

struct ConnectionSpec {
  // "mqtt", "webhook", "smtp", "azure_storage", "iot_hub", "iot_edge" or "custom_vision".
  std::string type;
  std::string address;
  std::string user_name;
  std::string credentials;  // secret: password, token, key or connection string
  // Of all that speak TLS: ca_file (PEM). mqtt: client_id. smtp: tls ("none": the password may go
  // unencrypted). azure_storage: container. Others are not looked at.
  std::map<std::string, std::string> settings;
};

struct ConnectionCheckOptions {
  std::chrono::milliseconds timeout{15'000};
  const Clock* clock = &system_clock();  // for the times in signatures
};

// Connects and signs in:
//   mqtt           CONNECT; address host:port, mqtt:// or mqtts://
//   webhook        HEAD, then OPTIONS; with a user name Basic authentication, else the credentials
//                  as bearer token
//   smtp           sign-in and NOOP; address smtp:// (STARTTLS) or smtps://
//   azure_storage  lists containers, or the container's blobs; see parse_blob_account
//   iot_hub        CONNECT as the device whose connection string the credentials are
//   iot_edge       asks the workload API of this machine's IoT Edge module
//   custom_vision  lists projects; address is the resource's endpoint, credentials its training key
// Returns one sentence about what answered; an error names cause and remedy. Neither holds a
// secret. Blocks for at most the timeout or so (the lookup of a broker's name cannot be cut
// short). Reentrant.
Result<std::string> check_connection(const ConnectionSpec& spec,
                                     const ConnectionCheckOptions& options = {});

}  // namespace poss::net
