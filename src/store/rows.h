// How an object stands in a row of the table objects. Internal to src/store.
#pragma once

#include <string>

#include "store/store.h"

namespace poss::store {

// The columns read_record() reads, in its order.
inline constexpr const char* kColumns = "id, created, updated, revision, tags, body";

Result<StoredJson> read_record(const Row& row);

// Tags as the JSON text of the column.
std::string tags_text(const Tags& tags);

// A place in a list as opaque text, and back; `what` tells lists apart.
std::string make_cursor(const std::string& what, const Value& value, const Value& tie);
Result<std::pair<Value, Value>> read_cursor(const std::string& cursor, const std::string& what);

}  // namespace poss::store
