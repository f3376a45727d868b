// A TFLite file read into plain structs, every index, size and shape checked: what comes after may
// trust it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tflite_generated.h"

namespace poss::convert {

using Shape = std::vector<std::int64_t>;

// real = scale · (stored − zero_point); one pair for the tensor, or one an index of `axis`.
struct Quantization {
  std::vector<double> scale;
  std::vector<std::int64_t> zero_point;  // as many as scales
  int axis = 0;
};

struct TfliteTensor {
  std::string name;  // printable, at most 200 bytes
  Shape shape;       // every dimension at least 1; at most 2^31 − 1 elements
  tflite::TensorType type{};
  std::optional<Quantization> quantization;
  std::string_view data;  // exactly the shape's elements, little-endian; empty: computed
};

struct TfliteOperator {
  tflite::BuiltinOperator code{};
  std::string name;                         // "CONV_2D", or a custom operator's own name
  std::vector<int> inputs;                  // into tensors; −1: an optional input left out
  std::vector<int> outputs;                 // into tensors
  const tflite::Operator* table = nullptr;  // its options, inside the file's bytes
};

// The first subgraph of a file. Borrows the bytes given to read_tflite().
struct TfliteFile {
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;  // every input is computed or constant before its use
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::string_view metadata;  // the TFLITE_METADATA buffer; empty: none
};

// Product of the dimensions; none when one is below 1 or the product exceeds 2^31 − 1.
std::optional<std::int64_t> element_count(const Shape& shape);

// "[1, 320, 320, 3]" for messages.
std::string shape_text(const Shape& shape);

// Reads and checks a whole file. `bytes` must lie on a 16-byte boundary (a heap allocation does)
// and outlive the result. The error says what is wrong with the file.
Result<TfliteFile> read_tflite(std::string_view bytes);

// Text of a file made safe to show: printable UTF-8, at most `limit` bytes.
std::string clean_text(std::string_view text, size_t limit);

}  // namespace poss::convert
