// TFLite_Detection_PostProcess: boxes decoded from anchors inside the graph; choosing among them
// (non-maximum suppression) is left to whoever runs it.
#include <cmath>

#include <flatbuffers/flexbuffers.h>

#include "convert/operators.h"

namespace poss::convert {
namespace {

struct Settings {
  double y_scale = 0, x_scale = 0, h_scale = 0, w_scale = 0;
  std::int64_t classes = 0;
};

Result<Settings> read_settings(const Step& step) {
  const auto* bytes = step.table().custom_options();
  if (!bytes || !flexbuffers::VerifyBuffer(bytes->data(), bytes->size())) {
    return step.error("has damaged settings");
  }
  const auto root = flexbuffers::GetRoot(bytes->data(), bytes->size());
  if (!root.IsMap()) return step.error("has damaged settings");
  const auto map = root.AsMap();
  const auto number = [&](const char* key) {
    const auto found = map[key];
    return found.IsNumeric() ? found.AsDouble() : 0.0;
  };
  Settings out{number("y_scale"), number("x_scale"), number("h_scale"), number("w_scale"), 0};
  for (const double scale : {out.y_scale, out.x_scale, out.h_scale, out.w_scale}) {
    if (!std::isfinite(scale) || scale <= 0) return step.error("has an impossible box scale");
  }
  const double classes = number("num_classes");
  if (!(classes >= 1 && classes <= 1e6)) return step.error("has an impossible number of classes");
  out.classes = static_cast<std::int64_t>(classes);
  return out;
}

}  // namespace

// Inputs: offsets [1, N, 4] (ty, tx, th, tw), scores [1, N, K] with the background class first
// when K is one more than num_classes, anchors [N, 4] (cy, cx, h, w). With anchor a and scale s:
// cy = ty / s_y · a_h + a_cy, h = exp(th / s_h) · a_h, and likewise across (Liu et al., SSD).
Result<std::vector<Value>> convert_detection_postprocess(Step& step) {
  POSS_ASSIGN(const Settings settings, read_settings(step));
  POSS_ASSIGN(const Value offsets, step.real(0));
  POSS_ASSIGN(const Value raw_scores, step.real(1));
  POSS_ASSIGN(const Value anchors, step.weights(2, 2));
  const auto count = anchors.shape[0];
  const auto offset_count = *element_count(offsets.shape);
  if (anchors.shape[1] != 4 || offset_count != count * 4 || offsets.is_constant()) {
    return step.error("has boxes " + shape_text(offsets.shape) + " for anchors " +
                      shape_text(anchors.shape));
  }
  const auto classes = raw_scores.shape.empty() ? 0 : raw_scores.shape.back();
  const bool background = classes == settings.classes + 1;
  if (*element_count(raw_scores.shape) != count * classes || raw_scores.is_constant() ||
      (classes != settings.classes && !background)) {
    return step.error("has scores " + shape_text(raw_scores.shape) + " for " +
                      std::to_string(settings.classes) + " classes");
  }

  auto& graph = step.graph;
  const Shape column{1, count, 1};
  // One column of the anchors, divided by `divisor`.
  const auto anchor = [&](int index, double divisor) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<float>(anchors.constant->floats[i * 4 + index] / divisor));
    }
    return OnnxGraph::constant(column, std::move(values));
  };
  const auto binary = [&](const char* op, const Value& a, const Value& b) {
    return graph.binary(op, a, b, column);
  };
  const auto parts = graph.split(graph.reshape(offsets, {1, count, 4}), {1, 1, 1, 1}, 2);
  const auto centre = [&](int at, double scale) {
    return binary("Add", binary("Mul", parts[at], anchor(at + 2, scale)), anchor(at, 1));
  };
  const auto half_size = [&](int at, double scale) {
    const Value factor = OnnxGraph::constant({}, {static_cast<float>(1 / scale)});
    const Value scaled = scale == 1 ? parts[at] : binary("Mul", parts[at], factor);
    return binary("Mul", graph.unary("Exp", scaled), anchor(at, 2));
  };
  const Value y = centre(0, settings.y_scale), x = centre(1, settings.x_scale);
  const Value h = half_size(2, settings.h_scale), w = half_size(3, settings.w_scale);
  DetectionOutputs out;
  out.boxes = graph.concat(
      {binary("Sub", x, w), binary("Sub", y, h), binary("Add", x, w), binary("Add", y, h)}, 2);
  out.scores = graph.reshape(raw_scores, {1, count, classes});
  if (background) {
    out.scores = graph.slice(out.scores, {0, 0, 1}, {1, 1, 1}, {1, count, settings.classes});
  }
  step.detection = out;
  return std::vector<Value>{};
}

}  // namespace poss::convert
