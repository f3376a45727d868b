// INT8 in ONNX's QDQ form: a float graph whose tensors are stored as bytes between its operators,
// so that the runtime fuses each operator into one that computes on integers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "base/result.h"

namespace poss::convert {

// real = scale · (byte − zero)
struct ByteScale {
  float scale = 1;
  std::uint8_t zero = 0;
  auto operator<=>(const ByteScale&) const = default;
};

struct QdqPlan {
  // Tensors to store as bytes. What only moves elements takes the scale of its input; every other
  // tensor stays float32.
  std::map<std::string, ByteScale> activations;
  // Scales that initialisers were quantised with before: one an output channel, or one for all.
  // Weights without an entry get the scale of their largest value, channel by channel.
  std::map<std::string, std::vector<float>> weights;
};

// Makes a float32 model of opset 13 or later follow `plan`: activations uint8, weights of Conv,
// Gemm and MatMul int8 with a scale for each output channel, biases int32. On a CPU without VNNI
// the products of uint8 and int8 are added in pairs as int16: where two neighbouring weights of a
// channel could overflow, the channel keeps 7 bits, so that every CPU computes the same.
// Deterministic; reentrant. Fails when the model is not what an ONNX graph must be.
Result<void> to_qdq(onnx::ModelProto& model, const QdqPlan& plan);

}  // namespace poss::convert
