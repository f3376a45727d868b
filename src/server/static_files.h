// The portal's files, served from one folder.
#pragma once

#include <filesystem>
#include <string>

#include "server/http.h"

namespace poss::server {

// Thread-safe: nothing is kept but the folder's path, so a portal built anew is served at once.
class StaticFiles {
 public:
  explicit StaticFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The file a target names; index.html for "/" and for the portal's own routes (a last segment
  // without a dot). Nothing outside the folder is ever read, through symbolic links neither.
  // /assets/ holds files named after their content: kept by browsers for good. All others carry
  // an ETag and are asked for anew.
  HttpResponse get(const HttpRequest& request) const;

 private:
  const std::filesystem::path folder_;
};

}  // namespace poss::server
