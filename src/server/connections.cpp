// /api/v1/connections: other systems that skills send to or import from.
#include "server/resource.h"

namespace poss::server {

void declare_connections(Api& api) {
  declare_resource<store::Connection>(
      api, {.path = "/api/v1/connections", .tag = "connections", .name = "Connection"});
}

}  // namespace poss::server
