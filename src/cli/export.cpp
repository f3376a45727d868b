// `poss export`: the server's objects as files that `poss apply` takes.
#include <cstdio>
#include <set>

#include "base/file.h"
#include "base/id.h"
#include "cli/command.h"
#include "cli/document.h"
#include "cli/files.h"
#include "server/node_secrets.h"

namespace poss::cli {
namespace {

// The object as a file holds it, and a comment on what is left out.
struct ObjectFile {
  std::string name;
  std::string text;
};

// What to write for the secrets in the settings of a skill's nodes.
std::string node_secrets(const json::object& fields) {
  std::error_code missing;
  const json::value skill(fields);
  const auto* nodes = skill.find_pointer("/graph/nodes", missing);
  std::string comment;
  if (!nodes || !nodes->is_array()) return comment;
  for (const auto& node : nodes->get_array()) {
    const auto* settings = node.find_pointer("/settings", missing);
    if (!settings || !settings->is_object()) continue;
    for (const auto& setting : settings->get_object()) {
      if (setting.value() != json::value(server::kStoredSecret)) continue;
      const std::string name(setting.key());
      comment += name + " of the node '" + text_member(node.get_object(), "id") +
                 "' is set and not exported; for another server, write\n  " + name +
                 ": {env: NAME}\nor " + name + ": {file: PATH}\n";
    }
  }
  return comment;
}

Result<ObjectFile> object_file(Finder& finder, const KindInfo& kind, const json::object& object,
                               const std::string& this_machine) {
  json::object file{{"kind", kind.kind}};
  std::string comment;
  json::object fields;
  const auto* schema = input_schema_of(kind);
  for (const auto& property : schema->at("properties").as_object()) {
    const std::string field(property.key());
    if (is_secret(property.value().as_object())) {
      const auto* has = object.if_contains("has_" + field);
      if (has && has->is_bool() && has->get_bool()) {
        comment += field + " is set and not exported; where it is needed, write\n  " + field +
                   ": {env: NAME}\nor " + field + ": {file: PATH}\n";
      }
    } else if (const auto* value = object.if_contains(field); value && field != "tags") {
      fields[field] = *value;
    }
  }
  comment += node_secrets(fields);
  POSS_TRY(visit_references(
      kind, fields,
      [&](const KindInfo& other, json::string& reference, const std::string&) -> Result<void> {
        if (std::string_view(reference) == this_machine) {
          reference = kThisMachineName;
          return {};
        }
        POSS_ASSIGN(reference, finder.name_of(other, std::string(reference)));
        return {};
      }));
  for (auto& field : fields) file[field.key()] = std::move(field.value());
  if (const auto* tags = object.if_contains("tags"); tags && tags->is_object()) {
    json::object kept = tags->get_object();
    kept.erase(kManagedBy);
    file["tags"] = std::move(kept);
  }
  return ObjectFile{text_member(object, "name"), yaml_text(file, comment)};
}

// `this_machine`: the id of the server's own device, which gets no file: every server has one.
Result<std::vector<ObjectFile>> object_files(Client& client, Finder& finder, const KindInfo& kind,
                                             const std::string& this_machine) {
  std::vector<ObjectFile> files;
  POSS_ASSIGN(const auto listed, client.list(std::string(kind.path), ""));
  for (const auto& item : listed) {
    if (!item.is_object() || text_member(item.get_object(), "id") == this_machine) continue;
    // Lists leave out what is large.
    auto answer = client.get(object_path(kind, text_member(item.get_object(), "id")));
    if (!answer && answer.error().code == Code::not_found) continue;  // removed meanwhile
    if (!answer) return answer.error();
    POSS_ASSIGN(const json::object object, object_of(std::move(*answer)));
    POSS_ASSIGN(auto file, object_file(finder, kind, object, this_machine));
    files.push_back(std::move(file));
  }
  return files;
}

Result<void> export_objects(const ServerOptions& server, const std::filesystem::path& folder) {
  POSS_ASSIGN(const auto client, Client::create(server));
  Finder finder(*client);
  const auto device = finder.id_of(*find_kind("device"), kThisMachineName);
  if (!device && device.error().code != Code::not_found) return device.error();
  const std::string this_machine = device ? *device : "";
  size_t count = 0;
  for (const auto& kind : kinds_of_files()) {
    if (!input_schema_of(kind)) continue;
    POSS_ASSIGN(const auto files, object_files(*client, finder, kind, this_machine));
    std::set<std::string> taken;
    for (const auto& file : files) {
      if (folder.empty()) {
        std::printf("%s%s", count == 0 ? "" : "---\n", file.text.c_str());
      } else {
        const std::string base = slugify(file.name);
        std::string name = base;
        for (int i = 2; !taken.insert(name).second; ++i) name = base + "-" + std::to_string(i);
        POSS_TRY(replace_file(folder / kind.kind / (name + ".yaml"), file.text));
      }
      ++count;
    }
  }
  if (!folder.empty()) std::printf("%zu objects in %s\n", count, folder.c_str());
  return {};
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "export", "Write the server's objects as YAML files, without secrets, for poss apply");
  command->group("Objects on a server");
  auto server = add_server_options(*command);
  auto folder = std::make_shared<std::string>();
  command->add_option("-o,--out", *folder, "Folder for one file an object (default: print them)")
      ->type_name("FOLDER");
  command->callback([server, folder, &action] {
    action = [server, folder] { return export_objects(*server, *folder); };
  });
}

}  // namespace poss::cli
