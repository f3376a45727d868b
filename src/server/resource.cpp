// Requests on stored objects: what is taken, checked, stored, shown and announced.
#include "server/resource.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "base/sync.h"
#include "server/audit.h"
#include "server/desired.h"

namespace poss::server {
namespace {

using store::Kind;
using store::StoredJson;
using Secrets = std::map<std::string, std::string>;

struct DryRun {
  bool dry_run = false;
  static void declare(Fields<DryRun>& f) {
    f.add(&DryRun::dry_run, "dry_run").help("Only tell what is wrong; store nothing.");
  }
};

const json::object& properties(const Kind& kind) {
  return kind.schema.at("properties").get_object();
}

bool has_mark(const json::value& property, const char* mark) {
  return property.get_object().contains(mark);
}

bool is_secret(const json::value& property) {
  const auto* format = property.get_object().if_contains("format");
  return format && *format == json::value(store::kSecretKind);
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

// RFC 7396.
void merge(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::object();
  json::object& members = target.get_object();
  for (const auto& member : patch.get_object()) {
    if (member.value().is_null()) {
      members.erase(member.key());
    } else {
      merge(members[member.key()], member.value());
    }
  }
}

// A create or an update as it was sent, taken apart.
struct Sent {
  json::object body;  // all fields, as they would be stored
  store::Tags tags;
  Secrets secrets;
  std::string changed;  // the members that were sent, for the audit log
};

void take_tags(const json::value& value, store::Tags& tags, std::vector<FieldError>& errors) {
  json::value merged = FieldCodec<store::Tags>::write(tags);
  merge(merged, value);
  if (!value.is_object() && !value.is_null()) merged = value;
  if (merged.is_null()) merged = json::object();
  FieldCodec<store::Tags>::read(tags, merged, FieldSpec{}, "tags", errors);
}

Sent take(const Kind& kind, const json::object& taken, const StoredJson* before, json::object sent,
          std::vector<FieldError>& errors) {
  Sent out;
  if (before) {
    out.body = before->value;
    out.tags = before->tags;
  }
  std::vector<std::string> known{"tags"};
  for (const auto& property : properties(kind)) {
    if (!has_mark(property.value(), "readOnly") && !has_mark(property.value(), "x-internal")) {
      known.emplace_back(property.key());
    }
  }
  for (const auto& further : taken) known.emplace_back(further.key());
  for (auto& member : sent) {
    const std::string name(member.key());
    out.changed += (out.changed.empty() ? "" : ", ") + name;
    if (name == "tags") {
      take_tags(member.value(), out.tags, errors);
      continue;
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto* property = properties(kind).if_contains(name);
      const std::string near = detail::nearest(name, known);
      errors.push_back(
          {name, property && has_mark(*property, "readOnly") ? "is set by POSS and cannot be sent"
                 : near.empty()                              ? "is not a known field"
                                : "is not a known field; did you mean '" + near + "'?"});
      continue;
    }
    const bool stored = !taken.contains(name);
    if (!stored || is_secret(properties(kind).at(name))) {
      if (member.value().is_string()) {
        out.secrets[name] = member.value().get_string();
      } else if (member.value().is_null()) {
        out.secrets[name] = "";
      } else {
        errors.push_back({name, "must be a string, not " + detail::json_kind(member.value())});
        continue;
      }
      if (stored) out.body[name] = "";
      continue;
    }
    if (member.value().is_null()) {
      out.body.erase(name);
    } else if (before) {
      merge(out.body[name], member.value());
    } else {
      out.body[name] = std::move(member.value());
    }
  }
  return out;
}

HttpResponse problems_response(const std::vector<FieldError>& errors) {
  json::array list;
  for (const auto& error : errors)
    list.push_back({{"field", error.path}, {"detail", error.message}});
  return json_response(json_text(json::object{{"problems", std::move(list)}}));
}

json::object problems_schema() {
  const json::object text{{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"problems",
             {{"type", "array"},
              {"items",
               {{"type", "object"},
                {"properties", {{"field", text}, {"detail", text}}},
                {"required", {"field", "detail"}}}}}}}},
          {"required", {"problems"}}};
}

// What was sent, as a client sends it.
json::object sent_schema(const Kind& kind, const json::object& taken, bool patch) {
  json::object schema = input_schema(kind.schema);
  json::object& members = schema.at("properties").get_object();
  for (const auto& further : taken) members[further.key()] = further.value();
  members["tags"] = {{"type", "object"},
                     {"additionalProperties", {{"type", "string"}}},
                     {"description", "Names differ in more than case."}};
  if (patch) {
    schema.erase("required");
    for (auto& member : members) member.value().get_object().erase("default");
  }
  return schema;
}

class Requests {
 public:
  Requests(ResourceInfo info, ResourceCode code) : info_(std::move(info)), code_(std::move(code)) {}

  Result<Reply> list(const Call<ListParameters>& call) const {
    store::Query query = call.parameters.query();
    if (code_.within) {
      const std::string within = code_.within(call.request);
      if (!within.empty()) query.refers_to = within;
    }
    if (code_.in_status && !query.status.empty()) {
      POSS_ASSIGN(InStatus found, code_.in_status(call.resources, query.status));
      query.status.clear();
      if (found.others) {
        query.except = std::move(found.ids);
      } else {
        query.only = std::move(found.ids);
      }
    }
    POSS_ASSIGN(const auto page, call.resources.store.list(*code_.kind, query));
    json::array items;
    items.reserve(page.items.size());
    for (const StoredJson& record : page.items) {
      POSS_ASSIGN(json::object shown, show(call.resources, record, info_.not_listed));
      items.push_back(std::move(shown));
    }
    return Reply(json_response(json_text(json::object{
        {"items", std::move(items)}, {"next_cursor", page.next_cursor}, {"total", page.total}})));
  }

  Result<Reply> get(const Call<NoParameters>& call) const {
    POSS_ASSIGN(const StoredJson record, find(call));
    return answer(200, call.resources, record);
  }

  Result<Reply> create(const Call<DryRun>& call) const {
    POSS_ASSIGN(json::object body, json_body(call.request));
    const Lock lock(changing_);
    return store(call, nullptr, std::move(body));
  }

  Result<Reply> change(const Call<DryRun>& call) const {
    POSS_ASSIGN(const json::object body, json_body(call.request));
    POSS_ASSIGN(const auto wanted, wanted_revision(call.request));
    const Lock lock(changing_);
    // Without If-Match the newest is meant: whoever comes in between, this change follows theirs.
    for (int attempt = 0;; ++attempt) {
      POSS_ASSIGN(const StoredJson before, find(call));
      POSS_TRY(check_revision(before, wanted));
      auto reply = store(call, &before, body);
      const bool again = !reply && reply.error().code == Code::precondition_failed && !wanted;
      if (!again || attempt == 10) return reply;
    }
  }

  Result<Reply> remove(const Call<NoParameters>& call) const {
    POSS_ASSIGN(const auto wanted, wanted_revision(call.request));
    const Lock lock(changing_);
    POSS_ASSIGN(const StoredJson before, find(call));
    POSS_TRY(check_revision(before, wanted));
    if (code_.before_remove) POSS_TRY(code_.before_remove(call.resources, before));
    POSS_TRY(call.resources.store.remove(*code_.kind, before.id, before.revision));
    announce(call.resources, call.request, *code_.kind, before, "delete");
    if (code_.changed) code_.changed(call.resources, call.request, &before, nullptr);
    return Reply(HttpResponse{.status = 204, .content_type = "", .body = nullptr, .headers = {}});
  }

 private:
  // The object that the path names, if the caller may see it.
  template <class Parameters>
  Result<StoredJson> find(const Call<Parameters>& call) const {
    store::Store& store = call.resources.store;
    if (info_.singleton) return store.find(*code_.kind, code_.kind->name);
    const std::string& id = call.path("id");
    POSS_ASSIGN(StoredJson record, store.get(*code_.kind, id));
    const std::string within = code_.within ? code_.within(call.request) : "";
    if (within.empty()) return record;
    for (const auto& reference : store::references_of(*code_.kind, record.value)) {
      if (reference.id == within) return record;
    }
    return Error{Code::not_found, "there is no " + code_.kind->title + " '" + id + "'"};
  }

  Result<json::object> show(const Resources& resources, const StoredJson& record,
                            const std::vector<std::string>& left_out = {}) const {
    json::object shown = shown_object(*code_.kind, record, left_out);
    if (code_.show) POSS_TRY(code_.show(resources, record, shown));
    return shown;
  }

  Result<Reply> answer(int status, const Resources& resources, const StoredJson& record) const {
    POSS_ASSIGN(const json::object shown, show(resources, record));
    return Reply(object_response(status, shown, record.revision));
  }

  Result<void> check_revision(const StoredJson& record,
                              const std::optional<std::int64_t>& wanted) const {
    if (!wanted || *wanted == record.revision) return {};
    return Error{Code::precondition_failed, "the " + code_.kind->title +
                                                " has been changed since you loaded it (revision " +
                                                std::to_string(record.revision) + ", not " +
                                                std::to_string(*wanted) + "); load it again"};
  }

  // Creates or, with `before`, updates.
  Result<Reply> store(const Call<DryRun>& call, const StoredJson* before, json::object body) const
      REQUIRES(changing_) {
    const Resources& resources = call.resources;
    const Kind& kind = *code_.kind;
    std::vector<FieldError> errors;
    Sent sent = take(kind, code_.taken, before, std::move(body), errors);
    std::vector<FieldError> found;
    code_.check(resources, call.request, before, sent.secrets, sent.body, found);
    errors.insert(errors.end(), found.begin(), found.end());
    int status = 400;
    Code code = Code::invalid_argument;
    POSS_ASSIGN(const auto faults,
                resources.store.check(kind, sent.body, sent.tags, before ? before->id : ""));
    const bool otherwise_fine = errors.empty();
    for (const auto& fault : faults) {
      const bool known = std::any_of(errors.begin(), errors.end(), [&](const FieldError& error) {
        return error.path == fault.error.path;
      });
      if (known) continue;
      if (otherwise_fine && errors.empty()) status = http_status(code = fault.code);
      errors.push_back(fault.error);
    }
    if (call.parameters.dry_run) return Reply(problems_response(errors));
    if (!errors.empty()) return Reply(problem(status, code, errors));
    if (code_.before_store) {
      POSS_TRY(code_.before_store(resources, call.request, before, sent.secrets, sent.body));
    }
    for (const auto& [field, plain] : sent.secrets) {
      if (plain.empty() || code_.taken.contains(field) || !properties(kind).contains(field)) {
        continue;
      }
      POSS_ASSIGN(const std::string id, resources.store.seal(plain));
      sent.body[field] = id;
    }
    const auto stored =
        before ? resources.store.update(kind, before->id, before->revision, sent.body, sent.tags)
               : resources.store.create(kind, sent.body, sent.tags);
    if (!stored) return stored.error();
    announce(resources, call.request, kind, *stored, before ? "update" : "create",
             before ? sent.changed : "");
    if (code_.changed) code_.changed(resources, call.request, before, &*stored);
    POSS_ASSIGN(json::object shown, show(resources, *stored));
    if (before) return Reply(object_response(200, shown, stored->revision));
    if (code_.show_made) code_.show_made(resources, call.request, sent.secrets, shown);
    HttpResponse response = object_response(201, shown, stored->revision);
    response.headers.emplace_back("Location", info_.path + "/" + stored->id);
    return Reply(std::move(response));
  }

  const ResourceInfo info_;
  const ResourceCode code_;
  // What a check has seen still holds when it is stored.
  mutable Mutex changing_;
};

}  // namespace

json::object shown_object(const Kind& kind, const StoredJson& record,
                          const std::vector<std::string>& left_out) {
  json::object tags;
  for (const auto& [name, value] : record.tags) tags[name] = value;
  json::object out{{"id", record.id},
                   {"revision", record.revision},
                   {"created", rfc3339(record.created)},
                   {"updated", rfc3339(record.updated)},
                   {"tags", std::move(tags)}};
  for (const auto& property : properties(kind)) {
    if (has_mark(property.value(), "x-internal")) continue;
    if (std::find(left_out.begin(), left_out.end(), property.key()) != left_out.end()) continue;
    const auto* value = record.value.if_contains(property.key());
    if (is_secret(property.value())) {
      out["has_" + std::string(property.key())] = value && *value != json::value("");
    } else if (value) {
      out[property.key()] = *value;
    } else if (const auto* fallback = property.value().get_object().if_contains("default")) {
      out[property.key()] = *fallback;  // stored before the field was there
    }
  }
  return out;
}

json::object shown_schema(const Kind& kind, const json::object& further) {
  const json::object text{{"type", "string"}};
  const json::object time{{"type", "string"}, {"format", "date-time"}};
  json::object members{
      {"id", text},
      {"revision", {{"type", "integer"}, {"description", "One more with each change: the ETag."}}},
      {"created", time},
      {"updated", time},
      {"tags", {{"type", "object"}, {"additionalProperties", text}}}};
  json::array required{"id", "revision", "created", "updated", "tags"};
  const json::object fields = response_schema(kind.schema);
  const json::array& needed = fields.at("required").get_array();
  for (const auto& property : fields.at("properties").get_object()) {
    if (has_mark(property.value(), "x-internal")) continue;
    if (is_secret(property.value())) {
      const std::string name = "has_" + std::string(property.key());
      members[name] = {{"type", "boolean"}};
      required.emplace_back(name);
      continue;
    }
    members[property.key()] = property.value();
    if (std::find(needed.begin(), needed.end(), property.key()) != needed.end()) {
      required.emplace_back(property.key());
    }
  }
  for (const auto& member : further) {
    members[member.key()] = member.value();
    required.emplace_back(member.key());
  }
  return {
      {"type", "object"}, {"properties", std::move(members)}, {"required", std::move(required)}};
}

json::object list_schema(json::object item) {
  return {{"type", "object"},
          {"properties",
           {{"items", {{"type", "array"}, {"items", std::move(item)}}},
            {"next_cursor",
             {{"type", "string"}, {"description", "Of the next page; empty: this is the last."}}},
            {"total", {{"type", "integer"}, {"description", "Of all pages."}}}}},
          {"required", {"items", "next_cursor", "total"}}};
}

HttpResponse object_response(int status, const json::object& shown, std::int64_t revision) {
  HttpResponse response = json_response(json_text(shown));
  response.status = status;
  response.headers.emplace_back("ETag", "\"" + std::to_string(revision) + "\"");
  return response;
}

Result<std::optional<std::int64_t>> wanted_revision(const HttpRequest& request) {
  std::string_view text = request.header("if-match");
  if (text.empty() || text == "*") return std::optional<std::int64_t>();
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    std::int64_t revision = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), revision);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
      return std::optional(revision);
    }
  }
  return Error{Code::invalid_argument,
               "'If-Match' must be the ETag of an earlier answer, such as \"3\""};
}

void announce(const Resources& resources, const HttpRequest& request, const Kind& kind,
              const StoredJson& record, const std::string& action, const std::string& detail) {
  resources.desired.changed(kind.name, record.id);
  audit(resources.store, request,
        {.name = action,
         .kind = kind.name,
         .id = record.id,
         .object = text_of(record.value, "name"),
         .detail = detail});
  tell_change(resources.hub, kind.name, record.id, record.revision, action);
}

void tell_change(EventHub& hub, const std::string& kind, const std::string& id,
                 std::int64_t revision, const std::string& action) {
  hub.publish_event("change",
                    json_text(json::object{
                        {"kind", kind}, {"id", id}, {"revision", revision}, {"action", action}}));
}

void ListParameters::declare(Fields<ListParameters>& f) {
  f.add(&ListParameters::search, "search").max_length(512).help("Part of the name, in any case.");
  f.add(&ListParameters::tag, "tag")
      .max_length(1024)
      .help("With a tag of this name, or NAME=VALUE.");
  f.add(&ListParameters::status, "status").max_length(64).help("In this status.");
  f.add(&ListParameters::uses, "uses").max_length(64).help("That refer to the object of this id.");
  f.add(&ListParameters::sort, "sort");
  f.add(&ListParameters::descending, "descending");
  f.add(&ListParameters::limit, "limit").range(1, 1000).help("At most so many.");
  f.add(&ListParameters::cursor, "cursor").max_length(8192).help("next_cursor of the page before.");
}

store::Query ListParameters::query() const {
  store::Query query{.text = search,
                     .tag = tag.substr(0, tag.find('=')),
                     .tag_value = std::nullopt,
                     .status = status,
                     .refers_to = uses,
                     .from = std::nullopt,
                     .to = std::nullopt,
                     .sort = sort,
                     .descending = descending,
                     .limit = limit,
                     .cursor = cursor};
  if (const auto equals = tag.find('='); equals != std::string::npos) {
    query.tag_value = tag.substr(equals + 1);
  }
  return query;
}

void declare_resource(Api& api, const ResourceInfo& info, ResourceCode code) {
  const Kind& kind = *code.kind;
  const std::string plural = info.plural.empty() ? info.name + "s" : info.plural;
  const json::object shown = shown_schema(kind, code.shown);
  json::object listed = shown;
  for (const auto& name : info.not_listed) {
    listed.at("properties").get_object().erase(name);
    json::array& required = listed.at("required").get_array();
    required.erase(std::remove(required.begin(), required.end(), json::value(name)),
                   required.end());
  }
  api.name_schema(info.name, shown);
  if (!info.not_listed.empty()) api.name_schema(info.name + "Summary", listed);
  const std::string title = kind.title;
  const json::object taken = code.taken;
  json::object shown_once = shown_schema(kind, code.shown);
  for (const auto& member : code.made) {
    shown_once.at("properties").get_object()[member.key()] = member.value();
    shown_once.at("required").get_array().emplace_back(member.key());
  }
  if (!code.made.empty()) api.name_schema("New" + info.name, shown_once);
  const auto requests = std::make_shared<const Requests>(info, std::move(code));
  const auto object_answer = [&](int status, std::string description) {
    return AnswerInfo{.status = status,
                      .description = std::move(description),
                      .content_type = "application/json",
                      .schema = shown};
  };
  const AnswerInfo dry_answer{.status = 200,
                              .description = "Of a dry run: what is wrong.",
                              .content_type = "application/json",
                              .schema = problems_schema()};
  const std::string one = info.path + (info.singleton ? "" : "/{id}");
  if (!info.singleton) {
    api.add<ListParameters>({.path = info.path,
                             .id = "list" + plural,
                             .tag = info.tag,
                             .summary = "A page of all that match, in order.",
                             .access = info.read},
                            {.description = "A page.",
                             .content_type = "application/json",
                             .schema = list_schema(listed)},
                            [requests](const auto& call) { return requests->list(call); });
  }
  api.add<NoParameters>(
      {.path = one,
       .id = "get" + info.name,
       .tag = info.tag,
       .summary = (info.singleton ? "The " : "One ") + title + "; the ETag is the revision.",
       .access = info.read},
      object_answer(200, "The " + title + "."),
      [requests](const auto& call) { return requests->get(call); });
  if (info.create && !info.singleton) {
    const json::object body = sent_schema(kind, taken, false);
    api.name_schema(info.name + "Input", body);
    AnswerInfo made_answer = object_answer(201, "The " + title + ", as stored.");
    made_answer.schema = shown_once;
    api.add<DryRun>({.method = "POST",
                     .path = info.path,
                     .id = "create" + info.name,
                     .tag = info.tag,
                     .summary = "Make a new " + title + ".",
                     .access = info.write,
                     .body_type = "application/json",
                     .body_schema = body},
                    std::vector{made_answer, dry_answer},
                    [requests](const auto& call) { return requests->create(call); });
  }
  if (info.change) {
    // An answer of the same status may be either.
    AnswerInfo either = object_answer(200, "The " + title +
                                               ", as stored; of a dry run what is "
                                               "wrong.");
    either.schema = {{"anyOf", {shown, problems_schema()}}};
    const json::object body = sent_schema(kind, taken, true);
    api.name_schema(info.name + "Patch", body);
    api.add<DryRun>({.method = "PATCH",
                     .path = one,
                     .id = "update" + info.name,
                     .tag = info.tag,
                     .summary = "Change members (JSON merge patch, RFC 7396). If-Match: the ETag "
                                "it was read with.",
                     .access = info.write,
                     .body_type = "application/json",
                     .body_schema = body},
                    either, [requests](const auto& call) { return requests->change(call); });
  }
  if (info.remove && !info.singleton) {
    api.add<NoParameters>(
        {.method = "DELETE",
         .path = one,
         .id = "delete" + info.name,
         .tag = info.tag,
         .summary = "Remove it; refused while something else uses it.",
         .access = info.write},
        {.status = 204, .description = "It is gone.", .content_type = "", .schema = {}},
        [requests](const auto& call) { return requests->remove(call); });
  }
}

}  // namespace poss::server
