// The Store's objects over SQL: reading one, and pages of many.
//
// Pages continue behind the last row seen (sort column, id), never by counting rows: the thousandth
// page costs what the first does, and rows that come and go meanwhile shift nothing.
#include "base/json.h"
#include "store/rows.h"
#include "store/store.h"

namespace poss::store {
namespace {

struct Column {
  const char* name;
  size_t index;  // in a row of a list
};

// The order of SortBy.
constexpr Column kSortColumns[] = {{"name_key", 6}, {"created", 1}, {"updated", 2}, {"status", 7}};

Time time_of(std::int64_t microseconds) { return Time(std::chrono::microseconds(microseconds)); }

// Conditions joined by AND, with their parameters.
class Where {
 public:
  explicit Where(const std::string& kind) { add("kind = ", kind); }
  // "column = " and the parameter; `after` closes what the condition opens.
  void add(const std::string& condition, Value value, const std::string& after = "") {
    text_ += (text_.empty() ? "" : " AND ") + condition + bind(std::move(value)) + after;
  }
  void append(const std::string& text) { text_ += text; }
  std::string bind(Value value) {
    values_.push_back(std::move(value));
    return "$" + std::to_string(values_.size());
  }
  const std::string& text() const { return text_; }
  const std::vector<Value>& values() const { return values_; }

 private:
  std::string text_;
  std::vector<Value> values_;
};

// `text` for LIKE … ESCAPE '!', found anywhere.
std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

std::string all_of(Where& where, const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + where.bind(id);
  return text;
}

Where make_filter(const Kind& kind, const Query& query) {
  Where where(kind.name);
  if (!query.text.empty()) {
    where.add("name_key LIKE ", like_pattern(fold_case(query.text)), " ESCAPE '!'");
  }
  if (!query.status.empty()) where.add("status = ", query.status);
  if (query.from) where.add("created >= ", query.from->time_since_epoch().count());
  if (query.to) where.add("created < ", query.to->time_since_epoch().count());
  if (query.only && query.only->empty()) where.append(" AND 1 = 0");
  if (query.only && !query.only->empty())
    where.append(" AND id IN (" + all_of(where, *query.only) + ")");
  if (!query.except.empty()) where.append(" AND id NOT IN (" + all_of(where, query.except) + ")");
  if (!query.tag.empty()) {
    where.add("EXISTS (SELECT 1 FROM tags WHERE object_id = objects.id AND key_folded = ",
              fold_case(query.tag));
    if (query.tag_value) where.add("value = ", *query.tag_value);
    where.append(")");
  }
  return where;
}

// The table to select from. What refers to one object is found from its links, however many
// objects of the kind there are: CROSS JOIN keeps SQLite to this order.
std::string make_source(Where& where, const Query& query) {
  if (query.refers_to.empty()) return "objects";
  const std::string links =
      "(SELECT DISTINCT from_id FROM links WHERE to_id = " + where.bind(query.refers_to) +
      ") AS used";
  where.append(" AND id = used.from_id");
  return links + " CROSS JOIN objects";
}

}  // namespace

std::string tags_text(const Tags& tags) {
  json::object object;
  for (const auto& [key, value] : tags) object[key] = value;
  return json_text(object);
}

Result<StoredJson> read_record(const Row& row) {
  StoredJson record;
  record.id = row.text(0);
  record.created = time_of(row.integer(1));
  record.updated = time_of(row.integer(2));
  record.revision = row.integer(3);
  POSS_ASSIGN(const json::value tags, parse_json(row.text(4)).with("tags of " + record.id));
  for (const auto& tag : tags.as_object()) {
    record.tags[std::string(tag.key())] = std::string(tag.value().as_string());
  }
  POSS_ASSIGN(json::value body, parse_json(row.text(5)).with("object " + record.id));
  record.value = std::move(body.as_object());
  return record;
}

// Hexadecimal JSON: no character that a URL would change.
std::string make_cursor(const std::string& what, const Value& value, const Value& tie) {
  const auto to_value = [](const Value& part) -> json::value {
    if (const auto* number = std::get_if<std::int64_t>(&part)) return *number;
    if (const auto* text = std::get_if<std::string>(&part)) return json::value(*text);
    return nullptr;
  };
  const std::string text =
      json_text(json::array{json::value(what), to_value(value), to_value(tie)});
  static constexpr char digits[] = "0123456789abcdef";
  std::string cursor;
  for (const char c : text) {
    cursor += digits[static_cast<unsigned char>(c) >> 4];
    cursor += digits[c & 15];
  }
  return cursor;
}

Result<std::pair<Value, Value>> read_cursor(const std::string& cursor, const std::string& what) {
  const Error wrong{Code::invalid_argument,
                    "'cursor' is not of this list and order; begin at the first page"};
  if (cursor.size() % 2 != 0 || cursor.size() > 8192) return wrong;
  std::string text;
  for (size_t i = 0; i < cursor.size(); i += 2) {
    const auto digit = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    const int high = digit(cursor[i]), low = digit(cursor[i + 1]);
    if (high < 0 || low < 0) return wrong;
    text += static_cast<char>(high << 4 | low);
  }
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_array()) return wrong;
  const json::array& parts = parsed->get_array();
  if (parts.size() != 3 || parts[0] != json::value(what)) return wrong;
  Value values[2];
  for (size_t i = 0; i < 2; ++i) {
    if (parts[i + 1].is_int64()) {
      values[i] = parts[i + 1].get_int64();
    } else if (parts[i + 1].is_string()) {
      values[i] = std::string(parts[i + 1].get_string());
      if (std::get<std::string>(values[i]).find('\0') != std::string::npos) return wrong;
    } else {
      return wrong;
    }
  }
  return std::pair(values[0], values[1]);
}

Result<StoredJson> Store::get(const Kind& kind, const std::string& id) {
  StoredJson record;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows, transaction.query("SELECT " + std::string(kColumns) +
                                                       " FROM objects WHERE id = $1 AND kind = $2",
                                                   {id, kind.name}));
    if (rows.empty()) {
      return Error{Code::not_found, "there is no " + kind.title + " '" + id + "'"};
    }
    POSS_ASSIGN(record, read_record(rows[0]));
    return {};
  };
  POSS_TRY(database_->read(work));
  return record;
}

Result<StoredJson> Store::find(const Kind& kind, const std::string& name) {
  StoredJson record;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT " + std::string(kColumns) +
                                      " FROM objects WHERE kind = $1 AND unique_key = $2",
                                  {kind.name, fold_case(name)}));
    if (rows.empty()) {
      return Error{Code::not_found, "there is no " + kind.title + " named '" + name + "'"};
    }
    POSS_ASSIGN(record, read_record(rows[0]));
    return {};
  };
  POSS_TRY(database_->read(work));
  return record;
}

Result<Page<StoredJson>> Store::list(const Kind& kind, const Query& query) {
  if (query.limit < 1 || query.limit > 1000) {
    return Error{Code::invalid_argument, "'limit' must be between 1 and 1000"};
  }
  // Each id is a parameter of the statement, of which SQLite takes 32,766.
  constexpr size_t most_ids = 30'000;
  if ((query.only ? query.only->size() : 0) + query.except.size() > most_ids) {
    return Error{Code::resource_exhausted,
                 "more than 30000 objects are in this status; filter by "
                 "name or tag instead"};
  }
  const SortBy sort = query.sort.value_or(kind.named ? SortBy::name : SortBy::created);
  const Column column = kSortColumns[static_cast<size_t>(sort)];
  const std::string order = query.descending ? " DESC" : " ASC";
  const std::string what = kind.name + " " + column.name + order;
  Where where = make_filter(kind, query);
  const std::string source = make_source(where, query);
  const Where counted = where;
  if (!query.cursor.empty()) {
    POSS_ASSIGN(const auto place, read_cursor(query.cursor, what));
    const bool numeric = sort == SortBy::created || sort == SortBy::updated;
    if (std::holds_alternative<std::int64_t>(place.first) != numeric ||
        !std::holds_alternative<std::string>(place.second)) {
      return Error{Code::invalid_argument, "'cursor' is not of this list"};
    }
    where.append(" AND (" + std::string(column.name) + ", id) " + (query.descending ? "<" : ">") +
                 " (");
    where.append(where.bind(place.first) + ", ");
    where.append(where.bind(place.second) + ")");
  }
  // One row more than asked tells whether there is a next page.
  const std::string limit = where.bind(query.limit + 1);
  const std::string sql = "SELECT " + std::string(kColumns) + ", name_key, status FROM " + source +
                          " WHERE " + where.text() + " ORDER BY " + column.name + order + ", id" +
                          order + " LIMIT " + limit;
  Page<StoredJson> page;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    page = {};
    POSS_ASSIGN(const Rows total,
                transaction.query("SELECT count(*) FROM " + source + " WHERE " + counted.text(),
                                  counted.values()));
    page.total = total[0].integer(0);
    POSS_ASSIGN(const Rows rows, transaction.query(sql, where.values()));
    for (const Row& row : rows) {
      if (page.items.size() == static_cast<size_t>(query.limit)) {
        const Row& last = rows[page.items.size() - 1];
        page.next_cursor = make_cursor(what, last.value(column.index), last.value(0));
        break;
      }
      POSS_ASSIGN(StoredJson record, read_record(row));
      page.items.push_back(std::move(record));
    }
    return {};
  };
  POSS_TRY(database_->read(work));
  return page;
}

}  // namespace poss::store
