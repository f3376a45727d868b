// Fuzzes the reader of ONNX files' structure: whatever the bytes, it ends, within bounds, and what
// it reads fits itself.
#include "fuzz.h"
#include "inspect/onnx_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = poss::inspect::read_onnx(poss::fuzz::text(data, size));
  if (!file) {
    poss::fuzz::require(!file.error().message.empty(), "an error says something");
    return 0;
  }
  std::int64_t operators = 0;
  for (const auto& [name, count] : file->operators) operators += count;
  poss::fuzz::require(operators > 0, "a model has operators");
  poss::fuzz::require(file->parameters >= 0, "there are no fewer than no parameters");
  for (const auto& problem : file->problems) {
    poss::fuzz::require(!problem.empty(), "a problem says something");
  }
  return 0;
}
