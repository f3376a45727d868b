// Writing entries of the audit log, and /api/v1/audit, which lists them.
#include "server/audit.h"

#include "base/log.h"
#include "server/resource.h"

namespace poss::server {
namespace {

struct Parameters {
  std::string search;
  std::string user;
  std::string status;
  std::optional<Time> from;
  std::optional<Time> to;
  store::SortBy sort = store::SortBy::created;
  bool descending = true;
  int limit = 50;
  std::string cursor;
  static void declare(Fields<Parameters>& f) {
    f.add(&Parameters::search, "search").max_length(512).help("Part of the object's name.");
    f.add(&Parameters::user, "user").max_length(512).help("Name of who did it, exactly.");
    f.add(&Parameters::status, "status")
        .max_length(64)
        .help("What was done: create, update, delete, sign_in …");
    f.add(&Parameters::from, "from").help("Then or later.");
    f.add(&Parameters::to, "to").help("Before this time.");
    f.add(&Parameters::sort, "sort");
    f.add(&Parameters::descending, "descending");
    f.add(&Parameters::limit, "limit").range(1, 1000).help("At most so many.");
    f.add(&Parameters::cursor, "cursor").max_length(8192).help("next_cursor of the page before.");
  }
};

const store::Kind& kind() { return store::kind_of<store::AuditEntry>(); }

Result<Reply> list(const Call<Parameters>& call) {
  const Parameters& asked = call.parameters;
  store::Query query{.text = asked.search,
                     .tag = asked.user.empty() ? "" : "user",
                     .tag_value = std::nullopt,
                     .status = asked.status,
                     .refers_to = "",
                     .from = asked.from,
                     .to = asked.to,
                     .sort = asked.sort,
                     .descending = asked.descending,
                     .limit = asked.limit,
                     .cursor = asked.cursor};
  if (!asked.user.empty()) query.tag_value = asked.user;
  POSS_ASSIGN(const auto page, call.resources.store.list(kind(), query));
  json::array items;
  items.reserve(page.items.size());
  for (const auto& entry : page.items) items.push_back(shown_object(kind(), entry));
  return Reply(json_response(json_text(json::object{
      {"items", std::move(items)}, {"next_cursor", page.next_cursor}, {"total", page.total}})));
}

}  // namespace

void audit(store::Store& store, const HttpRequest& request, const Action& action) {
  const std::string& who = action.user.empty() ? request.caller.user_name : action.user;
  // The tag is what lists filter by.
  const store::Tags tags = who.empty() ? store::Tags{} : store::Tags{{"user", who}};
  const auto written =
      store.create(store::AuditEntry{.name = action.object.empty() ? "-" : action.object,
                                     .user = who,
                                     .status = action.name,
                                     .object_kind = action.kind,
                                     .object_id = action.id,
                                     .address = request.peer,
                                     .detail = action.detail},
                   tags);
  if (!written) spdlog::error("the audit log: {}", written.error().message);
}

void declare_audit(Api& api) {
  const json::object shown = shown_schema(kind(), {});
  api.name_schema("AuditEntry", shown);
  api.add<Parameters>(
      {.path = "/api/v1/audit",
       .id = "listAuditEntries",
       .tag = "audit",
       .summary = "Who changed what, when and from where; the newest first.",
       .access = Access::admin},
      {.description = "A page.", .content_type = "application/json", .schema = list_schema(shown)},
      list);
}

}  // namespace poss::server
