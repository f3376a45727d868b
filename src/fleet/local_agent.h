// LocalAgent: keeps a worker as a desired state says, step by step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fleet/desired_state.h"
#include "fleet/worker.h"

namespace poss::fleet {

struct AgentReport {
  std::vector<CameraReport> cameras;  // those open, opening or failed; an idle one is left out
  std::vector<StreamReport> streams;  // all desired ones
};

// Has one thread that decides, and a passing one for each model it opens and each stream or camera
// it ends, so that one that hangs holds up no other. What a new state leaves as it was is not
// touched; a changed camera takes its own streams along, a new name nobody. What cannot be started
// is reported as failed and tried again, streams after 1 s, 2 s, 4 s … 60 s. All members are
// thread-safe.
class LocalAgent {
 public:
  // The references outlive the agent and every camera it handed out. Nobody else adds to or takes
  // from the worker.
  explicit LocalAgent(Worker& worker, const Clock& clock = system_clock());
  ~LocalAgent();  // stop()s

  // What is to run from now on. Returns at once; a newer call wins. Of two entries with one id the
  // last counts.
  void apply(DesiredState state);
  // Tries at once what has failed: something it needs, such as a model, may have come.
  void retry();

  // In the order of the ids.
  AgentReport report() const;
  // One camera's part of it, idle ones included; or not_found.
  Result<CameraReport> camera_report(const std::string& id) const;

  // The camera for a view or a picture: opened if it is not open, and kept open while somebody
  // holds what is returned and a minute longer. When the camera is changed or removed it sends
  // nothing more; ask again. Waits a few seconds at most, while the camera is just being closed.
  Result<std::shared_ptr<media::Camera>> open_camera(const std::string& id);

  // Waits until everything in the newest state has been tried or `deadline` has come; true when it
  // has been.
  bool settled(Steady::time_point deadline);

  // Waits for what it has begun, and begins nothing more. The worker goes on as it is. Final.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the cameras handed out
};

}  // namespace poss::fleet
