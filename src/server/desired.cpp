// Reading what was changed, and building the desired state.
#include "server/desired.h"

#include <algorithm>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "base/sync.h"
#include "server/camera_source.h"
#include "server/node_secrets.h"
#include "server/resource.h"
#include "server/skill_record.h"

namespace poss::server {
namespace {

using namespace std::chrono_literals;
using store::Camera;
using store::Deployment;
using store::SkillRecord;

constexpr auto kDebounce = 10ms;    // further changes that come so soon after are taken along
constexpr auto kRetry = 1s;         // after the store could not be read
constexpr size_t kOpenUnused = 64;  // cameras that no deployment uses and that are open still
constexpr int kPage = 1000;         // objects read at once

struct KnownCamera {
  fleet::CameraSpec spec;
  std::string order;  // its name as names are compared
  bool here = false;  // may be used by this machine
  std::string fault;  // why it cannot be handed over
};

struct Change {
  std::string kind;
  std::string id;  // empty: all of the kind
  bool operator<(const Change& other) const {
    return std::tie(kind, id) < std::tie(other.kind, other.id);
  }
};

fleet::StreamReport failed_stream(const fleet::StreamSpec& spec, std::string cause) {
  return {.id = spec.id,
          .deployment = spec.deployment,
          .name = spec.name,
          .camera = spec.camera,
          .skill = spec.skill.id,
          .skill_name = spec.skill.name,
          .state = fleet::StreamState::failed,
          .cause = std::move(cause),
          .fps_asked = spec.skill.fps,
          .latency = {},
          .nodes = {}};
}

}  // namespace

struct Desired::State {
  State(store::Store& from, fleet::LocalAgent& to, const NodeRegistry& types, std::string here)
      : store(from), agent(to), registry(types), device(std::move(here)) {}

  void run() EXCLUDES(mutex);
  // What could not be read stays to be done.
  std::set<Change> read(const std::set<Change>& changes);
  bool read_all(const std::string& kind);
  void take_camera(const store::StoredJson& record);
  void take_skill(const store::StoredJson& record);
  void take_deployment(const store::StoredJson& record);
  template <class T>
  bool read_one(const std::string& id, void (State::*take)(const store::StoredJson&));
  void build() EXCLUDES(mutex);
  fleet::StreamSpec stream(const store::Stored<Deployment>& deployment, const std::string& camera,
                           const store::DeployedSkill& skill, std::string& fault) const;

  store::Store& store;
  fleet::LocalAgent& agent;
  const NodeRegistry& registry;
  const std::string device;

  // Of the thread alone.
  std::unordered_map<std::string, KnownCamera> cameras;
  std::unordered_map<std::string, Result<Skill>> skills;
  // Those that are enabled and of this device.
  std::map<std::string, store::Stored<Deployment>> deployments;

  mutable Mutex mutex;
  Condition wake;
  std::set<Change> pending GUARDED_BY(mutex);
  std::uint64_t told GUARDED_BY(mutex) = 0;
  std::uint64_t done GUARDED_BY(mutex) = 0;  // `told` when what is applied now was taken
  bool stopped GUARDED_BY(mutex) = false;
  std::vector<fleet::StreamReport> failed GUARDED_BY(mutex);
  std::map<std::string, std::string> faults GUARDED_BY(mutex);  // of cameras

  std::thread thread;
};

void Desired::State::run() {
  for (;;) {
    std::set<Change> changes;
    std::uint64_t upto = 0;
    {
      Lock lock(mutex);
      while (pending.empty() && !stopped) wake.wait(mutex);
      const auto due = Steady::now() + kDebounce;
      while (!stopped && wake.wait_until(mutex, due)) {
      }
      if (stopped) return;
      changes.swap(pending);
      upto = told;
    }
    const std::set<Change> left = read(changes);
    build();
    Lock lock(mutex);
    if (left.empty()) done = upto;
    wake.notify_all();
    if (left.empty()) continue;
    const auto again = Steady::now() + kRetry;
    while (!stopped && wake.wait_until(mutex, again)) {
    }
    pending.insert(left.begin(), left.end());
  }
}

std::set<Change> Desired::State::read(const std::set<Change>& changes) {
  std::set<Change> left;
  for (const auto& change : changes) {
    bool fine = true;
    if (change.id.empty()) {
      fine = read_all(change.kind);
    } else if (change.kind == Camera::kKind) {
      fine = read_one<Camera>(change.id, &State::take_camera);
    } else if (change.kind == SkillRecord::kKind) {
      fine = read_one<SkillRecord>(change.id, &State::take_skill);
    } else {
      fine = read_one<Deployment>(change.id, &State::take_deployment);
    }
    if (!fine) left.insert(change);
  }
  return left;
}

template <class T>
bool Desired::State::read_one(const std::string& id,
                              void (State::*take)(const store::StoredJson&)) {
  const auto record = store.get(store::kind_of<T>(), id);
  if (record) {
    (this->*take)(*record);
    return true;
  }
  if (record.error().code != Code::not_found) {
    spdlog::error("{} '{}' cannot be read: {}", T::kKind, id, record.error().message);
    return false;
  }
  if (T::kKind == Camera::kKind) cameras.erase(id);
  if (T::kKind == SkillRecord::kKind) skills.erase(id);
  if (T::kKind == Deployment::kKind) deployments.erase(id);
  return true;
}

bool Desired::State::read_all(const std::string& kind) {
  const store::Kind& known = kind == Camera::kKind        ? store::kind_of<Camera>()
                             : kind == SkillRecord::kKind ? store::kind_of<SkillRecord>()
                                                          : store::kind_of<Deployment>();
  const auto take = kind == Camera::kKind        ? &State::take_camera
                    : kind == SkillRecord::kKind ? &State::take_skill
                                                 : &State::take_deployment;
  store::Query query{.sort = store::SortBy::created, .limit = kPage};
  do {
    const auto page = store.list(known, query);
    if (!page) {
      spdlog::error("the {}s cannot be read: {}", known.title, page.error().message);
      return false;
    }
    for (const auto& record : page->items) (this->*take)(record);
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return true;
}

void Desired::State::take_camera(const store::StoredJson& record) {
  KnownCamera& known = cameras[record.id];
  known = {};
  known.spec.id = record.id;
  const auto camera = stored_as<Camera>(record);
  if (!camera) {
    known.here = true;
    known.fault = camera.error().message;
    return;
  }
  const Camera& value = camera->value;
  known.spec.name = value.name;
  known.order = store::fold_case(value.name);
  known.here = std::find(value.devices.begin(), value.devices.end(), device) != value.devices.end();
  if (!known.here) return;
  auto password = password_of(store, value);
  if (!password) {
    known.fault = "The password cannot be read (" + password.error().message +
                  "); edit the camera and type it again.";
    return;
  }
  known.spec.source = source_config(value, *password);
  if (!value.detect_uri.empty()) known.spec.detect = source_config(value, *password, true);
}

void Desired::State::take_skill(const store::StoredJson& record) {
  auto stored = stored_as<SkillRecord>(record);
  Result<Skill> skill = stored ? skill_of(*stored) : Result<Skill>(stored.error());
  if (skill) {
    const auto revealed = reveal_node_secrets(store, stored->value.secrets, *skill);
    if (!revealed) skill = revealed.error();
  }
  skills.insert_or_assign(record.id, std::move(skill));
}

void Desired::State::take_deployment(const store::StoredJson& record) {
  deployments.erase(record.id);
  auto stored = stored_as<Deployment>(record);
  if (!stored) {
    spdlog::error("{}", stored.error().message);
  } else if (stored->value.enabled && stored->value.device == device) {
    deployments.emplace(record.id, std::move(*stored));
  }
}

// `fault` tells why it cannot be handed over.
fleet::StreamSpec Desired::State::stream(const store::Stored<Deployment>& deployment,
                                         const std::string& camera,
                                         const store::DeployedSkill& deployed,
                                         std::string& fault) const {
  fleet::StreamSpec spec{.id = deployment.id + ":" + camera + ":" + deployed.skill,
                         .deployment = deployment.id,
                         .name = deployment.value.name,
                         .camera = camera,
                         .skill = {.id = deployed.skill}};
  const auto skill = skills.find(deployed.skill);
  if (skill == skills.end()) {
    fault = "The skill is not there any more.";
  } else if (!skill->second) {
    fault = "The skill cannot be used: " + skill->second.error().message;
  } else {
    spec.skill = *skill->second;
    const auto set = set_parameters(spec.skill, deployed.parameters, registry);
    if (!set) fault = set.error().message;
  }
  const auto known = cameras.find(camera);
  if (known == cameras.end()) {
    fault = "The camera is not there any more.";
  } else if (!known->second.here) {
    fault = "The camera '" + known->second.spec.name +
            "' may not be used by this machine; add this machine to its compute devices.";
  } else if (!known->second.fault.empty()) {
    fault = known->second.fault;
  }
  return spec;
}

void Desired::State::build() {
  fleet::DesiredState state;
  std::vector<fleet::StreamReport> now_failed;
  std::set<std::string> ids;
  std::set<std::string> used;
  for (const auto& [id, deployment] : deployments) {
    for (const auto& deployed : deployment.value.cameras) {
      for (const auto& skill : deployed.skills) {
        std::string fault;
        fleet::StreamSpec spec = stream(deployment, deployed.camera, skill, fault);
        // The same skill twice on one camera, perhaps with other parameters.
        const std::string plain = spec.id;
        for (int n = 2; !ids.insert(spec.id).second; ++n) spec.id = plain + ":" + std::to_string(n);
        if (!fault.empty()) {
          now_failed.push_back(failed_stream(spec, std::move(fault)));
          continue;
        }
        used.insert(spec.camera);
        state.streams.push_back(std::move(spec));
      }
    }
  }
  std::map<std::string, std::string> now_faults;
  std::vector<std::pair<const std::string*, size_t>> unused;  // name, index
  for (const auto& [id, camera] : cameras) {
    if (!camera.here) continue;
    if (!camera.fault.empty()) {
      now_faults[id] = camera.fault;
      continue;
    }
    if (!used.contains(id)) unused.emplace_back(&camera.order, state.cameras.size());
    state.cameras.push_back(camera.spec);
  }
  const auto first =
      unused.begin() + static_cast<std::ptrdiff_t>(std::min(kOpenUnused, unused.size()));
  std::partial_sort(unused.begin(), first, unused.end(),
                    [](const auto& a, const auto& b) { return *a.first < *b.first; });
  for (auto at = first; at != unused.end(); ++at) state.cameras[at->second].on_demand = true;
  agent.apply(std::move(state));
  Lock lock(mutex);
  failed = std::move(now_failed);
  faults = std::move(now_faults);
}

Desired::Desired(store::Store& store, fleet::LocalAgent& agent, const NodeRegistry& registry,
                 std::string device)
    : device_(std::move(device)), state_(std::make_unique<State>(store, agent, registry, device_)) {
  for (const auto kind : {Camera::kKind, SkillRecord::kKind, Deployment::kKind}) {
    changed(std::string(kind), "");
  }
  state_->thread = std::thread([raw = state_.get()] { raw->run(); });
}

Desired::~Desired() { stop(); }

void Desired::changed(const std::string& kind, const std::string& id) {
  if (kind != Camera::kKind && kind != SkillRecord::kKind && kind != Deployment::kKind) return;
  Lock lock(state_->mutex);
  state_->pending.insert({kind, id});
  ++state_->told;
  state_->wake.notify_all();
}

bool Desired::applied(Steady::time_point deadline) {
  Lock lock(state_->mutex);
  const auto upto = state_->told;
  while (!state_->stopped && state_->done < upto) {
    if (!state_->wake.wait_until(state_->mutex, deadline)) break;
  }
  return state_->done >= upto;
}

fleet::AgentReport Desired::report() const {
  fleet::AgentReport out = state_->agent.report();
  Lock lock(state_->mutex);
  out.streams.insert(out.streams.end(), state_->failed.begin(), state_->failed.end());
  return out;
}

std::string Desired::camera_fault(const std::string& id) const {
  Lock lock(state_->mutex);
  const auto found = state_->faults.find(id);
  return found == state_->faults.end() ? "" : found->second;
}

void Desired::stop() {
  {
    Lock lock(state_->mutex);
    state_->stopped = true;
    state_->wake.notify_all();
  }
  if (state_->thread.joinable()) state_->thread.join();
}

Result<void> set_parameters(Skill& skill, const std::map<std::string, std::string>& parameters,
                            const NodeRegistry& registry) {
  const auto wrong = [](const std::string& name, const std::string& what) {
    return Error{Code::invalid_argument, "The parameter '" + name + "' " + what + "."};
  };
  for (const auto& [name, text] : parameters) {
    const auto value = parse_json(text);
    if (name == "fps") {
      const double fps = value && value->is_number() ? value->to_number<double>() : -1;
      if (!(fps >= 0 && fps <= 1000)) return wrong(name, "must be a number from 0 to 1000");
      skill.fps = fps;
      continue;
    }
    const auto dot = name.rfind('.');
    if (dot == std::string::npos) {
      return wrong(name, "is neither NODE.SETTING nor fps; write for example detect.min_score");
    }
    const auto node =
        std::find_if(skill.nodes.begin(), skill.nodes.end(),
                     [&](const NodeSpec& spec) { return name.substr(0, dot) == spec.id; });
    if (node == skill.nodes.end()) {
      return wrong(name, "names the node '" + name.substr(0, dot) + "', which the skill '" +
                             skill.name + "' does not have");
    }
    const NodeType* type = registry.find(node->type);
    if (!type) continue;  // the skill's own fault, which is told where it is checked
    const json::object schema = type->settings_schema();
    const auto* setting = schema.at("properties").get_object().if_contains(name.substr(dot + 1));
    if (!setting) {
      return wrong(name, "names a setting that the node '" + node->id + "' does not have");
    }
    if (const auto* format = setting->get_object().if_contains("format");
        format && *format == json::value(store::kSecretKind)) {
      return wrong(name, "is a secret, which only the skill itself may hold; set it there");
    }
    const auto* kind = setting->get_object().if_contains("type");
    const bool is_text = kind && *kind == json::value("string");
    node->settings[name.substr(dot + 1)] = value && !is_text ? *value : json::value(text);
  }
  return {};
}

}  // namespace poss::server
