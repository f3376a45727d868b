// Reading the structure of ONNX files, and what is refused and how.
#include "inspect/onnx_file.h"

#include <gmock/gmock.h>

#include "infer/test_graph.h"

namespace poss::inspect {
namespace {

using infer::TestGraph;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TestGraph small() {
  TestGraph graph;
  graph.input("x", {1, 3, 8, 8});
  graph.constant("w", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6});
  graph.node("Conv", {"x", "w"}, "c");
  graph.node("Softmax", {"c"}, "s");
  graph.node("Identity", {"s"}, "y");
  graph.output("y", {1, 2, 8, 8});
  return graph;
}

onnx::ModelProto parsed(const TestGraph& graph) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(graph.bytes()));
  return model;
}

TEST(OnnxFile, tells_what_it_declares) {
  auto model = parsed(small());
  model.set_producer_name("pytorch");
  model.set_producer_version("2.1");
  auto& entry = *model.add_metadata_props();
  entry.set_key("names");
  entry.set_value("{0: 'cat'}");
  const auto file = read_onnx(model.SerializeAsString());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(file->opset, 11);
  EXPECT_EQ(file->producer, "pytorch 2.1");
  EXPECT_EQ(file->parameters, 6);
  ASSERT_THAT(file->inputs, SizeIs(1));
  EXPECT_EQ(file->inputs[0].type, "float32");
  EXPECT_THAT(file->inputs[0].shape, ElementsAre(1, 3, 8, 8));
  EXPECT_EQ(file->operators.at("Conv"), 1);
  EXPECT_EQ(file->made_by.at("y"), "Softmax");
  EXPECT_THAT(file->read_by.at("x"), ElementsAre("Conv"));
  EXPECT_EQ(file->metadata.at("names"), "{0: 'cat'}");
  EXPECT_THAT(file->problems, IsEmpty());
}

TEST(OnnxFile, counts_weights_without_keeping_them) {
  TestGraph graph = small();
  graph.constant("big", {300, 1000}, std::vector<float>(300'000, 1));
  const auto file = read_onnx(graph.bytes());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(file->parameters, 300'006);
  EXPECT_THAT(file->problems, IsEmpty());
}

TEST(OnnxFile, refuses_data_outside_of_its_folder) {
  for (const char* where : {"/etc/passwd", "../weights.bin", "a/../../b", "..\\b"}) {
    auto model = parsed(small());
    auto& tensor = *model.mutable_graph()->mutable_initializer(0);
    tensor.clear_float_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& entry = *tensor.add_external_data();
    entry.set_key("location");
    entry.set_value(where);
    const auto file = read_onnx(model.SerializeAsString());
    ASSERT_TRUE(file.has_value());
    EXPECT_THAT(file->problems, ElementsAre(HasSubstr("outside of its own folder"))) << where;
  }
}

TEST(OnnxFile, refuses_weights_in_another_file) {
  auto model = parsed(small());
  auto& entry = *model.mutable_graph()->mutable_initializer(0)->add_external_data();
  entry.set_key("location");
  entry.set_value("weights.bin");
  const auto file = read_onnx(model.SerializeAsString());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->problems, ElementsAre(HasSubstr("save it as a single file")));
}

TEST(OnnxFile, refuses_tensors_larger_than_their_data) {
  auto model = parsed(small());
  auto& dims = *model.mutable_graph()->mutable_initializer(0)->mutable_dims();
  dims.Set(0, 1'000'000);
  auto file = read_onnx(model.SerializeAsString());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->problems, ElementsAre(HasSubstr("declares 3000000 numbers")));
  dims.Set(1, std::int64_t{1} << 40);
  file = read_onnx(model.SerializeAsString());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->problems, ElementsAre(HasSubstr("damaged or hostile")));
  dims.Set(1, -5);
  file = read_onnx(model.SerializeAsString());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->problems, ElementsAre(HasSubstr("negative size")));
}

TEST(OnnxFile, names_operators_of_other_programs) {
  TestGraph graph = small();
  auto& node = graph.node("EfficientNMS_TRT", {"y"}, "z");
  node.set_domain("trt.plugins");
  const auto file = read_onnx(graph.bytes());
  ASSERT_TRUE(file.has_value());
  ASSERT_THAT(file->unsupported, SizeIs(1));
  EXPECT_EQ(file->unsupported[0].name, "trt.plugins.EfficientNMS_TRT");
}

TEST(OnnxFile, refuses_parts_nested_without_end) {
  onnx::GraphProto inner;
  inner.set_name("g");
  for (int depth = 0; depth < 60; ++depth) {
    onnx::GraphProto outer;
    auto& node = *outer.add_node();
    node.set_op_type("If");
    auto& attribute = *node.add_attribute();
    attribute.set_name("then_branch");
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = inner;
    inner = outer;
  }
  onnx::ModelProto model = parsed(small());
  *model.mutable_graph() = inner;
  const auto file = read_onnx(model.SerializeAsString());
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, HasSubstr("nests parts deeper"));
}

TEST(OnnxFile, says_of_what_is_no_model_that_it_is_none) {
  const std::string whole = small().bytes();
  for (const std::string& bytes : {std::string("hello"), std::string(1000, '\0'),
                                   whole.substr(0, whole.size() / 2), std::string("\x08\x06")}) {
    const auto file = read_onnx(bytes);
    ASSERT_FALSE(file.has_value());
    EXPECT_THAT(file.error().message, HasSubstr("not an ONNX model, or is damaged"));
  }
  EXPECT_THAT(read_onnx("").error().message, HasSubstr("empty"));
}

TEST(OnnxFile, knows_a_picture_whose_colours_come_last) {
  TestGraph graph;
  graph.input("x", {-1, -1, -1, -1});
  TestGraph::attribute(graph.node("Transpose", {"x"}, "y"), "perm", {0, 3, 1, 2});
  graph.output("y", {-1, -1, -1, -1});
  const auto file = read_onnx(graph.bytes());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->turned_to_planes, ElementsAre("x"));
}

TEST(Sha256, is_that_of_the_standard) {
  EXPECT_EQ(sha256_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace poss::inspect
