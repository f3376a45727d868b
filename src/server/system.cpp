// /api/v1/system: what runs here, on which machine.
#include <fstream>
#include <thread>

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "server/api.h"

namespace poss::server {
namespace {

struct SystemBody {
  std::string version;
  std::string hostname;
  std::string os;
  std::string cpu;
  int cores = 0;
  std::int64_t memory_mb = 0;
  std::string onnxruntime;
  std::int64_t uptime_s = 0;
  bool demo = false;
  static void declare(Fields<SystemBody>& f) {
    f.add(&SystemBody::version, "version").help("Of POSS.");
    f.add(&SystemBody::hostname, "hostname");
    f.add(&SystemBody::os, "os");
    f.add(&SystemBody::cpu, "cpu");
    f.add(&SystemBody::cores, "cores");
    f.add(&SystemBody::memory_mb, "memory_mb").unit("MB").help("Of the machine.");
    f.add(&SystemBody::onnxruntime, "onnxruntime").help("Its version; empty: unknown.");
    f.add(&SystemBody::uptime_s, "uptime_s").unit("s").help("Of this server.");
    f.add(&SystemBody::demo, "demo").help("The demo's cameras and skills are shown.");
  }
};

// What follows `separator` on the first line that begins with `key`, without quotes.
std::string value_of(const char* file, std::string_view key, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find(separator);
    if (at == std::string::npos) continue;
    const auto first = line.find_first_not_of(" \t\"", at + 1);
    if (first == std::string::npos) return "";
    return line.substr(first, line.find_last_not_of(" \t\"") - first + 1);
  }
  return "";
}

Result<SystemBody> get(const Call<NoParameters>& call) {
  SystemBody body;
  body.version = POSS_VERSION;
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == 0) body.hostname = host;
  struct utsname machine {};
  uname(&machine);
  body.os = value_of("/etc/os-release", "PRETTY_NAME", '=');
  if (body.os.empty()) body.os = machine.sysname;
  body.cpu = value_of("/proc/cpuinfo", "model name", ':');
  if (body.cpu.empty()) body.cpu = machine.machine;  // ARM names no model
  body.cores = static_cast<int>(std::thread::hardware_concurrency());
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) {
    body.memory_mb = static_cast<std::int64_t>(memory.totalram) * memory.mem_unit / 1'000'000;
  }
  body.onnxruntime = call.resources.options.onnxruntime_version;
  body.uptime_s =
      std::chrono::floor<std::chrono::seconds>(Steady::now() - call.resources.started).count();
  body.demo = call.resources.options.demo;
  return body;
}

}  // namespace

void declare_system(Api& api) {
  api.name_schema<SystemBody>("System");
  api.get<NoParameters, SystemBody>({.path = "/api/v1/system",
                                     .id = "getSystem",
                                     .tag = "system",
                                     .summary = "What runs here, on which machine."},
                                    get);
}

}  // namespace poss::server
