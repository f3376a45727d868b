// Session: one ONNX file loaded into ONNX Runtime.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace poss::infer {

enum class ElementType { float32, uint8, other };

// An input or output as the file declares it. A dimension of −1 is decided at run time.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::other;
  std::vector<std::int64_t> shape;
};

// "[1,3,320,320]" with "?" for a dimension decided at run time: for messages.
std::string shape_text(std::span<const std::int64_t> shape);

// An answer of the network; `values` lives as long as the Outputs it came in.
struct OutputTensor {
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

struct Outputs {
  std::vector<OutputTensor> tensors;  // in the order asked for
  std::shared_ptr<void> owner;
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

  // Runs the network on `tensor` (the memory of one input of `shape`, in the type the file
  // declares) and returns the outputs at the indices `wanted`, which must be float32.
  Result<Outputs> run(size_t input, std::span<const std::byte> tensor,
                      std::span<const std::int64_t> shape, std::span<const size_t> wanted) const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace poss::infer
