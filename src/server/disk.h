// What is free on a disk.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace poss::server {

struct DiskSpace {
  std::int64_t free_bytes = 0;  // for this user
  std::int64_t total_bytes = 0;
};

// Of the disk that the folder lies on.
Result<DiskSpace> disk_space(const std::filesystem::path& folder);

}  // namespace poss::server
