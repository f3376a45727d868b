// The schema of the Store, as the numbered steps that lead to it.
#pragma once

#include "base/time.h"
#include "store/database.h"

namespace poss::store {

// Brings an empty or older database to the newest schema, each step in a transaction of its own
// that also records it. Refuses a database that a newer program has migrated further.
Result<void> migrate(Database& database, Time now);

// The number of the last step.
int newest_schema();

}  // namespace poss::store
