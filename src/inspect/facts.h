// The facts that rules judge: what a file declares, and what it answered to a first picture.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infer/manifest.h"
#include "inspect/onnx_file.h"

namespace poss::inspect {

// An output, as declared and as answered.
struct OutputFact {
  std::string name;
  std::string type;                 // "float32", "int64" …
  std::vector<std::int64_t> shape;  // as answered; as declared (−1: unknown) when nothing was run
  std::vector<float> values;        // of the first picture; empty when nothing was run
  std::string made_by;              // the operator that computes it

  bool whole_numbers() const { return type.starts_with("int") || type.starts_with("uint"); }
};

// The input that takes the picture.
struct PictureInput {
  size_t index = 0;
  std::string name;
  infer::TensorLayout layout = infer::TensorLayout::nchw;
  infer::TensorType type = infer::TensorType::float32;
  int width = 0;  // as declared, else a usual size of the family's
  int height = 0;
  bool free_size = false;          // the file leaves the size open
  bool normalised_inside = false;  // the graph's first operators subtract or divide
};

struct Facts {
  OnnxFile file;
  PictureInput picture;
  std::vector<OutputFact> outputs;
  std::vector<std::string> labels;  // given, or the file's own; empty: not known
  bool ran = false;

  bool has_input(std::string_view name) const;
  bool uses(const std::string& op) const { return file.operators.contains(op); }
  std::string metadata(const std::string& key) const;
  // Made from TensorFlow or Keras: boxes there are y before x, pictures are [N,H,W,C].
  bool from_tensorflow() const;
  // The output whose name has `part` in it, in any case; null: none or several.
  const OutputFact* named(std::string_view part) const;
};

// Lower case of ASCII letters.
std::string lower(std::string_view text);

// A table of numbers in an output, a row a box. Empty when nothing was run.
struct Table {
  const float* values = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t row_step = 0;
  std::int64_t column_step = 1;

  float at(std::int64_t row, std::int64_t column) const {
    return values[row * row_step + column * column_step];
  }
  bool empty() const { return values == nullptr || rows == 0; }
};

// The two dimensions of an output that are not 1, where there are at most two of them; `first` is
// the outer one. [1,N,1,4] and [N,4] both give N and 4. Nothing when a third dimension is in use.
struct Pair {
  std::int64_t first = 0;
  std::int64_t second = 0;
};
std::optional<Pair> two_dimensions(const OutputFact& output);

// `output` as rows of `columns` numbers; `rows_first`: a row's numbers lie side by side.
Table table_of(const OutputFact& output, std::int64_t rows, std::int64_t columns, bool rows_first);

// Shares (0..1) of a table's numbers, over the columns from `first` to before `last`.
double share_between(const Table& table, std::int64_t first, std::int64_t last, double low,
                     double high);
double share_whole(const Table& table, std::int64_t column);
// The smallest and largest finite number of the columns.
struct Range {
  double low = 0;
  double high = 0;
};
Range range_of(const Table& table, std::int64_t first, std::int64_t last);

// Numbers of grid cells of the picture input for these strides.
std::int64_t cells(const PictureInput& picture, std::initializer_list<int> strides);

}  // namespace poss::inspect
