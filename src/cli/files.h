// Objects in files: what `poss apply` reads and `poss export` writes.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cli/kinds.h"

namespace poss::cli {

// The tag of what poss apply made or changed; --prune removes nothing without it.
inline constexpr const char* kManagedBy = "managed_by";
inline constexpr const char* kByApply = "apply";

// The kinds that files hold, in the order in which they can be made.
std::span<const KindInfo> kinds_of_files();

// An object as a file says it shall be; references are names still, secrets where they come from.
struct WantedObject {
  std::string where;  // "cameras/dock.yaml", for messages
  const KindInfo* kind = nullptr;
  std::string name;
  json::object fields;  // without secrets, kind and tags
  // By field: as read_secret_from() takes it. Those of a skill's nodes are by JSON pointer, and in
  // `fields` stands server::kStoredSecret.
  std::map<std::string, std::string> secrets;
  bool has_tags = false;  // false: those there stay
  std::map<std::string, std::string> tags;
};

// Every object of a file, or of a folder's *.yaml, *.yml and *.json. What is wrong with a file is
// added to `errors` and the others are read all the same.
Result<std::vector<WantedObject>> read_objects(const std::filesystem::path& path,
                                               std::vector<Error>& errors);

// What must be sent to make `current`, an object as the server shows it, as wanted; empty: nothing.
// References in `wanted` are ids.
json::object changes(const KindInfo& kind, const json::object& current, const json::object& wanted);

}  // namespace poss::cli
