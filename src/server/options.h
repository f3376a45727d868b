// How a server is set up.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/http_server.h"

namespace poss::server {

struct ServerOptions {
  std::string address = "127.0.0.1";    // an IP address of this machine, or 0.0.0.0 or ::
  std::uint16_t port = 7070;            // 0: a free one
  TlsFiles tls;                         // empty: plain HTTP
  std::filesystem::path portal;         // the built portal; may be missing
  std::filesystem::path data;           // of this POSS: models, recordings
  std::filesystem::path upload_folder;  // where bodies of uploads are written; must exist
  std::filesystem::path zoo_catalogue;  // catalogue.json of the zoo; empty: there is none
  bool demo = false;                    // shown in the portal
  std::string onnxruntime_version;      // as the library tells it; empty: unknown
  std::vector<std::string> providers;   // of ONNX Runtime: "CUDAExecutionProvider" …
  size_t live_bytes = 4u << 20;         // waiting for one viewer of a live view
  std::chrono::milliseconds status_period{1000};
  std::chrono::milliseconds housekeeping_period{60'000};
  HttpLimits http;
};

}  // namespace poss::server
