// /api/v1/deployments: skills at work on cameras.
#include "server/deployments.h"

#include <cmath>

#include "server/api.h"

namespace poss::server {
namespace {

double finite(double number) { return std::isfinite(number) ? number : 0; }

Result<Page<DeploymentBody>> list(const Call<NoParameters>& call) {
  Page<DeploymentBody> page;
  for (const auto& report : call.resources.worker.streams()) {
    page.items.push_back(deployment_body(report, call.resources.hub.count(report.deployment)));
  }
  return page;
}

Result<DeploymentBody> get(const Call<NoParameters>& call) {
  for (const auto& report : call.resources.worker.streams()) {
    if (report.id == call.path("id")) {
      return deployment_body(report, call.resources.hub.count(report.deployment));
    }
  }
  return Error{Code::not_found, "there is no deployment '" + call.path("id") +
                                    "'; GET /api/v1/deployments lists them"};
}

}  // namespace

void StageBody::declare(Fields<StageBody>& f) {
  f.add(&StageBody::name, "name");
  f.add(&StageBody::mean_ms, "mean_ms").unit("ms");
}

void NodeBody::declare(Fields<NodeBody>& f) {
  f.add(&NodeBody::id, "id");
  f.add(&NodeBody::type, "type");
  f.add(&NodeBody::title, "title");
  f.add(&NodeBody::count, "count").help("Messages processed since the start.");
  f.add(&NodeBody::errors, "errors").help("Of these, how many failed.");
  f.add(&NodeBody::dropped, "dropped").help("Messages its queue had to leave out.");
  f.add(&NodeBody::last_error, "last_error");
  f.add(&NodeBody::mean_ms, "mean_ms").unit("ms").help("Of the last 10 to 20 seconds.");
  f.add(&NodeBody::p99_ms, "p99_ms").unit("ms");
  f.add(&NodeBody::stages, "stages");
}

void DeploymentBody::declare(Fields<DeploymentBody>& f) {
  f.add(&DeploymentBody::id, "id");
  f.add(&DeploymentBody::name, "name");
  f.add(&DeploymentBody::camera, "camera").help("The camera's id.");
  f.add(&DeploymentBody::skill, "skill").help("The skill's id.");
  f.add(&DeploymentBody::skill_name, "skill_name");
  f.add(&DeploymentBody::state, "state");
  f.add(&DeploymentBody::cause, "cause")
      .help("What happened and what to do; empty while all is well.");
  f.add(&DeploymentBody::fps_asked, "fps_asked").unit("fps").help("0: every frame.");
  f.add(&DeploymentBody::fps_reached, "fps_reached")
      .unit("fps")
      .help("Over the last 10 to 20 seconds.");
  f.add(&DeploymentBody::frames, "frames").help("Run through the skill.");
  f.add(&DeploymentBody::dropped, "dropped")
      .help("Replaced by a newer one before the skill was ready.");
  f.add(&DeploymentBody::insights, "insights").help("Published since the start.");
  f.add(&DeploymentBody::latency_p50_ms, "latency_p50_ms")
      .unit("ms")
      .help("From capture to the end of the skill.");
  f.add(&DeploymentBody::latency_p99_ms, "latency_p99_ms").unit("ms");
  f.add(&DeploymentBody::nodes, "nodes");
}

DeploymentBody deployment_body(const fleet::StreamReport& report, std::uint64_t insights) {
  DeploymentBody body{.id = report.id,
                      .name = report.name,
                      .camera = report.camera,
                      .skill = report.skill,
                      .skill_name = report.skill_name,
                      .state = report.state,
                      .cause = report.cause,
                      .fps_asked = finite(report.fps_asked),
                      .fps_reached = finite(report.fps_reached),
                      .frames = report.frames,
                      .dropped = report.dropped,
                      .insights = insights,
                      .latency_p50_ms = finite(report.latency.p50_ms),
                      .latency_p99_ms = finite(report.latency.p99_ms),
                      .nodes = {}};
  for (const auto& node : report.nodes) {
    NodeBody out{.id = node.id,
                 .type = node.type,
                 .title = node.title,
                 .count = node.count,
                 .errors = node.errors,
                 .dropped = node.dropped,
                 .last_error = node.last_error,
                 .mean_ms = finite(node.mean_ms),
                 .p99_ms = finite(node.p99_ms),
                 .stages = {}};
    for (const auto& stage : node.stages) out.stages.push_back({stage.name, finite(stage.mean_ms)});
    body.nodes.push_back(std::move(out));
  }
  return body;
}

void declare_deployments(Api& api) {
  api.name_schema<NodeBody>("Node");
  api.name_schema<DeploymentBody>("Deployment");
  api.get<NoParameters, Page<DeploymentBody>>({.path = "/api/v1/deployments",
                                               .id = "listDeployments",
                                               .tag = "deployments",
                                               .summary = "All skills at work, and how they are."},
                                              list);
  api.get<NoParameters, DeploymentBody>({.path = "/api/v1/deployments/{id}",
                                         .id = "getDeployment",
                                         .tag = "deployments",
                                         .summary = "One skill at work on one camera."},
                                        get);
}

}  // namespace poss::server
