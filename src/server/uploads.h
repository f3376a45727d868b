// Uploads: files that clients have sent and that wait to be put to use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/fields.h"
#include "base/sync.h"
#include "base/time.h"
#include "server/file_body.h"

namespace poss::server {

struct UploadBody {
  std::string id;
  std::string name;  // a label that the client gave; never part of a path
  std::uint64_t bytes = 0;
  std::string sha256;
  static void declare(Fields<UploadBody>& f);
};

// Thread-safe. What nobody claims goes after a day, and when POSS starts again.
class Uploads {
 public:
  static constexpr std::chrono::hours kKept{24};

  // Removes what lies in the folder.
  explicit Uploads(std::filesystem::path folder, const Clock& clock = system_clock());

  const std::filesystem::path& folder() const { return folder_; }

  // Takes the file over and reads it once, for its hash. `name`: 1 to 255 bytes that could name a
  // file.
  Result<UploadBody> add(UploadedFile& file, const std::string& name);
  // Hands the file over: it is the caller's now, to move or to remove.
  Result<std::filesystem::path> claim(const std::string& id);
  Result<void> remove(const std::string& id);
  // Removes what has waited too long.
  void remove_old();

 private:
  struct Waiting {
    std::filesystem::path path;
    Time since{};
  };
  const std::filesystem::path folder_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Waiting> waiting_ GUARDED_BY(mutex_);
};

}  // namespace poss::server
