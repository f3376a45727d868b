// What the REST resources work on, and where each declares its routes.
#pragma once

#include "base/time.h"
#include "fleet/local_agent.h"
#include "graph/node.h"
#include "infer/model.h"
#include "server/event_hub.h"
#include "server/insight_recorder.h"
#include "server/jobs.h"
#include "server/machine.h"
#include "server/options.h"
#include "store/store.h"

namespace poss::server {

class Api;
class Desired;      // desired.h
class Housekeeper;  // housekeeper.h
class Uploads;      // uploads.h

// References outlive every request. Handlers run on several threads.
struct Resources {
  const ServerOptions& options;
  fleet::LocalAgent& agent;
  Desired& desired;
  infer::ModelPool& models;
  const NodeRegistry& registry;
  EventHub& hub;
  InsightRecorder& recorder;
  store::Store& store;
  Jobs& jobs;
  Uploads& uploads;
  Housekeeper& housekeeper;
  const Machine& machine;
  Steady::time_point started;
};

void declare_system(Api& api);        // system.cpp
void declare_cameras(Api& api);       // cameras.cpp
void declare_camera_tests(Api& api);  // camera_tests.cpp
void declare_connections(Api& api);   // connections.cpp
void declare_deployments(Api& api);   // deployments.cpp
void declare_devices(Api& api);       // devices.cpp
void declare_discovery(Api& api);     // discovery.cpp
void declare_insights(Api& api);      // insights.cpp
void declare_jobs(Api& api);          // jobs.cpp
void declare_locations(Api& api);     // locations.cpp
void declare_models(Api& api);        // models.cpp
void declare_node_types(Api& api);    // node_types.cpp
void declare_skills(Api& api);        // skills.cpp
void declare_recordings(Api& api);    // recordings.cpp
void declare_settings(Api& api);      // settings.cpp
void declare_uploads(Api& api);       // uploads.cpp
void declare_zoo(Api& api);           // zoo.cpp
void declare_openapi(Api& api);       // openapi.cpp

// The data of a status event: {"cameras":[{id,…status}],"deployments":[{id,…status}]}. In
// insights.cpp.
std::string status_json(const Resources& resources);

}  // namespace poss::server
