// TFLite to ONNX: one call from a file's bytes to a model and its manifest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace poss::convert {

enum class Precision {
  float32,
  int8,  // of a file that is quantised throughout: its own bytes and scales are kept
};

// What the caller knows better than the file. Empty or absent: taken from the file.
struct ConvertOptions {
  std::string title;
  std::string description;
  std::string license;
  std::string source;
  std::optional<std::vector<std::string>> labels;  // one a class, in the order of the outputs
  bool number_classes = false;  // where there are no labels: "class 0", "class 1" …
  // "top_left" or "center": the picture is scaled to fit and padded with what the network sees as
  // 0, as its training did. Empty: it is stretched to the input.
  std::string letterbox;
  // Of a float input: tensor = (pixel − mean) / std. When the file does not say: 127.5, 127.5.
  std::optional<double> mean;
  std::optional<double> std;
  Precision precision = Precision::float32;
  // Of the picture, in pixels: where the file leaves them open.
  int width = 0;
  int height = 0;
};

struct ConvertedModel {
  // Opset 13, float32 input "images" [1, 3, H, W] and float32 outputs; int8: as qdq.h describes.
  std::string onnx;
  json::object manifest;  // model.json of that model, its file named "model.onnx"
};

// Converts a TFLite file with one image input whose outputs are those of a detector with
// TFLite_Detection_PostProcess (→ `boxes` [1, N, 4] xyxy fractions, `scores` [1, N, K]) or of a
// classifier (→ `scores` [1, K]). A quantised input becomes RGB 0..255 with the normalisation
// inside the graph; quantised weights become float32, or stay INT8 with `precision` int8. The same
// bytes always give the same bytes. Reentrant. The error names the operator, tensor or part of the
// file that cannot be converted.
Result<ConvertedModel> convert_tflite(std::string_view bytes, const ConvertOptions& options = {});

}  // namespace poss::convert
