// Desired: makes what this machine is to run out of the store, and hands it to the agent.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "fleet/local_agent.h"
#include "graph/node.h"
#include "graph/skill.h"
#include "store/store.h"

namespace poss::server {

// Keeps a copy of what it has read, and after a change reads only what was changed. Reads and
// builds on a thread of its own, a moment after the first of several changes. What is broken keeps
// nothing else from running: its streams are reported as failed. Thread-safe.
class Desired {
 public:
  // `device`: the id of this machine's device. Reads everything, soon. The references outlive it.
  Desired(store::Store& store, fleet::LocalAgent& agent, const NodeRegistry& registry,
          std::string device);
  ~Desired();  // stop()s

  const std::string& device() const { return device_; }

  // An object was created, changed or removed. Kinds that do not matter are passed over.
  void changed(const std::string& kind, const std::string& id);
  // Waits until the agent has what was told so far, or `deadline` has come; true when it has.
  bool applied(Steady::time_point deadline);

  // The agent's report and, among its streams, those that could not even be handed to it.
  fleet::AgentReport report() const;
  // Why the camera could not be handed to the agent; "" when it was, or is not this machine's.
  std::string camera_fault(const std::string& id) const;

  // Hands over nothing more. Final.
  void stop();

 private:
  struct State;
  const std::string device_;
  std::unique_ptr<State> state_;
};

// The parameters of a deployed skill put into it: "NODE.SETTING" replaces a setting of a node,
// "fps" the rate. A value is JSON (2, true, ["car"]), and otherwise text; where the setting is
// text it is taken as it stands.
Result<void> set_parameters(Skill& skill, const std::map<std::string, std::string>& parameters,
                            const NodeRegistry& registry);

}  // namespace poss::server
