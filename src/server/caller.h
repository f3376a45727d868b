// Caller: who sends a request, as sign-in found out.
#pragma once

#include <string>

#include "store/objects.h"

namespace poss::server {

struct Caller {
  enum class Via { nobody, session, token, demo };
  Via via = Via::nobody;
  std::string user_id;  // empty for nobody and demo
  std::string user_name;
  store::Role role = store::Role::viewer;  // of somebody
  std::string credential;  // of a session or token: the hash of it, by which Auth knows it

  bool somebody() const { return via != Via::nobody; }
};

// Who may use a route.
enum class Access {
  by_method,  // GET: viewers; all others: operators
  open,       // everybody, without sign-in
  viewer,
  operator_,
  admin,
};

}  // namespace poss::server
