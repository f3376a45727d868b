// The verbs that every kind of object has; what is particular to one is added by others.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/kinds.h"

namespace poss::cli {

// What the leaf subcommands of a kind are declared with.
struct Verb {
  const KindInfo& kind;
  CLI::App& parent;  // `poss KIND`
  Action& action;
};

// The options of a verb, filled in by parsing.
struct VerbOptions {
  std::shared_ptr<ServerOptions> server;
  bool json = false;
  bool dry_run = false;
  std::string if_match;
  std::vector<std::string> names;
};

// A leaf with --server, --ca-file and --json, that runs `run` with a client.
using RunVerb = std::function<Result<void>(Client&, const VerbOptions&)>;
CLI::App& add_verb(const Verb& verb, const std::string& name, const std::string& help, RunVerb run,
                   std::shared_ptr<VerbOptions> options = std::make_shared<VerbOptions>());

// Declares what names an object: NAME, or with `several` one or more.
void add_name(CLI::App& command, const KindInfo& kind, VerbOptions& options, bool several = false);
// --dry-run and, with `if_match`, --if-match.
void add_change_options(CLI::App& command, VerbOptions& options, bool if_match);

// Makes (no `before`) or changes an object as asked, and prints it.
Result<void> store_object(Client& client, const KindInfo& kind, const VerbOptions& options,
                          const json::object* before, const json::object& body);

// An object, or what a job found, for people: one member a line; ids are followed by names.
Result<void> print_object(Client& client, const KindInfo& kind, json::object object);
void print_json(const json::value& value);

// The particular verbs: `poss model import`, `poss skill apply` and so on.
void add_model_verbs(const Verb& verb);
void add_inspect_verb(const Verb& verb);  // of models
void add_skill_verbs(const Verb& verb);
void add_deployment_verbs(const Verb& verb);
void add_user_verbs(const Verb& verb);

// Completes what was given to make a deployment: cameras and skills by name, this machine.
struct DeploymentFlags {
  std::vector<std::string> cameras;
  std::vector<std::string> skills;
  void declare(CLI::App& command);
  Result<void> complete(Finder& finder, json::object& body) const;
};

}  // namespace poss::cli
