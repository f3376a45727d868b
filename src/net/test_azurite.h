// Azurite, the emulator of Azure Storage, as a test's peer; scripts/fetch_azurite gets it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "net/encoding.h"
#include "net/http.h"
#include "net/test_peers.h"

namespace poss::net {

// On a free port, with the account "acc"; what it stores ends with it.
class Azurite {
 public:
  Azurite()
      : port_(free_port()),
        process_({"/usr/bin/env", "AZURITE_ACCOUNTS=acc:" + key(), "node",
                  "build/azurite/node_modules/azurite/dist/src/blob/main.js", "--blobPort",
                  std::to_string(port_), "--inMemoryPersistence", "--skipApiVersionCheck",
                  "--disableTelemetry"}) {
    while (const auto line = process_.read_line()) {
      ready_ = line->find("successfully listen") != std::string::npos;
      if (ready_) return;
    }
    ADD_FAILURE() << "Azurite did not start; get it with scripts/fetch_azurite.";
  }
  bool ready() const { return ready_; }
  int port() const { return port_; }
  static std::string key() { return base64_encode("the key of the storage account"); }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_) + "/acc"; }
  std::string connection_string(const std::string& with_key = key()) const {
    return "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=" + with_key +
           ";BlobEndpoint=" + endpoint() + ";";
  }
  // An account SAS ("Create an account SAS", version 2019-12-12).
  static std::string token(const std::string& permissions, const std::string& resource_types,
                           const std::string& expiry = "2100-01-01T00:00:00Z") {
    const std::string version = "2019-12-12";
    const std::string text = "acc\n" + permissions + "\nb\n" + resource_types + "\n\n" + expiry +
                             "\n\n\n" + version + "\n";
    return "sv=" + version + "&ss=b&srt=" + resource_types + "&sp=" + permissions +
           "&se=" + percent_encode(expiry) +
           "&sig=" + percent_encode(base64_encode(hmac_sha256(*base64_decode(key()), text)));
  }
  Result<HttpResponse> make_container(const std::string& name) const {
    return put("/" + name, "restype=container", "");
  }
  // `path` is "/container/blob", encoded.
  Result<HttpResponse> put(const std::string& path, const std::string& query, std::string body,
                           std::map<std::string, std::string> headers = {}) const {
    HttpRequest request;
    request.method = HttpMethod::put;
    request.url =
        endpoint() + path + "?" + (query.empty() ? "" : query + "&") + token("rwlc", "sco");
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.timeout = std::chrono::seconds(60);
    return HttpClient().send(request);
  }
  Result<HttpResponse> put_blob(const std::string& path, std::string body) const {
    return put(path, "", std::move(body), {{"x-ms-blob-type", "BlockBlob"}});
  }

 private:
  int port_;
  ChildProcess process_;
  bool ready_ = false;
};

}  // namespace poss::net
