// Session: one ONNX file loaded into ONNX Runtime.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::infer {

enum class ElementType {
  float32,
  float16,
  float64,
  bfloat16,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  boolean,  // a byte: 0 or 1
  text,
  other,  // not a tensor, or of a type that cannot be handed over
};

// "float32": for messages.
std::string_view element_name(ElementType type);
// Bytes of one element; 0 for text and other.
size_t element_size(ElementType type);

// An input or output as the file declares it. A dimension of −1 is decided at run time.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::other;
  std::vector<std::int64_t> shape;
};

// "[1,3,320,320]" with "?" for a dimension decided at run time: for messages.
std::string shape_text(std::span<const std::int64_t> shape);

// What is put into one input: memory in the type that the file declares, row-major.
struct InputTensor {
  size_t input = 0;  // index into inputs()
  std::span<const std::byte> data;
  std::span<const std::int64_t> shape;
};

// An answer of the network; `values` lives as long as the Outputs it came in.
struct OutputTensor {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

struct Outputs {
  std::vector<OutputTensor> tensors;  // in the order asked for
  std::shared_ptr<void> owner;
};

// A tensor of any type that owns its memory: row-major, little endian, without gaps.
struct AnyTensor {
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::vector<std::byte> data;      // of every type but text
  std::vector<std::string> texts;
};

struct NamedTensor {
  std::string name;
  AnyTensor tensor;
};

// Thread-safe: any number of threads may run at once.
class Session {
 public:
  static constexpr std::uintmax_t kMaxBytes = 2'000'000'000;

  // Loads `file` with all graph optimisations. Fails with one sentence naming the file when it is
  // not ONNX, damaged, needs operators the runtime lacks or refers to data outside its folder.
  static Result<std::unique_ptr<Session>> open(const std::filesystem::path& file, int threads);
  ~Session();

  const std::vector<TensorInfo>& inputs() const;
  const std::vector<TensorInfo>& outputs() const;

  // Runs the network on one tensor for each of its inputs and returns the outputs at the indices
  // `wanted` as float32, whatever number type the file gives them; float32 is not copied.
  Result<Outputs> run(std::span<const InputTensor> inputs, std::span<const size_t> wanted) const;

  // The same for tensors of any type, by name: for tools and tests. An empty `wanted`: all outputs.
  Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs,
                                       std::span<const std::string> wanted = {}) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace poss::infer
