// The audit log: who changed what, when and from where.
#pragma once

#include <string>

#include "server/http.h"
#include "store/store.h"

namespace poss::server {

// What was done to which object.
struct Action {
  std::string name;  // "create", "update", "delete", "sign_in" …
  std::string kind;  // of the object
  std::string id;
  std::string object;     // its name
  std::string detail;     // such as the fields changed; never a secret
  std::string user = {};  // name of who did it; empty: the request's caller
};

// Writes an entry. That it could not be written is logged, not told to the caller: what they asked
// for has been done.
void audit(store::Store& store, const HttpRequest& request, const Action& action);

}  // namespace poss::server
