// Tests of models through the real runtime, on ONNX files made here.
#include "infer/model.h"

#include <thread>

#include <gmock/gmock.h>

#include "infer/gate.h"
#include "infer/runtime.h"
#include "infer/session.h"
#include "infer/test_graph.h"

namespace poss::infer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A picture of one colour.
struct Patch {
  std::vector<std::uint8_t> pixels;
  ImageView view;
  Patch(int width, int height, std::array<std::uint8_t, 3> rgb) {
    for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), rgb.begin(), rgb.end());
    view.layout = PixelLayout::rgb;
    view.width = width;
    view.height = height;
    view.planes[0] = pixels.data();
    view.strides[0] = 3 * width;
  }
};

json::object input_of(int width, int height) { return {{"width", width}, {"height", height}}; }

json::object classifier(json::object input) {
  return {{"task", "classification"},
          {"input", std::move(input)},
          {"decoder", {{"type", "classification"}}},
          {"labels", {"first", "second", "third"}}};
}

json::object detector(json::array labels) {
  return {{"title", "test"},
          {"input", input_of(32, 32)},
          {"decoder", {{"type", "boxes_scores"}}},
          {"labels", std::move(labels)}};
}

TestGraph detector_graph(const std::vector<float>& scores) {
  TestGraph graph;
  graph.input("images", {1, 3, 32, 32});
  graph.answer("boxes", {1, 2, 4}, {0.1f, 0.2f, 0.5f, 0.6f, 0.5f, 0.5f, 0.75f, 1.0f});
  graph.answer("scores", {1, 2, 2}, scores);
  return graph;
}

Result<std::shared_ptr<const Model>> load(const TestFolder& folder, const json::object& manifest,
                                          const std::string& onnx,
                                          const ModelOptions& options = {}) {
  folder.write("model.json", json::serialize(manifest));
  folder.write("model.onnx", onnx);
  return Model::load(folder.path(), options);
}

std::string refusal(const json::object& manifest, const std::string& onnx) {
  const TestFolder folder;
  const auto model = load(folder, manifest, onnx);
  return model ? "accepted" : model.error().message;
}

// The scores in the order of the classes.
std::vector<float> by_class(const std::vector<ClassScore>& scores) {
  std::vector<float> out(scores.size());
  for (const auto& score : scores) out.at(static_cast<size_t>(score.class_index)) = score.score;
  return out;
}

TEST(Runtime, tells_its_version_and_providers) {
  const auto runtime = Runtime::get();
  ASSERT_TRUE(runtime) << runtime.error().message;
  EXPECT_THAT((*runtime)->version(), HasSubstr("1."));
  EXPECT_THAT((*runtime)->providers(), testing::Contains("CPUExecutionProvider"));
}

TEST(Model, feeds_the_tensor_the_manifest_describes) {
  const Patch patch(31, 17, {100, 150, 200});
  for (const char* layout : {"nchw", "nhwc"}) {
    for (const auto& [type, onnx_type] : {std::pair{"float32", onnx::TensorProto::FLOAT},
                                          {"float16", onnx::TensorProto::FLOAT16},
                                          {"uint8", onnx::TensorProto::UINT8},
                                          {"int8", onnx::TensorProto::INT8}}) {
      for (const char* color : {"rgb", "bgr"}) {
        const bool planar = layout == std::string("nchw");
        const bool bytes = type == std::string("uint8");
        const bool signed_bytes = type == std::string("int8");
        const auto graph = TestGraph::mean_of_colors(
            planar ? std::vector{-1, 3, 24, 40} : std::vector{-1, 24, 40, 3},
            planar ? std::vector{2, 3} : std::vector{1, 2}, onnx_type);
        json::object input = input_of(40, 24);
        input["layout"] = layout;
        input["type"] = type;
        input["color"] = color;
        if (signed_bytes) {
          input["mean"] = json::array{128};
        } else if (!bytes) {
          input["mean"] = {10, 20, 30};
          input["std"] = {2, 4, 5};
        }
        const TestFolder folder;
        const auto model = load(folder, classifier(input), graph.bytes());
        ASSERT_TRUE(model) << model.error().message;
        const auto found = (*model)->classify(patch.view, {}, 3);
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_EQ(found->size(), 1u);
        std::vector<float> expected{100, 150, 200};
        if (color == std::string("bgr")) std::swap(expected[0], expected[2]);
        if (signed_bytes) {
          for (float& value : expected) value -= 128;
        } else if (!bytes) {
          expected = {(expected[0] - 10) / 2, (expected[1] - 20) / 4, (expected[2] - 30) / 5};
        }
        EXPECT_THAT(by_class((*found)[0]), testing::Pointwise(testing::FloatNear(0.01f), expected));
      }
    }
  }
}

TEST(Model, letterbox_padding_reaches_the_network) {
  // A quarter of the square is picture (40 × 10 in 40 × 40), the rest padding.
  const Patch patch(80, 20, {200, 0, 100});
  json::object input = input_of(40, 40);
  input["fit"] = "letterbox";
  input["pad"] = 40;
  const TestFolder folder;
  const auto model =
      load(folder, classifier(input), TestGraph::mean_of_colors({1, 3, 40, 40}, {2, 3}).bytes());
  ASSERT_TRUE(model) << model.error().message;
  const auto found = (*model)->classify(patch.view, {}, 3);
  ASSERT_TRUE(found);
  EXPECT_THAT(by_class((*found)[0]),
              testing::Pointwise(testing::FloatNear(0.01f), std::vector<float>{80, 30, 55}));
}

TEST(Model, classifies_crops_in_batches_and_one_by_one) {
  // 20 vertical stripes, each 8 pixels wide and of its own brightness.
  Patch patch(160, 16, {0, 0, 0});
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 160; ++x) {
      const auto at = patch.pixels.begin() + (y * 160 + x) * 3;
      std::fill_n(at, 3, static_cast<std::uint8_t>(10 * (x / 8)));
    }
  }
  std::vector<PixelRect> crops;
  for (int i = 0; i < 20; ++i) crops.push_back({8 * i, 0, 8, 16});
  crops.push_back({500, 500, 10, 10});  // outside
  for (const int batch : {-1, 1}) {
    const TestFolder folder;
    const auto model = load(folder, classifier(input_of(12, 12)),
                            TestGraph::mean_of_colors({batch, 3, 12, 12}, {2, 3}).bytes());
    ASSERT_TRUE(model) << model.error().message;
    Timings timings;
    const auto found = (*model)->classify(patch.view, crops, 2, &timings);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 21u);
    for (size_t i = 0; i < 20; ++i) {
      ASSERT_EQ((*found)[i].size(), 2u);
      EXPECT_NEAR((*found)[i][0].score, 10.0f * static_cast<float>(i), 0.01);
    }
    EXPECT_TRUE(found->back().empty());
    EXPECT_GT(timings.run.count(), 0);
  }
}

TEST(Model, detects_what_the_network_answers) {
  const TestFolder folder;
  const auto model =
      load(folder, detector({"person", "car"}), detector_graph({.9f, .1f, .2f, .7f}).bytes());
  ASSERT_TRUE(model) << model.error().message;
  const Patch patch(3, 5, {1, 2, 3});
  const auto found = (*model)->detect(patch.view, {});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*model)->labels()[static_cast<size_t>((*found)[0].class_index)], "person");
  EXPECT_NEAR((*found)[0].box.t, 0.2, 1e-6);
  EXPECT_NEAR((*found)[1].box.h, 0.5, 1e-6);
  EXPECT_TRUE((*model)->run_empty());
  const auto classes = (*model)->classify(patch.view, {}, 1);
  ASSERT_FALSE(classes);
  EXPECT_THAT(classes.error().message, HasSubstr("does detection, not classification"));
  EXPECT_EQ((*model)->detect(ImageView{}, {}).error().code, Code::invalid_argument);
}

TEST(Model, refuses_labels_that_do_not_fit_with_both_numbers) {
  EXPECT_THAT(refusal(detector({"a", "b", "c"}), detector_graph({0, 0, 0, 0}).bytes()),
              AllOf(HasSubstr("model.onnx"), HasSubstr("3 labels"), HasSubstr("2 classes")));
}

TEST(Model, further_inputs_get_what_the_manifest_says) {
  // Two classes: the numbers of the extra input, whatever the picture.
  for (const int type :
       {onnx::TensorProto::FLOAT, onnx::TensorProto::INT64, onnx::TensorProto::INT32,
        onnx::TensorProto::DOUBLE, onnx::TensorProto::FLOAT16}) {
    for (const auto& shape : {std::vector{1, 2}, std::vector{-1, 2}, std::vector{-1, -1}}) {
      TestGraph graph;
      graph.input("size", shape, type).input("images", {-1, 3, 8, 4});
      TestGraph::attribute(graph.node("Cast", {"size"}, "y"), "to", onnx::TensorProto::FLOAT);
      graph.output("y", {-1, 2});
      json::object input = input_of(4, 8);
      input["extras"] = json::array{{{"name", "size"}, {"value", "picture_size_wh"}}};
      const json::object manifest{{"task", "classification"},
                                  {"input", input},
                                  {"decoder", {{"type", "classification"}}},
                                  {"labels", {"width", "height"}}};
      const TestFolder folder;
      const auto model = load(folder, manifest, graph.bytes());
      ASSERT_TRUE(model) << model.error().message;
      EXPECT_TRUE((*model)->run_empty());
      const Patch patch(31, 17, {0, 0, 0});
      const auto found = (*model)->classify(patch.view, {}, 2);
      ASSERT_TRUE(found) << found.error().message;
      EXPECT_THAT(by_class((*found)[0]), testing::ElementsAre(31, 17));
      if (shape[0] == 1) continue;
      const std::vector<PixelRect> crops{{0, 0, 5, 6}, {0, 0, 31, 17}};
      const auto sizes = (*model)->classify(patch.view, crops, 2);
      ASSERT_TRUE(sizes) << sizes.error().message;
      EXPECT_THAT(by_class((*sizes)[0]), testing::ElementsAre(5, 6));
      EXPECT_THAT(by_class((*sizes)[1]), testing::ElementsAre(31, 17));
    }
  }
}

TEST(Model, further_inputs_that_cannot_be_filled_are_refused) {
  TestGraph graph = detector_graph({0, 0, 0, 0});
  graph.input("scale", {1, 3}).input("label", {1}, onnx::TensorProto::STRING);
  auto manifest = detector({"a", "b"});
  const auto with = [&](const char* name, const char* value) {
    manifest["input"].as_object()["extras"] = json::array{{{"name", name}, {"value", value}}};
    return refusal(manifest, graph.bytes());
  };
  EXPECT_THAT(with("scale", "one"),
              AllOf(HasSubstr("3 inputs"), HasSubstr("label"), HasSubstr("input.extras")));
  EXPECT_THAT(with("scale", "scale_hw"), AllOf(HasSubstr("[1,3]"), HasSubstr("two numbers")));
  EXPECT_THAT(with("label", "one"), HasSubstr("does not take numbers"));
  EXPECT_THAT(with("absent", "one"), HasSubstr("no input 'absent'; it has: images, scale, label"));
}

TEST(Model, a_fixed_batch_is_filled_up) {
  const TestFolder folder;
  const auto model = load(folder, classifier(input_of(12, 12)),
                          TestGraph::mean_of_colors({4, 3, 12, 12}, {2, 3}).bytes());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE((*model)->run_empty());
  const Patch patch(30, 30, {10, 20, 30});
  const auto found = (*model)->classify(patch.view, std::vector<PixelRect>(5, {0, 0, 30, 30}), 3);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 5u);
  for (const auto& one : *found) EXPECT_THAT(by_class(one), testing::ElementsAre(10, 20, 30));

  TestGraph graph;
  graph.input("images", {2, 3, 32, 32});
  graph.answer("boxes", {2, 1, 4}, {.1f, .1f, .2f, .2f, .5f, .5f, .9f, .9f});
  graph.answer("scores", {2, 1, 2}, {0, 1, 1, 0});
  const auto detects = load(folder, detector({"a", "b"}), graph.bytes());
  ASSERT_TRUE(detects) << detects.error().message;
  const auto objects = (*detects)->detect(patch.view, {});
  ASSERT_TRUE(objects) << objects.error().message;
  ASSERT_EQ(objects->size(), 1u);
  EXPECT_EQ((*objects)[0].class_index, 1);
}

TEST(Model, refuses_files_that_are_not_onnx) {
  const std::string good = detector_graph({0, 0, 0, 0}).bytes();
  const auto manifest = detector({"a", "b"});
  EXPECT_EQ(refusal(manifest, good), "accepted");
  EXPECT_THAT(refusal(manifest, ""), AllOf(HasSubstr("model.onnx"), HasSubstr("is empty")));
  EXPECT_THAT(refusal(manifest, "this is a text, not a model"),
              AllOf(HasSubstr("model.onnx"), HasSubstr("not an ONNX file")));
  for (size_t size = 1; size < good.size(); size += 7) {
    EXPECT_THAT(refusal(manifest, good.substr(0, size)),
                AllOf(HasSubstr("model.onnx"), testing::Not(HasSubstr("\n"))));
  }
  const TestFolder folder;
  folder.write("model.json", json::serialize(manifest));
  EXPECT_EQ(Model::load(folder.path()).error().code, Code::not_found);
  std::filesystem::create_directory(folder.path() / "model.onnx");
  EXPECT_THAT(Model::load(folder.path()).error().message, HasSubstr("not a regular file"));
}

TEST(Model, survives_files_with_damaged_bytes) {
  const std::string good = detector_graph({0, 0, 0, 0}).bytes();
  const TestFolder folder;
  const Patch patch(4, 4, {0, 0, 0});
  for (size_t i = 0; i < good.size(); i += 5) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    const auto model = load(folder, detector({"a", "b"}), bad);
    if (model) (void)(*model)->detect(patch.view, {});
  }
}

TEST(Model, refuses_operators_the_runtime_lacks) {
  TestGraph graph;
  graph.input("images", {1, 3, 32, 32});
  graph.node("Teleport", {"images"}, "boxes");
  graph.output("boxes", {1, 2, 4});
  graph.answer("scores", {1, 2, 2}, {0, 0, 0, 0});
  EXPECT_THAT(refusal(detector({"a", "b"}), graph.bytes()),
              AllOf(HasSubstr("model.onnx"), HasSubstr("Teleport")));
}

TEST(Model, refuses_external_data_outside_its_folder) {
  const TestFolder folder;
  folder.write("secret.bin", std::string(64, 'x'));
  for (const auto& place :
       {std::string("../secret.bin"), (folder.path() / "secret.bin").string()}) {
    TestGraph graph = detector_graph({0, 0, 0, 0});
    auto& tensor = *graph.graph().mutable_initializer(0);
    tensor.clear_float_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& location = *tensor.add_external_data();
    location.set_key("location");
    location.set_value(place);
    folder.write("model/model.json", json::serialize(detector({"a", "b"})));
    folder.write("model/model.onnx", graph.bytes());
    const auto model = Model::load(folder.path() / "model");
    ASSERT_FALSE(model) << place;
    EXPECT_EQ(model.error().code, Code::invalid_argument);
    EXPECT_THAT(model.error().message, HasSubstr("model.onnx"));
  }
}

TEST(Model, refuses_inputs_that_do_not_fit_the_manifest) {
  auto manifest = detector({"a", "b"});
  manifest["input"] = input_of(64, 32);
  EXPECT_THAT(refusal(manifest, detector_graph({0, 0, 0, 0}).bytes()),
              AllOf(HasSubstr("[1,3,32,32]"), HasSubstr("[1,3,32,64]")));
  manifest["input"] = input_of(32, 32);
  manifest["input"].as_object()["type"] = "uint8";
  EXPECT_THAT(refusal(manifest, detector_graph({0, 0, 0, 0}).bytes()),
              HasSubstr("does not take uint8"));
  manifest["input"].as_object()["type"] = "float32";
  manifest["input"].as_object()["name"] = "pixels";
  EXPECT_THAT(refusal(manifest, detector_graph({0, 0, 0, 0}).bytes()),
              HasSubstr("no input 'pixels'; it has: images"));
  TestGraph two = detector_graph({0, 0, 0, 0});
  two.input("other", {1});
  EXPECT_THAT(refusal(detector({"a", "b"}), two.bytes()), HasSubstr("2 inputs"));
}

TEST(Model, many_threads_share_one_model) {
  const TestFolder folder;
  ModelOptions options;
  options.gate = std::make_shared<RunGate>(3);
  const auto model = load(folder, classifier(input_of(16, 16)),
                          TestGraph::mean_of_colors({-1, 3, 16, 16}, {2, 3}).bytes(), options);
  ASSERT_TRUE(model) << model.error().message;
  std::vector<std::thread> threads;
  std::vector<int> wrong(8, 0);
  for (size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const auto brightness = static_cast<std::uint8_t>(20 * t);
      const Patch patch(20 + static_cast<int>(t), 20, {brightness, brightness, brightness});
      for (int i = 0; i < 50; ++i) {
        const auto found = (*model)->classify(patch.view, {}, 3);
        if (!found || std::abs((*found)[0][0].score - brightness) > 0.01f) ++wrong[t];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

TEST(ModelPool, shares_a_model_while_somebody_holds_it) {
  const TestFolder folder;
  for (const char* name : {"one", "two"}) {
    folder.write(std::filesystem::path(name) / "model.json", json::serialize(detector({"a", "b"})));
    folder.write(std::filesystem::path(name) / "model.onnx", detector_graph({0, 0, 0, 0}).bytes());
  }
  folder.write("broken/model.json", "{");
  ModelPool pool({folder.path() / "absent", folder.path()});
  std::weak_ptr<const Model> weak;
  {
    const auto first = pool.get("one");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*first, *pool.get("one"));
    EXPECT_NE(*first, *pool.get("two"));
    weak = *first;
  }
  EXPECT_TRUE(weak.expired());
  const auto list = pool.list();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "one");
  EXPECT_GT(list[0].bytes, 0u);
  EXPECT_THAT(pool.get("three").error().message,
              AllOf(HasSubstr("no model 'three'"), HasSubstr("one, two")));
  EXPECT_EQ(pool.get("../one").error().code, Code::not_found);
  EXPECT_THAT(pool.get("broken").error().message, HasSubstr("model 'broken'"));
}

TEST(Session, loads_a_model_of_another_family) {
  const std::filesystem::path file = "../shared/models/yolox_nano.onnx";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not on this machine";
  const auto session = Session::open(file, 1);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(shape_text((*session)->inputs()[0].shape), "[1,3,416,416]");
}

TEST(RunGate, admits_as_many_as_its_capacity_in_order_of_arrival) {
  RunGate gate(1);
  std::vector<int> order;
  std::vector<std::thread> threads;
  {
    const RunGate::Pass pass(gate);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const RunGate::Pass mine(gate);
        order.push_back(i);
      });
      while (gate.waiting() != static_cast<size_t>(i) + 1) std::this_thread::yield();
    }
    EXPECT_TRUE(order.empty());
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace poss::infer
