// /api/v1/locations: places where cameras are.
#include "server/resource.h"

namespace poss::server {

void declare_locations(Api& api) {
  declare_resource<store::Location>(
      api, {.path = "/api/v1/locations", .tag = "locations", .name = "Location"});
}

}  // namespace poss::server
