// /api/v1/settings: retention, and where imports may read from.
#include "server/settings.h"

#include "server/housekeeper.h"
#include "server/resource.h"

namespace poss::server {

Result<store::Stored<store::Settings>> load_settings(store::Store& store) {
  const std::string name(store::Settings::kKind);
  auto found = store.find<store::Settings>(name);
  if (found || found.error().code != Code::not_found) return found;
  auto made = store.create(store::Settings());
  // Somebody else may have made them in between.
  if (!made && made.error().code == Code::conflict) return store.find<store::Settings>(name);
  return made;
}

void declare_settings(Api& api) {
  declare_resource<store::Settings>(
      api,
      {.path = "/api/v1/settings",
       .tag = "settings",
       .name = "Settings",
       .read = Access::admin,
       .write = Access::admin,
       .singleton = true},
      {.changed = [](const Resources& resources, const HttpRequest&, const auto*, const auto*) {
        resources.housekeeper.wake();
      }});
}

}  // namespace poss::server
