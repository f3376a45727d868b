// The `poss` program: reads the command line and runs one subcommand.
#include <cstdio>

#include "base/log.h"
#include "cli/command.h"

int main(int argc, char** argv) {
  using namespace poss;
  CLI::App app(
      "POSS: edge vision on your own machine. Cameras in, models over them, insights out.\n"
      "Start with:  poss serve --demo");
  app.require_subcommand(1);
  app.fallthrough();
  std::string level = "info";
  app.add_option("--log", level, "How much to log: debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  cli::Action action;
  cli::add_serve(app, action);
  cli::add_run(app, action);
  cli::add_models(app, action);
  cli::add_bench(app, action);
  cli::add_doctor(app, action);
  cli::add_api(app, action);
  cli::add_login(app, action);
  cli::add_objects(app, action);
  cli::add_jobs(app, action);
  cli::add_apply(app, action);
  cli::add_export(app, action);
  cli::add_version(app, action);
  cli::add_completion(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exceptions; help asked for is no failure, a wrong command line is input.
    return app.exit(error) == 0 ? 0 : exit_code(Code::invalid_argument);
  }
  set_up_log(level);
  if (const auto done = action(); !done) {
    std::fprintf(stderr, "poss: %s\n", done.error().message.c_str());
    return exit_code(done.error().code);
  }
  return 0;
}
