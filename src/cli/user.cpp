// `poss user reset-password`: what people who cannot sign in need, without a server.
#include <cstdio>

#include "cli/objects.h"
#include "cli/terminal.h"
#include "server/auth.h"

namespace poss::cli {
namespace {

struct ResetOptions {
  std::string name;
  std::string data;
  std::string store;
};

// For whoever forgot the name as well.
std::string names_of(store::Store& store) {
  const auto users = store.list<store::User>({.limit = 20});
  std::string names;
  if (users) {
    for (const auto& user : users->items) {
      names += (names.empty() ? "" : ", ") + user.value.name;
    }
  }
  return names;
}

Result<void> reset(const ResetOptions& options) {
  const auto data = data_folder(options.data);
  if (options.store.empty() && !std::filesystem::exists(data / "poss.db")) {
    return Error{Code::not_found, "there is no POSS in '" + data.string() +
                                      "'; give the data folder of `poss serve` with --data"};
  }
  POSS_ASSIGN(const auto store, open_store(data, options.store));
  if (const auto user = store->find<store::User>(options.name); !user) {
    if (user.error().code != Code::not_found) return user.error();
    const std::string names = names_of(*store);
    return Error{
        Code::not_found,
        user.error().message + "; there " +
            (names.empty() ? "are none yet: `poss serve` prints a link that makes the first"
                           : "are: " + names)};
  }
  POSS_ASSIGN(const std::string password, read_secret("New password"));
  if (input_is_terminal()) {
    POSS_ASSIGN(const std::string again, read_secret("Once more"));
    if (again != password) {
      return Error{Code::invalid_argument, "the two passwords differ; nothing was changed"};
    }
  }
  POSS_TRY(server::reset_password(*store, options.name, password));
  std::printf(
      "%s has the new password and is signed out everywhere; a server that runs notices "
      "within half a minute.\n",
      options.name.c_str());
  return {};
}

}  // namespace

void add_user_verbs(const Verb& verb) {
  auto* reset_command = verb.parent.add_subcommand(
      "reset-password",
      "Give a user another password, in the data folder of this machine: for those who cannot sign "
      "in");
  reset_command->group("Subcommands");
  auto options = std::make_shared<ResetOptions>();
  reset_command->add_option("name", options->name, "The user's name")->required();
  reset_command->add_option("--data", options->data, "The data folder, as of `poss serve`");
  reset_command->add_option("--store", options->store,
                            "The store, as of `poss serve`: postgres://…");
  reset_command->footer(
      "Asks for the password, or reads it from standard input.\nExample:\n"
      "  poss user reset-password ada");
  reset_command->callback(
      [options, &action = verb.action] { action = [options] { return reset(*options); }; });
}

}  // namespace poss::cli
