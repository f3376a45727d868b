// SecretBox: camera passwords, connection strings, tokens and keys, encrypted at rest.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/database.h"

namespace poss::store {

// Secrets are kept as entries of their own; objects hold an entry's id in a field with the format
// "secret". One entry belongs to one object: it goes when its object is removed or refers to
// another entry, and no second object can refer to it.
//
// Thread-safe. Its key lies in a file of mode 0600, outside the database: a copy of the database
// alone gives no secret away.
class SecretBox {
 public:
  // Reads the key file, or makes it when it is absent and the database holds no secret. Refuses a
  // key file that others may read, that is missing while secrets exist, or that is another store's.
  static Result<std::unique_ptr<SecretBox>> open(Database& database,
                                                 const std::filesystem::path& key_file, Time now);
  ~SecretBox();
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;

  // Stores `plain` (at most 1 MiB) and returns the id of its entry. An entry that no object refers
  // to within a day is removed at the next start.
  Result<std::string> seal(std::string_view plain, Time now);

  // The secret's text, for the code that connects with it: never for an answer, a log or a URL.
  Result<std::string> reveal(const std::string& id);

 private:
  class Key;
  SecretBox(Database& database, std::unique_ptr<Key> key);
  Database& database_;
  const std::unique_ptr<const Key> key_;
};

}  // namespace poss::store
