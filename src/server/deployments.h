// The deployment as the REST interface and the status event show it.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "fleet/worker.h"

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

struct DeploymentBody {
  std::string id;
  std::string name;
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
  static void declare(Fields<DeploymentBody>& f);
};

// `insights`: how many the deployment has published.
DeploymentBody deployment_body(const fleet::StreamReport& report, std::uint64_t insights);

}  // namespace poss::server
