// `poss job`: long work on the server.
#include <cstdio>

#include "cli/document.h"
#include "cli/objects.h"
#include "cli/terminal.h"
#include "net/encoding.h"

namespace poss::cli {
namespace {

const KindInfo kJob{.kind = "job",
                    .command = "job",
                    .title = "job",
                    .path = "/api/v1/jobs",
                    .help = "Long work on the server, such as imports and tests",
                    .add = "",
                    .columns = {},
                    .test_path = "",
                    .not_flags = {}};

Result<void> list_jobs(Client& client, const VerbOptions& options) {
  POSS_ASSIGN(const Answer answer, client.get(std::string(kJob.path)));
  if (options.json) {
    print_json(answer.body);
    return {};
  }
  POSS_ASSIGN(const json::object list, object_of(answer));
  const auto* items = list.if_contains("items");
  if (!items || !items->is_array()) return object_of({}).error();
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : items->get_array()) {
    if (!item.is_object()) continue;
    const json::object& job = item.get_object();
    const auto* progress = job.if_contains("progress");
    const double part = progress && progress->is_number() ? progress->to_number<double>() : -1;
    rows.push_back({text_member(job, "id"), text_member(job, "state"),
                    part < 0 ? "" : std::to_string(static_cast<int>(part * 100)) + " %",
                    text_member(job, "title"),
                    text_member(job, "cause").empty() ? text_member(job, "message")
                                                      : text_member(job, "cause")});
  }
  print_table({"ID", "STATE", "PROGRESS", "TITLE", "MESSAGE"}, rows);
  return {};
}

Result<json::object> get_job(Client& client, const std::string& id) {
  POSS_ASSIGN(Answer answer, client.get(object_path(kJob, id)));
  return object_of(std::move(answer));
}

void add_job_verb(const Verb& verb, const std::string& name, const std::string& help, RunVerb run) {
  auto options = std::make_shared<VerbOptions>();
  auto& command = add_verb(verb, name, help, std::move(run), options);
  command.add_option("id", options->names, "Its id")->required()->expected(1)->type_name("JOB");
}

void print_job(const json::object& job, bool as_json) {
  if (as_json) return print_json(job);
  std::fputs(yaml_text(job).c_str(), stdout);
}

}  // namespace

void add_jobs(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("job", std::string(kJob.help));
  command->require_subcommand(1);
  command->group("Objects on a server");
  const Verb verb{kJob, *command, action};
  add_verb(verb, "list", "List those that run or have ended lately", list_jobs);
  add_job_verb(verb, "show", "Show one, with its log and result",
               [](Client& client, const VerbOptions& options) -> Result<void> {
                 POSS_ASSIGN(const auto job, get_job(client, options.names.at(0)));
                 print_job(job, options.json);
                 return {};
               });
  add_job_verb(verb, "wait", "Wait for its end; Ctrl-C cancels it",
               [](Client& client, const VerbOptions& options) -> Result<void> {
                 hold_stop_signals();
                 POSS_ASSIGN(const auto job, get_job(client, options.names.at(0)));
                 POSS_ASSIGN(const auto result, wait_for_job(client, job));
                 print_job(result, options.json);
                 return {};
               });
  add_job_verb(verb, "cancel", "End one that waits or runs",
               [](Client& client, const VerbOptions& options) -> Result<void> {
                 POSS_ASSIGN(Answer answer,
                             client.post(object_path(kJob, options.names.at(0)) + "/cancel",
                                         json::object()));
                 POSS_ASSIGN(const json::object job, object_of(std::move(answer)));
                 print_job(job, options.json);
                 return {};
               });
}

}  // namespace poss::cli
