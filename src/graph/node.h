// Node: one step of a skill, and the declaration from which its form, checks and docs come.
//
// A node is one file in src/nodes. See CONTRIBUTING.md for a worked example.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/queue.h"
#include "base/result.h"
#include "base/time.h"
#include "graph/insight.h"
#include "graph/services.h"
#include "media/frame.h"

namespace poss {

// What flows along the edges of a skill: a picture and what is known about it so far.
struct Message {
  media::FramePtr frame;  // never null
  Insight insight;
};

// Collects what a node sends on while it processes one message.
class Emitter {
 public:
  void emit(Message message, size_t port = 0) { sent_.emplace_back(port, std::move(message)); }

 private:
  friend class Graph;
  friend class NodeHarness;  // tests of one node
  std::vector<std::pair<size_t, Message>> sent_;
};

// The mean time of a named part of a node's work, for nodes that know their parts.
struct StageTime {
  std::string name;
  double mean_ms = 0;
};

// Where a node stands. The references outlive the node.
struct NodeContext {
  std::string node_id;
  std::string camera;
  std::string skill;
  std::string deployment;
  const Services& services;
  const Clock& clock = system_clock();
};

// Life: create() → open() → process()… → close(). All on one thread at a time; cancel() and
// stages() alone may be called from others.
class Node {
 public:
  virtual ~Node() = default;
  // Acquires what may be slow or fail: a model, a connection, a file.
  virtual Result<void> open() { return {}; }
  // Handles one message. An error is counted and shown; the next message comes all the same.
  virtual Result<void> process(Message message, Emitter& out) = 0;
  // No further message comes. Flushes what is still held.
  virtual void close() {}
  // The time for draining is over: a process() that waits for a peer should give up.
  virtual void cancel() {}
  virtual std::vector<StageTime> stages() const { return {}; }
};

enum class Category { import_, process, export_ };

struct Port {
  std::string name;
  std::string title;
  static void declare(Fields<Port>& f) {
    f.add(&Port::name, "name").required();
    f.add(&Port::title, "title").required();
  }
};

// A queue in front of a node, which then works on a thread of its own: for exporters, whose peers
// may be slow. Nodes without one run on the frame's thread.
struct NodeQueue {
  size_t capacity = 64;
  WhenFull when_full = WhenFull::drop_oldest;
};

// What a node class says about itself.
struct NodeInfo {
  std::string type;   // snake_case, the name in skill files
  std::string title;  // as people read it
  std::string help;   // one or two sentences
  Category category = Category::process;
  int version = 1;  // of the settings; raise it and add upgrade() when they change
  std::vector<Port> inputs{{"in", "Frames"}};
  std::vector<Port> outputs{{"out", "Frames"}};
  std::optional<NodeQueue> queue;
};

// A node class as the rest of the program sees it.
struct NodeType {
  NodeInfo info;
  std::function<json::object()> settings_schema;
  // Settings of an older version made current, and checked.
  std::function<Result<json::object>(json::object settings, int version)> check;
  std::function<Result<std::unique_ptr<Node>>(const json::object& settings, NodeContext context)>
      create;
};

// All node types, by name. Filled before main() by POSS_NODE, constant afterwards.
class NodeRegistry {
 public:
  // Registers class N, which has: struct Config with declare(); static NodeInfo info();
  // static Result<std::unique_ptr<Node>> create(Config, NodeContext); and, where kVersion > 1,
  // static Result<json::object> upgrade(json::object settings, int from_version).
  template <class N>
  bool add() {
    using Config = typename N::Config;
    const NodeInfo info = N::info();
    auto check = [info](json::object settings, int version) -> Result<json::object> {
      if (version > info.version) {
        return Error{Code::invalid_argument, "settings of '" + info.type + "' have version " +
                                                 std::to_string(version) +
                                                 ", this POSS knows up to " +
                                                 std::to_string(info.version) + "; update POSS"};
      }
      if constexpr (requires { N::upgrade(settings, version); }) {
        if (version < info.version) {
          POSS_ASSIGN(settings, N::upgrade(std::move(settings), version));
        }
      }
      POSS_ASSIGN(const Config config, parse_fields<Config>(settings));
      return to_json(config);
    };
    auto create = [](const json::object& settings,
                     NodeContext context) -> Result<std::unique_ptr<Node>> {
      POSS_ASSIGN(Config config, parse_fields<Config>(settings));
      return N::create(std::move(config), std::move(context));
    };
    types_.push_back(
        {info, [] { return schema_of<Config>(); }, std::move(check), std::move(create)});
    return true;
  }

  // Null when there is none.
  const NodeType* find(std::string_view type) const;
  // By category, then title.
  std::vector<const NodeType*> list() const;

 private:
  std::vector<NodeType> types_;
};

// The registry that POSS_NODE fills.
NodeRegistry& node_registry();

// All node types with their settings as JSON: api/node_types.json, the portal's palette and forms.
json::object node_types_json(const NodeRegistry& registry);

}  // namespace poss

// Registers a node class; stands once, at the end of the node's file.
#define POSS_NODE(Class) \
  [[maybe_unused]] static const bool poss_registered_##Class = ::poss::node_registry().add<Class>()

template <>
struct poss::EnumNames<poss::Category> {
  static constexpr std::array values{std::pair{poss::Category::import_, "import"},
                                     std::pair{poss::Category::process, "process"},
                                     std::pair{poss::Category::export_, "export"}};
};
