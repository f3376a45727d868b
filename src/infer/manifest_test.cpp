// Tests of model.json: what is read, and what is refused with which words.
#include "infer/manifest.h"

#include <gmock/gmock.h>

#include "infer/test_graph.h"

namespace poss::infer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

json::object valid() {
  return {{"input", {{"width", 320}, {"height", 240}}},
          {"decoder", {{"type", "boxes_scores"}}},
          {"labels", {"person", "", "car"}}};
}

std::string refusal(const json::object& value) {
  const auto result = parse_fields<Manifest>(value);
  return result ? "accepted" : result.error().message;
}

TEST(Manifest, reads_what_it_wrote) {
  json::object value = valid();
  value["input"].as_object()["mean"] = {1.5, 2.5, 3.5};
  value["input"].as_object()["fit"] = "letterbox";
  const auto manifest = parse_fields<Manifest>(value);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->input.height, 240);
  EXPECT_EQ(manifest->input.fit, Fit::letterbox);
  const auto again = parse_fields<Manifest>(to_json(*manifest));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(*manifest));
}

TEST(Manifest, every_field_has_a_title_and_help) {
  const auto check = [](const auto& fields) {
    for (const auto& entry : fields.entries()) {
      EXPECT_FALSE(entry.spec.title.empty()) << entry.spec.name;
      EXPECT_FALSE(entry.spec.help.empty()) << entry.spec.name;
    }
  };
  check(Fields<Manifest>::of());
  check(Fields<InputSpec>::of());
  check(Fields<ExtraInput>::of());
  check(Fields<DecoderSpec>::of());
}

TEST(Manifest, refuses_unknown_settings) {
  json::object value = valid();
  value["input"].as_object()["widht"] = 3;
  EXPECT_THAT(refusal(value), HasSubstr("input.widht"));
  EXPECT_THAT(refusal(value), HasSubstr("did you mean 'width'"));
}

TEST(Manifest, refuses_sizes_below_one) {
  json::object value = valid();
  value["input"].as_object()["width"] = 0;
  EXPECT_THAT(refusal(value), HasSubstr("input.width"));
}

TEST(Manifest, refuses_a_wrong_count_of_means_and_a_std_of_zero) {
  json::object value = valid();
  value["input"].as_object()["mean"] = {1, 2};
  EXPECT_THAT(refusal(value),
              AllOf(HasSubstr("input.mean"), HasSubstr("must hold 1 or 3 numbers, not 2")));
  value = valid();
  value["input"].as_object()["std"] = json::array{0};
  EXPECT_THAT(refusal(value), AllOf(HasSubstr("input.std"), HasSubstr("must not be 0")));
}

TEST(Manifest, refuses_normalisation_of_bytes) {
  json::object value = valid();
  value["input"].as_object()["type"] = "uint8";
  EXPECT_EQ(refusal(value), "accepted");
  value["input"].as_object()["mean"] = json::array{127};
  EXPECT_THAT(refusal(value), AllOf(HasSubstr("input.type"), HasSubstr("uint8")));
}

TEST(Manifest, bytes_with_a_sign_must_hold_the_pixels) {
  json::object value = valid();
  value["input"].as_object()["type"] = "int8";
  EXPECT_THAT(refusal(value), AllOf(HasSubstr("input.type"), HasSubstr("0 to 255")));
  value["input"].as_object()["mean"] = json::array{128};
  EXPECT_EQ(refusal(value), "accepted");
}

TEST(Manifest, an_extra_input_is_named_once) {
  json::object value = valid();
  const json::object scale{{"name", "scale_factor"}, {"value", "scale_hw"}};
  value["input"].as_object()["extras"] = json::array{scale};
  EXPECT_EQ(refusal(value), "accepted");
  value["input"].as_object()["extras"] = json::array{scale, scale};
  EXPECT_THAT(refusal(value), HasSubstr("names the input 'scale_factor' twice"));
}

TEST(Manifest, columns_say_where_box_and_score_are) {
  const auto columns = [](std::initializer_list<const char*> names) {
    json::object value = valid();
    json::array list;
    for (const char* name : names) list.emplace_back(name);
    value["decoder"] = {{"type", "rows"}, {"columns", std::move(list)}};
    return refusal(value);
  };
  EXPECT_EQ(columns({"box", "objectness", "scores", "rest"}), "accepted");
  EXPECT_EQ(columns({"batch", "box", "class", "score"}), "accepted");
  EXPECT_THAT(columns({}), HasSubstr("decoder.columns"));
  EXPECT_THAT(columns({"scores"}), HasSubstr("where the box is"));
  EXPECT_THAT(columns({"box"}), HasSubstr("either scores"));
  EXPECT_THAT(columns({"box", "scores", "score", "class"}), HasSubstr("either scores"));
  EXPECT_THAT(columns({"box", "score"}), HasSubstr("no class"));
  EXPECT_THAT(columns({"box", "class", "scores"}), HasSubstr("there can be no class"));
  EXPECT_THAT(columns({"box", "scores", "rest", "rest"}), HasSubstr("'rest' twice"));
  EXPECT_THAT(columns({"box", "mask"}), HasSubstr("holds 'mask'; a column is one of"));
}

TEST(Manifest, levels_agree_in_number) {
  json::object value = valid();
  value["decoder"] = {{"type", "anchor_grid"}, {"strides", {16, 32}}};
  EXPECT_THAT(refusal(value), HasSubstr("0 numbers for 2 strides"));
  auto& decoder = value["decoder"].as_object();
  decoder["anchor_sizes"] = {10, 13, 16, 30};
  EXPECT_EQ(refusal(value), "accepted");
  decoder["outputs"].emplace_array().emplace_back("fine");
  EXPECT_THAT(refusal(value), HasSubstr("1 names for 2 strides"));
  decoder["outputs"] = {"fine", "coarse"};
  EXPECT_EQ(refusal(value), "accepted");
  decoder["strides"] = {16, 0};
  EXPECT_THAT(refusal(value), HasSubstr("decoder.strides"));
  value["decoder"] = {{"type", "distances"}, {"outputs", {"a", "b"}}};
  EXPECT_THAT(refusal(value), HasSubstr("2 names for 3 strides"));
  value["decoder"] = {{"type", "heatmap"}, {"activation", "softmax"}};
  EXPECT_THAT(refusal(value), HasSubstr("heatmap"));
}

TEST(Manifest, refuses_file_names_that_leave_the_folder) {
  for (const char* name : {"../model.onnx", "/etc/passwd", "a/b.onnx", "..", ".", "a\\b", ""}) {
    json::object value = valid();
    value["file"] = name;
    EXPECT_THAT(refusal(value), HasSubstr("'file'")) << name;
    value = valid();
    value["decoder"] = {{"type", "anchors"}, {"anchors", name}};
    EXPECT_THAT(refusal(value), HasSubstr("decoder.anchors")) << name;
  }
}

TEST(Manifest, refuses_a_decoder_that_does_not_fit_the_task) {
  json::object value = valid();
  value["task"] = "classification";
  EXPECT_THAT(refusal(value),
              HasSubstr("'boxes_scores', which does not fit the task 'classification'"));
}

TEST(Manifest, refuses_missing_and_nameless_labels) {
  json::object value = valid();
  value.erase("labels");
  EXPECT_THAT(refusal(value), AllOf(HasSubstr("labels"), HasSubstr("is missing")));
  value["labels"] = json::array{"", ""};
  EXPECT_THAT(refusal(value),
              AllOf(HasSubstr("labels"), HasSubstr("must name at least one class")));
  value["labels"] = json::array{};
  EXPECT_THAT(refusal(value), HasSubstr("labels"));
}

TEST(Manifest, refuses_a_background_beyond_the_labels) {
  json::object value = valid();
  value["decoder"].as_object()["background"] = 3;
  EXPECT_THAT(refusal(value), HasSubstr("is 3, but there are only 3 labels"));
}

TEST(Manifest, the_families_in_the_documentation_are_accepted) {
  const std::filesystem::path file = "docs/models.md";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  std::ifstream stream(file);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  text.erase(0, text.find("### Families"));
  text.resize(std::min(text.find("\n## "), text.size()));
  const std::string open = "```json\n";
  int families = 0;
  for (size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
    at += open.size();
    const std::string body = text.substr(at, text.find("```", at) - at);
    const auto value = parse_json("{" + body + "}");
    ASSERT_TRUE(value) << body;
    json::object manifest = value->as_object();
    auto& input = manifest["input"];
    if (!input.is_object()) input = json::object{};
    input.as_object()["width"] = 320;
    input.as_object()["height"] = 320;
    manifest["labels"] = json::array(92, "label");
    EXPECT_EQ(refusal(manifest), "accepted") << body;
    ++families;
  }
  EXPECT_GT(families, 20);
}

TEST(Manifest, names_the_file_it_could_not_read) {
  const TestFolder folder;
  EXPECT_THAT(read_manifest(folder.path()).error().message, HasSubstr("model.json"));
  folder.write("model.json", "{ nonsense");
  EXPECT_THAT(read_manifest(folder.path()).error().message, HasSubstr("model.json"));
  folder.write("model.json", json::serialize(valid()));
  EXPECT_TRUE(read_manifest(folder.path()));
}

}  // namespace
}  // namespace poss::infer
