// Two thousand mutated files, the same ones every time: each gets an answer in time, none harms who
// asks, and nothing is left behind.
#include <chrono>
#include <random>

#include <gmock/gmock.h>

#include "convert/labels.h"
#include "infer/test_graph.h"
#include "inspect/process.h"

namespace poss::inspect {
namespace {

using infer::TestFolder;
using infer::TestGraph;

constexpr int kModels = 1000;
constexpr int kLabels = 500;
constexpr int kManifests = 500;
constexpr auto kTooLong = std::chrono::seconds(10);

// Changes a file in one to four places.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutate(std::string bytes) {
    for (std::uint64_t left = 1 + below(4); left > 0; --left) change(bytes);
    return bytes;
  }

 private:
  std::uint64_t below(std::uint64_t end) { return end ? random_() % end : 0; }

  void change(std::string& bytes) {
    const size_t at = below(bytes.size());
    const size_t length = std::min<size_t>(1 + below(64), bytes.size() - at);
    switch (below(7)) {
      case 0:  // a bit
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:  // any byte
        if (!bytes.empty()) bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:  // the same again
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 4:  // the end is missing
        bytes.resize(at);
        break;
      case 5:  // numbers at the edge of their range
        for (size_t i = 0; i < std::min<size_t>(length, 9); ++i) {
          bytes[at + i] = static_cast<char>(i + 1 < length ? 0xff : 0x7f);
        }
        break;
      default:  // a part moved
        bytes.insert(below(bytes.size() + 1), bytes.substr(at, length));
    }
  }

  std::mt19937_64 random_;
};

std::vector<std::string> models() {
  std::vector<std::string> out;
  auto classifier = TestGraph::mean_of_colors({1, 3, 16, 16}, {2, 3});
  classifier.node("Softmax", {"mean"}, "prob");
  classifier.output("prob", {1, 3});
  out.push_back(classifier.bytes());

  TestGraph detector;
  detector.input("images", {1, 3, 64, 64});
  detector.answer("output0", {1, 6, 84}, std::vector<float>(6 * 84, 0.25f));
  onnx::ModelProto model;
  model.ParseFromString(detector.bytes());
  auto& names = *model.add_metadata_props();
  names.set_key("names");
  names.set_value("{0: 'cat', 1: 'dog'}");
  out.push_back(model.SerializeAsString());

  TestGraph shapes;
  shapes.input("x", {-1, 3, -1, -1});
  TestGraph::attribute(shapes.node("Transpose", {"x"}, "t"), "perm", {0, 2, 3, 1});
  shapes.constant("w", {3, 4}, std::vector<float>(12, 0.5f));
  shapes.node("MatMul", {"t", "w"}, "m");
  shapes.node("Relu", {"m"}, "y");
  shapes.output("y", {-1, -1, -1, 4});
  out.push_back(shapes.bytes());
  return out;
}

class Models : public testing::TestWithParam<int> {};

// Parts, so that they may run side by side.
constexpr int kParts = 4;

TEST_P(Models, that_are_mutated_get_a_clear_answer_each) {
  const TestFolder folder;
  const auto originals = models();
  ProcessOptions options;
  options.scratch = folder.path() / "scratch";
  for (int i = GetParam(); i < kModels; i += kParts) {
    Mutator mutator(static_cast<std::uint64_t>(i));
    folder.write("m.onnx", mutator.mutate(originals[static_cast<size_t>(i) % originals.size()]));
    InspectRequest request;
    request.file = (folder.path() / "m.onnx").string();
    request.threads = 1;
    const auto start = std::chrono::steady_clock::now();
    const auto report = inspect_in_process(request, {}, options);
    const auto spent = std::chrono::steady_clock::now() - start;
    EXPECT_LT(spent, kTooLong + std::chrono::seconds(5)) << "mutant " << i;
    if (!report) {
      EXPECT_NE(report.error().code, Code::unavailable) << report.error().message;
      EXPECT_THAT(report.error().message, testing::HasSubstr("m.onnx")) << "mutant " << i;
    } else {
      EXPECT_TRUE(report->manifest || !report->problems.empty() || !report->missing.empty())
          << "mutant " << i << " got a report that says nothing";
    }
    ASSERT_TRUE(std::filesystem::is_empty(options.scratch)) << "mutant " << i << " left a file";
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, Models, testing::Range(0, kParts));

TEST(Labels, that_are_mutated_are_read_or_refused) {
  const std::vector<std::string> originals{
      "cat\ndog\nbird\n", "0: cat\n1: dog\n2: bird\n", "names:\n  0: cat\n  1: dog\n",
      R"({"names": ["cat", "dog"], "id2label": {"0": "cat"}})",
      "item {\n  id: 1\n  name: \"cat\"\n}\nitem {\n  id: 2\n  name: 'dog'\n}\n"};
  for (int i = 0; i < kLabels; ++i) {
    const auto& original = originals[static_cast<size_t>(i) % originals.size()];
    const auto labels =
        convert::parse_labels(Mutator(static_cast<std::uint64_t>(i)).mutate(original));
    if (labels) {
      EXPECT_LE(labels->size(), convert::kMaxLabels);
    } else {
      EXPECT_NE(labels.error().message, "");
    }
  }
}

TEST(Manifests, that_are_mutated_are_read_or_refused) {
  const TestFolder folder;
  const std::string original = R"({"task": "detection",
    "input": {"width": 64, "height": 64, "fit": "letterbox", "std": [255, 255, 255]},
    "decoder": {"type": "rows", "columns": ["box", "scores"], "box_format": "cxcywh",
                "box_units": "input_pixels"},
    "labels": ["cat", "dog"]})";
  for (int i = 0; i < kManifests; ++i) {
    folder.write("model.json", Mutator(static_cast<std::uint64_t>(i)).mutate(original));
    const auto manifest = infer::read_manifest(folder.path());
    if (!manifest) {
      EXPECT_THAT(manifest.error().message, testing::HasSubstr("model.json"));
    }
  }
}

}  // namespace
}  // namespace poss::inspect
