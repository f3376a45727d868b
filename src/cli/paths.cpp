// Where the parts of an installation lie.
#include <cstdlib>

#include "cli/command.h"

namespace poss::cli {
namespace {

std::filesystem::path choose(const std::string& given, const char* variable,
                             const std::filesystem::path& otherwise) {
  if (!given.empty()) return given;
  if (const char* value = std::getenv(variable); value && *value) return value;
  return otherwise;
}

}  // namespace

std::filesystem::path executable_folder() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path() : path.parent_path();
}

std::vector<std::filesystem::path> model_folders(const std::string& given) {
  // Beside the build folder of `poss`; the programs of bench lie one folder deeper.
  auto zoo = executable_folder() / ".." / "zoo";
  if (const auto deeper = executable_folder() / ".." / ".." / "zoo";
      !std::filesystem::exists(zoo) && std::filesystem::exists(deeper)) {
    zoo = deeper;
  }
  return {choose(given, "POSS_MODELS", zoo).lexically_normal()};
}

std::filesystem::path zoo_catalogue() {
  return (executable_folder() / ".." / ".." / "zoo" / "catalogue.json").lexically_normal();
}

std::filesystem::path portal_folder(const std::string& given) {
  return choose(given, "POSS_PORTAL", executable_folder() / ".." / ".." / "portal" / "dist")
      .lexically_normal();
}

// The XDG Base Directory Specification's place for a user's data.
std::filesystem::path data_folder(const std::string& given) {
  const char* home = std::getenv("HOME");
  const auto share = std::filesystem::path(home && *home ? home : "/var/lib") / ".local" / "share";
  return choose(given, "POSS_DATA", choose("", "XDG_DATA_HOME", share) / "poss").lexically_normal();
}

std::filesystem::path example_skills_folder() {
  return choose("", "POSS_EXAMPLES", executable_folder() / ".." / ".." / "examples")
             .lexically_normal() /
         "skills";
}

}  // namespace poss::cli
