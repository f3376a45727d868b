// `poss completion`: shells ask the program itself, which looks at its own subcommands and options.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "cli/command.h"
#include "cli/kinds.h"
#include "cli/terminal.h"
#include "net/encoding.h"
#include "store/text.h"

namespace poss::cli {
namespace {

constexpr auto kServerTime = std::chrono::milliseconds(700);  // that a person at the keyboard bears

// Each gives the words before and under the cursor, one a line, to `poss __complete`.
constexpr const char* kBash = R"sh(# bash: source <(poss completion bash)
_poss() {
  local IFS=$'\n' line
  COMPREPLY=()
  while read -r line; do
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <(printf '%s\n' "${COMP_WORDS[@]:1:COMP_CWORD}" | "${COMP_WORDS[0]}" __complete 2>/dev/null)
}
complete -o default -F _poss poss
)sh";
constexpr const char* kZsh = R"sh(#compdef poss
# zsh: source <(poss completion zsh)
_poss() {
  local -a found
  found=(${(f)"$(printf '%s\n' "${(@)words[2,CURRENT]}" | ${words[1]} __complete 2>/dev/null)"})
  if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _poss poss
)sh";
constexpr const char* kFish = R"sh(# fish: poss completion fish | source
function __poss_complete
  set -l words (commandline -opc) (commandline -ct)
  printf '%s\n' $words[2..-1] | $words[1] __complete 2>/dev/null
end
complete -c poss -a '(__poss_complete)'
)sh";

// The kind whose names stand for a value called so in the help: "CAMERA".
const KindInfo* kind_of_value(const std::string& type_name) {
  for (const auto& kind : kinds()) {
    std::string name(kind.command);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name == type_name) return &kind;
  }
  return nullptr;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// Backslashes and quotes as shells leave them in words.
std::string unquoted(std::string word) {
  word.erase(std::remove_if(word.begin(), word.end(),
                            [](char c) { return c == '\\' || c == '"' || c == '\''; }),
             word.end());
  return word;
}

void print_names(const KindInfo& kind, const std::string& server, const std::string& begin) {
  auto client = Client::create({.server = server, .ca_file = ""});
  if (!client) return;
  (*client)->set_timeout(kServerTime);
  const auto objects = (*client)->list(
      std::string(kind.path), begin.empty() ? "" : "search=" + net::percent_encode(begin), 200);
  if (!objects) return;
  const std::string folded = store::fold_case(begin);
  for (const auto& object : *objects) {
    if (!object.is_object()) continue;
    const std::string name = text_member(object.get_object(), "name");
    if (store::fold_case(name).starts_with(folded)) std::printf("%s\n", printable(name).c_str());
  }
}

void print_if(const std::string& word, const std::string& begin) {
  if (word.starts_with(begin)) std::printf("%s\n", word.c_str());
}

void complete(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  const CLI::Option* waiting = nullptr;  // an option whose value comes next
  std::string server;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (waiting) {
      if (waiting->check_name("--server")) server = words[i];
      waiting = nullptr;
      continue;
    }
    if (words[i].starts_with("-")) {
      const CLI::Option* option = at->get_option_no_throw(words[i]);
      if (option && takes_value(*option)) waiting = option;
      continue;
    }
    const auto under =
        at->get_subcommands([&](const CLI::App* sub) { return sub->check_name(words[i]); });
    if (!under.empty()) at = under.front();
  }
  const std::string begin = words.empty() ? "" : unquoted(words.back());
  if (waiting) {
    if (const auto* kind = kind_of_value(waiting->get_type_name()))
      print_names(*kind, server, begin);
    return;
  }
  if (begin.starts_with("-")) {
    for (const auto* option : at->get_options([](const CLI::Option*) { return true; })) {
      for (const auto& name : option->get_lnames()) print_if("--" + name, begin);
    }
    return;
  }
  for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) print_if(sub->get_name(), begin);
  }
  for (const auto* option : at->get_options([](const CLI::Option*) { return true; })) {
    if (!option->get_positional()) continue;
    if (const auto* kind = kind_of_value(option->get_type_name()))
      print_names(*kind, server, begin);
  }
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("completion", "Print completion for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("For bash: source <(poss completion bash)");
  command->callback([shell, &action] {
    action = [shell]() -> Result<void> {
      std::fputs(*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish, stdout);
      return {};
    };
  });
  auto* words = app.add_subcommand("__complete", "Words on standard input, completions out");
  words->group("");
  words->callback([&app, &action] {
    action = [&app]() -> Result<void> {
      std::vector<std::string> lines;
      for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
      complete(app, lines);
      return {};
    };
  });
}

}  // namespace poss::cli
