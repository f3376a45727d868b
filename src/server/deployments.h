// How a deployment is, as the REST interface and the status event show it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "fleet/worker.h"
#include "server/event_hub.h"

namespace poss::server {

struct StageBody {
  std::string name;
  double mean_ms = 0;
  static void declare(Fields<StageBody>& f);
};

struct NodeBody {
  std::string id;
  std::string type;
  std::string title;
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
  std::uint64_t dropped = 0;
  std::string last_error;
  double mean_ms = 0;
  double p99_ms = 0;
  std::vector<StageBody> stages;
  static void declare(Fields<NodeBody>& f);
};

// One skill on one camera.
struct StreamBody {
  std::string camera;
  std::string skill;
  std::string skill_name;
  fleet::StreamState state = fleet::StreamState::starting;
  std::string cause;
  double fps_asked = 0;
  double fps_reached = 0;
  std::uint64_t frames = 0;
  std::uint64_t dropped = 0;
  std::uint64_t insights = 0;
  double latency_p50_ms = 0;
  double latency_p99_ms = 0;
  std::vector<NodeBody> nodes;
  static void declare(Fields<StreamBody>& f);
};

enum class DeploymentState { starting, running, degraded, failed, stopped, not_connected };

struct DeploymentStatus {
  DeploymentState state = DeploymentState::starting;
  std::string cause;
  std::vector<StreamBody> streams;
  static void declare(Fields<DeploymentStatus>& f);
};

// The streams of the reports gathered by deployment: the worst of them makes the deployment's
// state, but it has only failed when all have.
std::map<std::string, DeploymentStatus> deployment_statuses(
    const EventHub& hub, const std::vector<fleet::StreamReport>& reports);

}  // namespace poss::server

template <>
struct poss::EnumNames<poss::server::DeploymentState> {
  using S = poss::server::DeploymentState;
  static constexpr std::array values{
      std::pair{S::starting, "starting"}, std::pair{S::running, "running"},
      std::pair{S::degraded, "degraded"}, std::pair{S::failed, "failed"},
      std::pair{S::stopped, "stopped"},   std::pair{S::not_connected, "not_connected"}};
};
