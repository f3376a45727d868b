// `poss deployment create`, `start` and `stop`.
#include "cli/objects.h"

namespace poss::cli {
namespace {

void add_switch(const Verb& verb, const std::string& name, const std::string& help, bool enabled) {
  auto options = std::make_shared<VerbOptions>();
  auto& command = add_verb(
      verb, name, help,
      [&kind = verb.kind, enabled](Client& client, const VerbOptions& given) -> Result<void> {
        Finder finder(client);
        POSS_ASSIGN(const auto object, finder.find(kind, given.names.at(0)));
        return store_object(client, kind, given, &object, json::object{{"enabled", enabled}});
      },
      options);
  add_name(command, verb.kind, *options);
  add_change_options(command, *options, true);
}

}  // namespace

void add_deployment_verbs(const Verb& verb) {
  add_switch(verb, "start", "Let it run", true);
  add_switch(verb, "stop", "Stop it; it is kept", false);
}

void DeploymentFlags::declare(CLI::App& command) {
  add_repeated(command, "--camera", cameras, "A camera that every --skill runs on")
      ->type_name("CAMERA")
      ->group("Fields");
  add_repeated(command, "--skill", skills, "A skill that runs on every --camera")
      ->type_name("SKILL")
      ->group("Fields");
}

Result<void> DeploymentFlags::complete(Finder& finder, json::object& body) const {
  if (!cameras.empty() || !skills.empty()) {
    if (body.contains("cameras")) {
      return Error{Code::invalid_argument, "give --cameras, or --camera and --skill, not both"};
    }
    json::array run;
    for (const auto& skill : skills) {
      POSS_ASSIGN(const std::string id, finder.id_of(*find_kind("skill"), skill).with("--skill"));
      run.push_back(json::object{{"skill", id}});
    }
    json::array on;
    for (const auto& camera : cameras) {
      POSS_ASSIGN(const std::string id,
                  finder.id_of(*find_kind("camera"), camera).with("--camera"));
      on.push_back(json::object{{"camera", id}, {"skills", run}});
    }
    body["cameras"] = std::move(on);
  }
  if (body.contains("device")) return {};
  POSS_ASSIGN(body["device"], finder.id_of(*find_kind("device"), kThisMachineName));
  return {};
}

}  // namespace poss::cli
