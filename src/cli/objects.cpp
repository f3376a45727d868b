// `poss camera`, `poss skill` and the rest: list, show, add, set, test and rm, from the table of
// kinds.
#include "cli/objects.h"

#include <cstdio>

#include "cli/document.h"
#include "cli/terminal.h"
#include "net/encoding.h"
#include "server/api.h"

namespace poss::cli {
namespace {

std::string an(std::string_view title) {
  const bool vowel = std::string_view("aeiouA").find(title[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(title);
}

// The member a column shows, as text.
std::string cell(const json::object& object, std::string_view member) {
  const auto dot = member.find('.');
  const auto* value = object.if_contains(member.substr(0, dot));
  if (!value) return "";
  if (dot != std::string_view::npos) {
    return value->is_object() ? cell(value->get_object(), member.substr(dot + 1)) : "";
  }
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_array()) return std::to_string(value->get_array().size());
  return value->is_null() ? "" : json_text(*value);
}

Result<void> list_objects(Client& client, const KindInfo& kind, const VerbOptions& options,
                          const FieldFlags& filters, size_t limit) {
  Finder finder(client);
  POSS_ASSIGN(const std::string query, filters.query(finder));
  POSS_ASSIGN(json::array items, client.list(std::string(kind.path), query, limit));
  if (options.json) {
    const auto count = static_cast<std::int64_t>(items.size());
    print_json(json::object{{"items", std::move(items)}, {"total", count}});
    return {};
  }
  std::vector<std::string> headers;
  for (const auto& column : kind.columns) headers.emplace_back(column.title);
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : items) {
    if (!item.is_object()) continue;
    auto& row = rows.emplace_back();
    for (const auto& column : kind.columns) {
      std::string text = cell(item.get_object(), column.member);
      const KindInfo* other = find_kind(column.kind);
      if (other && !text.empty()) {
        POSS_ASSIGN(text, finder.name_of(*other, text));
      }
      row.push_back(std::move(text));
    }
  }
  print_table(headers, rows);
  return {};
}

Result<void> remove_objects(Client& client, const KindInfo& kind, const VerbOptions& options) {
  if (!options.if_match.empty() && options.names.size() > 1) {
    return Error{Code::invalid_argument, "--if-match goes with one object only"};
  }
  Finder finder(client);
  // All are looked up first, so that a wrong name removes nothing.
  std::vector<json::object> objects;
  for (const auto& name : options.names) {
    POSS_ASSIGN(auto object, finder.find(kind, name));
    objects.push_back(std::move(object));
  }
  for (const auto& object : objects) {
    const std::string name = std::string(kind.title) + " '" + text_member(object, "name") + "'";
    if (options.dry_run) {
      std::printf("%s would be removed\n", printable(name).c_str());
      continue;
    }
    POSS_TRY(
        client.remove(object_path(kind, text_member(object, "id")), options.if_match).with(name));
    if (!options.json) std::printf("%s removed\n", printable(name).c_str());
  }
  return {};
}

// Tries a camera or a connection, stored or only given, through a job of the server.
Result<void> test_object(Client& client, const KindInfo& kind, const VerbOptions& options,
                         const FieldFlags& flags) {
  const auto* schema = body_schema_of("POST", kind.test_path);
  Finder finder(client);
  POSS_ASSIGN(json::object body, flags.body(finder));
  if (!options.names.empty()) {
    POSS_ASSIGN(const auto object, finder.find(kind, options.names[0]));
    for (const auto& member : object) {
      const bool known = schema && property_of(*schema, member.key()) && member.key() != kind.kind;
      if (known && !body.contains(member.key())) body[member.key()] = member.value();
    }
    body[kind.kind] = text_member(object, "id");
  } else if (body.empty()) {
    return Error{Code::invalid_argument,
                 "name the " + std::string(kind.title) + " to test, or give its fields"};
  }
  hold_stop_signals();
  POSS_ASSIGN(Answer answer, client.post(std::string(kind.test_path), body));
  POSS_ASSIGN(const json::object job, object_of(std::move(answer)));
  POSS_ASSIGN(json::object result, wait_for_job(client, job));
  if (options.json) {
    print_json(result);
  } else {
    result.erase("picture");
    std::fputs(yaml_text(result).c_str(), stdout);
  }
  const std::string cause = text_member(result, "cause");
  if (!cause.empty()) return Error{Code::unavailable, cause};
  return {};
}

// What went wrong in a dry run, as an error.
Result<void> dry_run_result(const Answer& answer) {
  const auto* object = answer.body.if_object();
  const auto* found = object ? object->if_contains("problems") : nullptr;
  const auto* problems = found ? found->if_array() : nullptr;
  if (!problems) return Error{Code::internal, "the server did not take it as a dry run"};
  std::string text;
  for (const auto& item : *problems) {
    if (!item.is_object()) continue;
    const std::string field = text_member(item.get_object(), "field");
    text += (text.empty() ? "" : "\n  ") + (field.empty() ? "" : field + ": ") +
            text_member(item.get_object(), "detail");
  }
  if (problems->empty()) return {};
  return Error{Code::invalid_argument, text};
}

void add_list(const Verb& verb) {
  auto flags = std::make_shared<FieldFlags>();
  auto limit = std::make_shared<size_t>(0);
  auto& command = add_verb(verb, "list", "List them; names are compared without case",
                           [&kind = verb.kind, flags, limit](Client& client, const auto& options) {
                             return list_objects(client, kind, options, *flags, *limit);
                           });
  if (const auto* schema = list_parameters_of(verb.kind)) {
    flags->declare(command, *schema, {"cursor", "limit"});
  }
  command.add_option("--limit", *limit, "At most so many (default: all)")->type_name("NUMBER");
}

void add_show(const Verb& verb) {
  auto options = std::make_shared<VerbOptions>();
  auto& command = add_verb(
      verb, "show", "Show one",
      [&kind = verb.kind](Client& client, const VerbOptions& given) -> Result<void> {
        Finder finder(client);
        POSS_ASSIGN(auto object, finder.find(kind, given.names.at(0)));
        if (given.json) {
          print_json(object);
          return {};
        }
        return print_object(client, kind, std::move(object));
      },
      options);
  add_name(command, verb.kind, *options);
}

void add_add(const Verb& verb, const json::object& schema) {
  auto options = std::make_shared<VerbOptions>();
  auto flags = std::make_shared<FieldFlags>();
  auto deployment = verb.kind.kind == "deployment" ? std::make_shared<DeploymentFlags>() : nullptr;
  auto& command = add_verb(
      verb, std::string(verb.kind.add), "Make " + an(verb.kind.title),
      [&kind = verb.kind, flags, deployment](Client& client,
                                             const VerbOptions& given) -> Result<void> {
        Finder finder(client);
        POSS_ASSIGN(json::object body, flags->body(finder));
        if (deployment) POSS_TRY(deployment->complete(finder, body));
        return store_object(client, kind, given, nullptr, body);
      },
      options);
  flags->declare(command, schema, verb.kind.not_flags);
  if (deployment) deployment->declare(command);
  add_change_options(command, *options, false);
}

void add_set(const Verb& verb, const json::object& schema) {
  auto options = std::make_shared<VerbOptions>();
  auto flags = std::make_shared<FieldFlags>();
  auto& command = add_verb(
      verb, "set", "Change fields; the others stay as they are",
      [&kind = verb.kind, flags](Client& client, const VerbOptions& given) -> Result<void> {
        Finder finder(client);
        POSS_ASSIGN(const auto object, finder.find(kind, given.names.at(0)));
        POSS_ASSIGN(const json::object body, flags->body(finder));
        if (body.empty()) return Error{Code::invalid_argument, "name the fields to change"};
        return store_object(client, kind, given, &object, body);
      },
      options);
  add_name(command, verb.kind, *options);
  flags->declare(command, schema, verb.kind.not_flags, true);
  add_change_options(command, *options, true);
}

void add_test(const Verb& verb, const json::object& schema) {
  auto options = std::make_shared<VerbOptions>();
  auto flags = std::make_shared<FieldFlags>();
  auto& command = add_verb(
      verb, "test", "Try one, stored or given by its fields, from the server",
      [&kind = verb.kind, flags](Client& client, const VerbOptions& given) {
        return test_object(client, kind, given, *flags);
      },
      options);
  add_name(command, verb.kind, *options);
  command.get_option("NAME")->required(false);
  auto left_out = verb.kind.not_flags;
  left_out.push_back(verb.kind.kind);
  left_out.push_back("tags");
  left_out.push_back("name");
  flags->declare(command, schema, left_out);
}

void add_remove(const Verb& verb) {
  auto options = std::make_shared<VerbOptions>();
  auto& command = add_verb(
      verb, "rm", "Remove; refused while something else uses it",
      [&kind = verb.kind](Client& client, const VerbOptions& given) {
        return remove_objects(client, kind, given);
      },
      options);
  add_name(command, verb.kind, *options, true);
  add_change_options(command, *options, true);
}

}  // namespace

CLI::App& add_verb(const Verb& verb, const std::string& name, const std::string& help, RunVerb run,
                   std::shared_ptr<VerbOptions> options) {
  auto* command = verb.parent.add_subcommand(name, help);
  command->group("Subcommands");  // not the parent's
  options->server = add_server_options(*command);
  command->add_flag("--json", options->json, "Print what the server answers, as JSON");
  command->callback([options, run = std::move(run), &action = verb.action] {
    action = [options, run]() -> Result<void> {
      POSS_ASSIGN(const auto client, Client::create(*options->server));
      return run(*client, *options);
    };
  });
  return *command;
}

void add_name(CLI::App& command, const KindInfo& kind, VerbOptions& options, bool several) {
  std::string type(kind.command);
  for (char& c : type) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  command.add_option("NAME", options.names, several ? "Names or ids" : "Its name or id")
      ->required()
      ->expected(several ? -1 : 1)
      ->type_name(type);
}

void add_change_options(CLI::App& command, VerbOptions& options, bool if_match) {
  command.add_flag("--dry-run", options.dry_run, "Only tell what would happen or is wrong");
  if (!if_match) return;
  command
      .add_option("--if-match", options.if_match,
                  "Refuse if it has another revision (as show and --json print it)")
      ->type_name("REVISION")
      ->check(CLI::PositiveNumber);
}

Result<void> store_object(Client& client, const KindInfo& kind, const VerbOptions& options,
                          const json::object* before, const json::object& body) {
  const std::string path =
      (before ? object_path(kind, text_member(*before, "id")) : std::string(kind.path)) +
      (options.dry_run ? "?dry_run=true" : "");
  POSS_ASSIGN(Answer answer,
              before ? client.patch(path, body, options.if_match) : client.post(path, body));
  if (options.dry_run) {
    if (options.json) print_json(answer.body);
    POSS_TRY(dry_run_result(answer));
    if (!options.json) std::printf("nothing is wrong; nothing was stored\n");
    return {};
  }
  if (options.json) {
    print_json(answer.body);
    return {};
  }
  POSS_ASSIGN(const json::object stored, object_of(std::move(answer)));
  std::printf("%s '%s' %s (%s, revision %s)\n", std::string(kind.title).c_str(),
              printable(text_member(stored, "name")).c_str(), before ? "changed" : "made",
              printable(text_member(stored, "id")).c_str(),
              number_member(stored, "revision").c_str());
  // Given out this once.
  if (const std::string token = text_member(stored, "token"); !token.empty()) {
    std::printf("%s\n", printable(token).c_str());
  }
  return {};
}

Result<void> print_object(Client& client, const KindInfo& kind, json::object object) {
  Finder finder(client);
  POSS_TRY(visit_references(
      kind, object,
      [&](const KindInfo& other, json::string& reference, const std::string&) -> Result<void> {
        POSS_ASSIGN(reference, finder.name_of(other, std::string(reference)));
        return {};
      }));
  std::fputs(yaml_text(object).c_str(), stdout);
  return {};
}

void print_json(const json::value& value) { std::fputs(pretty_json(value).c_str(), stdout); }

void add_objects(CLI::App& app, Action& action) {
  for (const KindInfo& kind : kinds()) {
    if (!list_parameters_of(kind)) continue;
    auto* command = app.add_subcommand(std::string(kind.command), std::string(kind.help));
    command->require_subcommand(1);
    command->group("Objects on a server");
    const Verb verb{kind, *command, action};
    add_list(verb);
    add_show(verb);
    const std::string one = std::string(kind.path) + "/{id}";
    const auto* input = input_schema_of(kind);
    if (input && !kind.add.empty()) add_add(verb, *input);
    if (kind.kind == "model") add_model_verbs(verb);
    if (kind.kind == "skill") add_skill_verbs(verb);
    if (const auto* change = body_schema_of("PATCH", one)) add_set(verb, *change);
    if (kind.kind == "deployment") add_deployment_verbs(verb);
    if (kind.kind == "user") add_user_verbs(verb);
    if (!kind.test_path.empty()) {
      if (const auto* test = body_schema_of("POST", kind.test_path)) add_test(verb, *test);
    }
    if (body_schema_of("DELETE", one)) add_remove(verb);
  }
}

}  // namespace poss::cli
