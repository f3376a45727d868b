// Tests of reading and checking skills.
#include "graph/skill.h"

#include <gtest/gtest.h>

namespace poss {
namespace {

struct Nothing {
  static void declare(Fields<Nothing>&) {}
};
struct Threshold {
  double min_score = 0.5;
  static void declare(Fields<Threshold>& f) {
    f.add(&Threshold::min_score, "min_score").range(0, 1);
  }
};

// Node classes that only declare themselves.
template <class ConfigType, Category kCategory>
class Declared_ : public Node {
 public:
  using Config = ConfigType;
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return Error{Code::internal, "not run in this test"};
  }
  Result<void> process(Message, Emitter&) override { return {}; }
};
class In final : public Declared_<Nothing, Category::import_> {
 public:
  static NodeInfo info() {
    return {.type = "camera_input",
            .title = "In",
            .help = "",
            .category = Category::import_,
            .inputs = {}};
  }
};
class Step final : public Declared_<Threshold, Category::process> {
 public:
  static NodeInfo info() {
    return {.type = "step",
            .title = "Step",
            .help = "",
            .version = 2,
            .outputs = {{"out", "Out"}, {"else", "Else"}}};
  }
  static Result<json::object> upgrade(json::object settings, int) {
    if (auto* old = settings.if_contains("threshold")) {  // version 1 counted in percent
      settings["min_score"] = old->to_number<double>() / 100;
      settings.erase("threshold");
    }
    return settings;
  }
};
class Out final : public Declared_<Nothing, Category::export_> {
 public:
  static NodeInfo info() {
    return {
        .type = "out", .title = "Out", .help = "", .category = Category::export_, .outputs = {}};
  }
};

const NodeRegistry& registry() {
  static const NodeRegistry made = [] {
    NodeRegistry all;
    all.add<In>();
    all.add<Step>();
    all.add<Out>();
    return all;
  }();
  return made;
}

Result<CheckedSkill> check(std::string_view text) {
  POSS_ASSIGN(const json::value value, parse_json(text));
  POSS_ASSIGN(Skill skill, parse_skill(value));
  return check_skill(std::move(skill), registry());
}

std::string error_of(std::string_view text) {
  const auto skill = check(text);
  return skill ? "" : skill.error().message;
}

constexpr const char* kGood = R"({"name": "My skill", "nodes": [
  {"id": "c", "type": "camera_input"}, {"id": "s", "type": "step", "version": 2},
  {"id": "o", "type": "out"}],
  "edges": [{"from": "c", "to": "s"}, {"from": "s:else", "to": "o"}]})";

TEST(Skill, a_good_skill_passes_and_ports_are_found) {
  const auto skill = check(kGood);
  ASSERT_TRUE(skill) << skill.error().message;
  EXPECT_EQ(skill->skill.id, "my-skill");
  EXPECT_EQ(skill->camera_input, 0u);
  ASSERT_EQ(skill->links.size(), 2u);
  EXPECT_EQ(skill->links[1].from_port, 1u);
  EXPECT_EQ(skill->skill.nodes[1].settings.at("min_score").as_double(), 0.5);
}

TEST(Skill, settings_of_an_older_version_are_made_current) {
  const auto skill = check(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_input"},
    {"id": "s", "type": "step", "version": 1, "settings": {"threshold": 40}},
    {"id": "o", "type": "out"}],
    "edges": [{"from": "c", "to": "s"}, {"from": "s", "to": "o"}]})");
  ASSERT_TRUE(skill) << skill.error().message;
  EXPECT_EQ(skill->skill.nodes[1].version, 2);
  EXPECT_DOUBLE_EQ(skill->skill.nodes[1].settings.at("min_score").as_double(), 0.4);
}

TEST(Skill, a_cycle_is_named_in_order) {
  const std::string error = error_of(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_input"},
    {"id": "a", "type": "step"}, {"id": "b", "type": "step"}, {"id": "o", "type": "out"}],
    "edges": [{"from": "c", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "a"},
              {"from": "b", "to": "o"}]})");
  EXPECT_NE(error.find("a → b → a"), std::string::npos) << error;
}

TEST(Skill, unconnected_nodes_are_named) {
  const std::string error = error_of(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_input"},
    {"id": "s", "type": "step"}, {"id": "lonely", "type": "out"}],
    "edges": [{"from": "c", "to": "s"}]})");
  EXPECT_NE(error.find("node 's' is not connected: nothing takes"), std::string::npos) << error;
  EXPECT_NE(error.find("node 'lonely' is not connected: nothing leads"), std::string::npos)
      << error;
}

TEST(Skill, an_unknown_type_is_named_with_the_nearest_known_one) {
  EXPECT_NE(error_of(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_imput"}]})")
                .find("unknown type 'camera_imput'; did you mean 'camera_input'?"),
            std::string::npos);
}

TEST(Skill, wrong_ends_ports_ids_and_settings_are_each_reported) {
  const std::string error = error_of(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_input"},
    {"id": "s", "type": "step", "settings": {"min_score": 7}}, {"id": "s", "type": "out"}],
    "edges": [{"from": "c", "to": "nobody"}, {"from": "s:up", "to": "s"}, {"from": "c", "to": "c"}]})");
  for (const char* part :
       {"'nobody'", "no port 'up'", "stands twice", "at most 1", "has no input"}) {
    EXPECT_NE(error.find(part), std::string::npos) << part << " in: " << error;
  }
}

TEST(Skill, needs_exactly_one_camera_input) {
  EXPECT_NE(
      error_of(R"({"name": "n", "nodes": [{"id": "o", "type": "out"}]})").find("no camera input"),
      std::string::npos);
  EXPECT_NE(error_of(R"({"name": "n", "nodes": [{"id": "a", "type": "camera_input"},
    {"id": "b", "type": "camera_input"}]})")
                .find("more than one camera input"),
            std::string::npos);
}

TEST(Skill, refuses_unknown_fields_and_unsafe_ids) {
  EXPECT_NE(error_of(R"({"name": "n", "nodes": [], "speed": 1})"), "");
  EXPECT_NE(error_of(R"({"id": "../x", "name": "n", "nodes": []})"), "");
  EXPECT_NE(error_of(R"({"nodes": []})"), "");
}

TEST(Skill, settings_of_a_newer_version_ask_for_an_update) {
  EXPECT_NE(error_of(R"({"name": "n", "nodes": [{"id": "c", "type": "camera_input"},
    {"id": "s", "type": "step", "version": 3}]})")
                .find("update POSS"),
            std::string::npos);
}

TEST(NodeTypes, the_description_holds_ports_and_settings) {
  const json::object types = node_types_json(registry());
  const auto& items = types.at("items").as_array();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].at("category").as_string(), "import");
  EXPECT_EQ(items[1].at("outputs").as_array().size(), 2u);
  EXPECT_TRUE(items[1].at("settings").at("properties").as_object().contains("min_score"));
}

}  // namespace
}  // namespace poss
