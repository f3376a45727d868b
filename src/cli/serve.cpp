// `poss serve`: cameras, skills, the REST API and the portal in one process.
#include <algorithm>
#include <cstdio>

#include <malloc.h>

#include "base/id.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/given_objects.h"
#include "fleet/local_agent.h"
#include "infer/model.h"
#include "infer/runtime.h"
#include "server/devices.h"
#include "server/event_hub.h"
#include "server/server.h"
#include "store/store.h"

namespace poss::cli {
namespace {

struct ServeOptions {
  bool demo = false;
  std::vector<std::string> cameras;
  std::vector<std::string> skills;
  std::string models;
  std::string portal;
  std::string data;
  std::string store;  // postgres://…; empty: SQLite in the data folder
  std::string listen = "127.0.0.1";
  int port = 7070;
  std::string tls_cert;
  std::string tls_key;
};

// The allocator keeps a heap for each thread that ever worked, and what large answers took stays
// with them until it is told to give it back.
constexpr int kHeaps = 4;
constexpr std::chrono::seconds kTrimPeriod{20};

// Real pictures that anyone can install: pedestrians, from Debian's opencv-doc.
constexpr const char* kDemoVideo = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

Result<void> add_demo(ServeOptions& options) {
  if (!std::filesystem::exists(kDemoVideo)) {
    return Error{Code::unavailable,
                 "the sample camera's video is not installed; run ./up --demo, "
                 "or: apt-get install opencv-doc"};
  }
  options.cameras.push_back(std::string("demo=") + kDemoVideo);
  options.skills.push_back((example_skills_folder() / "watch_street.json").string());
  return {};
}

// What does not go together. People sign in over whatever network the server listens on.
Result<void> check(const ServeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return Error{Code::invalid_argument,
                 "--tls-cert and --tls-key go together: the certificate and its private key"};
  }
  if (server::is_loopback(options.listen)) return {};
  if (options.demo) {
    return Error{Code::invalid_argument,
                 "the demo lets everybody in as administrator, so it listens on this machine "
                 "alone; leave out --demo or --listen"};
  }
  if (options.tls_cert.empty()) {
    spdlog::warn(
        "listening on {} without TLS: passwords and pictures can be read by others on the network; "
        "give --tls-cert and --tls-key, or put a proxy with TLS in front",
        options.listen);
  }
  return {};
}

// Where a browser on this machine finds the server.
std::string address_of(const ServeOptions& options, std::uint16_t port) {
  std::string host = options.listen;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (options.tls_cert.empty() ? "http://" : "https://") + host + ":" + std::to_string(port) +
         "/";
}

Result<void> serve(ServeOptions options) {
  POSS_TRY(check(options));
  hold_stop_signals();
  std::filesystem::path data = data_folder(options.data);
  if (options.demo) data /= "demo";
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) {
    return Error{Code::permission_denied, "cannot make the data folder '" + data.string() + "': " +
                                              error.message() + "; choose another with --data"};
  }
  mallopt(M_ARENA_MAX, kHeaps);
  POSS_ASSIGN(const auto store, open_store(data, options.store));
  if (options.demo) POSS_TRY(add_demo(options));
  const auto runtime = infer::Runtime::get();
  auto folders = model_folders(options.models);
  folders.push_back(data / "models");
  infer::ModelPool models(std::move(folders));
  server::EventHub events;
  Services services;
  services.add<infer::ModelPool>(models);
  server::InsightRecorder recorder(events, store->history());
  services.add<InsightSink>(recorder);
  fleet::Worker worker(node_registry(), services);
  fleet::LocalAgent agent(worker);
  const auto providers = runtime ? (*runtime)->providers() : std::vector<std::string>();
  POSS_ASSIGN(const auto device, server::this_machine(*store, server::look_at_machine(providers)));
  POSS_TRY(store_given(*store, device.id, options.cameras, options.skills, data));
  POSS_ASSIGN(const auto server,
              server::Server::create({.address = options.listen,
                                      .port = static_cast<std::uint16_t>(options.port),
                                      .tls = {options.tls_cert, options.tls_key},
                                      .portal = portal_folder(options.portal),
                                      .data = data,
                                      .zoo_catalogue = zoo_catalogue(),
                                      .demo = options.demo,
                                      .onnxruntime_version = runtime ? (*runtime)->version() : "",
                                      .providers = providers},
                                     agent, models, node_registry(), events, recorder, *store));
  const std::string address = address_of(options, server->port());
  // The first line on standard output: scripts wait for it.
  std::printf("%s\n", address.c_str());
  // The token is what follows #, which browsers send to nobody.
  if (const std::string token = server->make_setup_token(); !token.empty()) {
    std::printf("Set up POSS: %ssetup#%s\n", address.c_str(), token.c_str());
  }
  std::fflush(stdout);
  while (!wait_for_stop(kTrimPeriod)) malloc_trim(0);
  spdlog::info("stopping");
  server->stop();
  agent.stop();
  worker.stop();
  recorder.stop();
  return {};
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("serve", "Run cameras and skills, with portal and REST API");
  auto options = std::make_shared<ServeOptions>();
  command->add_flag("--demo", options->demo,
                    "Add the sample camera and a skill that watches it; nobody needs to sign in");
  command->add_option("--camera", options->cameras,
                      "A camera as NAME=URI (rtsp://…, http://…, a file, a folder of images, "
                      "/dev/videoN), kept under its name; may be given several times");
  command->add_option(
      "--skill", options->skills,
      "A skill file to keep under its name and to deploy on the cameras given here; "
      "may be given several times");
  command
      ->add_option("--listen", options->listen,
                   "IP address to listen on; 0.0.0.0 or :: for all of this machine's")
      ->capture_default_str();
  command->add_option("--port", options->port, "Port; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--tls-cert", options->tls_cert,
                      "Serve HTTPS: PEM file with the certificate and those that signed it");
  command->add_option("--tls-key", options->tls_key, "PEM file with the certificate's private key");
  command->add_option("--models", options->models, "Folder with models (default: the zoo)");
  command->add_option("--data", options->data,
                      "Folder for everything POSS keeps (default: $POSS_DATA, or poss in "
                      "$XDG_DATA_HOME or ~/.local/share)");
  command->add_option("--store", options->store,
                      "Keep objects and insights in PostgreSQL: postgres://…");
  command->add_option("--portal", options->portal, "Folder of the built portal");
  command->footer(
      "Example:\n  poss serve --camera dock=rtsp://192.0.2.7/stream --skill "
      "examples/skills/detect_people.json\n\nPrints the address of the portal when it is ready "
      "and, until there is a user, the link "
      "that makes the first. Ctrl-C stops it.");
  command->callback([options, &action] { action = [options] { return serve(*options); }; });
}

}  // namespace poss::cli
