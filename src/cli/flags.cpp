// From schema to options, and from their text to JSON.
#include "cli/flags.h"

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "cli/document.h"
#include "cli/terminal.h"
#include "net/encoding.h"

namespace poss::cli {
namespace {

// "user_name" → "--user-name".
std::string option_name(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

const json::object& items_of(const json::object& schema) {
  static const json::object none;
  const auto* items = schema.if_contains("items");
  return items && items->is_object() ? items->get_object() : none;
}

bool is_map_of_text(const json::object& schema) {
  const auto* values = schema.if_contains("additionalProperties");
  return keyword(schema, "type") == "object" && values && values->is_object() &&
         keyword(values->get_object(), "type") == "string";
}

bool is_list_of_text(const json::object& schema) {
  return keyword(schema, "type") == "array" && keyword(items_of(schema), "type") == "string";
}

// What stands for the value in help; completion asks for names where it is a command's.
std::string value_name(const json::object& schema) {
  const json::object& one = is_list_of_text(schema) ? items_of(schema) : schema;
  if (const KindInfo* kind = find_kind(keyword(one, "format"))) return upper(kind->command);
  if (is_secret(one)) return "FROM";
  if (is_map_of_text(schema)) return "NAME=VALUE";
  const std::string_view type = keyword(one, "type");
  if (type == "object" || type == "array") return "JSON|@FILE";
  if (type == "integer" || type == "number") return "NUMBER";
  return "TEXT";
}

std::string help_of(const json::object& schema) {
  std::string help(keyword(schema, "title"));
  if (const auto text = keyword(schema, "description"); !text.empty()) {
    help += (help.empty() ? "" : ": ") + std::string(text);
  }
  if (const auto* choices = schema.if_contains("enum"); choices && choices->is_array()) {
    std::string all;
    for (const auto& choice : choices->get_array()) {
      if (choice.is_string()) all += (all.empty() ? "" : ", ") + std::string(choice.get_string());
    }
    help += (help.empty() ? "one of " : "; one of ") + all;
  }
  if (is_secret(schema))
    help += "; FROM is - (asked for, or standard input), env:NAME or file:PATH";
  if (const auto unit = keyword(schema, "x-unit"); !unit.empty()) {
    help += " (" + std::string(unit) + ")";
  }
  return help;
}

Result<std::pair<std::string, std::string>> name_and_value(const std::string& text,
                                                           const std::string& option) {
  const size_t at = text.find('=');
  if (at == std::string::npos || at == 0) {
    return Error{Code::invalid_argument, option + ": write NAME=VALUE in place of '" + text + "'"};
  }
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<json::value> one_value(const std::string& text, const json::object& schema,
                              const std::string& option) {
  const std::string_view type = keyword(schema, "type");
  if (type == "string" || type.empty()) {
    return is_secret(schema) ? [&]() -> Result<json::value> {
      POSS_ASSIGN(const std::string secret, read_secret_from(text, option));
      return json::value(secret);
    }()
                             : Result<json::value>(json::value(text));
  }
  if (type == "object" || type == "array") {
    if (text.starts_with("@")) return read_document(text.substr(1), schema).with(option);
    return parse_json(text).with(option);
  }
  auto value = parse_json(text);
  const bool fits = value && (type == "boolean"   ? value->is_bool()
                              : type == "integer" ? value->is_int64()
                                                  : value->is_number());
  if (!fits) {
    return Error{Code::invalid_argument, option + ": must be " +
                                             (type == "boolean"   ? "true or false"
                                              : type == "integer" ? "a whole number"
                                                                  : "a number") +
                                             ", not '" + text + "'"};
  }
  return std::move(*value);
}

}  // namespace

Result<std::string> read_secret_from(const std::string& source, const std::string& what) {
  if (source.empty()) return std::string();
  if (source == "-") return read_secret(what.starts_with("--") ? what.substr(2) : what);
  if (source.starts_with("env:")) {
    const char* value = std::getenv(source.substr(4).c_str());
    if (value) return std::string(value);
    return Error{Code::invalid_argument,
                 what + ": the environment has no variable '" + source.substr(4) + "'"};
  }
  if (source.starts_with("file:")) {
    POSS_ASSIGN(std::string text, read_file(source.substr(5), 64u << 10).with(what));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
  }
  return Error{Code::invalid_argument,
               what +
                   ": a secret is not given on the command line, where others can read it; write "
                   "- to be asked for it, env:NAME or file:PATH"};
}

CLI::Option* add_repeated(CLI::App& command, const std::string& name,
                          std::vector<std::string>& values, const std::string& help) {
  return command.add_option(name, values, help)->allow_extra_args(false);
}

void FieldFlags::declare(CLI::App& command, const json::object& schema,
                         const std::vector<std::string_view>& left_out, bool change) {
  const auto* properties = schema.if_contains("properties");
  if (!properties) return;
  for (const auto& property : properties->get_object()) {
    const std::string field(property.key());
    const json::object& one = property.value().get_object();
    if (std::find(left_out.begin(), left_out.end(), field) != left_out.end()) continue;
    if (field == "tags") {
      tags_ = std::make_shared<std::vector<std::string>>();
      add_repeated(command, "--tag", *tags_, "A tag; may be given several times")
          ->type_name("NAME=VALUE");
      if (!change) continue;
      removed_tags_ = std::make_shared<std::vector<std::string>>();
      add_repeated(command, "--untag", *removed_tags_, "Take a tag away")->type_name("NAME");
      continue;
    }
    Flag flag{.field = field,
              .schema = &one,
              .option = nullptr,
              .values = std::make_shared<std::vector<std::string>>()};
    if (keyword(one, "type") == "boolean") {
      // Alone it means true; --name=false says otherwise.
      flag.option = command.add_flag(option_name(field), *flag.values, help_of(one));
    } else {
      flag.option = add_repeated(command, option_name(field), *flag.values, help_of(one));
      if (!is_map_of_text(one) && !is_list_of_text(one)) flag.option->expected(1);
      flag.option->type_name(value_name(one));
    }
    flag.option->group("Fields");
    flags_.push_back(std::move(flag));
  }
}

Result<json::object> FieldFlags::body(Finder& finder) const {
  json::object body;
  for (const auto& flag : flags_) {
    if (flag.option->count() == 0) continue;
    const std::string name = flag.option->get_name();
    const auto& values = *flag.values;
    if (is_map_of_text(*flag.schema)) {
      json::object map;
      for (const auto& text : values) {
        POSS_ASSIGN(const auto pair, name_and_value(text, name));
        map[pair.first] = pair.second;
      }
      body[flag.field] = std::move(map);
      continue;
    }
    if (is_list_of_text(*flag.schema)) {
      json::array list;
      for (const auto& text : values) {
        if (!text.empty() || values.size() > 1) list.emplace_back(text);
      }
      body[flag.field] = std::move(list);
    } else {
      POSS_ASSIGN(body[flag.field],
                  one_value(values.empty() ? "" : values.back(), *flag.schema, name));
    }
    POSS_TRY(visit_references(
        body[flag.field], *flag.schema, flag.field,
        [&](const KindInfo& kind, json::string& reference, const std::string&) -> Result<void> {
          POSS_ASSIGN(reference, finder.id_of(kind, std::string(reference)).with(name));
          return {};
        }));
  }
  json::object tags;
  for (const auto& text : tags_ ? *tags_ : std::vector<std::string>()) {
    POSS_ASSIGN(const auto pair, name_and_value(text, "--tag"));
    tags[pair.first] = pair.second;
  }
  for (const auto& text : removed_tags_ ? *removed_tags_ : std::vector<std::string>()) {
    tags[text] = nullptr;
  }
  if (!tags.empty()) body["tags"] = std::move(tags);
  return body;
}

Result<std::string> FieldFlags::query(Finder& finder) const {
  POSS_ASSIGN(const json::object values, body(finder));
  std::string query;
  for (const auto& member : values) {
    const std::string text = member.value().is_string() ? std::string(member.value().get_string())
                                                        : json_text(member.value());
    query +=
        (query.empty() ? "" : "&") + std::string(member.key()) + "=" + net::percent_encode(text);
  }
  return query;
}

}  // namespace poss::cli
