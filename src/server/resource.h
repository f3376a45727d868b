// declare_resource(): list, create, read, change and remove a stored kind over REST, all from the
// declaration of its fields.
//
//   declare_resource<store::Location>(api, {.path = "/api/v1/locations", .tag = "locations",
//                                           .name = "Location"});
//
// An object is sent flat: id, revision, created, updated, tags, its fields, and what hooks add. A
// field whose format is "secret" is taken as plain text and never sent: "has_FIELD" tells whether
// it is set. The revision is the ETag.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/api.h"
#include "server/resources.h"
#include "store/store.h"

namespace poss::server {

struct ResourceInfo {
  std::string path;    // "/api/v1/locations"
  std::string tag;     // "locations"
  std::string name;    // "Location": the schema, and part of operation ids
  std::string plural;  // of `name`; empty: with an s
  Access read = Access::by_method;
  Access write = Access::by_method;
  bool singleton = false;               // there is one, named as its kind: only GET and PATCH
  bool create = true;                   // false: objects come in another way
  bool change = true;                   // false: neither PATCH
  bool remove = true;                   // nor DELETE
  std::vector<std::string> not_listed;  // large fields that lists leave out
};

// A create (no `before`) or an update under way.
template <class T>
struct Draft {
  const Resources& resources;
  const HttpRequest& request;
  const store::Stored<T>* before;
  // The secrets that were sent, as plain text by field; an empty one is to be removed. Also what
  // ResourceHooks::taken names.
  std::map<std::string, std::string>& secrets;
};

// The ids of all objects in a status that is not stored; or, with `others`, of all that are not.
struct InStatus {
  std::vector<std::string> ids;
  bool others = false;
};

// What is particular to a kind. All may be left out; all are called on handler threads, those of a
// change one change of the kind after the other.
template <store::Object T>
struct ResourceHooks {
  // Text members that are taken besides the fields, by name: their JSON Schema. Draft::secrets has
  // them; they are not stored.
  json::object taken;
  // The id of an object that everything the caller may see and change refers to; "" for all.
  std::function<std::string(const HttpRequest&)> within;
  // Completes what was sent and finds what is wrong with it. Called for dry runs too: no effects.
  std::function<void(const Draft<T>&, T&, std::vector<FieldError>&)> check;
  // What is left to do once all is well; not called for dry runs.
  std::function<Result<void>(const Draft<T>&, T&)> before_store;
  // Members that the answer to a create alone has: their JSON Schema, and adding them.
  json::object made;
  std::function<void(const Draft<T>&, json::object&)> show_made;
  // JSON Schema of the members that `show` adds, by name.
  json::object shown;
  std::function<void(const Resources&, const store::Stored<T>&, json::object&)> show;
  // The same from the stored JSON, without reading the fields: for long lists of large objects.
  std::function<void(const store::StoredJson&, json::object&)> show_stored;
  // For lists filtered by a status that is not a stored field.
  std::function<Result<InStatus>(const Resources&, const std::string& status)> in_status;
  // Why it may not be removed.
  std::function<Result<void>(const Resources&, const store::Stored<T>&)> before_remove;
  // After it was stored or (`now` null) removed.
  std::function<void(const Resources&, const HttpRequest&, const store::Stored<T>* before,
                     const store::Stored<T>* now)>
      changed;
};

// The same with JSON; made by declare_resource() alone.
struct ResourceCode {
  const store::Kind* kind = nullptr;
  json::object taken;
  json::object made;
  json::object shown;
  std::function<std::string(const HttpRequest&)> within;
  std::function<void(const Resources&, const HttpRequest&, const store::StoredJson* before,
                     std::map<std::string, std::string>& secrets, json::object& body,
                     std::vector<FieldError>&)>
      check;
  std::function<Result<void>(const Resources&, const HttpRequest&, const store::StoredJson* before,
                             std::map<std::string, std::string>& secrets, json::object& body)>
      before_store;
  std::function<void(const Resources&, const HttpRequest&,
                     std::map<std::string, std::string>& secrets, json::object& out)>
      show_made;
  std::function<Result<void>(const Resources&, const store::StoredJson&, json::object&)> show;
  std::function<Result<InStatus>(const Resources&, const std::string&)> in_status;
  std::function<Result<void>(const Resources&, const store::StoredJson&)> before_remove;
  std::function<void(const Resources&, const HttpRequest&, const store::StoredJson*,
                     const store::StoredJson*)>
      changed;
};

// Reads objects of a kind from their stored form.
template <store::Object T>
Result<store::Stored<T>> stored_as(const store::StoredJson& record) {
  POSS_ASSIGN(T value, parse_fields<T>(record.value).with(T::kKind).with(record.id));
  return store::Stored<T>{static_cast<const store::Envelope&>(record), std::move(value)};
}

// Goes through all objects of a kind and gathers those in a status; for kinds of a few thousand.
template <store::Object T>
Result<InStatus> all_in_status(const Resources& resources,
                               const std::function<bool(const store::Stored<T>&)>& is_in_it) {
  InStatus found;
  store::Query query{.limit = 1000};
  do {
    POSS_ASSIGN(auto page, resources.store.template list<T>(query));
    for (const auto& item : page.items) {
      if (is_in_it(item)) found.ids.push_back(item.id);
    }
    query.cursor = std::move(page.next_cursor);
  } while (!query.cursor.empty());
  return found;
}

void declare_resource(Api& api, const ResourceInfo& info, ResourceCode code);

template <store::Object T>
void declare_resource(Api& api, const ResourceInfo& info, ResourceHooks<T> hooks = {}) {
  ResourceCode code;
  code.kind = &store::kind_of<T>();
  code.taken = hooks.taken;
  code.made = hooks.made;
  code.shown = hooks.shown;
  code.within = hooks.within;
  code.check = [hook = hooks.check](const Resources& resources, const HttpRequest& request,
                                    const store::StoredJson* before,
                                    std::map<std::string, std::string>& secrets, json::object& body,
                                    std::vector<FieldError>& errors) {
    T value{};
    FieldCodec<T>::read(value, body, FieldSpec{}, "", errors);
    if (!errors.empty()) return;
    std::optional<store::Stored<T>> old;
    if (before) {
      auto read = stored_as<T>(*before);
      if (!read) return errors.push_back({"", read.error().message});
      old = std::move(*read);
    }
    if (hook) hook({resources, request, old ? &*old : nullptr, secrets}, value, errors);
    body = to_json(value);
  };
  if (hooks.before_store) {
    code.before_store = [hook = hooks.before_store](const Resources& resources,
                                                    const HttpRequest& request,
                                                    const store::StoredJson* before,
                                                    std::map<std::string, std::string>& secrets,
                                                    json::object& body) -> Result<void> {
      POSS_ASSIGN(T value, parse_fields<T>(body));
      std::optional<store::Stored<T>> old;
      if (before) {
        POSS_ASSIGN(old, stored_as<T>(*before));
      }
      POSS_TRY(hook({resources, request, old ? &*old : nullptr, secrets}, value));
      body = to_json(value);
      return {};
    };
  }
  if (hooks.show_made) {
    code.show_made = [hook = hooks.show_made](
                         const Resources& resources, const HttpRequest& request,
                         std::map<std::string, std::string>& secrets, json::object& out) {
      hook({resources, request, nullptr, secrets}, out);
    };
  }
  if (hooks.show) {
    code.show = [hook = hooks.show](const Resources& resources, const store::StoredJson& record,
                                    json::object& out) -> Result<void> {
      POSS_ASSIGN(const store::Stored<T> stored, stored_as<T>(record));
      hook(resources, stored, out);
      return {};
    };
  }
  if (hooks.show_stored) {
    code.show = [hook = hooks.show_stored](const Resources&, const store::StoredJson& record,
                                           json::object& out) -> Result<void> {
      hook(record, out);
      return {};
    };
  }
  code.in_status = hooks.in_status;
  if (hooks.before_remove) {
    code.before_remove = [hook = hooks.before_remove](
                             const Resources& resources,
                             const store::StoredJson& record) -> Result<void> {
      POSS_ASSIGN(const store::Stored<T> stored, stored_as<T>(record));
      return hook(resources, stored);
    };
  }
  if (hooks.changed) {
    code.changed = [hook = hooks.changed](const Resources& resources, const HttpRequest& request,
                                          const store::StoredJson* before,
                                          const store::StoredJson* now) {
      std::optional<store::Stored<T>> stored[2];
      const store::StoredJson* records[2] = {before, now};
      for (int i = 0; i < 2; ++i) {
        if (!records[i]) continue;
        if (auto read = stored_as<T>(*records[i])) stored[i] = std::move(*read);
      }
      hook(resources, request, stored[0] ? &*stored[0] : nullptr,
           stored[1] ? &*stored[1] : nullptr);
    };
  }
  declare_resource(api, info, std::move(code));
}

// An object as it is sent: the envelope and what people may see of its fields.
json::object shown_object(const store::Kind& kind, const store::StoredJson& record,
                          const std::vector<std::string>& left_out = {});
// The schema of that, with further members.
json::object shown_schema(const store::Kind& kind, const json::object& further);

// An answer that is an object, with its ETag.
HttpResponse object_response(int status, const json::object& shown, std::int64_t revision);

// The revision that If-Match asks for; none when it is absent or "*".
Result<std::optional<std::int64_t>> wanted_revision(const HttpRequest& request);

// Tells the portal, the audit log and whoever watches that an object was changed. `action`:
// "create", "update" or "delete".
void announce(const Resources& resources, const HttpRequest& request, const store::Kind& kind,
              const store::StoredJson& record, const std::string& action,
              const std::string& detail = "");

// The part of it that whoever watches gets to know: for changes that no request makes.
void tell_change(EventHub& hub, const std::string& kind, const std::string& id,
                 std::int64_t revision, const std::string& action);

// The query of lists.
struct ListParameters {
  std::string search;
  std::string tag;
  std::string status;
  std::string uses;
  std::optional<store::SortBy> sort;
  bool descending = false;
  int limit = 50;
  std::string cursor;
  static void declare(Fields<ListParameters>& f);
  store::Query query() const;
};

// A list as it is sent, and its schema.
json::object list_schema(json::object item);

}  // namespace poss::server

template <>
struct poss::EnumNames<poss::store::SortBy> {
  using S = poss::store::SortBy;
  static constexpr std::array values{std::pair{S::name, "name"}, std::pair{S::created, "created"},
                                     std::pair{S::updated, "updated"},
                                     std::pair{S::status, "status"}};
};
