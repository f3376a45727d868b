// SHA-256 of files, to name what was uploaded or imported.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace poss::store {

// 64 hexadecimal digits. Reads the file once, in pieces. Thread-safe.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

}  // namespace poss::store
