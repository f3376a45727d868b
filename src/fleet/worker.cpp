// Joining cameras to skills, one thread a stream.
#include "fleet/worker.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/id.h"
#include "base/log.h"
#include "base/rate.h"

namespace poss::fleet {
namespace {

// How long a node's error keeps its stream degraded.
constexpr std::chrono::seconds kErrorMemory{10};

struct CameraEntry {
  CameraSpec spec;
  std::shared_ptr<media::Camera> camera;
  std::shared_ptr<media::Camera> detect;  // null: streams share `camera`

  void start() {
    camera->start();
    if (detect) detect->start();
  }
  void stop() {
    camera->stop();
    if (detect) detect->stop();
  }
  CameraReport report() const {
    CameraReport out{.id = spec.id,
                     .name = spec.name,
                     .uri = mask_uri(camera->config().uri),
                     .status = camera->status(),
                     .detect = {}};
    if (detect) out.detect = detect->status();
    return out;
  }
};

// Counts the streams still at work, for those who wait for all to end.
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
class Stream {
 public:
  Stream(StreamSpec spec, std::shared_ptr<media::Camera> camera, std::unique_ptr<Graph> graph,
         const Clock& clock, Running& running)
      : spec_(std::move(spec)),
        camera_(std::move(camera)),
        graph_(std::move(graph)),
        clock_(clock),
        running_(running) {
    running_.begin();
    frames_ = camera_->subscribe(spec_.skill.fps, spec_.every_frame ? 4 : 1,
                                 spec_.every_frame ? WhenFull::block : WhenFull::drop_oldest);
    Lock lock(thread_mutex_);
    thread_ = std::jthread([this] { work(); });
  }
  ~Stream() { finish(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes no more frames and waits for the one at work. Thread-safe.
  void finish() {
    camera_->unsubscribe(frames_);
    Lock lock(thread_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  const StreamSpec& spec() const { return spec_; }

  StreamReport report() const {
    const auto now = clock_.steady_now();
    StreamReport out{.id = spec_.id,
                     .deployment = spec_.deployment,
                     .name = spec_.name,
                     .camera = spec_.camera,
                     .skill = spec_.skill.id,
                     .skill_name = spec_.skill.name,
                     .state = StreamState::running,
                     .cause = {},
                     .fps_asked = spec_.skill.fps,
                     .fps_reached = rate_.per_second(now),
                     .frames = count_.load(),
                     .dropped = frames_->dropped(),
                     .latency = latency_.summary(now),
                     .nodes = graph_->stats()};
    const media::CameraStatus camera = camera_->status();
    if (ended_.load()) {
      const bool nothing_came = out.frames == 0 && !camera.cause.empty();
      out.state = nothing_came ? StreamState::failed : StreamState::ended;
      out.cause = camera.cause;
      return out;
    }
    if (out.frames == 0) out.state = StreamState::starting;
    if (camera.state != media::CameraState::streaming &&
        camera.state != media::CameraState::connecting) {
      out.state = StreamState::degraded;
      out.cause = "camera '" + camera_->id() + "': " + camera.cause;
    }
    for (const NodeStats& node : out.nodes) {
      if (node.errors > 0 && now - node.last_error_time < kErrorMemory) {
        out.state = StreamState::degraded;
        out.cause = "node '" + node.id + "': " + node.last_error;
      }
    }
    return out;
  }

 private:
  void work() {
    const bool live = camera_->config().pace == media::Pace::real_time;
    while (const auto frame = frames_->pop()) {
      graph_->run(frame);
      const auto now = clock_.steady_now();
      rate_.add(now);
      if (live) latency_.add(clock_.now() - frame->capture_time(), now);
      if (count_.fetch_add(1) + 1 == spec_.max_frames) break;
    }
    camera_->unsubscribe(frames_);
    graph_->close();
    ended_ = true;
    running_.end();
  }

  const StreamSpec spec_;
  const std::shared_ptr<media::Camera> camera_;
  const std::unique_ptr<Graph> graph_;
  const Clock& clock_;
  Running& running_;
  std::shared_ptr<media::FrameSubscription> frames_;
  RateMeter rate_;
  DurationHistogram latency_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<bool> ended_ = false;
  Mutex thread_mutex_;
  std::jthread thread_ GUARDED_BY(thread_mutex_);  // finish() joins it before the rest goes
};

Error not_there(const char* what, const std::string& id) {
  return {Code::not_found, std::string("there is no ") + what + " '" + id + "'"};
}

Error stopping() { return {Code::conflict, "POSS is stopping"}; }

Result<void> check_ids(const StreamSpec& spec) {
  const bool visible = std::all_of(spec.id.begin(), spec.id.end(),
                                   [](unsigned char c) { return c > ' ' && c != 0x7f; });
  if (spec.id.empty() || spec.id.size() > 200 || !visible) {
    return Error{Code::invalid_argument,
                 "stream id '" + spec.id + "' may hold 1 to 200 visible characters only"};
  }
  if (!is_slug(spec.deployment)) {
    return Error{Code::invalid_argument, "deployment id '" + spec.deployment +
                                             "' may hold 1 to 64 of a-z, 0-9, '_' and '-' only"};
  }
  return {};
}

}  // namespace

struct Worker::State {
  State(const NodeRegistry& known, const Services& given, const Clock& time)
      : registry(known), services(given), clock(time) {}
  const NodeRegistry& registry;
  const Services& services;
  const Clock& clock;
  Running running;
  // Never held while something else is waited for.
  mutable Mutex mutex;
  std::vector<std::shared_ptr<CameraEntry>> cameras GUARDED_BY(mutex);
  std::vector<std::shared_ptr<Stream>> streams GUARDED_BY(mutex);
  bool stopped GUARDED_BY(mutex) = false;

  auto find_camera(const std::string& id) REQUIRES(mutex) {
    return std::find_if(cameras.begin(), cameras.end(),
                        [&](const auto& entry) { return entry->spec.id == id; });
  }
  auto find_stream(const std::string& id) REQUIRES(mutex) {
    return std::find_if(streams.begin(), streams.end(),
                        [&](const auto& stream) { return stream->spec().id == id; });
  }
  // Whether a stream of this id could be added to this camera now.
  Result<void> may_add(const StreamSpec& spec) REQUIRES(mutex) {
    if (stopped) return stopping();
    if (find_camera(spec.camera) == cameras.end()) return not_there("camera", spec.camera);
    if (find_stream(spec.id) != streams.end()) {
      return Error{Code::conflict, "there is already a stream '" + spec.id + "'"};
    }
    return {};
  }
  auto copy_of_cameras() EXCLUDES(mutex) {
    Lock lock(mutex);
    return cameras;
  }
  auto copy_of_streams() EXCLUDES(mutex) {
    Lock lock(mutex);
    return streams;
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
  auto entry = std::make_shared<CameraEntry>();
  media::CameraOptions options;
  options.clock = &state_->clock;
  const std::string context = "camera '" + spec.name + "'";
  POSS_ASSIGN(entry->camera, media::Camera::create(spec.id, spec.source, options).with(context));
  if (spec.detect) {
    POSS_ASSIGN(
        entry->detect,
        media::Camera::create(spec.id + " (detection)", *spec.detect, options).with(context));
  }
  entry->spec = std::move(spec);
  Lock lock(state_->mutex);
  if (state_->stopped) return stopping();
  if (state_->find_camera(entry->spec.id) != state_->cameras.end()) {
    return Error{Code::conflict, "there is already a camera '" + entry->spec.id + "'"};
  }
  if (!entry->spec.wait_for_stream) entry->start();
  state_->cameras.push_back(std::move(entry));
  return {};
}

Result<void> Worker::remove_camera(const std::string& id) {
  std::shared_ptr<CameraEntry> entry;
  {
    Lock lock(state_->mutex);
    const auto found = state_->find_camera(id);
    if (found == state_->cameras.end()) return not_there("camera", id);
    for (const auto& stream : state_->streams) {
      if (stream->spec().camera != id) continue;
      return Error{Code::conflict, "camera '" + id + "' is in use by stream '" + stream->spec().id +
                                       "'; remove that first"};
    }
    entry = *found;
    state_->cameras.erase(found);
  }
  entry->stop();
  return {};
}

Result<void> Worker::add_stream(StreamSpec spec) {
  if (spec.deployment.empty()) spec.deployment = spec.id;
  POSS_TRY(check_ids(spec));
  POSS_ASSIGN(CheckedSkill skill, check_skill(spec.skill, state_->registry));
  {
    Lock lock(state_->mutex);
    POSS_TRY(state_->may_add(spec));
  }
  // Opening nodes may take seconds (a model to load): not under the lock.
  POSS_ASSIGN(auto graph,
              Graph::create(std::move(skill), state_->services,
                            {.camera = spec.camera, .deployment = spec.deployment}, state_->clock)
                  .with("skill '" + spec.skill.name + "'"));
  Lock lock(state_->mutex);
  POSS_TRY(state_->may_add(spec));
  CameraEntry& entry = **state_->find_camera(spec.camera);
  state_->streams.push_back(
      std::make_shared<Stream>(std::move(spec), entry.detect ? entry.detect : entry.camera,
                               std::move(graph), state_->clock, state_->running));
  entry.start();
  return {};
}

Result<void> Worker::remove_stream(const std::string& id) {
  std::shared_ptr<Stream> stream;
  {
    Lock lock(state_->mutex);
    const auto found = state_->find_stream(id);
    if (found == state_->streams.end()) return not_there("stream", id);
    stream = *found;
    state_->streams.erase(found);
  }
  stream->finish();
  return {};
}

void Worker::stop() {
  {
    Lock lock(state_->mutex);
    state_->stopped = true;
  }
  for (const auto& entry : state_->copy_of_cameras()) entry->stop();
  for (const auto& stream : state_->copy_of_streams()) stream->finish();
}

bool Worker::wait_until_ended(Steady::time_point deadline) {
  return state_->running.wait_for_none(deadline);
}

std::vector<CameraReport> Worker::cameras() const {
  std::vector<CameraReport> out;
  for (const auto& entry : state_->copy_of_cameras()) out.push_back(entry->report());
  return out;
}

Result<CameraReport> Worker::camera_report(const std::string& id) const {
  std::shared_ptr<CameraEntry> entry;
  {
    Lock lock(state_->mutex);
    const auto found = state_->find_camera(id);
    if (found == state_->cameras.end()) return not_there("camera", id);
    entry = *found;
  }
  return entry->report();
}

std::vector<StreamReport> Worker::streams() const {
  std::vector<StreamReport> out;
  for (const auto& stream : state_->copy_of_streams()) out.push_back(stream->report());
  return out;
}

std::vector<Skill> Worker::skills() const {
  std::vector<Skill> out;
  for (const auto& stream : state_->copy_of_streams()) {
    const Skill& skill = stream->spec().skill;
    if (std::none_of(out.begin(), out.end(), [&](const Skill& s) { return s.id == skill.id; })) {
      out.push_back(skill);
    }
  }
  return out;
}

Result<std::shared_ptr<media::Camera>> Worker::camera(const std::string& id) const {
  Lock lock(state_->mutex);
  const auto found = state_->find_camera(id);
  if (found == state_->cameras.end()) return not_there("camera", id);
  return (*found)->camera;
}

}  // namespace poss::fleet
