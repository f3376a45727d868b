// What an ONNX file says about itself, read without its weights and without running it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::inspect {

// An input or output as the file declares it. A dimension of −1 is decided at run time; no shape at
// all is `ranked` off.
struct DeclaredTensor {
  std::string name;
  std::string type;  // "float32", "uint8" …; "other" for what is no tensor
  std::vector<std::int64_t> shape;
  bool ranked = true;
};

// An operator that cannot run here.
struct UnsupportedOperator {
  std::string name;  // "trt.plugins.EfficientNMS_TRT"
  std::string reason;
};

// The structure of one ONNX file.
struct OnnxFile {
  std::int64_t opset = 0;  // of the standard operators
  std::string producer;    // "pytorch 2.1.0"; empty: not stated
  std::string description;
  std::vector<DeclaredTensor> inputs;  // what a caller must give; stored weights are left out
  std::vector<DeclaredTensor> outputs;
  std::int64_t parameters = 0;                    // numbers in stored tensors
  std::map<std::string, std::int64_t> operators;  // how often each is used, subgraphs included
  std::vector<UnsupportedOperator> unsupported;
  std::map<std::string, std::string> metadata;  // metadata_props
  // Sentences on why this file is refused although it can be read: data outside of it, tensors
  // that cannot be.
  std::vector<std::string> problems;
  // For each output the operator that makes it, looking through those that only move numbers.
  std::map<std::string, std::string> made_by;
  // For each input the operators that read it, looking through casts.
  std::map<std::string, std::vector<std::string>> read_by;
  // Reading an input turned from [N,H,W,C] to [N,C,H,W] at once: its name is here.
  std::vector<std::string> turned_to_planes;
};

// Reads the structure from a file's `bytes`; weights are walked over, never copied. Fails with one
// sentence when this is no ONNX model or is damaged. Reentrant; bounded in memory by 64 MB and in
// depth, whatever the bytes.
Result<OnnxFile> read_onnx(std::string_view bytes);

// A file's bytes mapped into memory, read-only.
class MappedFile {
 public:
  // Fails with a sentence naming the file when it is absent, empty, not a regular file, or larger
  // than `max_bytes`.
  static Result<MappedFile> open(const std::filesystem::path& path, std::uintmax_t max_bytes);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::string_view bytes() const { return bytes_; }

 private:
  MappedFile() = default;
  std::string_view bytes_;
};

// The lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256_text(std::string_view bytes);

}  // namespace poss::inspect
