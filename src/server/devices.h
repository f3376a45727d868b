// The device that stands for the machine POSS runs on.
#pragma once

#include "base/result.h"
#include "server/machine.h"
#include "store/store.h"

namespace poss::server {

// The stored device "this machine", made when there is none yet, and brought up to date when the
// data has moved to another architecture.
Result<store::Stored<store::Device>> this_machine(store::Store& store, const Machine& machine);

}  // namespace poss::server
