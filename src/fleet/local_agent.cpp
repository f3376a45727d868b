// Comparing what is desired with what is there, and the steps from one to the other.
#include "fleet/local_agent.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "base/sync.h"

namespace poss::fleet {
namespace {

using std::chrono::seconds;

constexpr seconds kKeepOpen{60};      // an on-demand camera after its last viewer
constexpr seconds kLongestPause{60};  // between two attempts to start a stream
constexpr seconds kClosingTime{5};    // that open_camera() waits for
// The injected clock is looked at so often while something is due.
constexpr seconds kLook{1};

// Where something stands in the worker.
enum class Phase { absent, starting, there, ending };

struct CameraItem {
  std::shared_ptr<const CameraSpec> desired;  // null: gone
  std::shared_ptr<const CameraSpec> actual;   // what the worker has; null: nothing
  Phase phase = Phase::absent;                // never `starting`: that takes no time
  std::optional<Error> error;                 // why `desired` cannot be opened
  Time since{};                               // when the worker last had nothing of it
  size_t streams_desired = 0;
  size_t streams_there = 0;  // in any phase but absent
  size_t holds = 0;
  Steady::time_point keep_until{};  // after the last hold
  std::uint64_t seen = 0;           // the apply() that last named it

  bool changed() const { return desired != actual; }
  bool wanted(Steady::time_point now) const {
    return desired && (!desired->on_demand || streams_desired > 0 || holds > 0 || now < keep_until);
  }
  // Open, and to stay so.
  bool serves() const { return phase == Phase::there && !changed(); }
};

struct StreamItem {
  std::shared_ptr<const StreamSpec> desired;  // null: gone
  std::shared_ptr<const StreamSpec> actual;   // what the worker has, opens or ends
  Phase phase = Phase::absent;
  std::string error;  // of the last attempt to start `desired`
  int failures = 0;   // in a row
  Steady::time_point due{};
  std::uint64_t seen = 0;
};

// Whether nothing has to be done to turn one into the other.
bool same_work(const CameraSpec& a, const CameraSpec& b) {
  return a.source == b.source && a.detect == b.detect;
}
bool same_work(const StreamSpec& a, const StreamSpec& b) {
  return a.deployment == b.deployment && a.camera == b.camera && a.skill.id == b.skill.id &&
         a.skill.fps == b.skill.fps && a.skill.nodes == b.skill.nodes &&
         a.skill.edges == b.skill.edges && a.every_frame == b.every_frame &&
         a.max_frames == b.max_frames;
}

// Takes over a new spec. What needs no work becomes the actual one, and true is returned where
// the attempts so far were made for other work.
template <class Item, class Spec>
bool renew(Item& item, Spec spec) {
  const auto before = std::move(item.desired);
  item.desired = std::make_shared<const Spec>(std::move(spec));
  if (item.actual && same_work(*item.actual, *item.desired)) item.actual = item.desired;
  return !before || !same_work(*before, *item.desired);
}

Error stopping() { return {Code::unavailable, "POSS is stopping"}; }
Error no_camera(const std::string& id) {
  return {Code::not_found, "there is no camera '" + id + "'"};
}

}  // namespace

struct LocalAgent::State {
  State(Worker& given, const Clock& time) : worker(given), clock(time) {}

  Worker& worker;
  const Clock& clock;
  // So many streams may be opening their nodes at once.
  const size_t most_starts = std::max(2u, std::thread::hardware_concurrency());

  Mutex thread_mutex;
  std::jthread thread GUARDED_BY(thread_mutex);

  mutable Mutex mutex;
  Condition changed;  // for the agent's thread and for those who wait for it
  bool dirty GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
  std::uint64_t applied GUARDED_BY(mutex) = 0;
  std::unordered_map<std::string, std::shared_ptr<CameraItem>> cameras GUARDED_BY(mutex);
  // The cameras there is something to do or to tell about: all but closed ones that nobody needs.
  std::set<std::string> active GUARDED_BY(mutex);
  std::map<std::string, std::shared_ptr<StreamItem>> streams GUARDED_BY(mutex);
  size_t starting GUARDED_BY(mutex) = 0;
  std::uint64_t next_task GUARDED_BY(mutex) = 0;
  std::map<std::uint64_t, std::jthread> tasks GUARDED_BY(mutex);
  std::vector<std::jthread> ended_tasks GUARDED_BY(mutex);

  void touch() REQUIRES(mutex) {
    dirty = true;
    changed.notify_all();
  }
  CameraItem* find(const std::string& id) const REQUIRES(mutex) {
    const auto found = cameras.find(id);
    return found == cameras.end() ? nullptr : found->second.get();
  }

  void run() EXCLUDES(mutex);
  void take(DesiredState state) REQUIRES(mutex);

  // Begins all that can be begun now.
  void step() REQUIRES(mutex);
  bool must_end(const StreamItem& item) const REQUIRES(mutex);
  bool can_start(const StreamItem& item) const REQUIRES(mutex);
  void end_streams() REQUIRES(mutex);
  void step_cameras() REQUIRES(mutex);
  void start_streams() REQUIRES(mutex);
  void open(CameraItem& item) REQUIRES(mutex);
  std::optional<Steady::time_point> next_due() const REQUIRES(mutex);

  void stream_ended(StreamItem& item, const Result<void>& done) REQUIRES(mutex);
  void stream_started(StreamItem& item, const Result<void>& done) REQUIRES(mutex);
  void camera_closed(CameraItem& item, const Result<void>& done) REQUIRES(mutex);

  // Runs `work` on a thread of its own and then, with the mutex held, `then` with its result.
  template <class Item>
  void begin(std::shared_ptr<Item> item, std::function<Result<void>()> work,
             void (State::*then)(Item&, const Result<void>&)) REQUIRES(mutex) {
    const auto number = next_task++;
    tasks[number] =
        std::jthread([this, number, item = std::move(item), work = std::move(work), then] {
          const auto done = work();
          Lock lock(mutex);
          (this->*then)(*item, done);
          const auto self = tasks.find(number);
          ended_tasks.push_back(std::move(self->second));
          tasks.erase(self);
          touch();
        });
  }

  void release(CameraItem& item) EXCLUDES(mutex);
  CameraReport camera_skeleton(const CameraItem& item) const;
  StreamReport stream_skeleton(const StreamItem& item) const REQUIRES(mutex);
};

// ---- deciding ----

void LocalAgent::State::run() {
  while (true) {
    std::vector<std::jthread> ended;  // joined outside the lock
    Lock lock(mutex);
    while (!stopped && !dirty) {
      const auto due = next_due();
      if (!due) {
        changed.wait(mutex);
        continue;
      }
      const auto left = *due - clock.steady_now();
      if (left <= Steady::duration::zero()) break;
      changed.wait_until(mutex, Steady::now() + std::min<Steady::duration>(left, kLook));
    }
    if (stopped) return;
    dirty = false;
    step();
    ended.swap(ended_tasks);
    changed.notify_all();
  }
}

// When something has to be done that nobody will tell of.
std::optional<Steady::time_point> LocalAgent::State::next_due() const {
  std::optional<Steady::time_point> due;
  const auto consider = [&](Steady::time_point time) {
    if (!due || time < *due) due = time;
  };
  // Without a free place, the end of a start will wake the agent.
  if (starting < most_starts) {
    for (const auto& [id, item] : streams) {
      if (can_start(*item)) consider(item->due);
    }
  }
  for (const auto& id : active) {
    const CameraItem& item = *find(id);
    const bool kept_for_nobody = item.desired && item.desired->on_demand && item.holds == 0 &&
                                 item.streams_desired == 0 && item.streams_there == 0 &&
                                 item.phase != Phase::ending;
    if (kept_for_nobody) consider(item.keep_until);
  }
  return due;
}

void LocalAgent::State::take(DesiredState state) {
  ++applied;
  const Time now = clock.now();
  for (auto& spec : state.cameras) {
    auto& item = cameras[spec.id];
    if (!item) {
      item = std::make_shared<CameraItem>();
      item->since = now;
    }
    if (renew(*item, std::move(spec))) item->error.reset();
    item->seen = applied;
    item->streams_desired = 0;
  }
  for (auto& spec : state.streams) {
    auto& item = streams[spec.id];
    if (!item) item = std::make_shared<StreamItem>();
    if (renew(*item, std::move(spec))) {
      item->error.clear();
      item->failures = 0;
      item->due = {};
    }
    item->seen = applied;
  }
  for (const auto& [id, item] : streams) {
    if (item->seen != applied) {
      item->desired.reset();
    } else if (CameraItem* camera = find(item->desired->camera)) {
      ++camera->streams_desired;
    }
  }
  const auto steady_now = clock.steady_now();
  for (const auto& [id, item] : cameras) {
    if (item->seen != applied) item->desired.reset();
    if (!item->desired || item->phase != Phase::absent || item->wanted(steady_now)) {
      active.insert(id);
    }
  }
}

void LocalAgent::State::step() {
  end_streams();
  step_cameras();
  start_streams();
}

bool LocalAgent::State::must_end(const StreamItem& item) const {
  if (item.phase != Phase::there) return false;
  const CameraItem* camera = find(item.actual->camera);
  return item.actual != item.desired || !camera || !camera->serves();
}

bool LocalAgent::State::can_start(const StreamItem& item) const {
  if (item.phase != Phase::absent || !item.desired) return false;
  const CameraItem* camera = find(item.desired->camera);
  return camera && camera->serves();
}

void LocalAgent::State::end_streams() {
  for (auto at = streams.begin(); at != streams.end();) {
    const auto& [id, item] = *at;
    if (must_end(*item)) {
      item->phase = Phase::ending;
      begin<StreamItem>(
          item, [&to = worker, name = id] { return to.remove_stream(name); }, &State::stream_ended);
    }
    const bool gone = item->phase == Phase::absent && !item->desired;
    at = gone ? streams.erase(at) : std::next(at);
  }
}

void LocalAgent::State::step_cameras() {
  const auto now = clock.steady_now();
  for (auto at = active.begin(); at != active.end();) {
    const auto item = cameras.at(*at);
    const bool wanted = item->wanted(now);
    if (item->phase == Phase::there && item->streams_there == 0 && (!wanted || item->changed())) {
      item->phase = Phase::ending;
      begin<CameraItem>(
          item, [&to = worker, id = *at] { return to.remove_camera(id); }, &State::camera_closed);
    }
    if (item->phase == Phase::absent && wanted && !item->error) open(*item);
    if (item->phase != Phase::absent || wanted) {
      ++at;
      continue;
    }
    if (!item->desired) cameras.erase(*at);
    at = active.erase(at);
  }
}

void LocalAgent::State::open(CameraItem& item) {
  item.error.reset();
  const auto done = worker.add_camera(*item.desired);
  if (!done) {
    item.error = done.error();
    item.since = clock.now();
    spdlog::warn("{}", done.error().message);
    return;
  }
  item.actual = item.desired;
  item.phase = Phase::there;
  for (const auto& [id, stream] : streams) {
    if (!stream->desired || stream->desired->camera != item.desired->id) continue;
    stream->failures = 0;
    stream->due = {};
  }
}

void LocalAgent::State::start_streams() {
  const auto now = clock.steady_now();
  // What has failed before comes last: it may take a place for long.
  std::multimap<int, std::shared_ptr<StreamItem>> ready;
  for (const auto& [id, item] : streams) {
    if (can_start(*item) && item->due <= now) ready.emplace(item->failures, item);
  }
  for (const auto& [failures, item] : ready) {
    if (starting >= most_starts) break;
    ++starting;
    ++find(item->desired->camera)->streams_there;
    item->phase = Phase::starting;
    item->actual = item->desired;
    begin<StreamItem>(
        item, [&to = worker, spec = item->desired] { return to.add_stream(*spec); },
        &State::stream_started);
  }
}

void LocalAgent::State::stream_started(StreamItem& item, const Result<void>& done) {
  --starting;
  if (done) {
    item.phase = Phase::there;
    item.error.clear();
    item.failures = 0;
    return;
  }
  if (item.actual == item.desired) {  // else it was another one's failure
    const auto pause = std::min(kLongestPause, seconds(1) * (1 << std::min(item.failures, 6)));
    ++item.failures;
    item.due = clock.steady_now() + pause;
    const std::string& cause = done.error().message;
    if (item.error != cause) spdlog::warn("stream '{}' cannot start: {}", item.actual->id, cause);
    item.error = cause;
  }
  stream_ended(item, done);
}

void LocalAgent::State::stream_ended(StreamItem& item, const Result<void>&) {
  --find(item.actual->camera)->streams_there;  // which the camera waited for
  item.phase = Phase::absent;
  item.actual.reset();
}

void LocalAgent::State::camera_closed(CameraItem& item, const Result<void>&) {
  item.phase = Phase::absent;
  item.actual.reset();
  item.since = clock.now();
}

void LocalAgent::State::release(CameraItem& item) {
  Lock lock(mutex);
  if (--item.holds > 0) return;
  item.keep_until = clock.steady_now() + kKeepOpen;
  touch();
}

// ---- telling ----

// What there is to say about a camera without the worker.
CameraReport LocalAgent::State::camera_skeleton(const CameraItem& item) const {
  CameraReport out{.id = item.desired->id,
                   .name = item.desired->name,
                   .uri = mask_uri(item.desired->source.uri),
                   .status = {},
                   .detect = {}};
  out.status.since = item.since;
  if (item.error) {
    out.status.state = media::CameraState::unsupported;
    out.status.cause = item.error->message;
    out.status.final = true;
  } else if (item.phase != Phase::absent) {
    out.status.state = media::CameraState::connecting;
  }
  return out;
}

StreamReport LocalAgent::State::stream_skeleton(const StreamItem& item) const {
  const StreamSpec& spec = *item.desired;
  StreamReport out{.id = spec.id,
                   .deployment = spec.deployment.empty() ? spec.id : spec.deployment,
                   .name = spec.name,
                   .camera = spec.camera,
                   .skill = spec.skill.id,
                   .skill_name = spec.skill.name,
                   .state = StreamState::starting,
                   .cause = item.error,
                   .fps_asked = spec.skill.fps,
                   .latency = {},
                   .nodes = {}};
  const CameraItem* camera = find(spec.camera);
  if (!camera || !camera->desired) {
    out.cause = no_camera(spec.camera).message;
  } else if (camera->error) {
    out.cause = camera->error->message;
  }
  if (!out.cause.empty()) out.state = StreamState::failed;
  return out;
}

AgentReport LocalAgent::report() const {
  AgentReport out;
  std::vector<bool> cameras_there, streams_there;  // in the worker, as desired
  {
    Lock lock(state_->mutex);
    for (const auto& id : state_->active) {
      const CameraItem& item = *state_->find(id);
      if (!item.desired) continue;
      out.cameras.push_back(state_->camera_skeleton(item));
      cameras_there.push_back(item.serves());
    }
    for (const auto& [id, item] : state_->streams) {
      if (!item->desired) continue;
      out.streams.push_back(state_->stream_skeleton(*item));
      streams_there.push_back(item->phase == Phase::there && item->actual == item->desired);
    }
  }
  std::unordered_map<std::string, CameraReport> cameras;
  for (auto& report : state_->worker.cameras()) cameras.emplace(report.id, std::move(report));
  std::unordered_map<std::string, StreamReport> streams;
  for (auto& report : state_->worker.streams()) streams.emplace(report.id, std::move(report));
  for (size_t i = 0; i < out.cameras.size(); ++i) {
    const auto found = cameras.find(out.cameras[i].id);
    if (!cameras_there[i] || found == cameras.end()) continue;
    out.cameras[i].status = std::move(found->second.status);
    out.cameras[i].detect = std::move(found->second.detect);
  }
  for (size_t i = 0; i < out.streams.size(); ++i) {
    const auto found = streams.find(out.streams[i].id);
    if (!streams_there[i] || found == streams.end()) continue;
    found->second.name = std::move(out.streams[i].name);  // a new name restarts nothing
    found->second.skill_name = std::move(out.streams[i].skill_name);
    out.streams[i] = std::move(found->second);
  }
  return out;
}

Result<CameraReport> LocalAgent::camera_report(const std::string& id) const {
  CameraReport out;
  {
    Lock lock(state_->mutex);
    const CameraItem* item = state_->find(id);
    if (!item || !item->desired) return no_camera(id);
    out = state_->camera_skeleton(*item);
    if (!item->serves()) return out;
  }
  if (auto found = state_->worker.camera_report(id)) {
    out.status = std::move(found->status);
    out.detect = std::move(found->detect);
  }
  return out;
}

// ---- what people call ----

LocalAgent::LocalAgent(Worker& worker, const Clock& clock)
    : state_(std::make_shared<State>(worker, clock)) {
  Lock lock(state_->thread_mutex);
  state_->thread = std::jthread([state = state_.get()] { state->run(); });
}

LocalAgent::~LocalAgent() { stop(); }

void LocalAgent::apply(DesiredState state) {
  Lock lock(state_->mutex);
  state_->take(std::move(state));
  state_->touch();
}

void LocalAgent::retry() {
  Lock lock(state_->mutex);
  for (const auto& id : state_->active) state_->find(id)->error.reset();
  for (const auto& [id, item] : state_->streams) item->due = {};
  state_->touch();
}

Result<std::shared_ptr<media::Camera>> LocalAgent::open_camera(const std::string& id) {
  // Gives the camera back; outlives the agent where somebody holds it longer.
  struct Hold {
    std::shared_ptr<State> state;
    std::shared_ptr<CameraItem> item;
    std::shared_ptr<media::Camera> camera;
    ~Hold() {
      if (item) state->release(*item);
    }
  };
  const auto hold = std::make_shared<Hold>();  // before the lock: it takes the lock when it goes
  hold->state = state_;
  Lock lock(state_->mutex);
  const auto found = state_->cameras.find(id);
  if (found == state_->cameras.end() || !found->second->desired) return no_camera(id);
  const auto item = hold->item = found->second;
  ++item->holds;
  state_->active.insert(id);
  const auto deadline = Steady::now() + kClosingTime;
  while (!state_->stopped && item->desired && item->phase != Phase::absent && !item->serves()) {
    if (!state_->changed.wait_until(state_->mutex, deadline)) break;
  }
  if (state_->stopped) return stopping();
  if (!item->desired) return no_camera(id);
  if (item->phase == Phase::absent) {
    state_->open(*item);
    state_->touch();
  }
  if (item->error) return *item->error;
  if (!item->serves()) {
    return Error{Code::timed_out, "camera '" + id + "' is still being closed; try again"};
  }
  POSS_ASSIGN(hold->camera, state_->worker.camera(id));
  return std::shared_ptr<media::Camera>(hold, hold->camera.get());
}

bool LocalAgent::settled(Steady::time_point deadline) {
  Lock lock(state_->mutex);
  while (!state_->stopped && (state_->dirty || !state_->tasks.empty())) {
    if (!state_->changed.wait_until(state_->mutex, deadline)) break;
  }
  return !state_->stopped && !state_->dirty && state_->tasks.empty();
}

void LocalAgent::stop() {
  {
    Lock lock(state_->mutex);
    state_->stopped = true;
    state_->changed.notify_all();
  }
  {
    Lock lock(state_->thread_mutex);
    if (state_->thread.joinable()) state_->thread.join();
  }
  std::vector<std::jthread> ended;  // joined outside the lock
  Lock lock(state_->mutex);
  while (!state_->tasks.empty()) state_->changed.wait(state_->mutex);
  ended.swap(state_->ended_tasks);
}

}  // namespace poss::fleet
