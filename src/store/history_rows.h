// How an entry stands in a row of the table history. Internal to src/store.
#pragma once

#include <string>

#include "store/history.h"

namespace poss::store {

// "insight" or "recording".
std::string log_name(Log log);

// Of the columns id, time, bytes, body.
Result<HistoryEntry> read_entry(const Row& row);

}  // namespace poss::store
