// Runtime: the ONNX Runtime library, loaded at first use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace poss::infer {

// What was loaded. Lives as long as the process; thread-safe.
class Runtime {
 public:
  // Loads the library at the first call, from $POSS_ONNXRUNTIME where that is set, else from
  // ../onnxruntime (or ../../onnxruntime) from the folder of the executable, else from the system's
  // loader path. Fails with `unavailable`, naming the places looked at; a later call tries again.
  static Result<const Runtime*> get();

  const std::string& version() const { return version_; }  // "1.30.0"
  const std::string& path() const { return path_; }        // as given to the loader
  const std::vector<std::string>& providers() const { return providers_; }  // names of the library

 private:
  Runtime() = default;
  static Result<const Runtime*> load();

  std::string version_;
  std::string path_;
  std::vector<std::string> providers_;
};

}  // namespace poss::infer
