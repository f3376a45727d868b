// The subcommands of `poss`, one file each, and what they share.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "media/camera.h"
#include "store/store.h"

namespace poss::cli {

// What the chosen subcommand does once the arguments are read.
using Action = std::function<Result<void>()>;

// Each declares its subcommand on `app`; choosing it sets `action`.
void add_serve(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_models(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_api(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);
void add_login(CLI::App& app, Action& action);
void add_objects(CLI::App& app, Action& action);  // one for each kind of object
void add_jobs(CLI::App& app, Action& action);
void add_apply(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
// Last: it completes what the others have declared.
void add_completion(CLI::App& app, Action& action);

// Where things lie, found from the environment or relative to the executable.
std::filesystem::path executable_folder();
// The folders with models: `given` if not empty, else $POSS_MODELS, else the zoo that ./up made.
std::vector<std::filesystem::path> model_folders(const std::string& given);
// The list of the models that the zoo has.
std::filesystem::path zoo_catalogue();
// The built portal: `given`, $POSS_PORTAL, or portal/dist of the checkout.
std::filesystem::path portal_folder(const std::string& given);
// Where POSS keeps everything: `given`, $POSS_DATA, or poss in the user's data folder.
std::filesystem::path data_folder(const std::string& given);
// The store of a data folder, or the one at `address` (postgres://…) with its secrets' key there.
Result<std::unique_ptr<store::Store>> open_store(const std::filesystem::path& data,
                                                 const std::string& address);
// The folder of the example skills that come with POSS.
std::filesystem::path example_skills_folder();

// A camera argument, "URI" or "NAME=URI", taken apart. A name is made from the URI when none is
// given.
struct CameraArgument {
  std::string name;
  media::SourceConfig source;
};
Result<CameraArgument> parse_camera(const std::string& text);

// Stops Ctrl-C and kill from ending the process: after this, wait_for_stop() tells of them. Call
// before any thread is made.
void hold_stop_signals();
// Waits up to `limit` for Ctrl-C or kill; true when one came.
bool wait_for_stop(std::chrono::milliseconds limit);

}  // namespace poss::cli
