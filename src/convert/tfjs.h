// TensorFlow.js to ONNX: graph models (a TensorFlow graph as JSON) and layers models (Keras, as
// Teachable Machine exports them).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/convert.h"

namespace poss::convert {

// The files with the weights that `model_json` names, in the order in which convert_tfjs() wants
// their bytes. Plain names: one that leads into another folder is an error.
Result<std::vector<std::string>> tfjs_weight_files(std::string_view model_json);

// Converts a model with one picture as input; `weights` are the bytes of its weight files, one
// after the other. Float32 input "images"; the outputs keep their names. What resizes pictures in
// a loop in front of the network is left to POSS, and so is non-maximum suppression behind it: the
// graph then ends with its `boxes` and `scores`. The manifest says what is known: task and decoder
// are missing where the outputs fit neither a classifier nor boxes with scores, labels where
// `options` has none. Deterministic; reentrant. The error names the operator, layer or weight that
// cannot be converted.
Result<ConvertedModel> convert_tfjs(std::string_view model_json, std::string_view weights,
                                    const ConvertOptions& options = {});

}  // namespace poss::convert
