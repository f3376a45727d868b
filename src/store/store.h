// Store: every object of the system, created, read, changed and removed, on SQLite or PostgreSQL.
//
//   POSS_ASSIGN(auto store, Store::open("/var/lib/poss/poss.db"));
//   POSS_ASSIGN(Stored<Location> hall, store->create(Location{.name = "Hall"}));
//   POSS_ASSIGN(Page<Camera> page, store->list<Camera>({.text = "dock", .limit = 20}));
//
// Failures: invalid_argument names the field; not_found; conflict is a name that is taken or an
// object that is in use; precondition_failed is a revision that is no longer the newest.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/database.h"
#include "store/history.h"
#include "store/kind.h"
#include "store/objects.h"
#include "store/secret_box.h"

namespace poss::store {

// What the Store keeps with every object.
struct Envelope {
  std::string id;  // random, never used again
  Time created{};
  Time updated{};
  std::int64_t revision = 0;  // 1, and one more with every update: the ETag
  Tags tags;
};

template <class T>
struct Stored : Envelope {
  T value;
};

// An object as JSON, for code that treats all kinds alike.
struct StoredJson : Envelope {
  json::object value;
};

enum class SortBy { name, created, updated, status };

// Which objects of a kind, and in what order. Empty members do not filter.
struct Query {
  std::string text;                      // part of the name, compared without case
  std::string tag;                       // has a tag of this name …
  std::optional<std::string> tag_value;  // … with this value
  std::string status;                    // the field "status"
  std::string refers_to;                 // id of an object it refers to: pictures of a model …
  std::optional<Time> from;              // created then or later …
  std::optional<Time> to;                // … and earlier than this
  std::optional<std::vector<std::string>> only;  // these ids
  std::vector<std::string> except;               // not these ids
  std::optional<SortBy> sort;                    // by name; without names by creation
  bool descending = false;
  int limit = 50;      // 1..1000
  std::string cursor;  // next_cursor of the page before; of the same sort order
};

template <class T>
struct Page {
  std::vector<T> items;
  std::string next_cursor;  // empty: this is the last page
  std::int64_t total = 0;   // of all pages
};

// Where an object is used.
struct Use {
  std::string kind;
  std::string id;
  std::string name;
  std::string field;
};

// One thing that would keep an object from being stored.
struct Fault {
  Code code = Code::invalid_argument;
  FieldError error;
};

// Thread-safe. What a call has returned without an error is on disk.
class Store {
 public:
  // `address` is the path of an SQLite file, made when absent, or postgres://… (postgresql://…).
  // Older data is brought up to date in place; data of a newer POSS is refused. The key file of
  // the secrets lies beside the SQLite file as NAME.key unless given; PostgreSQL needs it given.
  // `clock` must outlive the Store.
  static Result<std::unique_ptr<Store>> open(const std::string& address,
                                             std::filesystem::path key_file = {},
                                             const Clock& clock = system_clock());

  // Checks the fields, that what it refers to exists, and that its name is free.
  template <Object T>
  Result<Stored<T>> create(const T& value, const Tags& tags = {}) {
    POSS_ASSIGN(json::object body, checked(value));
    return typed<T>(create(kind_of<T>(), std::move(body), tags));
  }

  template <Object T>
  Result<Stored<T>> get(const std::string& id) {
    return typed<T>(get(kind_of<T>(), id));
  }

  // The object with this name, compared without case; for kinds whose names are unique.
  template <Object T>
  Result<Stored<T>> find(const std::string& name) {
    static_assert(T::kUnique.size() == 1 && std::string_view(T::kUnique[0]) == "name");
    return typed<T>(find(kind_of<T>(), name));
  }

  template <Object T>
  Result<Page<Stored<T>>> list(const Query& query = {}) {
    POSS_ASSIGN(Page<StoredJson> page, list(kind_of<T>(), query));
    Page<Stored<T>> out{{}, std::move(page.next_cursor), page.total};
    out.items.reserve(page.items.size());
    for (StoredJson& item : page.items) {
      POSS_ASSIGN(Stored<T> stored, typed<T>(std::move(item)));
      out.items.push_back(std::move(stored));
    }
    return out;
  }

  // Replaces the object if `revision` is still its newest. Without `tags` they stay as they are.
  template <Object T>
  Result<Stored<T>> update(const std::string& id, std::int64_t revision, const T& value,
                           const std::optional<Tags>& tags = std::nullopt) {
    POSS_ASSIGN(json::object body, checked(value));
    return typed<T>(update(kind_of<T>(), id, revision, std::move(body), tags));
  }

  // Removes the object and what belongs to it (kOwner): a model with its pictures and versions.
  // Refused with Code::conflict while something else refers to any of them, naming where.
  template <Object T>
  Result<void> remove(const std::string& id, std::int64_t revision) {
    return remove(kind_of<T>(), id, revision);
  }

  // The same with JSON, which must have come from parse_fields() of the kind's type.
  Result<StoredJson> create(const Kind& kind, json::object body, const Tags& tags);
  Result<StoredJson> get(const Kind& kind, const std::string& id);
  Result<StoredJson> find(const Kind& kind, const std::string& name);
  Result<Page<StoredJson>> list(const Kind& kind, const Query& query);
  Result<StoredJson> update(const Kind& kind, const std::string& id, std::int64_t revision,
                            json::object body, const std::optional<Tags>& tags);
  Result<void> remove(const Kind& kind, const std::string& id, std::int64_t revision);

  // Everything that would keep create() (`id` empty) or update() from storing this, as things are
  // now; nothing is written. Secrets are not looked at.
  Result<std::vector<Fault>> check(const Kind& kind, const json::object& body, const Tags& tags,
                                   const std::string& id);

  // What refers to the object from outside it, at most `limit`, by name.
  Result<std::vector<Use>> uses(const std::string& id, int limit = 100);

  // Encrypts a secret and returns the id to put into a field with the format "secret".
  Result<std::string> seal(std::string_view plain) { return secrets_->seal(plain, clock_.now()); }
  Result<std::string> reveal(const std::string& id) { return secrets_->reveal(id); }

  // What the database takes of its disk.
  Result<std::int64_t> bytes();
  // True when it lies on this machine's disk.
  bool local() const { return database_->local(); }

  // Insights and recordings.
  History& history() { return history_; }

 private:
  Store(std::unique_ptr<Database> database, const Clock& clock);

  // `value` as JSON after the checks of its declaration: it may have been made in C++.
  template <Object T>
  static Result<json::object> checked(const T& value) {
    json::object body = to_json(value);
    POSS_TRY(parse_fields<T>(body));
    return body;
  }

  template <Object T>
  static Result<Stored<T>> typed(Result<StoredJson> record) {
    if (!record) return record.error();
    POSS_ASSIGN(T value, parse_fields<T>(record->value).with(T::kKind).with(record->id));
    return Stored<T>{static_cast<Envelope&&>(*record), std::move(value)};
  }

  const std::unique_ptr<Database> database_;
  const Clock& clock_;
  std::unique_ptr<SecretBox> secrets_;
  History history_;
};

}  // namespace poss::store
