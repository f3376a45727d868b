// Graph: the executor of one skill on one camera.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/histogram.h"
#include "base/queue.h"
#include "base/result.h"
#include "base/sync.h"
#include "graph/node.h"
#include "graph/skill.h"

namespace poss {

// What a person sees of one node at work.
struct NodeStats {
  std::string id;
  std::string type;
  std::string title;
  std::uint64_t count = 0;    // messages processed since the start
  std::uint64_t errors = 0;   // of these, how many failed
  std::uint64_t dropped = 0;  // messages its queue had to leave out
  std::string last_error;
  Steady::time_point last_error_time{};  // of the last error; the epoch when there was none
  double mean_ms = 0;                    // of the last 10 to 20 seconds
  double p99_ms = 0;
  std::vector<StageTime> stages;
};

// Whose frames a graph works on.
struct GraphIdentity {
  std::string camera;
  std::string deployment;
};

// A frame runs to completion on the caller's thread; only nodes that declare a queue have threads
// of their own. run() is for one thread at a time; stats() is thread-safe.
class Graph {
 public:
  // Creates every node and opens it. On an error nothing stays open; it names the node.
  static Result<std::unique_ptr<Graph>> create(CheckedSkill skill, const Services& services,
                                               GraphIdentity identity,
                                               const Clock& clock = system_clock());
  ~Graph();  // close()s
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Sends one frame in at the camera input. Errors of nodes are counted, not returned.
  void run(const media::FramePtr& frame);

  // Drains the queues (at most a few seconds), closes every node, from source to sink. Idempotent.
  void close();

  std::vector<NodeStats> stats() const;
  const Skill& skill() const { return skill_.skill; }

 private:
  struct Step;
  Graph(CheckedSkill skill, GraphIdentity identity, const Clock& clock);
  void deliver(size_t index, Message message);
  void process(Step& step, Message message);
  void work(Step& step);

  CheckedSkill skill_;
  GraphIdentity identity_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<size_t> order_;  // topological: sources first
  bool closed_ = false;
};

}  // namespace poss
