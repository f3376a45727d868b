// The machine POSS runs on: what it is, and which accelerations POSS can use on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/objects.h"

namespace poss::server {

struct FoundAcceleration {
  store::Acceleration acceleration = store::Acceleration::cpu;
  bool available = false;
  std::string reason;  // available: what was found; else why POSS cannot use it
};

struct Machine {
  std::string hostname;
  std::string os;   // "Debian GNU/Linux 12 (bookworm)"
  std::string cpu;  // the model, or the architecture where the processor tells none
  int cores = 0;
  std::int64_t memory_mb = 0;
  store::Architecture architecture = store::Architecture::x64;
  std::vector<FoundAcceleration> accelerations;  // one of each, CPU first
};

// Looks at the running machine. `providers` are ONNX Runtime's names of what it can run on
// ("CUDAExecutionProvider"). `root` stands for "/" in the files looked at: tests have their own.
Machine look_at_machine(const std::vector<std::string>& providers,
                        const std::filesystem::path& root = "/");

}  // namespace poss::server
