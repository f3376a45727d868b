// Whole files: reading with a limit, and replacing so that nothing half-written stays.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace poss {

// The file's bytes. Fails with a sentence naming the file when it is absent, a folder, unreadable
// or larger than `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, size_t max_bytes);

// Writes a temporary file beside `path`, syncs it and renames it over `path`: readers see the old
// content or the new, never a part. Creates missing parent folders.
Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace poss
