// Fuzzes TF.js models: model.json, a zero byte, the bytes of the weights. What comes out is a
// sentence or an ONNX model.
#include <onnx/onnx_pb.h>

#include "convert/tfjs.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = poss::fuzz::text(data, size);
  const auto end = std::min(all.find('\0'), all.size());
  const auto json = all.substr(0, end);
  const auto weights = all.substr(std::min(end + 1, all.size()));
  if (const auto files = poss::convert::tfjs_weight_files(json)) {
    for (const auto& file : *files) {
      poss::fuzz::require(file.find('/') == std::string::npos && file[0] != '.',
                          "weight files are plain names");
    }
  }
  poss::convert::ConvertOptions options;
  options.width = 4;
  options.height = 3;
  const auto made = poss::convert::convert_tfjs(json, weights, options);
  if (!made) {
    poss::fuzz::require(!made.error().message.empty(), "an error says something");
    poss::fuzz::require(made.error().code != poss::Code::internal, "it is the file that is wrong");
    return 0;
  }
  onnx::ModelProto model;
  poss::fuzz::require(model.ParseFromString(made->onnx), "a model parses");
  return 0;
}
