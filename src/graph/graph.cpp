// Running frames through nodes, and accounting for every message.
#include "graph/graph.h"

#include <algorithm>
#include <atomic>

#include "base/id.h"
#include "base/log.h"

namespace poss {
namespace {

// How long close() lets queues drain before it cancels their nodes.
constexpr std::chrono::seconds kDrainTime{3};

// Node indices so that every link leads forward.
std::vector<size_t> topological_order(const CheckedSkill& skill) {
  std::vector<size_t> waiting(skill.skill.nodes.size(), 0);
  for (const Link& link : skill.links) ++waiting[link.to];
  std::vector<size_t> order;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i] == 0) order.push_back(i);
  }
  for (size_t at = 0; at < order.size(); ++at) {
    for (const Link& link : skill.links) {
      if (link.from == order[at] && --waiting[link.to] == 0) order.push_back(link.to);
    }
  }
  return order;
}

}  // namespace

struct Graph::Step {
  std::unique_ptr<Node> node;
  std::vector<Link> links;  // leading out of this node
  Emitter emitter;
  DurationHistogram times;
  std::atomic<std::uint64_t> count = 0;
  std::atomic<std::uint64_t> errors = 0;
  mutable Mutex mutex;
  std::string last_error GUARDED_BY(mutex);
  Steady::time_point last_error_time GUARDED_BY(mutex){};
  std::unique_ptr<BoundedQueue<Message>> queue;  // null: runs on the caller's thread
  std::jthread thread;
};

Graph::Graph(CheckedSkill skill, GraphIdentity identity, const Clock& clock)
    : skill_(std::move(skill)), identity_(std::move(identity)), clock_(clock) {}

Result<std::unique_ptr<Graph>> Graph::create(CheckedSkill skill, const Services& services,
                                             GraphIdentity identity, const Clock& clock) {
  std::unique_ptr<Graph> graph(new Graph(std::move(skill), std::move(identity), clock));
  const auto& checked = graph->skill_;
  for (size_t i = 0; i < checked.skill.nodes.size(); ++i) {
    const NodeSpec& spec = checked.skill.nodes[i];
    const std::string context = "node '" + spec.id + "'";
    NodeContext node_context{.node_id = spec.id,
                             .camera = graph->identity_.camera,
                             .skill = checked.skill.id,
                             .deployment = graph->identity_.deployment,
                             .services = services,
                             .clock = clock};
    auto step = std::make_unique<Step>();
    POSS_ASSIGN(step->node,
                checked.types[i]->create(spec.settings, std::move(node_context)).with(context));
    for (const Link& link : checked.links) {
      if (link.from == i) step->links.push_back(link);
    }
    graph->steps_.push_back(std::move(step));
  }
  for (const size_t index : topological_order(checked)) {
    Step& step = *graph->steps_[index];
    POSS_TRY(step.node->open().with("node '" + checked.skill.nodes[index].id + "'"));
    graph->order_.push_back(index);  // opened: close() must close it
  }
  for (const size_t index : graph->order_) {
    const auto& queue = checked.types[index]->info.queue;
    if (!queue) continue;
    Step& step = *graph->steps_[index];
    step.queue = std::make_unique<BoundedQueue<Message>>(queue->capacity, queue->when_full);
    step.thread = std::jthread([raw = graph.get(), &step] { raw->work(step); });
  }
  return graph;
}

Graph::~Graph() { close(); }

void Graph::run(const media::FramePtr& frame) {
  Message message{.frame = frame, .insight = {}};
  Insight& insight = message.insight;
  insight.id = new_id();
  insight.width = frame->image().width;
  insight.height = frame->image().height;
  insight.time = frame->capture_time();
  insight.frame_id = frame->id();
  insight.camera = identity_.camera;
  insight.deployment = identity_.deployment;
  insight.skill = skill_.skill.id;
  deliver(skill_.camera_input, std::move(message));
}

void Graph::deliver(size_t index, Message message) {
  Step& step = *steps_[index];
  if (step.queue) {
    step.queue->push(std::move(message));
  } else {
    process(step, std::move(message));
  }
}

void Graph::process(Step& step, Message message) {
  // A node is never entered while it is already at work: there is no cycle.
  auto& sent = step.emitter.sent_;
  sent.clear();
  const auto start = clock_.steady_now();
  const auto done = step.node->process(std::move(message), step.emitter);
  const auto end = clock_.steady_now();
  step.times.add(end - start, end);
  step.count.fetch_add(1, std::memory_order_relaxed);
  if (!done) {
    step.errors.fetch_add(1, std::memory_order_relaxed);
    Lock lock(step.mutex);
    step.last_error = done.error().message;
    step.last_error_time = end;
  }
  for (auto& [port, output] : sent) {
    const Link* last = nullptr;  // the last taker gets the message itself, the others copies
    for (const Link& link : step.links) {
      if (link.from_port != port) continue;
      if (last) deliver(last->to, output);
      last = &link;
    }
    if (last) deliver(last->to, std::move(output));
  }
}

void Graph::work(Step& step) {
  while (auto message = step.queue->pop()) process(step, std::move(*message));
}

void Graph::close() {
  if (closed_) return;
  closed_ = true;
  for (const size_t index : order_) {
    Step& step = *steps_[index];
    if (step.queue) {
      step.queue->close();
      // The worker ends when its queue is empty; a node whose peer hangs is told to give up.
      std::jthread watch([&step](std::stop_token stop) {
        Mutex mutex;
        std::condition_variable_any condition;
        std::unique_lock<Mutex> lock(mutex);
        const auto deadline = Steady::now() + kDrainTime;
        condition.wait_until(lock, stop, deadline, [] { return false; });
        if (!stop.stop_requested()) step.node->cancel();
      });
      if (step.thread.joinable()) step.thread.join();
      watch.request_stop();
    }
    step.node->close();
  }
}

std::vector<NodeStats> Graph::stats() const {
  std::vector<NodeStats> out;
  const auto now = clock_.steady_now();
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = *steps_[i];
    const NodeSpec& spec = skill_.skill.nodes[i];
    const DurationSummary times = step.times.summary(now);
    NodeStats stats{.id = spec.id,
                    .type = spec.type,
                    .title = spec.name.empty() ? skill_.types[i]->info.title : spec.name,
                    .count = step.count.load(std::memory_order_relaxed),
                    .errors = step.errors.load(std::memory_order_relaxed),
                    .dropped = step.queue ? step.queue->dropped() : 0,
                    .last_error = {},
                    .last_error_time = {},
                    .mean_ms = times.mean_ms,
                    .p99_ms = times.p99_ms,
                    .stages = step.node->stages()};
    {
      Lock lock(step.mutex);
      stats.last_error = step.last_error;
      stats.last_error_time = step.last_error_time;
    }
    out.push_back(std::move(stats));
  }
  return out;
}

}  // namespace poss
