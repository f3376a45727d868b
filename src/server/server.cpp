// Putting the parts of the server together, and the status event of every second.
#include "server/server.h"

#include <thread>

#include "base/log.h"
#include "server/desired.h"
#include "server/devices.h"
#include "server/housekeeper.h"
#include "server/models.h"
#include "server/settings.h"
#include "server/site.h"
#include "server/uploads.h"

namespace poss::server {

struct Server::State {
  State(ServerOptions server_options, Machine here, const std::string& device,
        fleet::LocalAgent& agent, infer::ModelPool& models, const NodeRegistry& registry,
        EventHub& hub, InsightRecorder& recorder, store::Store& store)
      : options(std::move(server_options)),
        machine(std::move(here)),
        desired(store, agent, registry, device),
        jobs([&hub](const JobBody& job) { hub.publish_event("job", json_text(to_json(job))); },
             system_clock()),
        uploads(options.upload_folder),
        housekeeper(store, recorder, uploads, hub, options.data),
        resources{options, agent, desired, models,      registry, hub,          recorder,
                  store,   jobs,  uploads, housekeeper, machine,  Steady::now()},
        site(make_api(), resources) {}

  // A thread of its own: a report that takes long must not hold up the connections.
  void send_status() {
    auto next = Steady::now() + options.status_period;
    Lock lock(mutex);
    while (!stopped) {
      if (Steady::now() < next) {
        changed.wait_until(mutex, next);
        continue;
      }
      next = Steady::now() + options.status_period;
      if (resources.hub.subscribers() > 0) resources.hub.publish_status(status_json(resources));
    }
  }

  const ServerOptions options;
  const Machine machine;
  Desired desired;
  Jobs jobs;
  Uploads uploads;
  Housekeeper housekeeper;
  const Resources resources;
  Site site;
  std::unique_ptr<HttpServer> http;
  Mutex mutex;
  Condition changed;
  bool stopped GUARDED_BY(mutex) = false;
  std::thread status;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::create(ServerOptions options, fleet::LocalAgent& agent,
                                               infer::ModelPool& models,
                                               const NodeRegistry& registry, EventHub& hub,
                                               InsightRecorder& recorder, store::Store& store) {
  if (options.upload_folder.empty()) options.upload_folder = options.data / "uploads";
  POSS_TRY(load_settings(store));
  POSS_TRY(recover_imports(store, options.data));
  Machine machine = look_at_machine(options.providers);
  POSS_ASSIGN(const auto device, this_machine(store, machine));
  auto state = std::make_unique<State>(std::move(options), std::move(machine), device.id, agent,
                                       models, registry, hub, recorder, store);
  POSS_ASSIGN(state->http,
              HttpServer::create(state->options.address, state->options.port, state->site,
                                 state->options.http, state->options.tls));
  state->housekeeper.start(state->options.housekeeping_period);
  state->status = std::thread([raw = state.get()] { raw->send_status(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::uint16_t Server::port() const { return state_->http->port(); }

Desired& Server::desired() { return state_->desired; }

size_t Server::connections() const { return state_->http->connections(); }

void Server::stop() {
  {
    Lock lock(state_->mutex);
    state_->stopped = true;
    state_->changed.notify_all();
  }
  if (state_->status.joinable()) state_->status.join();
  state_->housekeeper.stop();
  state_->jobs.stop();
  state_->desired.stop();
  state_->http->stop();
}

}  // namespace poss::server
