// Server: the portal and the REST interface over HTTP.
#pragma once

#include <memory>

#include "base/result.h"
#include "fleet/local_agent.h"
#include "graph/node.h"
#include "infer/model.h"
#include "server/event_hub.h"
#include "server/insight_recorder.h"
#include "server/options.h"
#include "store/store.h"

namespace poss::server {

class Desired;

// Thread-safe.
class Server {
 public:
  // Binds and begins to serve. The references outlive the server; stop it before the agent.
  static Result<std::unique_ptr<Server>> create(ServerOptions options, fleet::LocalAgent& agent,
                                                infer::ModelPool& models,
                                                const NodeRegistry& registry, EventHub& hub,
                                                InsightRecorder& recorder, store::Store& store);
  ~Server();  // stop()s

  std::uint16_t port() const;
  size_t connections() const;
  // What it has the agent run.
  Desired& desired();
  // Ends streams and connections and joins the threads, within a few seconds. Idempotent.
  void stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace poss::server
