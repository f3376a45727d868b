// What a TFLite file says about itself: description, licence, labels, normalisation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::convert {

struct Metadata {
  std::string name;
  std::string description;
  std::string license;
  std::optional<double> mean;  // of the input; where one number serves all channels
  std::optional<double> std;
  std::vector<std::string> labels;  // "" = unused class
};

// Reads the metadata table (empty: none) and the label file zipped behind the model in `file`.
// Nothing in it is needed to run a model, so what is damaged is left out; only a label file that
// is there and cannot be read is an error.
Result<Metadata> read_metadata(std::string_view table, std::string_view file);

}  // namespace poss::convert
