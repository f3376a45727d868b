// Giving up rights before a stranger's file is read: limits of the process, no network, no writing.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace poss::inspect {

struct Limits {
  std::uint64_t memory = std::uint64_t{4} << 30;      // bytes of address space
  std::uint64_t cpu_seconds = 120;                    // of all threads together
  std::uint64_t file_bytes = std::uint64_t{4} << 30;  // of a file already open for writing
};

// For the rest of this process's life: no more than `limits`, no core file, no new privileges, no
// network, no program started, and no file made, changed, renamed or removed; files already open
// stay usable. It ends with the thread that started it. Call before the first thread. Memory is not
// limited under sanitizers, which reserve terabytes.
Result<void> give_up_rights(const Limits& limits);

}  // namespace poss::inspect
