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
  std::string name;         // a label that the client gave; never part of a path
  std::uint64_t bytes = 0;  // of the whole file
  std::uint64_t received = 0;
  std::string sha256;  // empty until all is received
  static void declare(Fields<UploadBody>& f);
};

// Thread-safe. What nobody claims goes a day after its last part came, and when POSS starts again.
class Uploads {
 public:
  static constexpr std::chrono::hours kKept{24};
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 30;  // of one
  static constexpr size_t kMaxUnfinished = 64;

  // Removes what lies in the folder.
  explicit Uploads(std::filesystem::path folder, const Clock& clock = system_clock());

  const std::filesystem::path& folder() const { return folder_; }

  // Takes the file over. `name`: 1 to 255 bytes that could name a file. With `bytes` it is the
  // first part of a file of that size, and may be empty; without, it is the whole. The whole is
  // read once, for its hash.
  Result<UploadBody> add(UploadedFile& file, const std::string& name, std::uint64_t bytes = 0);
  // Adds a part that begins where the last one ended: all of it or, on failure, nothing.
  Result<UploadBody> append(const std::string& id, std::uint64_t offset, const UploadedFile& part);
  Result<UploadBody> get(const std::string& id) const;
  // Hands the whole file over: it is the caller's now, to move or to remove.
  Result<std::filesystem::path> claim(const std::string& id);
  Result<void> remove(const std::string& id);
  // Removes what has waited too long.
  void remove_old();

 private:
  struct Waiting {
    UploadBody upload;
    std::filesystem::path path;
    Time since{};
    bool busy = false;  // a part is being added
  };
  // Takes one that is not busy out of the list.
  Result<Waiting> take(const std::string& id, bool whole);

  const std::filesystem::path folder_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, Waiting> waiting_ GUARDED_BY(mutex_);
};

}  // namespace poss::server
