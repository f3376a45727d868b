// The settings of this POSS, which exist from its first start on.
#pragma once

#include "store/store.h"

namespace poss::server {

// Makes them with their defaults where they are not stored yet.
Result<store::Stored<store::Settings>> load_settings(store::Store& store);

}  // namespace poss::server
