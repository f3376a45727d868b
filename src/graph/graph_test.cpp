// Tests of the executor: order, fan-out, errors, queues and draining; with nodes made for the test.
#include "graph/graph.h"

#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

namespace poss {
namespace {

media::FramePtr tiny_frame(std::int64_t id) {
  static const std::uint8_t pixel[3] = {1, 2, 3};
  ImageView view{
      .layout = PixelLayout::rgb, .width = 1, .height = 1, .planes = {pixel}, .strides = {3}};
  return std::make_shared<media::Frame>(view, from_seconds(1700000000), id, nullptr);
}

// What the test's nodes write to and wait for.
struct Journal {
  Mutex mutex;
  std::vector<std::string> lines GUARDED_BY(mutex);
  Insight last;  // what the last exporter on the test's own thread got
  std::counting_semaphore<1000> gate{0};
  std::atomic<bool> cancelled = false;
  void add(std::string line) {
    Lock lock(mutex);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> read() {
    Lock lock(mutex);
    return lines;
  }
};

class In final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() {
    return {.type = "in", .title = "In", .help = "", .category = Category::import_, .inputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<In>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

// Adds its tag as a detection; fails on odd frames where told to.
class Tag final : public Node {
 public:
  struct Config {
    std::string tag = "t";
    bool fail_on_odd = false;
    bool fail_to_open = false;
    static void declare(Fields<Config>& f) {
      f.add(&Config::tag, "tag");
      f.add(&Config::fail_on_odd, "fail_on_odd");
      f.add(&Config::fail_to_open, "fail_to_open");
    }
  };
  static NodeInfo info() { return {.type = "tag", .title = "Tag", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(Config config, const NodeContext& context) {
    return std::make_unique<Tag>(std::move(config), *context.services.find<Journal>());
  }
  Tag(Config config, Journal& journal) : config_(std::move(config)), journal_(journal) {}
  Result<void> open() override {
    if (config_.fail_to_open) return Error{Code::unavailable, "will not open"};
    journal_.add("open " + config_.tag);
    return {};
  }
  Result<void> process(Message message, Emitter& out) override {
    if (config_.fail_on_odd && message.frame->id() % 2 == 1) {
      return Error{Code::internal, "odd frame"};
    }
    message.insight.detections.push_back({.label = config_.tag, .confidence = 1});
    out.emit(std::move(message));
    return {};
  }
  void close() override { journal_.add("close " + config_.tag); }

 private:
  const Config config_;
  Journal& journal_;
};

class Out : public Node {
 public:
  struct Config {
    std::string tag = "out";
    static void declare(Fields<Config>& f) { f.add(&Config::tag, "tag"); }
  };
  static NodeInfo info() {
    return {
        .type = "out", .title = "Out", .help = "", .category = Category::export_, .outputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(Config config, const NodeContext& context) {
    return std::make_unique<Out>(std::move(config), *context.services.find<Journal>());
  }
  Out(Config config, Journal& journal) : journal_(journal), config_(std::move(config)) {}
  Result<void> process(Message message, Emitter&) override {
    std::string line = config_.tag + " " + std::to_string(message.frame->id());
    for (const auto& detection : message.insight.detections) line += " " + detection.label;
    journal_.add(line);
    journal_.last = std::move(message.insight);
    return {};
  }
  void close() override { journal_.add("close " + config_.tag); }

 protected:
  Journal& journal_;
  const Config config_;
};

// Has a queue of two, and handles a message only once the test lets it.
class SlowOut final : public Out {
 public:
  using Config = Out::Config;
  static NodeInfo info() {
    NodeInfo info = Out::info();
    info.type = "slow_out";
    info.queue = NodeQueue{.capacity = 2, .when_full = WhenFull::drop_oldest};
    return info;
  }
  static Result<std::unique_ptr<Node>> create(Config config, const NodeContext& context) {
    return std::make_unique<SlowOut>(std::move(config), *context.services.find<Journal>());
  }
  using Out::Out;
  Result<void> process(Message message, Emitter& out) override {
    journal_.gate.acquire();
    if (journal_.cancelled) return Error{Code::unavailable, "gave up"};
    return Out::process(std::move(message), out);
  }
  void cancel() override {
    journal_.cancelled = true;
    journal_.gate.release(100);
  }
};

class GraphTest : public testing::Test {
 protected:
  GraphTest() {
    registry_.add<In>();
    registry_.add<Tag>();
    registry_.add<Out>();
    registry_.add<SlowOut>();
    services_.add<Journal>(journal_);
  }
  Result<std::unique_ptr<Graph>> make(std::vector<NodeSpec> nodes, std::vector<EdgeSpec> edges) {
    Skill skill{.id = "s", .name = "S", .nodes = std::move(nodes), .edges = std::move(edges)};
    POSS_ASSIGN(auto checked, check_skill(std::move(skill), registry_));
    return Graph::create(std::move(checked), services_, {.camera = "cam", .deployment = "dep"});
  }
  NodeRegistry registry_;
  Services services_;
  Journal journal_;
};

TEST_F(GraphTest, a_frame_runs_to_completion_and_every_branch_gets_its_own_copy) {
  auto graph = make({{.id = "in", .type = "in"},
                     {.id = "a", .type = "tag", .settings = {{"tag", "a"}}},
                     {.id = "b", .type = "tag", .settings = {{"tag", "b"}}},
                     {.id = "x", .type = "out", .settings = {{"tag", "x"}}},
                     {.id = "y", .type = "out", .settings = {{"tag", "y"}}}},
                    {{"in", "a"}, {"in", "b"}, {"a", "x"}, {"b", "y"}, {"a", "b"}});
  ASSERT_TRUE(graph) << graph.error().message;
  (*graph)->run(tiny_frame(1));
  EXPECT_EQ(journal_.read(),
            (std::vector<std::string>{"open a", "open b", "x 1 a", "y 1 a b", "y 1 b"}));
}

TEST_F(GraphTest, an_error_in_a_node_is_counted_and_the_next_frame_comes_all_the_same) {
  auto graph = make({{.id = "in", .type = "in"},
                     {.id = "a", .type = "tag", .settings = {{"fail_on_odd", true}}},
                     {.id = "x", .type = "out"}},
                    {{"in", "a"}, {"a", "x"}});
  ASSERT_TRUE(graph);
  for (int i = 1; i <= 4; ++i) (*graph)->run(tiny_frame(i));
  const auto stats = (*graph)->stats();
  EXPECT_EQ(stats[1].count, 4u);
  EXPECT_EQ(stats[1].errors, 2u);
  EXPECT_EQ(stats[1].last_error, "odd frame");
  EXPECT_EQ(stats[2].count, 2u);
}

TEST_F(GraphTest, a_slow_exporter_never_holds_up_the_frames_and_its_drops_are_counted) {
  auto graph = make({{.id = "in", .type = "in"}, {.id = "x", .type = "slow_out"}}, {{"in", "x"}});
  ASSERT_TRUE(graph);
  for (int i = 1; i <= 10; ++i) (*graph)->run(tiny_frame(i));
  journal_.gate.release(100);
  (*graph)->close();
  const auto stats = (*graph)->stats();
  EXPECT_EQ(stats[1].count + stats[1].dropped, 10u);
  EXPECT_GE(stats[1].dropped, 7u);
  const auto lines = journal_.read();
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[lines.size() - 2], "out 10");  // the newest won
  EXPECT_EQ(lines.back(), "close out");
}

TEST_F(GraphTest, closing_gives_up_on_a_peer_that_hangs) {
  auto graph = make({{.id = "in", .type = "in"}, {.id = "x", .type = "slow_out"}}, {{"in", "x"}});
  ASSERT_TRUE(graph);
  (*graph)->run(tiny_frame(1));
  (*graph)->close();  // returns: the gate is never opened by the test
  EXPECT_TRUE(journal_.cancelled);
  EXPECT_EQ((*graph)->stats()[1].errors, 1u);
}

TEST_F(GraphTest, a_node_that_does_not_open_is_named_and_what_was_open_is_closed) {
  const auto graph = make({{.id = "in", .type = "in"},
                           {.id = "a", .type = "tag"},
                           {.id = "b", .type = "tag", .settings = {{"fail_to_open", true}}},
                           {.id = "x", .type = "out"}},
                          {{"in", "a"}, {"a", "b"}, {"b", "x"}});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message, "node 'b': will not open");
  EXPECT_EQ(journal_.read(), (std::vector<std::string>{"open t", "close t"}));
}

TEST_F(GraphTest, every_insight_says_where_it_comes_from) {
  auto graph = make({{.id = "in", .type = "in"}, {.id = "x", .type = "out"}}, {{"in", "x"}});
  ASSERT_TRUE(graph);
  (*graph)->run(tiny_frame(7));
  const Insight& insight = journal_.last;
  EXPECT_EQ(insight.camera, "cam");
  EXPECT_EQ(insight.deployment, "dep");
  EXPECT_EQ(insight.skill, "s");
  EXPECT_EQ(insight.frame_id, 7);
  EXPECT_EQ(insight.width, 1);
  EXPECT_EQ(insight.time, from_seconds(1700000000));
  EXPECT_FALSE(insight.id.empty());
}

}  // namespace
}  // namespace poss
