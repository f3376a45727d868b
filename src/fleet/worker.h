// Worker: cameras and the skills that run on them, in this process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"
#include "base/sync.h"
#include "fleet/desired_state.h"
#include "graph/graph.h"
#include "graph/node.h"
#include "graph/skill.h"
#include "media/camera.h"

namespace poss::fleet {

enum class StreamState {
  starting,  // no frame yet
  running,
  degraded,  // at work, but a node fails or the camera is gone
  failed,    // could not start
  ended,     // the source has no more frames, or max_frames came
};

struct StreamReport {
  std::string id;
  std::string deployment;  // never empty
  std::string name;
  std::string camera;
  std::string skill;  // Skill::id
  std::string skill_name;
  StreamState state = StreamState::starting;
  std::string cause;  // one sentence; empty while all is well
  double fps_asked = 0;
  double fps_reached = 0;     // over the last 10 to 20 seconds
  std::uint64_t frames = 0;   // run through the skill
  std::uint64_t dropped = 0;  // replaced by a newer one before the skill was ready
  DurationSummary latency;    // from capture to the end of the graph; live pace only
  std::vector<NodeStats> nodes;
};

struct CameraReport {
  std::string id;
  std::string name;
  std::string uri;  // without credentials
  media::CameraStatus status;
  std::optional<media::CameraStatus> detect;  // of the source its streams have for themselves
};

// Each camera reads on its own thread and each stream works on its own, joined by a queue of one
// frame in which the newest wins. All members are thread-safe, and what takes long in one call
// (opening a model, ending a stream) delays no other call.
class Worker {
 public:
  // The references outlive the worker and whoever still holds one of its cameras.
  Worker(const NodeRegistry& registry, const Services& services,
         const Clock& clock = system_clock());
  ~Worker();  // stop()s; no other call is under way any more

  // Adds a camera and begins to read it. The others notice nothing.
  Result<void> add_camera(CameraSpec spec);
  // Stops a camera; conflict while streams use it. Who still holds it can go on asking it.
  Result<void> remove_camera(const std::string& id);

  // Checks the skill, opens its nodes and begins to work.
  Result<void> add_stream(StreamSpec spec);
  // Takes no more frames, lets the skill finish what it has, and closes its nodes. The id is free
  // at once.
  Result<void> remove_stream(const std::string& id);

  // Stops sources first, then lets every skill finish what it has. Final; what was there can still
  // be reported.
  void stop();

  // Waits until every stream has ended or `deadline` has come; true when they have.
  bool wait_until_ended(Steady::time_point deadline);

  std::vector<CameraReport> cameras() const;
  Result<CameraReport> camera_report(const std::string& id) const;  // or not_found
  std::vector<StreamReport> streams() const;
  std::vector<Skill> skills() const;  // of the streams, each once
  // The camera, or not_found. It stays valid when it is removed, but sends nothing more then.
  Result<std::shared_ptr<media::Camera>> camera(const std::string& id) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace poss::fleet

template <>
struct poss::EnumNames<poss::fleet::StreamState> {
  using S = poss::fleet::StreamState;
  static constexpr std::array values{std::pair{S::starting, "starting"},
                                     std::pair{S::running, "running"},
                                     std::pair{S::degraded, "degraded"},
                                     std::pair{S::failed, "failed"}, std::pair{S::ended, "ended"}};
};
