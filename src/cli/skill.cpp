// `poss skill apply` and `poss skill export`: skills as the files that the portal and poss run
// share.
#include "graph/skill.h"

#include <cstdio>

#include "base/file.h"
#include "cli/objects.h"
#include "cli/terminal.h"
#include "net/encoding.h"

namespace poss::cli {
namespace {

Result<void> apply_skill(Client& client, const KindInfo& kind, const VerbOptions& options,
                         const std::string& file) {
  POSS_ASSIGN(const json::value text, read_json_file(file));
  POSS_ASSIGN(const Skill skill, parse_skill(text).with("'" + file + "'"));
  const json::object parts = to_json(skill);
  json::object body{{"name", skill.name},
                    {"description", skill.description},
                    {"fps", skill.fps},
                    {"graph", {{"nodes", parts.at("nodes")}, {"edges", parts.at("edges")}}}};
  Finder finder(client);
  auto found = finder.find(kind, skill.name);
  if (!found && found.error().code != Code::not_found) return found.error();
  return store_object(client, kind, options, found ? &*found : nullptr, body);
}

Result<void> export_skill(Client& client, const KindInfo& kind, const VerbOptions& options,
                          const std::string& file) {
  Finder finder(client);
  POSS_ASSIGN(const std::string id, finder.id_of(kind, options.names.at(0)));
  POSS_ASSIGN(const Answer answer, client.get(object_path(kind, id) + "/export"));
  const std::string text = pretty_json(answer.body);
  if (!file.empty()) return replace_file(file, text);
  std::fputs(text.c_str(), stdout);
  return {};
}

}  // namespace

void add_skill_verbs(const Verb& verb) {
  auto options = std::make_shared<VerbOptions>();
  auto file = std::make_shared<std::string>();
  auto& apply = add_verb(
      verb, "apply", "Make a skill of a skill file, or bring the one of that name up to date",
      [&kind = verb.kind, file](Client& client, const VerbOptions& given) {
        return apply_skill(client, kind, given, *file);
      },
      options);
  apply.add_option("-f,--file", *file, "A skill file (JSON)")->required();
  add_change_options(apply, *options, true);

  auto export_options = std::make_shared<VerbOptions>();
  auto out = std::make_shared<std::string>();
  auto& save = add_verb(
      verb, "export", "Print a skill as a file for poss run, apply and the portal",
      [&kind = verb.kind, out](Client& client, const VerbOptions& given) {
        return export_skill(client, kind, given, *out);
      },
      export_options);
  add_name(save, verb.kind, *export_options);
  save.add_option("-o,--out", *out, "Write it to this file instead");
}

}  // namespace poss::cli
