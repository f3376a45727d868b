// `poss apply`: makes the server's objects what files say.
#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/flags.h"
#include "cli/objects.h"
#include "cli/terminal.h"
#include "net/encoding.h"
#include "server/node_secrets.h"
#include "store/text.h"

namespace poss::cli {
namespace {

struct ApplyOptions {
  std::string path;
  bool dry_run = false;
  bool prune = false;
  bool yes = false;
  bool update_secrets = false;
  bool json = false;
};

// After such an error the others would fail alike.
bool is_hopeless(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::timed_out ||
         error.message.starts_with("sign in first");
}

class Applying {
 public:
  Applying(Client& client, const ApplyOptions& options) : client_(client), options_(options) {}

  Result<void> run() {
    std::vector<Error> errors;
    POSS_ASSIGN(const auto objects, read_objects(options_.path, errors));
    for (const auto& error : errors) complain(error);
    for (const auto& object : objects) wanted_.insert(key(*object.kind, object.name));
    for (const auto& kind : kinds_of_files()) {
      for (const auto& object : objects) {
        if (object.kind != &kind) continue;
        auto done = apply(object);
        if (done) continue;
        if (is_hopeless(done.error())) return done.error();
        std::string message = done.error().message;
        complain({done.error().code, object.where + ": " + message});
      }
    }
    if (options_.prune && failed_ > 0) {
      std::fprintf(stderr, "poss: nothing is pruned, because not all files could be applied\n");
    } else if (options_.prune) {
      POSS_TRY(prune());
    }
    if (options_.json) print_json(json::object{{"items", std::move(report_)}});
    if (failed_ == 0) return {};
    return Error{code_, std::to_string(failed_) + " of " +
                            std::to_string(objects.size() + errors.size()) +
                            " objects could not be applied"};
  }

 private:
  static std::string key(const KindInfo& kind, const std::string& name) {
    return std::string(kind.kind) + " " + store::fold_case(name);
  }

  void complain(const Error& error) {
    std::fprintf(stderr, "poss: %s\n", error.message.c_str());
    if (failed_++ == 0) code_ = error.code;
  }

  void tell(const char* action, const KindInfo& kind, const std::string& name) {
    if (options_.json) {
      report_.push_back({{"action", action}, {"kind", kind.kind}, {"name", name}});
    } else {
      std::printf("%-9s  %s '%s'\n", action, std::string(kind.title).c_str(),
                  printable(name).c_str());
    }
  }

  // The server's objects of a kind: ids by folded name.
  Result<std::map<std::string, std::string>*> ids(const KindInfo& kind) {
    auto known = ids_.find(kind.kind);
    if (known == ids_.end()) {
      POSS_ASSIGN(const auto objects, client_.list(std::string(kind.path), ""));
      known = ids_.emplace(kind.kind, std::map<std::string, std::string>()).first;
      for (const auto& object : objects) {
        if (!object.is_object()) continue;
        known->second[store::fold_case(text_member(object.get_object(), "name"))] =
            text_member(object.get_object(), "id");
      }
      for (const auto& object : objects) {
        if (!object.is_object() || !is_this_machine(object.get_object())) continue;
        known->second.emplace(store::fold_case(kThisMachineName),
                              text_member(object.get_object(), "id"));
      }
    }
    return &known->second;
  }

  // Names in `fields` become ids. Those of objects that a dry run would make stay names; their
  // fields are added to `pending`.
  Result<void> resolve(const KindInfo& kind, json::object& fields,
                       std::vector<std::string>& pending) {
    return visit_references(kind, fields,
                            [&](const KindInfo& other, json::string& reference,
                                const std::string& field) -> Result<void> {
                              const std::string name(reference);
                              POSS_ASSIGN(const auto* known, ids(other));
                              const auto found = known->find(store::fold_case(name));
                              if (found != known->end()) {
                                reference = found->second;
                              } else if (options_.dry_run && wanted_.contains(key(other, name))) {
                                pending.push_back(field);
                              } else {
                                return Error{Code::not_found,
                                             field + ": there is no " + std::string(other.title) +
                                                 " '" + name +
                                                 "', neither on the server nor in the "
                                                 "files"};
                              }
                              return {};
                            });
  }

  // Tags as they shall be; without tags in the file those there, and ours.
  json::value tags_patch(const WantedObject& object, const json::object& current) const {
    json::object patch;
    const auto* found = current.if_contains("tags");
    const json::object none;
    const json::object& now = found && found->is_object() ? found->get_object() : none;
    auto wanted = object.tags;
    // This machine is there by itself: nothing of apply's.
    if (!is_this_machine(current)) wanted[kManagedBy] = kByApply;
    for (const auto& [name, value] : wanted) {
      const auto* tag = now.if_contains(name);
      if (!tag || *tag != json::value(value)) patch[name] = value;
    }
    for (const auto& tag : now) {
      if (object.has_tags && !wanted.contains(std::string(tag.key()))) patch[tag.key()] = nullptr;
    }
    return patch;
  }

  Result<void> add_secrets(const WantedObject& object, const json::object* current,
                           json::object& body) const {
    for (const auto& [field, source] : object.secrets) {
      if (field.starts_with('/')) {
        POSS_TRY(add_node_secret(object, field, source, current, body));
        continue;
      }
      const auto* there = current ? current->if_contains("has_" + field) : nullptr;
      const bool known = there && there->is_bool() && there->get_bool();
      if (known && !options_.update_secrets) continue;
      POSS_ASSIGN(body[field], read_secret_from(source, field));
    }
    return {};
  }

  // A secret in a node's settings: sent where the server has none in its place.
  Result<void> add_node_secret(const WantedObject& object, const std::string& pointer,
                               const std::string& source, const json::object* current,
                               json::object& body) const {
    std::error_code missing;
    const json::value shown(current ? *current : json::object());
    const auto* there = shown.find_pointer(pointer, missing);
    const bool known = there && *there == json::value(server::kStoredSecret);
    if (known && !options_.update_secrets) return {};
    if (!body.contains("graph")) body["graph"] = object.fields.at("graph");
    POSS_ASSIGN(body["graph"].at_pointer(pointer.substr(std::string_view("/graph").size())),
                read_secret_from(source, pointer.substr(pointer.rfind('/') + 1)));
    return {};
  }

  Result<void> apply(const WantedObject& object) {
    const KindInfo& kind = *object.kind;
    std::vector<std::string> pending;
    json::object fields = object.fields;
    POSS_TRY(resolve(kind, fields, pending));
    POSS_ASSIGN(auto* known, ids(kind));
    const auto found = known->find(store::fold_case(object.name));
    const bool fresh = found == known->end();
    std::string path(kind.path);
    std::string revision;
    json::object body;
    if (fresh) {
      body = std::move(fields);
      POSS_TRY(add_secrets(object, nullptr, body));
      body["tags"] = tags_patch(object, {});
    } else {
      path = object_path(kind, found->second);
      POSS_ASSIGN(Answer answer, client_.get(path));
      POSS_ASSIGN(const json::object current, object_of(std::move(answer)));
      body = changes(kind, current, fields);
      POSS_TRY(add_secrets(object, &current, body));
      json::value tags = tags_patch(object, current);
      if (!tags.get_object().empty()) body["tags"] = std::move(tags);
      if (body.empty()) {
        tell("unchanged", kind, object.name);
        return {};
      }
      revision = number_member(current, "revision");
    }
    if (options_.dry_run) path += "?dry_run=true";
    POSS_ASSIGN(Answer answer,
                fresh ? client_.post(path, body) : client_.patch(path, body, revision));
    POSS_ASSIGN(const json::object stored, object_of(std::move(answer)));
    if (options_.dry_run) POSS_TRY(check_problems(stored, pending));
    if (fresh && !options_.dry_run) {
      (*known)[store::fold_case(object.name)] = text_member(stored, "id");
    }
    tell(fresh ? "created" : "changed", kind, object.name);
    return {};
  }

  // What a dry run found, but for references to what the run itself would make.
  static Result<void> check_problems(const json::object& answer,
                                     const std::vector<std::string>& pending) {
    const auto* found = answer.if_contains("problems");
    if (!found || !found->is_array()) return object_of({}).error();
    std::string text;
    for (const auto& item : found->get_array()) {
      if (!item.is_object()) continue;
      const std::string field = text_member(item.get_object(), "field");
      if (std::find(pending.begin(), pending.end(), field) != pending.end()) continue;
      text += (text.empty() ? "" : "\n  ") + (field.empty() ? "" : field + ": ") +
              text_member(item.get_object(), "detail");
    }
    return text.empty() ? Result<void>() : Result<void>(Code::invalid_argument, text);
  }

  struct Superfluous {
    const KindInfo* kind;
    std::string id;
    std::string name;
  };

  Result<void> prune() {
    std::vector<Superfluous> gone;
    const auto all = kinds_of_files();
    // What refers to others goes before them.
    for (auto kind = all.rbegin(); kind != all.rend(); ++kind) {
      if (!input_schema_of(*kind)) continue;
      POSS_ASSIGN(
          const auto objects,
          client_.list(std::string(kind->path),
                       "tag=" + net::percent_encode(std::string(kManagedBy) + "=" + kByApply)));
      for (const auto& object : objects) {
        const std::string name = text_member(object.as_object(), "name");
        if (wanted_.contains(key(*kind, name))) continue;
        gone.push_back({&*kind, text_member(object.as_object(), "id"), name});
      }
    }
    if (!gone.empty() && !options_.yes && !options_.dry_run) {
      for (const auto& object : gone) {
        std::fprintf(stderr, "  %s '%s'\n", std::string(object.kind->title).c_str(),
                     printable(object.name).c_str());
      }
      auto answer = ask("Remove these " + std::to_string(gone.size()) + " (yes or no)?");
      if (!answer) {
        return Error{Code::invalid_argument,
                     "--prune would remove " + std::to_string(gone.size()) +
                         " objects and there is no terminal to ask at; give --yes to remove them"};
      }
      if (*answer != "yes" && *answer != "y") return {};
    }
    for (const auto& object : gone) {
      if (!options_.dry_run) {
        const auto removed = client_.remove(object_path(*object.kind, object.id), "");
        if (!removed) {
          complain(
              removed.error().with(std::string(object.kind->title) + " '" + object.name + "'"));
          continue;
        }
      }
      tell("removed", *object.kind, object.name);
    }
    return {};
  }

  Client& client_;
  const ApplyOptions& options_;
  std::set<std::string> wanted_;
  std::map<std::string_view, std::map<std::string, std::string>> ids_;
  json::array report_;
  size_t failed_ = 0;
  Code code_ = Code::internal;
};

Result<void> apply(const ServerOptions& server, const ApplyOptions& options) {
  std::error_code error;
  if (options.prune && !std::filesystem::is_directory(options.path, error)) {
    return Error{Code::invalid_argument,
                 "--prune removes what is in no file, so it needs a folder with all of them"};
  }
  POSS_ASSIGN(const auto client, Client::create(server));
  return Applying(*client, options).run();
}

}  // namespace

void add_apply(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("apply", "Make the server's objects what YAML or JSON files say");
  command->group("Objects on a server");
  auto server = add_server_options(*command);
  auto options = std::make_shared<ApplyOptions>();
  command->add_option("-f,--file", options->path, "A file, or a folder with its subfolders")
      ->required()
      ->type_name("FOLDER|FILE");
  command->add_flag("--dry-run", options->dry_run, "Only tell what would happen or is wrong");
  command->add_flag("--prune", options->prune,
                    "Remove what an earlier apply made and no file holds any more (tag "
                    "managed_by=apply)");
  command->add_flag("--yes", options->yes, "Do not ask before --prune removes");
  command->add_flag("--update-secrets", options->update_secrets,
                    "Send secrets again that the server already has; it does not tell whether they "
                    "are the same");
  command->add_flag("--json", options->json, "Print what was done as JSON");
  command->footer("docs/cli.md describes the files; poss export writes them.");
  command->callback([server, options, &action] {
    action = [server, options] { return apply(*server, *options); };
  });
}

}  // namespace poss::cli
