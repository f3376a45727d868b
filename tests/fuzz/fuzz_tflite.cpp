// Fuzzes TFLite files, converted as float32 and as INT8: what comes out is a sentence or an ONNX
// model.
#include <onnx/onnx_pb.h>

#include "convert/convert.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  poss::convert::ConvertOptions options;
  options.labels.emplace(2, "class");
  for (const auto precision : {poss::convert::Precision::float32, poss::convert::Precision::int8}) {
    options.precision = precision;
    const auto made = poss::convert::convert_tflite(poss::fuzz::text(data, size), options);
    if (!made) {
      poss::fuzz::require(!made.error().message.empty(), "an error says something");
      poss::fuzz::require(made.error().code != poss::Code::internal,
                          "it is the file that is wrong");
      continue;
    }
    onnx::ModelProto model;
    poss::fuzz::require(model.ParseFromString(made->onnx), "a model parses");
  }
  return 0;
}
