// Photographs to try models on: from pictures, folders and recordings, and those that come with
// POSS.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inspect/picture.h"

namespace poss::server {

// At most `most` photographs from a picture, a folder of pictures or a recording, some seconds
// apart. Blocks; any thread. Fails with a sentence when there is none.
Result<std::vector<inspect::Picture>> read_photographs(const std::filesystem::path& source,
                                                       size_t most);

// Those that scripts/fetch_probes put into $POSS_PROBES, or build/probes beside the program; none
// where it was not run.
std::vector<inspect::Picture> built_in_photographs();

}  // namespace poss::server
