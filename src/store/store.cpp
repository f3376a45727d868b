// The Store's objects over SQL: writing, with references, tags and revisions kept true.
#include "store/store.h"

#include "base/id.h"
#include "base/log.h"
#include "store/migrations.h"
#include "store/rows.h"

namespace poss::store {
namespace {

// What belongs to object $1: itself, and all that goes with it.
const std::string kWithOwned =
    "WITH RECURSIVE owned (id) AS (SELECT id FROM objects WHERE id = $1 UNION "
    "SELECT links.from_id FROM links JOIN owned ON links.to_id = owned.id WHERE links.owner = 1) ";

std::string text_field(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

std::string article(const std::string& noun) {
  const bool vowel = std::string_view("aeiou").find(noun[0]) != std::string_view::npos &&
                     !noun.starts_with("user");
  return (vowel ? "an " : "a ") + noun;
}

std::string named(const Kind& kind, const std::string& id) { return kind.title + " '" + id + "'"; }

Error not_there(const Kind& kind, const std::string& id) {
  return {Code::not_found, "there is no " + named(kind, id)};
}

// Why an update or removal found no row of this revision.
Error missing_or_stale(Transaction& transaction, const Kind& kind, const std::string& id,
                       std::int64_t revision) {
  const auto rows = transaction.query("SELECT revision FROM objects WHERE id = $1 AND kind = $2",
                                      {id, kind.name});
  if (!rows) return rows.error();
  if (rows->empty()) return not_there(kind, id);
  return {Code::precondition_failed, named(kind, id) + " has been changed meanwhile (revision " +
                                         std::to_string((*rows)[0].integer(0)) + ", not " +
                                         std::to_string(revision) + "); load it again"};
}

Result<void> check_unique(Transaction& transaction, const Kind& kind, const json::object& body,
                          const std::string& id) {
  const std::string key = unique_key(kind, body);
  if (key.empty()) return {};
  POSS_ASSIGN(const Rows rows,
              transaction.query("SELECT id FROM objects WHERE kind = $1 AND unique_key = $2",
                                {kind.name, key}));
  if (rows.empty() || rows[0].text(0) == id) return {};
  if (kind.named && kind.unique.back() == "name") {
    return Error{Code::conflict, "there is already " + article(kind.title) + " named '" +
                                     text_field(body, "name") + "'; choose another name"};
  }
  std::string fields;
  for (const auto& field : kind.unique) fields += (fields.empty() ? "" : " and ") + field;
  return Error{Code::conflict, "there is already " + article(kind.title) + " with this " + fields};
}

// Writes the links of an object; each reference must exist and be of the right kind.
Result<void> write_links(Transaction& transaction, const Kind& kind, const json::object& body,
                         const std::string& id) {
  POSS_TRY(transaction.query("DELETE FROM links WHERE from_id = $1", {id}));
  for (const Reference& reference : references_of(kind, body)) {
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT id FROM objects WHERE id = $1 AND kind = $2",
                                  {reference.id, reference.kind}));
    std::string noun = reference.kind;
    std::replace(noun.begin(), noun.end(), '_', ' ');
    if (rows.empty()) {
      return Error{Code::invalid_argument, "'" + reference.path + "' names " + article(noun) +
                                               " that does not exist: '" + reference.id + "'"};
    }
    if (reference.kind == kSecretKind) {
      POSS_ASSIGN(const Rows others,
                  transaction.query("SELECT 1 FROM links WHERE to_id = $1", {reference.id}));
      if (!others.empty()) {
        return Error{Code::invalid_argument,
                     "'" + reference.path + "' names the secret of something else; set it anew"};
      }
    }
    POSS_TRY(transaction.query(
        "INSERT INTO links (from_id, field, to_id, owner) VALUES ($1, $2, $3, $4)",
        {id, reference.path, reference.id, reference.owner ? 1 : 0}));
  }
  return {};
}

Result<void> write_tags(Transaction& transaction, const Tags& tags, const std::string& id) {
  POSS_TRY(transaction.query("DELETE FROM tags WHERE object_id = $1", {id}));
  for (const auto& [key, value] : tags) {
    POSS_TRY(
        transaction.query("INSERT INTO tags (object_id, key_folded, value) VALUES ($1, $2, $3)",
                          {id, fold_case(key), value}));
  }
  return {};
}

// The secrets that `id`, or what belongs to it, refers to.
Result<Rows> secrets_of(Transaction& transaction, const std::string& id) {
  return transaction.query(
      kWithOwned +
          "SELECT links.to_id FROM links JOIN owned ON links.from_id = owned.id "
          "JOIN objects ON objects.id = links.to_id WHERE objects.kind = $2",
      {id, std::string(kSecretKind)});
}

Result<void> remove_unused(Transaction& transaction, const Rows& secrets) {
  for (const Row& secret : secrets) {
    POSS_TRY(transaction.query(
        "DELETE FROM objects WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM links WHERE to_id = $1)",
        {secret.text(0)}));
  }
  return {};
}

Result<std::vector<Use>> uses_of(Transaction& transaction, const std::string& id, int limit) {
  POSS_ASSIGN(
      const Rows rows,
      transaction.query(kWithOwned +
                            "SELECT objects.kind, objects.id, objects.name, links.field FROM links "
                            "JOIN owned ON links.to_id = owned.id "
                            "JOIN objects ON objects.id = links.from_id "
                            "WHERE links.from_id NOT IN (SELECT id FROM owned) "
                            "ORDER BY objects.name_key, objects.id, links.field LIMIT $2",
                        {id, limit}));
  std::vector<Use> uses;
  for (const Row& row : rows) uses.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
  return uses;
}

Error in_use(const Kind& kind, const std::string& id, const std::vector<Use>& uses) {
  constexpr size_t named_at_most = 5;
  std::string where;
  std::string last;
  size_t count = 0;
  for (const Use& use : uses) {
    if (use.id == last) continue;  // by several fields of one object
    last = use.id;
    if (++count > named_at_most) break;
    std::string noun = use.kind;
    std::replace(noun.begin(), noun.end(), '_', ' ');
    where +=
        (where.empty() ? "" : ", ") + noun + " '" + (use.name.empty() ? use.id : use.name) + "'";
  }
  if (count > named_at_most) where += " and others";
  return {Code::conflict, named(kind, id) + " is in use by " + where + "; remove it there first"};
}

Result<void> check_body(const Kind& kind, const json::object& body) {
  if (kind.named) POSS_TRY(check_name(text_field(body, "name"), "'name'"));
  // Else it could be written and never read again.
  if (!count_characters(json_text(body))) {
    return Error{Code::invalid_argument,
                 "the " + kind.title + " holds text that is not valid UTF-8"};
  }
  return {};
}

}  // namespace

Store::Store(std::unique_ptr<Database> database, const Clock& clock)
    : database_(std::move(database)), clock_(clock), history_(*database_) {}

Result<std::unique_ptr<Store>> Store::open(const std::string& address,
                                           std::filesystem::path key_file, const Clock& clock) {
  const bool postgres = address.starts_with("postgres://") || address.starts_with("postgresql://");
  if (!postgres && address.find("://") != std::string::npos) {
    return Error{Code::invalid_argument, "the store '" + mask_uri(address) +
                                             "' must be the path of a file or postgres://…"};
  }
  if (key_file.empty()) {
    if (postgres) {
      return Error{Code::invalid_argument,
                   "a store in PostgreSQL needs the path of a key file for its secrets"};
    }
    key_file = std::filesystem::path(address).replace_extension(".key");
  }
  const std::string what = "store '" + mask_uri(address) + "'";
  POSS_ASSIGN(auto database, (postgres ? open_postgres(address) : open_sqlite(address)).with(what));
  POSS_TRY(migrate(*database, clock.now()).with(what));
  std::unique_ptr<Store> store(new Store(std::move(database), clock));
  POSS_ASSIGN(store->secrets_,
              SecretBox::open(*store->database_, key_file, clock.now()).with(what));
  return store;
}

Result<StoredJson> Store::create(const Kind& kind, json::object body, const Tags& tags) {
  POSS_TRY(check_body(kind, body));
  POSS_TRY(check_tags(tags));
  StoredJson record;
  record.id = new_id();
  record.created = record.updated = clock_.now();
  record.revision = 1;
  record.tags = tags;
  const std::string name = text_field(body, "name");
  const std::string key = unique_key(kind, body);
  const std::int64_t time = record.created.time_since_epoch().count();
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_TRY(check_unique(transaction, kind, body, record.id));
    POSS_TRY(transaction.query(
        "INSERT INTO objects (id, kind, name, name_key, unique_key, status, created, updated, "
        "revision, tags, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1, $8, $9)",
        {record.id, kind.name, name, fold_case(name), key.empty() ? Value(nullptr) : Value(key),
         text_field(body, "status"), time, tags_text(tags), json_text(body)}));
    POSS_TRY(write_links(transaction, kind, body, record.id));
    return write_tags(transaction, tags, record.id);
  };
  POSS_TRY(database_->write(work));
  record.value = std::move(body);
  return record;
}

Result<StoredJson> Store::update(const Kind& kind, const std::string& id, std::int64_t revision,
                                 json::object body, const std::optional<Tags>& tags) {
  POSS_TRY(check_body(kind, body));
  if (tags) POSS_TRY(check_tags(*tags));
  const std::string name = text_field(body, "name");
  const std::string key = unique_key(kind, body);
  const std::int64_t time = clock_.now().time_since_epoch().count();
  StoredJson record;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows secrets, secrets_of(transaction, id));
    // The revision first: a stale caller learns that, not that a name is taken by now.
    POSS_ASSIGN(const Rows locked,
                transaction.query("UPDATE objects SET revision = revision + 1 WHERE id = $1 AND "
                                  "kind = $2 AND revision = $3 RETURNING tags",
                                  {id, kind.name, revision}));
    if (locked.empty()) return missing_or_stale(transaction, kind, id, revision);
    POSS_TRY(check_unique(transaction, kind, body, id));
    POSS_ASSIGN(const Rows rows,
                transaction.query(
                    "UPDATE objects SET name = $2, name_key = $3, unique_key = $4, status = $5, "
                    "updated = $6, tags = $7, body = $8 WHERE id = $1 RETURNING " +
                        std::string(kColumns),
                    {id, name, fold_case(name), key.empty() ? Value(nullptr) : Value(key),
                     text_field(body, "status"), time, tags ? tags_text(*tags) : locked[0].text(0),
                     json_text(body)}));
    POSS_TRY(write_links(transaction, kind, body, id));
    if (tags) POSS_TRY(write_tags(transaction, *tags, id));
    POSS_TRY(remove_unused(transaction, secrets));
    POSS_ASSIGN(record, read_record(rows[0]));
    return {};
  };
  POSS_TRY(database_->write(work));
  return record;
}

Result<void> Store::remove(const Kind& kind, const std::string& id, std::int64_t revision) {
  return database_->write([&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows found,
                transaction.query("SELECT id FROM objects WHERE id = $1 AND kind = $2 AND "
                                  "revision = $3",
                                  {id, kind.name, revision}));
    if (found.empty()) return missing_or_stale(transaction, kind, id, revision);
    POSS_ASSIGN(const std::vector<Use> uses, uses_of(transaction, id, 50));
    if (!uses.empty()) return in_use(kind, id, uses);
    POSS_ASSIGN(const Rows secrets, secrets_of(transaction, id));
    POSS_TRY(transaction.query(
        kWithOwned + "DELETE FROM objects WHERE id IN (SELECT id FROM owned)", {id}));
    return remove_unused(transaction, secrets);
  });
}

Result<std::vector<Fault>> Store::check(const Kind& kind, const json::object& body,
                                        const Tags& tags, const std::string& id) {
  std::vector<Fault> faults;
  const auto add = [&](std::string field, const Result<void>& result) {
    if (result) return;
    std::string message = result.error().message;
    message.erase(0, message.find_first_not_of(' '));
    faults.push_back({result.error().code, {std::move(field), std::move(message)}});
  };
  if (kind.named) add("name", check_name(text_field(body, "name"), ""));
  add("tags", check_tags(tags));
  if (!count_characters(json_text(body))) {
    add("", Error{Code::invalid_argument, "holds text that is not valid UTF-8"});
  }
  if (!faults.empty()) return faults;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    faults.clear();
    if (const auto unique = check_unique(transaction, kind, body, id); !unique) {
      if (unique.error().code != Code::conflict) return unique.error();
      add(kind.unique.empty() ? "" : kind.unique.back(), unique);
    }
    for (const Reference& reference : references_of(kind, body)) {
      if (reference.kind == kSecretKind) continue;
      POSS_ASSIGN(const Rows rows,
                  transaction.query("SELECT id FROM objects WHERE id = $1 AND kind = $2",
                                    {reference.id, reference.kind}));
      if (!rows.empty()) continue;
      std::string noun = reference.kind;
      std::replace(noun.begin(), noun.end(), '_', ' ');
      add(reference.path,
          Error{Code::invalid_argument,
                "names " + article(noun) + " that does not exist: '" + reference.id + "'"});
    }
    return {};
  };
  POSS_TRY(database_->read(work));
  return faults;
}

Result<std::int64_t> Store::bytes() {
  std::int64_t bytes = 0;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query(local() ? "SELECT page_count * page_size FROM "
                                            "pragma_page_count(), pragma_page_size()"
                                          : "SELECT pg_database_size(current_database())"));
    bytes = rows[0].integer(0);
    return {};
  };
  POSS_TRY(database_->read(work));
  return bytes;
}

Result<std::vector<Use>> Store::uses(const std::string& id, int limit) {
  std::vector<Use> found;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(found, uses_of(transaction, id, limit));
    return {};
  };
  POSS_TRY(database_->read(work));
  return found;
}

}  // namespace poss::store
