// `poss doctor`: what this machine has, what is missing, and what to do about it.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

#include "cli/command.h"
#include "infer/model.h"
#include "infer/runtime.h"

namespace poss::cli {
namespace {

// Prints one finding a line and remembers whether something needed is missing.
class Findings {
 public:
  void ok(const std::string& what, const std::string& detail) { line("ok     ", what, detail); }
  void note(const std::string& what, const std::string& detail) { line("note   ", what, detail); }
  void missing(const std::string& what, const std::string& detail) {
    line("MISSING", what, detail);
    ++missing_;
  }
  int missing_count() const { return missing_; }

 private:
  static void line(const char* state, const std::string& what, const std::string& detail) {
    std::printf("%s  %-14s %s\n", state, what.c_str(), detail.c_str());
  }
  int missing_ = 0;
};

// The value of the first line of /proc/cpuinfo that begins with one of `keys`.
std::string cpu_info(std::initializer_list<std::string_view> keys) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    for (const auto key : keys) {
      if (!line.starts_with(key)) continue;
      const auto colon = line.find(": ");
      return colon == std::string::npos ? "" : line.substr(colon + 2);
    }
  }
  return "";
}

void look_at_processor(Findings& findings) {
  utsname name{};
  ::uname(&name);
  findings.ok("processor", cpu_info({"model name", "Hardware"}) + " (" + name.machine + ", " +
                               std::to_string(std::thread::hardware_concurrency()) + " cores)");
  std::istringstream flags(cpu_info({"flags", "Features"}));
  std::vector<std::string> found;
  for (std::string flag; flags >> flag;) found.push_back(flag);
  const auto has = [&](std::string_view flag) {
    return std::find(found.begin(), found.end(), flag) != found.end();
  };
  if (has("avx512_vnni") || has("avx_vnni") || has("asimddp")) {
    findings.ok("int8", "dot-product instructions: INT8 models run at about twice the speed");
  } else {
    findings.note("int8", "no dot-product instructions: INT8 models gain less");
  }
  if (!has("avx2") && !has("asimd")) {
    findings.note("vectors", "no AVX2: expect models to be slow on this processor");
  }
  const double gigabytes = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
                           static_cast<double>(::sysconf(_SC_PAGE_SIZE)) / 1e9;
  char memory[64];
  std::snprintf(memory, sizeof memory, "%.1f GB", gigabytes);
  if (gigabytes < 1.5) {
    findings.note("memory", std::string(memory) + "; training wants 2 GB");
  } else {
    findings.ok("memory", memory);
  }
}

void look_at_runtime(Findings& findings) {
  const auto runtime = infer::Runtime::get();
  if (!runtime) {
    findings.missing("onnxruntime", runtime.error().message);
    return;
  }
  std::string providers;
  for (const auto& provider : (*runtime)->providers()) {
    providers += (providers.empty() ? "" : ", ") + provider;
  }
  findings.ok("onnxruntime", (*runtime)->version() + " (" + providers + ")");
}

void look_at_models(Findings& findings, const std::string& folder) {
  const infer::ModelPool pool(model_folders(folder));
  std::string names;
  for (const auto& model : pool.list()) names += (names.empty() ? "" : ", ") + model.name;
  if (names.empty()) {
    findings.missing("models", "none in " + pool.folders().front().string() +
                                   "; run ./up, which fetches the zoo");
  } else {
    findings.ok("models", names);
  }
}

void look_at_cameras(Findings& findings) {
  std::string found, closed;
  for (int i = 0; i < 16; ++i) {
    const std::string path = "/dev/video" + std::to_string(i);
    if (::access(path.c_str(), F_OK) != 0) continue;
    auto& list = ::access(path.c_str(), R_OK | W_OK) == 0 ? found : closed;
    list += (list.empty() ? "" : ", ") + path;
  }
  if (!found.empty()) findings.ok("usb cameras", found);
  if (!closed.empty()) {
    findings.note("usb cameras", closed + " may not be opened; add yourself to the group 'video'");
  }
  if (found.empty() && closed.empty()) findings.note("usb cameras", "none plugged in");
}

Result<void> doctor(const std::string& models, const std::string& portal) {
  Findings findings;
  std::printf("POSS %s\n\n", POSS_VERSION);
  look_at_processor(findings);
  look_at_runtime(findings);
  look_at_models(findings, models);
  const auto page = portal_folder(portal) / "index.html";
  if (std::filesystem::exists(page)) {
    findings.ok("portal", page.parent_path().string());
  } else {
    findings.missing("portal",
                     "not built at " + page.parent_path().string() + "; run ./up --build-only");
  }
  look_at_cameras(findings);
  if (findings.missing_count() > 0) {
    return Error{Code::unavailable, std::to_string(findings.missing_count()) +
                                        " needed part(s) are missing; see above what to do"};
  }
  std::printf("\nEverything needed is here.\n");
  return {};
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("doctor", "Look at this machine: what is there, what is missing");
  auto models = std::make_shared<std::string>();
  auto portal = std::make_shared<std::string>();
  command->add_option("--models", *models, "Folder with models (default: the zoo)");
  command->add_option("--portal", *portal, "Folder of the built portal");
  command->callback([=, &action] { action = [=] { return doctor(*models, *portal); }; });
}

}  // namespace poss::cli
