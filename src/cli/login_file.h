// The login file: which server `poss` talks to, and the API token it does so with.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/fields.h"

namespace poss::cli {

struct Login {
  std::string server;    // "https://poss.example:7070"
  std::string ca_file;   // PEM; empty: the system's authorities
  std::string user;      // for people to read
  std::string token;     // empty: the server needs none
  std::string token_id;  // empty: the token was made elsewhere and stays when one signs out
  static void declare(Fields<Login>& f);
};

// $XDG_CONFIG_HOME/poss/login.json, or the same in ~/.config.
std::filesystem::path login_path();

// None when there is no file.
Result<std::optional<Login>> read_login();

// Writes it so that its owner alone can read it (mode 0600).
Result<void> write_login(const Login& login);

Result<void> remove_login();

}  // namespace poss::cli
