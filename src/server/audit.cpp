// Writing entries of the audit log.
#include "server/audit.h"

#include "base/log.h"

namespace poss::server {

void audit(store::Store& store, const HttpRequest& request, const Action& action) {
  const auto written =
      store.create(store::AuditEntry{.name = action.object.empty() ? "-" : action.object,
                                     .user = request.caller.user_name,
                                     .status = action.name,
                                     .object_kind = action.kind,
                                     .object_id = action.id,
                                     .address = request.peer,
                                     .detail = action.detail});
  if (!written) spdlog::error("the audit log: {}", written.error().message);
}

}  // namespace poss::server
