// The kinds of objects that `poss` knows verbs for: one table, and their schemas as the server of
// this version declares them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/client.h"

namespace poss::cli {

struct Column {
  std::string_view title;
  std::string_view member;  // "status.state"; of a list its length
  std::string_view kind;    // whose ids it holds; empty: none
};

struct KindInfo {
  std::string_view kind;     // in the store, in the `format` of fields that refer to it, in files
  std::string_view command;  // `poss COMMAND`
  std::string_view title;
  std::string_view path;
  std::string_view help;
  std::string_view add;  // the verb that makes one; empty: another subcommand does
  std::vector<Column> columns;
  std::string_view test_path;               // POST: a job that tries it; empty: there is none
  std::vector<std::string_view> not_flags;  // fields that have no option
};

// In the order in which they can be made: what others refer to comes first.
const std::vector<KindInfo>& kinds();
const KindInfo* find_kind(std::string_view kind);

// JSON Schema of what is sent to make an object, of the query of a list, and of the body of a
// route; null when this version's API has no such route.
const json::object* input_schema_of(const KindInfo& kind);
const json::object* list_parameters_of(const KindInfo& kind);
const json::object* body_schema_of(std::string_view method, std::string_view path);

// The property of a schema; null when there is none.
const json::object* property_of(const json::object& schema, std::string_view name);
// A member of a schema that is text, or "".
std::string_view keyword(const json::object& schema, std::string_view name);
bool is_secret(const json::object& property);

// Calls `visit` for each text in `value`, an object of the kind's input schema, that refers to
// another object by its id (or, in what people write, its name), in the graphs of skills too.
using VisitReference =
    std::function<Result<void>(const KindInfo&, json::string& reference, const std::string& field)>;
Result<void> visit_references(const KindInfo& kind, json::object& value,
                              const VisitReference& visit);
// The same for a value of any schema.
Result<void> visit_references(json::value& value, const json::object& schema,
                              const std::string& field, const VisitReference& visit);

// Finds objects by what people call them. Lists each kind at most once for name_of().
class Finder {
 public:
  explicit Finder(Client& client) : client_(client) {}

  // The whole object of this name, compared without case, or of this id.
  Result<json::object> find(const KindInfo& kind, const std::string& text);
  Result<std::string> id_of(const KindInfo& kind, const std::string& text);
  // The id itself when there is no such object.
  Result<std::string> name_of(const KindInfo& kind, const std::string& id);

 private:
  Client& client_;
  std::map<std::string_view, std::map<std::string, std::string>> names_;  // by kind, by id
};

// What people may call the compute device that every server has, whatever its name is there; files
// do, so that they fit any server.
inline constexpr const char* kThisMachineName = "This machine";
bool is_this_machine(const json::object& device);

std::string object_path(const KindInfo& kind, std::string_view id);

// A whole number in text; "" when it is none.
std::string number_member(const json::object& object, std::string_view name);

}  // namespace poss::cli
