// How a server is set up.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/http_server.h"

namespace poss::server {

// How long a sign-in lasts, and how much of it there may be.
struct SignInLimits {
  std::chrono::seconds idle{std::chrono::hours(12)};       // a session without a request ends
  std::chrono::seconds lifetime{std::chrono::hours(168)};  // and in any case after so long
  std::chrono::seconds write{60};    // how often it is noted when a session was last used
  std::chrono::seconds refresh{30};  // until what others wrote into the store is seen
  size_t sessions = 50;              // of one user; the one unused longest makes room
  int hashing = 2;  // passwords at a time: each takes 64 MiB and a tenth of a second
};

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
  SignInLimits sign_in;
};

}  // namespace poss::server
