// The two sides of a comparison: TensorFlow Lite running a file, ONNX Runtime running what it was
// converted to.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss {

// Whether scripts/fetch_zoo --oracle has been run.
bool have_oracle();

// Runs a TFLite file on the bytes of its one input and returns all outputs, which must be float32.
// Fails with what TensorFlow Lite says no to.
Result<std::vector<std::vector<float>>> run_tflite(std::string_view file,
                                                   std::span<const std::byte> input);

// Runs an ONNX model on the tensor of its input "images", [1, 3, height, width]; outputs by name.
Result<std::map<std::string, std::vector<float>>> run_onnx(const std::string& onnx, int height,
                                                           int width, std::span<const float> input);

// Interleaved [height, width, 3] as planes.
template <class T>
std::vector<float> to_planes(std::span<const T> pixels) {
  std::vector<float> planes(pixels.size());
  const size_t area = pixels.size() / 3;
  for (size_t i = 0; i < pixels.size(); ++i) {
    planes[i % 3 * area + i / 3] = static_cast<float>(pixels[i]);
  }
  return planes;
}

}  // namespace poss
