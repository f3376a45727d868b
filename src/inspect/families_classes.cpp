// The rule for classifiers.
#include <algorithm>
#include <cmath>

#include "inspect/families.h"

namespace poss::inspect {
namespace {

using infer::Activation;

// How many classes an output [B,K], maybe with further ones behind, can hold; 0: none.
std::int64_t classes_of(const OutputFact& output) {
  const auto& shape = output.shape;
  if (shape.empty() || shape.size() > 4 || output.whole_numbers()) return 0;
  if (shape.size() == 1) return shape[0] > 1 ? shape[0] : 0;
  if (shape[0] > 1) return 0;
  std::int64_t classes = 1;
  for (size_t i = 1; i < shape.size(); ++i) {
    if (shape[i] < 1) return 0;
    if (shape[i] > 1 && classes > 1) return 0;
    classes *= shape[i];
  }
  return classes;
}

Feeding usual_feeding(const Facts& facts, std::int64_t classes) {
  // TensorFlow's ImageNet classifiers have one class more than others: the background.
  const bool tensorflow = facts.from_tensorflow() || classes == 1001 ||
                          facts.picture.layout == infer::TensorLayout::nhwc;
  Feeding out;
  if (facts.metadata("task") == "classify") {
    out.why = "as Ultralytics' classifiers are trained";
    out.stated = true;
  } else if (facts.picture.type == infer::TensorType::uint8 || facts.picture.normalised_inside) {
    out.numbers = Numbers::bytes;
    out.why = "the graph normalises the picture itself";
  } else if (tensorflow) {
    out.numbers = Numbers::symmetric;
    out.why = "as TensorFlow's classifiers are usually trained";
  } else {
    out.numbers = Numbers::imagenet;
    out.why = "as torchvision's classifiers are trained";
  }
  return out;
}

}  // namespace

std::optional<Guess> classifier(const Facts& facts) {
  // Rows of numbers beside are boxes or points: then this is no list of classes.
  const bool rows = std::ranges::any_of(facts.outputs, [](const OutputFact& output) {
    const auto dims = two_dimensions(output);
    return output.shape.size() >= 3 && dims && dims->first > 1 && dims->second > 1;
  });
  if (rows) return std::nullopt;
  const OutputFact* best = nullptr;
  std::int64_t classes = 0;
  for (const auto& output : facts.outputs) {
    const auto count = classes_of(output);
    // A box of four numbers or a set of them is no list of classes.
    if (count < 1 || lower(output.name).find("box") != std::string::npos) continue;
    const bool named = output.made_by == "Softmax" || output.made_by == "Sigmoid";
    if (!best || (named && best->made_by != "Softmax") || count > classes) {
      best = &output;
      classes = count;
    }
  }
  if (!best) return std::nullopt;
  Guess out;
  out.task = infer::Task::classification;
  out.decoder.type = infer::Decoder::classification;
  if (facts.outputs.size() > 1) out.decoder.scores = best->name;
  out.classes = classes;
  out.feeding = usual_feeding(facts, classes);
  const Table row = table_of(*best, 1, classes, true);
  double sum = 0;
  for (std::int64_t k = 0; !row.empty() && k < classes; ++k) sum += row.at(0, k);
  const bool between = !row.empty() && share_between(row, 0, classes, -1e-4, 1.0001) == 1;
  const std::string shares = std::to_string(classes) + (classes == 1 ? " number" : " numbers");
  out.why = "'" + best->name + "' has " + shares + " for a picture";
  if (best->made_by == "Softmax" || (between && classes > 1 && std::abs(sum - 1) < 0.02)) {
    out.family = "classifier (probabilities)";
    out.why += " that add up to 1";
  } else if (best->made_by == "Sigmoid" || (between && best->made_by.empty())) {
    out.family = classes > 1 ? "classifier (several classes at once)" : "classifier (yes or no)";
    out.why += " between 0 and 1, each for itself";
  } else if (classes == 1) {
    out.family = "classifier (yes or no)";
    out.decoder.activation = Activation::sigmoid;
    out.why += " that still needs the sigmoid";
  } else {
    out.family = "classifier (logits)";
    out.decoder.activation = Activation::softmax;
    out.why += " that still need the softmax";
    out.missing.emplace_back(
        "Whether several classes may be true at once is not in the file: choose the activation "
        "'sigmoid' if so.");
  }
  const bool alone = facts.outputs.size() == 1;
  out.sure = alone && best->shape.size() >= 2 ? 0.8 : 0.3;
  if (facts.metadata("task") == "classify") out.sure = 0.99;
  return out;
}

}  // namespace poss::inspect
