// /api/v1/deployments: skills at work on cameras.
#include "server/deployments.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "server/desired.h"
#include "server/resource.h"
#include "server/skill_record.h"

namespace poss::server {
namespace {

using Errors = std::vector<FieldError>;

// What a deployed skill would not start with.
void check_skill_of(const Resources& resources, const store::DeployedSkill& deployed,
                    const std::string& path, Errors& errors) {
  const auto record = resources.store.get<store::SkillRecord>(deployed.skill);
  if (!record) return;  // the store tells that it does not exist
  auto skill = skill_of(*record);
  if (!skill) return errors.push_back({path + ".skill", skill.error().message});
  const auto set = set_parameters(*skill, deployed.parameters, resources.registry);
  if (!set) return errors.push_back({path + ".parameters", set.error().message});
  Errors found;
  check_skill(*skill, resources.registry, found);
  for (const auto& error : found) {
    errors.push_back(
        {path + ".parameters", (error.path.empty() ? "" : error.path + " ") + error.message});
  }
}

void check(const Draft<store::Deployment>& draft, store::Deployment& deployment, Errors& errors) {
  const Resources& resources = draft.resources;
  const auto device = resources.store.get<store::Device>(deployment.device);
  if (deployment.cameras.empty()) errors.push_back({"cameras", "needs at least one camera"});
  std::set<std::string> cameras;
  for (size_t i = 0; i < deployment.cameras.size(); ++i) {
    const auto& entry = deployment.cameras[i];
    const std::string path = "cameras[" + std::to_string(i) + "]";
    if (!cameras.insert(entry.camera).second) {
      errors.push_back({path + ".camera", "stands twice; give one camera all its skills at once"});
    }
    const auto camera = resources.store.get<store::Camera>(entry.camera);
    if (camera && device) {
      const auto& allowed = camera->value.devices;
      if (std::find(allowed.begin(), allowed.end(), deployment.device) == allowed.end()) {
        errors.push_back({path + ".camera", "'" + camera->value.name + "' may not be used by '" +
                                                device->value.name +
                                                "'; allow it in the camera's settings"});
      }
    }
    if (entry.skills.empty()) errors.push_back({path + ".skills", "needs at least one AI skill"});
    std::set<std::string> skills;
    for (size_t k = 0; k < entry.skills.size(); ++k) {
      const std::string skill_path = path + ".skills[" + std::to_string(k) + "]";
      if (!skills.insert(entry.skills[k].skill).second) {
        errors.push_back({skill_path + ".skill", "stands twice on this camera"});
      }
      check_skill_of(resources, entry.skills[k], skill_path, errors);
    }
  }
}

double finite(double number) { return std::isfinite(number) ? number : 0; }

StreamBody stream_body(const fleet::StreamReport& report, const EventHub& hub) {
  StreamBody body{.camera = report.camera,
                  .skill = report.skill,
                  .skill_name = report.skill_name,
                  .state = report.state,
                  .cause = report.cause,
                  .fps_asked = finite(report.fps_asked),
                  .fps_reached = finite(report.fps_reached),
                  .frames = report.frames,
                  .dropped = report.dropped,
                  .insights = hub.count(report.deployment, report.camera, report.skill),
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

void summarise(DeploymentStatus& status) {
  size_t failed = 0, troubled = 0, starting = 0;
  const std::string* cause = nullptr;
  for (const auto& stream : status.streams) {
    failed += stream.state == fleet::StreamState::failed ? 1 : 0;
    starting += stream.state == fleet::StreamState::starting ? 1 : 0;
    troubled +=
        stream.state == fleet::StreamState::degraded || stream.state == fleet::StreamState::ended
            ? 1
            : 0;
    if (!cause && !stream.cause.empty()) cause = &stream.cause;
  }
  const size_t bad = failed + troubled;
  status.state = failed > 0 && failed == status.streams.size() ? DeploymentState::failed
                 : bad > 0                                     ? DeploymentState::degraded
                 : starting > 0                                ? DeploymentState::starting
                                                               : DeploymentState::running;
  if (bad == 0 || !cause) return;
  status.cause = bad == 1 && status.streams.size() == 1
                     ? *cause
                     : std::to_string(bad) + " of " + std::to_string(status.streams.size()) +
                           " do not run well: " + *cause;
}

using Statuses = std::map<std::string, DeploymentStatus>;

DeploymentStatus status_of(const Resources& resources, const Statuses& running,
                           const store::Stored<store::Deployment>& deployment) {
  if (!deployment.value.enabled) {
    return {.state = DeploymentState::stopped, .cause = "", .streams = {}};
  }
  if (deployment.value.device != resources.desired.device()) {
    return {.state = DeploymentState::not_connected,
            .cause = "Its device is not connected; nothing runs there yet.",
            .streams = {}};
  }
  const auto found = running.find(deployment.id);
  return found == running.end() ? DeploymentStatus{} : found->second;
}

void show(const Resources& resources, const store::Stored<store::Deployment>& deployment,
          json::object& out) {
  auto reports = resources.desired.report().streams;
  std::erase_if(reports, [&](const auto& report) { return report.deployment != deployment.id; });
  out["status"] =
      to_json(status_of(resources, deployment_statuses(resources.hub, reports), deployment));
}

Result<InStatus> in_state(const Resources& resources, const std::string& state) {
  const Statuses running = deployment_statuses(resources.hub, resources.desired.report().streams);
  return all_in_status<store::Deployment>(
      resources, [&](const store::Stored<store::Deployment>& deployment) {
        return enum_name(status_of(resources, running, deployment).state) == state;
      });
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

void StreamBody::declare(Fields<StreamBody>& f) {
  f.add(&StreamBody::camera, "camera").help("The camera's id.");
  f.add(&StreamBody::skill, "skill").help("The skill's id.");
  f.add(&StreamBody::skill_name, "skill_name");
  f.add(&StreamBody::state, "state");
  f.add(&StreamBody::cause, "cause").help("What happened and what to do; empty while all is well.");
  f.add(&StreamBody::fps_asked, "fps_asked").unit("fps").help("0: every frame.");
  f.add(&StreamBody::fps_reached, "fps_reached")
      .unit("fps")
      .help("Over the last 10 to 20 seconds.");
  f.add(&StreamBody::frames, "frames").help("Run through the skill.");
  f.add(&StreamBody::dropped, "dropped")
      .help("Replaced by a newer one before the skill was ready.");
  f.add(&StreamBody::insights, "insights").help("Published since the start.");
  f.add(&StreamBody::latency_p50_ms, "latency_p50_ms")
      .unit("ms")
      .help("From capture to the end of the skill.");
  f.add(&StreamBody::latency_p99_ms, "latency_p99_ms").unit("ms");
  f.add(&StreamBody::nodes, "nodes");
}

void DeploymentStatus::declare(Fields<DeploymentStatus>& f) {
  f.add(&DeploymentStatus::state, "state");
  f.add(&DeploymentStatus::cause, "cause")
      .help("What happened and what to do; empty while all is well.");
  f.add(&DeploymentStatus::streams, "streams").help("Each skill on each camera.");
}

std::map<std::string, DeploymentStatus> deployment_statuses(
    const EventHub& hub, const std::vector<fleet::StreamReport>& reports) {
  std::map<std::string, DeploymentStatus> out;
  for (const auto& report : reports) {
    out[report.deployment].streams.push_back(stream_body(report, hub));
  }
  for (auto& [id, status] : out) summarise(status);
  return out;
}

void declare_deployments(Api& api) {
  api.name_schema<NodeBody>("Node");
  api.name_schema<StreamBody>("Stream");
  api.name_schema<DeploymentStatus>("DeploymentStatus");
  declare_resource<store::Deployment>(
      api, {.path = "/api/v1/deployments", .tag = "deployments", .name = "Deployment"},
      {.check = check,
       .shown = {{"status", response_schema(schema_of<DeploymentStatus>())}},
       .show = show,
       .in_status = in_state,
       .before_remove = {},
       .changed = {}});
}

}  // namespace poss::server
