// Joining cameras to skills, one thread a deployment.
#include "fleet/worker.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/id.h"
#include "base/log.h"
#include "base/rate.h"

namespace poss::fleet {
namespace {

// How long a node's error keeps its deployment degraded.
constexpr std::chrono::seconds kErrorMemory{10};

struct CameraEntry {
  CameraSpec spec;
  std::unique_ptr<media::Camera> camera;
};

// Counts the deployments still at work, for those who wait for all to end.
class Running {
 public:
  void begin() {
    Lock lock(mutex_);
    ++count_;
  }
  void end() {
    Lock lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  bool wait_for_none(Steady::time_point deadline) {
    Lock lock(mutex_);
    while (count_ > 0) {
      if (!changed_.wait_until(mutex_, deadline)) break;
    }
    return count_ == 0;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  size_t count_ GUARDED_BY(mutex_) = 0;
};

// A skill at work on a camera. The thread is its own; reports come from anywhere.
class Deployment {
 public:
  Deployment(DeploymentSpec spec, media::Camera& camera, std::unique_ptr<Graph> graph,
             const Clock& clock, Running& running)
      : spec_(std::move(spec)),
        camera_(camera),
        graph_(std::move(graph)),
        clock_(clock),
        running_(running) {
    running_.begin();
    frames_ = camera_.subscribe(spec_.skill.fps, spec_.every_frame ? 4 : 1,
                                spec_.every_frame ? WhenFull::block : WhenFull::drop_oldest);
    thread_ = std::jthread([this] { work(); });
  }
  ~Deployment() { finish(); }
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  // Takes no more frames and waits for the one at work.
  void finish() {
    camera_.unsubscribe(frames_);
    if (thread_.joinable()) thread_.join();
  }

  const std::string& id() const { return spec_.id; }

  DeploymentReport report() const {
    const auto now = clock_.steady_now();
    DeploymentReport out{.id = spec_.id,
                         .name = spec_.name,
                         .camera = spec_.camera,
                         .skill = spec_.skill.id,
                         .skill_name = spec_.skill.name,
                         .state = DeploymentState::running,
                         .cause = {},
                         .fps_asked = spec_.skill.fps,
                         .fps_reached = rate_.per_second(now),
                         .frames = count_.load(),
                         .dropped = frames_->dropped(),
                         .latency = latency_.summary(now),
                         .nodes = graph_->stats()};
    const media::CameraStatus camera = camera_.status();
    if (ended_.load()) {
      const bool nothing_came = out.frames == 0 && !camera.cause.empty();
      out.state = nothing_came ? DeploymentState::failed : DeploymentState::ended;
      out.cause = camera.cause;
      return out;
    }
    if (out.frames == 0) out.state = DeploymentState::starting;
    if (camera.state != media::CameraState::streaming &&
        camera.state != media::CameraState::connecting) {
      out.state = DeploymentState::degraded;
      out.cause = "camera '" + spec_.camera + "': " + camera.cause;
    }
    for (const NodeStats& node : out.nodes) {
      if (node.errors > 0 && now - node.last_error_time < kErrorMemory) {
        out.state = DeploymentState::degraded;
        out.cause = "node '" + node.id + "': " + node.last_error;
      }
    }
    return out;
  }

  const Skill& skill() const { return spec_.skill; }

 private:
  void work() {
    const bool live = camera_.config().pace == media::Pace::real_time;
    while (const auto frame = frames_->pop()) {
      graph_->run(frame);
      const auto now = clock_.steady_now();
      rate_.add(now);
      if (live) latency_.add(clock_.now() - frame->capture_time(), now);
      if (count_.fetch_add(1) + 1 == spec_.max_frames) break;
    }
    camera_.unsubscribe(frames_);
    graph_->close();
    ended_ = true;
    running_.end();
  }

  const DeploymentSpec spec_;
  media::Camera& camera_;
  const std::unique_ptr<Graph> graph_;
  const Clock& clock_;
  Running& running_;
  std::shared_ptr<media::FrameSubscription> frames_;
  RateMeter rate_;
  DurationHistogram latency_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;  // last: joined before the members it uses go
};

}  // namespace

struct Worker::State {
  State(const NodeRegistry& known, const Services& given, const Clock& time)
      : registry(known), services(given), clock(time) {}
  const NodeRegistry& registry;
  const Services& services;
  const Clock& clock;
  Running running;
  mutable Mutex mutex;
  std::vector<std::unique_ptr<CameraEntry>> cameras GUARDED_BY(mutex);
  std::vector<std::unique_ptr<Deployment>> deployments GUARDED_BY(mutex);
  bool stopped GUARDED_BY(mutex) = false;

  CameraEntry* find(const std::string& id) REQUIRES(mutex) {
    const auto found = std::find_if(cameras.begin(), cameras.end(),
                                    [&](const auto& entry) { return entry->spec.id == id; });
    return found == cameras.end() ? nullptr : found->get();
  }
};

Worker::Worker(const NodeRegistry& registry, const Services& services, const Clock& clock)
    : state_(std::make_unique<State>(registry, services, clock)) {}

Worker::~Worker() { stop(); }

Result<void> Worker::add_camera(CameraSpec spec) {
  if (!is_slug(spec.id)) {
    return Error{Code::invalid_argument,
                 "camera id '" + spec.id + "' may hold 1 to 64 of a-z, 0-9, '_' and '-' only"};
  }
  auto entry = std::make_unique<CameraEntry>();
  media::CameraOptions options;
  options.clock = &state_->clock;
  POSS_ASSIGN(
      entry->camera,
      media::Camera::create(spec.id, spec.source, options).with("camera '" + spec.name + "'"));
  entry->spec = std::move(spec);
  Lock lock(state_->mutex);
  if (state_->stopped) return Error{Code::conflict, "POSS is stopping"};
  if (state_->find(entry->spec.id)) {
    return Error{Code::conflict, "there is already a camera '" + entry->spec.id + "'"};
  }
  if (!entry->spec.wait_for_deployment) entry->camera->start();
  state_->cameras.push_back(std::move(entry));
  return {};
}

Result<void> Worker::add_deployment(DeploymentSpec spec) {
  if (!is_slug(spec.id)) {
    return Error{Code::invalid_argument,
                 "deployment id '" + spec.id + "' may hold 1 to 64 of a-z, 0-9, '_' and '-' only"};
  }
  POSS_ASSIGN(CheckedSkill skill, check_skill(spec.skill, state_->registry));
  // Opening nodes may take seconds (a model to load): not under the lock.
  POSS_ASSIGN(auto graph,
              Graph::create(std::move(skill), state_->services,
                            {.camera = spec.camera, .deployment = spec.id}, state_->clock)
                  .with("skill '" + spec.skill.name + "'"));
  Lock lock(state_->mutex);
  if (state_->stopped) return Error{Code::conflict, "POSS is stopping"};
  CameraEntry* camera = state_->find(spec.camera);
  if (!camera) return Error{Code::not_found, "there is no camera '" + spec.camera + "'"};
  for (const auto& other : state_->deployments) {
    if (other->id() == spec.id) {
      return Error{Code::conflict, "there is already a deployment '" + spec.id + "'"};
    }
  }
  state_->deployments.push_back(std::make_unique<Deployment>(
      std::move(spec), *camera->camera, std::move(graph), state_->clock, state_->running));
  if (camera->spec.wait_for_deployment) {
    camera->spec.wait_for_deployment = false;
    camera->camera->start();
  }
  return {};
}

void Worker::stop() {
  Lock lock(state_->mutex);
  if (state_->stopped) return;
  state_->stopped = true;
  for (const auto& entry : state_->cameras) entry->camera->stop();
  for (const auto& deployment : state_->deployments) deployment->finish();
}

bool Worker::wait_until_ended(Steady::time_point deadline) {
  return state_->running.wait_for_none(deadline);
}

std::vector<CameraReport> Worker::cameras() const {
  Lock lock(state_->mutex);
  std::vector<CameraReport> out;
  for (const auto& entry : state_->cameras) {
    out.push_back({.id = entry->spec.id,
                   .name = entry->spec.name,
                   .uri = mask_uri(entry->camera->config().uri),
                   .status = entry->camera->status()});
  }
  return out;
}

std::vector<DeploymentReport> Worker::deployments() const {
  Lock lock(state_->mutex);
  std::vector<DeploymentReport> out;
  for (const auto& deployment : state_->deployments) out.push_back(deployment->report());
  return out;
}

std::vector<Skill> Worker::skills() const {
  Lock lock(state_->mutex);
  std::vector<Skill> out;
  for (const auto& deployment : state_->deployments) {
    const Skill& skill = deployment->skill();
    if (std::none_of(out.begin(), out.end(), [&](const Skill& s) { return s.id == skill.id; })) {
      out.push_back(skill);
    }
  }
  return out;
}

Result<media::Camera*> Worker::camera(const std::string& id) const {
  Lock lock(state_->mutex);
  if (CameraEntry* entry = state_->find(id)) return entry->camera.get();
  return Error{Code::not_found, "there is no camera '" + id + "'"};
}

}  // namespace poss::fleet
