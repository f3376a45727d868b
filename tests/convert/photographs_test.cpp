// The zoo's models on photographs: the converted model finds what the original finds.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>
#include <stdio.h>

#include "base/file.h"
#include "base/image.h"
#include "convert/convert.h"
#include "convert/quantize.h"
#include "oracle.h"

namespace poss {
namespace {

namespace fs = std::filesystem;

struct Photograph {
  fs::path file;
  double second = 0;  // into a video
};

// What Debian's opencv-doc has, and the pictures of the training sets where they are.
std::vector<Photograph> photographs() {
  const fs::path folder = "/usr/share/doc/opencv-doc/examples/data";
  std::vector<Photograph> all;
  for (const double second : {1, 15, 30, 45, 60}) all.push_back({folder / "vtest.avi", second});
  for (const char* name : {"messi5.jpg", "fruits.jpg", "basketball1.png", "squirrel_cls.jpg",
                           "leuvenA.jpg", "home.jpg", "orange.jpg"}) {
    all.push_back({folder / name});
  }
  for (const char* name : {"0000.jpg", "0007.jpg", "0014.jpg", "0021.jpg"}) {
    all.push_back({fs::path("../shared/data/cutlery/images") / name});
  }
  std::erase_if(all, [](const Photograph& photograph) { return !fs::exists(photograph.file); });
  return all;
}

// The photograph as `size` × `size` RGB pixels, decoded and stretched by ffmpeg.
std::vector<std::uint8_t> pixels_of(const Photograph& photograph, int size) {
  const std::string side = std::to_string(size);
  const std::string start =
      photograph.second > 0 ? " -ss " + std::to_string(photograph.second) : "";
  const std::string command = "ffmpeg -loglevel error -nostdin" + start + " -i '" +
                              photograph.file.string() + "' -frames:v 1 -vf scale=" + side + ":" +
                              side + ":flags=area -f rawvideo -pix_fmt rgb24 -";
  std::vector<std::uint8_t> pixels(static_cast<size_t>(size) * size * 3);
  FILE* pipe = popen(command.c_str(), "r");
  const size_t got = pipe ? fread(pixels.data(), 1, pixels.size(), pipe) : 0;
  if (pipe) pclose(pipe);
  if (got != pixels.size()) pixels.clear();
  return pixels;
}

struct Found {
  int label = 0;
  float score = 0;
  Box box;
};

// Best first, without those that overlap a better one by more than half: what
// TFLite_Detection_PostProcess does when it takes one class a box.
std::vector<Found> suppress(std::vector<Found> all) {
  std::ranges::sort(all, [](const Found& a, const Found& b) { return a.score > b.score; });
  std::vector<Found> kept;
  for (const auto& found : all) {
    if (std::ranges::none_of(kept, [&](const Found& k) { return iou(k.box, found.box) > 0.5f; })) {
      kept.push_back(found);
    }
  }
  return kept;
}

// Outputs in the order of the operator: boxes (ymin, xmin, ymax, xmax), classes, scores, count.
std::vector<Found> original(const std::vector<std::vector<float>>& outputs) {
  std::vector<Found> out;
  for (size_t i = 0; i < outputs[2].size() && i < outputs[3][0]; ++i) {
    const float* b = &outputs[0][4 * i];
    out.push_back(
        {static_cast<int>(outputs[1][i]), outputs[2][i], {b[1], b[0], b[3] - b[1], b[2] - b[0]}});
  }
  return out;
}

std::vector<Found> converted(const std::map<std::string, std::vector<float>>& outputs,
                             float least) {
  const auto& boxes = outputs.at("boxes");
  const auto& scores = outputs.at("scores");
  const size_t count = boxes.size() / 4, classes = scores.size() / count;
  std::vector<Found> out;
  for (size_t i = 0; i < count; ++i) {
    const auto row = std::span(scores).subspan(i * classes, classes);
    const auto best = std::ranges::max_element(row);
    if (*best < least) continue;
    const float* b = &boxes[4 * i];
    out.push_back(
        {static_cast<int>(best - row.begin()), *best, {b[0], b[1], b[2] - b[0], b[3] - b[1]}});
  }
  return suppress(std::move(out));
}

class Agreement : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    file_ = std::string("build/downloads/originals/") + GetParam() + ".tflite";
    if (!have_oracle() || !fs::exists(file_)) {
      GTEST_SKIP() << "scripts/fetch_zoo --oracle gets what this needs";
    }
  }
  std::string file_;
};

class DetectorAgreement : public Agreement {};
class ClassifierAgreement : public Agreement {};

TEST_P(DetectorAgreement, finds_what_the_original_finds) {
  const auto bytes = read_file(file_, 1 << 30);
  ASSERT_TRUE(bytes);
  const auto model = convert::convert_tflite(*bytes);
  ASSERT_TRUE(model) << model.error().message;
  const int size = static_cast<int>(model->manifest.at("input").at("width").as_int64());
  int asked = 0, matched = 0;
  double overlap = 0, difference = 0;
  for (const auto& photograph : photographs()) {
    const auto pixels = pixels_of(photograph, size);
    ASSERT_FALSE(pixels.empty()) << photograph.file;
    const auto expected = run_tflite(*bytes, std::as_bytes(std::span(pixels)));
    ASSERT_TRUE(expected) << expected.error().message;
    const auto planes = to_planes(std::span(pixels));
    const auto outputs = run_onnx(model->onnx, size, size, planes);
    ASSERT_TRUE(outputs) << outputs.error().message;
    const auto candidates = converted(*outputs, 0.25f);
    for (const auto& wanted : original(*expected)) {
      if (wanted.score < 0.4f) continue;
      ++asked;
      const Found* best = nullptr;
      for (const auto& found : candidates) {
        if (found.label != wanted.label || iou(found.box, wanted.box) < 0.5f) continue;
        if (!best || iou(found.box, wanted.box) > iou(best->box, wanted.box)) best = &found;
      }
      if (!best) {
        ADD_FAILURE() << photograph.file << " at " << photograph.second << " s: class "
                      << wanted.label << " with score " << wanted.score << " is not found";
        continue;
      }
      ++matched;
      overlap += iou(best->box, wanted.box);
      difference += std::abs(best->score - wanted.score);
    }
  }
  ASSERT_GE(asked, 20) << "too few objects to compare";
  EXPECT_EQ(matched, asked);
  EXPECT_GE(overlap / matched, 0.94);
  EXPECT_LE(difference / matched, 0.014);
  RecordProperty("detections", asked);
  std::printf("%s: %d of %d matched, mean IoU %.4f, mean score difference %.4f\n", GetParam(),
              matched, asked, overlap / matched, difference / matched);
}

// How many objects that `real` finds `fast` finds as well.
struct Shared {
  int asked = 0, matched = 0;
  float missed = 0;      // the best score not found
  float difference = 0;  // the largest, of scores
};

void compare(const std::string& real, const std::string& fast, const Photograph& photograph,
             int size, Shared& shared) {
  const auto pixels = pixels_of(photograph, size);
  ASSERT_FALSE(pixels.empty()) << photograph.file;
  const auto planes = to_planes(std::span(pixels));
  const auto outputs = run_onnx(real, size, size, planes);
  const auto fast_outputs = run_onnx(fast, size, size, planes);
  ASSERT_TRUE(outputs && fast_outputs);
  const auto candidates = converted(*fast_outputs, 0.2f);
  for (const auto& wanted : converted(*outputs, 0.4f)) {
    ++shared.asked;
    const auto found = std::ranges::find_if(candidates, [&](const Found& candidate) {
      return candidate.label == wanted.label && iou(candidate.box, wanted.box) >= 0.5f;
    });
    if (found == candidates.end()) {
      shared.missed = std::max(shared.missed, wanted.score);
      continue;
    }
    ++shared.matched;
    shared.difference = std::max(shared.difference, std::abs(found->score - wanted.score));
  }
}

void print(const char* what, const char* model, const Shared& shared) {
  std::printf("%s, %s: %d of %d matched, scores within %.3f, best one missed %.3f\n", model, what,
              shared.matched, shared.asked, shared.difference, shared.missed);
}

TEST_P(DetectorAgreement, finds_nearly_the_same_with_int8) {
  const auto bytes = read_file(file_, 1 << 30);
  ASSERT_TRUE(bytes);
  const auto model = convert::convert_tflite(*bytes);
  convert::ConvertOptions options;
  options.precision = convert::Precision::int8;
  const auto fast = convert::convert_tflite(*bytes, options);
  ASSERT_TRUE(model && fast);
  const int size = static_cast<int>(model->manifest.at("input").at("width").as_int64());
  Shared shared;
  for (const auto& photograph : photographs()) {
    compare(model->onnx, fast->onnx, photograph, size, shared);
  }
  print("INT8 of the file", GetParam(), shared);
  EXPECT_GE(shared.matched, 0.9 * shared.asked);
  EXPECT_LE(shared.missed, 0.5f);  // only what is borderline
}

// The ranges that `onnx` has on every other photograph.
Result<convert::QuantizedModel> calibrated(const std::string& onnx, int size, double mean,
                                           double std) {
  POSS_ASSIGN(const auto observed, convert::observe(onnx));
  convert::RangeCollector collector;
  const auto all = photographs();
  for (size_t i = 0; i < all.size(); i += 2) {
    const auto pixels = pixels_of(all[i], size);
    auto planes = to_planes(std::span(pixels));
    for (auto& pixel : planes) pixel = static_cast<float>((pixel - mean) / std);
    POSS_ASSIGN(auto shown, run_onnx(observed.onnx, size, size, planes));
    shown["images"] = planes;
    for (const auto& tensor : observed.tensors) collector.add(tensor, shown.at(tensor));
  }
  return convert::quantize_onnx(onnx, collector.ranges());
}

class QuantisedAgreement : public Agreement {};

TEST_P(QuantisedAgreement, finds_nearly_the_same_on_other_photographs) {
  const auto bytes = read_file(file_, 1 << 30);
  ASSERT_TRUE(bytes);
  const auto model = convert::convert_tflite(*bytes);
  ASSERT_TRUE(model);
  const int size = static_cast<int>(model->manifest.at("input").at("width").as_int64());
  const auto fast = calibrated(model->onnx, size, 0, 1);
  ASSERT_TRUE(fast) << fast.error().message;
  EXPECT_EQ(fast->left, 0);
  Shared shared;
  const auto all = photographs();
  for (size_t i = 1; i < all.size(); i += 2) {
    compare(model->onnx, fast->onnx, all[i], size, shared);
  }
  print("INT8 with measured ranges", GetParam(), shared);
  EXPECT_GE(shared.matched, 0.9 * shared.asked);
  EXPECT_LE(shared.difference, 0.15f);
}

INSTANTIATE_TEST_SUITE_P(Zoo, QuantisedAgreement, testing::Values("efficientdet_lite0"),
                         [](const auto& tested) { return std::string(tested.param); });

INSTANTIATE_TEST_SUITE_P(Zoo, DetectorAgreement,
                         testing::Values("efficientdet_lite0", "efficientdet_lite1",
                                         "efficientdet_lite2"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(ClassifierAgreement, gives_the_scores_of_the_original) {
  const auto bytes = read_file(file_, 1 << 30);
  ASSERT_TRUE(bytes);
  convert::ConvertOptions options;
  options.labels.emplace(1001, "thing");
  const auto model = convert::convert_tflite(*bytes, options);
  ASSERT_TRUE(model) << model.error().message;
  const int size = static_cast<int>(model->manifest.at("input").at("width").as_int64());
  for (const auto& photograph : photographs()) {
    const auto pixels = pixels_of(photograph, size);
    ASSERT_FALSE(pixels.empty()) << photograph.file;
    std::vector<float> input;
    for (const auto pixel : pixels) input.push_back((static_cast<float>(pixel) - 127.5f) / 127.5f);
    const auto expected = run_tflite(*bytes, std::as_bytes(std::span(input)));
    ASSERT_TRUE(expected) << expected.error().message;
    const auto planes = to_planes(std::span<const float>(input));
    const auto outputs = run_onnx(model->onnx, size, size, planes);
    ASSERT_TRUE(outputs) << outputs.error().message;
    const auto& scores = outputs->at("scores");
    ASSERT_EQ(scores.size(), expected->at(0).size());
    for (size_t i = 0; i < scores.size(); ++i) {
      ASSERT_NEAR(scores[i], expected->at(0)[i], 1e-4) << photograph.file << ", class " << i;
    }
  }
}

TEST_P(ClassifierAgreement, names_nearly_the_same_quantised_on_other_photographs) {
  const auto bytes = read_file(file_, 1 << 30);
  ASSERT_TRUE(bytes);
  convert::ConvertOptions options;
  options.labels.emplace(1001, "thing");
  const auto model = convert::convert_tflite(*bytes, options);
  ASSERT_TRUE(model) << model.error().message;
  const int size = static_cast<int>(model->manifest.at("input").at("width").as_int64());
  const auto fast = calibrated(model->onnx, size, 127.5, 127.5);
  ASSERT_TRUE(fast) << fast.error().message;
  const auto all = photographs();
  int same = 0, asked = 0;
  for (size_t i = 1; i < all.size(); i += 2) {
    auto planes = to_planes(std::span<const std::uint8_t>(pixels_of(all[i], size)));
    for (auto& pixel : planes) pixel = (pixel - 127.5f) / 127.5f;
    const auto real = run_onnx(model->onnx, size, size, planes);
    const auto made = run_onnx(fast->onnx, size, size, planes);
    ASSERT_TRUE(real && made);
    const auto& wanted = real->at("scores");
    const auto& got = made->at("scores");
    const auto best = std::ranges::max_element(got) - got.begin();
    const auto first = std::ranges::max_element(wanted) - wanted.begin();
    ++asked;
    // The same first class, or one that the float model holds for nearly as likely.
    same += best == first || wanted[best] > 0.5f * wanted[first];
  }
  std::printf("%s, INT8 with measured ranges: %d of %d the same\n", GetParam(), same, asked);
  EXPECT_GE(same, asked - 2);
}

INSTANTIATE_TEST_SUITE_P(Zoo, ClassifierAgreement, testing::Values("mobilenet_v1"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace poss
