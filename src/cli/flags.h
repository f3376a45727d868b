// FieldFlags: options of a subcommand made from a JSON Schema, so that a new field needs no code.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "cli/kinds.h"

namespace poss::cli {

class FieldFlags {
 public:
  // One option for each property: --user-name for user_name; --tag for tags, and with `change`
  // --untag. `schema` must outlive this.
  void declare(CLI::App& command, const json::object& schema,
               const std::vector<std::string_view>& left_out, bool change = false);

  // What was given, typed as the schema says, names turned into ids, secrets read from where they
  // are.
  Result<json::object> body(Finder& finder) const;

  // The same as parameters of a query: "search=hall&descending=true".
  Result<std::string> query(Finder& finder) const;

 private:
  struct Flag {
    std::string field;
    const json::object* schema;
    CLI::Option* option;
    std::shared_ptr<std::vector<std::string>> values;
  };
  std::vector<Flag> flags_;
  std::shared_ptr<std::vector<std::string>> tags_;
  std::shared_ptr<std::vector<std::string>> removed_tags_;
};

// A secret from "-" (standard input, asked for at a terminal), "env:NAME" or "file:PATH"; "" is "".
// Errors never hold `source`.
Result<std::string> read_secret_from(const std::string& source, const std::string& what);

// An option that may be given several times, each with one value.
CLI::Option* add_repeated(CLI::App& command, const std::string& name,
                          std::vector<std::string>& values, const std::string& help);

}  // namespace poss::cli
