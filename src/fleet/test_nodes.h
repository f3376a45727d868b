// Nodes for tests of fleet: they count frames, and stand still or fail where a test tells them to.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <semaphore>
#include <string>

#include "base/sync.h"
#include "graph/node.h"

namespace poss::fleet {

inline constexpr const char* kVideo =
    "/usr/share/doc/opencv-doc/examples/data/vtest.avi";  // 795 frames at 10 a second, 768 x 576

// What the test and its nodes share.
struct Counter {
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<bool> hold = false;  // each frame takes a place of `gate` first
  std::counting_semaphore<100000> gate{0};
  std::atomic<int> held = 0;                   // frames that have come to the gate
  std::atomic<int> opening = 0;                // nodes of type `slow` that stand in open() now
  std::counting_semaphore<1000> open_gate{0};  // each of them takes a place
  std::atomic<int> tried = 0;                  // nodes of type `count` that were to open so far
  std::atomic<bool> missing = false;           // and whether they fail
  Mutex mutex;
  std::map<std::string, int> frame_width GUARDED_BY(mutex);  // newest, by deployment
};

class Input final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() {
    return {.type = "camera_input",
            .title = "In",
            .help = "",
            .category = Category::import_,
            .inputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<Input>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

class Count final : public Node {
 public:
  struct Config {
    bool fail = false;
    static void declare(Fields<Config>& f) { f.add(&Config::fail, "fail"); }
  };
  static NodeInfo info() {
    return {.type = "count",
            .title = "Count",
            .help = "",
            .category = Category::export_,
            .outputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config& config, const NodeContext& context) {
    return std::make_unique<Count>(config, *context.services.find<Counter>());
  }
  Count(const Config& config, Counter& counter) : config_(config), counter_(counter) {}
  Result<void> open() override {
    ++counter_.tried;
    if (counter_.missing) return Error{Code::not_found, "there is no model 'people'"};
    return {};
  }
  Result<void> process(Message message, Emitter&) override {
    if (counter_.hold) {
      ++counter_.held;
      counter_.gate.acquire();
    }
    ++counter_.frames;
    {
      Lock lock(counter_.mutex);
      counter_.frame_width[message.insight.deployment] = message.insight.width;
    }
    if (config_.fail) return Error{Code::unavailable, "the peer is away"};
    return {};
  }

 private:
  const Config config_;
  Counter& counter_;
};

// Passes frames on; opening it takes as long as the test wants.
class Slow final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() { return {.type = "slow", .title = "Slow", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext& context) {
    return std::make_unique<Slow>(*context.services.find<Counter>());
  }
  explicit Slow(Counter& counter) : counter_(counter) {}
  Result<void> open() override {
    ++counter_.opening;
    counter_.open_gate.acquire();
    --counter_.opening;
    return {};
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }

 private:
  Counter& counter_;
};

inline void add_test_nodes(NodeRegistry& registry) {
  registry.add<Input>();
  registry.add<Count>();
  registry.add<Slow>();
}

// Counts frames.
inline Skill counting_skill(bool fail = false, double fps = 0) {
  return {.id = "s",
          .name = "S",
          .fps = fps,
          .nodes = {{.id = "in", .type = "camera_input"},
                    {.id = "count", .type = "count", .settings = {{"fail", fail}}}},
          .edges = {{"in", "count"}}};
}
// Counts frames once its node `slow` has been let through.
inline Skill slow_skill() {
  return {.id = "slow",
          .name = "Slow",
          .fps = 0,
          .nodes = {{.id = "in", .type = "camera_input"},
                    {.id = "slow", .type = "slow"},
                    {.id = "count", .type = "count"}},
          .edges = {{"in", "slow"}, {"slow", "count"}}};
}

}  // namespace poss::fleet
