// login.json, mode 0600.
#include "cli/login_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"

namespace poss::cli {
namespace {

Error cannot_write(const std::filesystem::path& path) {
  return {Code::permission_denied, "cannot write '" + path.string() + "': " + std::strerror(errno)};
}

}  // namespace

void Login::declare(Fields<Login>& f) {
  f.add(&Login::server, "server").required();
  f.add(&Login::ca_file, "ca_file");
  f.add(&Login::user, "user");
  f.add(&Login::token, "token");
  f.add(&Login::token_id, "token_id");
}

std::filesystem::path login_path() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder =
      config && *config ? std::filesystem::path(config)
                        : std::filesystem::path(home && *home ? home : "/") / ".config";
  return folder / "poss" / "login.json";
}

Result<std::optional<Login>> read_login() {
  const auto path = login_path();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<Login>();
  const std::string remedy = "'" + path.string() + "' (poss login makes it anew)";
  POSS_ASSIGN(const json::value text, read_json_file(path, 64u << 10).with(remedy));
  POSS_ASSIGN(Login login, parse_fields<Login>(text).with(remedy));
  return std::optional(std::move(login));
}

Result<void> write_login(const Login& login) {
  const auto path = login_path();
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  // Beside the old file and renamed over it: never half-written, never readable by others.
  const std::filesystem::path written = path.string() + "." + new_id();
  const int fd = ::open(written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(path);
  const std::string text = pretty_json(to_json(login));
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(fd) == 0;
  ::close(fd);
  if (!whole || ::rename(written.c_str(), path.c_str()) != 0) {
    const Error failed = cannot_write(path);
    ::unlink(written.c_str());
    return failed;
  }
  return {};
}

Result<void> remove_login() {
  std::error_code error;
  std::filesystem::remove(login_path(), error);
  if (error) {
    return Error{Code::permission_denied,
                 "cannot remove '" + login_path().string() + "': " + error.message()};
  }
  return {};
}

}  // namespace poss::cli
