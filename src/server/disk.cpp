// Asking the file system.
#include "server/disk.h"

namespace poss::server {

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) {
    return Error{Code::internal, "the disk of '" + folder.string() +
                                     "' does not tell its free space: " + error.message()};
  }
  return DiskSpace{static_cast<std::int64_t>(space.available),
                   static_cast<std::int64_t>(space.capacity)};
}

}  // namespace poss::server
