// What /proc, /sys, /dev and /etc tell about the machine.
#include "server/machine.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using store::Acceleration;

// What follows `separator` on the first line that begins with `key`, without quotes.
std::string value_of(const fs::path& file, std::string_view key, char separator) {
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

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// The names in a folder, sorted; none when it cannot be read.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_numbered(const std::string& name, std::string_view prefix) {
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
}

bool there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

FoundAcceleration look_at_cpu(const fs::path& root) {
  std::istringstream flags(value_of(root / "proc/cpuinfo", "flags", ':') + " " +
                           value_of(root / "proc/cpuinfo", "Features", ':'));
  std::vector<std::string> has;
  for (std::string flag; flags >> flag;) has.push_back(flag);
  // The kernel's names of instruction sets that inference gains by.
  constexpr std::pair<const char*, const char*> kSets[] = {
      {"avx2", "AVX2"},          {"avx512f", "AVX-512"}, {"avx512_vnni", "AVX-512 VNNI"},
      {"avx_vnni", "AVX-VNNI"},  {"amx_int8", "AMX"},    {"asimd", "NEON"},
      {"asimddp", "dot product"}};
  std::string sets;
  for (const auto& [flag, name] : kSets) {
    if (std::find(has.begin(), has.end(), flag) == has.end()) continue;
    sets += (sets.empty() ? "" : ", ") + std::string(name);
  }
  return {Acceleration::cpu, true,
          sets.empty() ? "No vector instructions beyond the basic ones: expect models to be slow."
                       : "With " + sets + "."};
}

bool offers(const std::vector<std::string>& providers, std::string_view name) {
  return std::find(providers.begin(), providers.end(), name) != providers.end();
}

FoundAcceleration look_at_nvidia(const fs::path& root, const std::vector<std::string>& providers) {
  FoundAcceleration out{Acceleration::nvidia_dgpu, false, ""};
  std::string device;
  for (const auto& name : names_in(root / "dev")) {
    if (device.empty() && is_numbered(name, "nvidia")) device = "/dev/" + name;
  }
  bool library = false;
  for (const char* folder :
       {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib",
        "usr/lib/wsl/lib", "usr/local/cuda/compat", "usr/local/nvidia/lib64"}) {
    library = library || there(root / folder / "libcuda.so.1");
  }
  // Windows' Linux subsystem has one device for all GPUs.
  if (device.empty() && library && there(root / "dev/dxg")) device = "/dev/dxg";
  const std::string cannot = "This machine has no Nvidia GPU that POSS can use: ";
  if (device.empty() && !library) {
    out.reason = cannot + "there is neither a device /dev/nvidia0 nor Nvidia's driver.";
  } else if (device.empty()) {
    out.reason = cannot + "Nvidia's driver is installed, but there is no device /dev/nvidia0.";
  } else if (!library) {
    out.reason = cannot + device +
                 " is there, but Nvidia's driver library libcuda.so.1 is not; "
                 "install Nvidia's driver.";
  } else if (!offers(providers, "CUDAExecutionProvider")) {
    out.reason =
        cannot + device + " is there, but the ONNX Runtime of this POSS runs on CPUs only.";
  } else {
    out.available = true;
    out.reason = "Found " + device + ".";
  }
  return out;
}

FoundAcceleration look_at_intel(const fs::path& root, const std::vector<std::string>& providers) {
  FoundAcceleration out{Acceleration::intel_igpu, false, ""};
  std::string device;
  for (const auto& name : names_in(root / "dev/dri")) {
    if (!device.empty() || !is_numbered(name, "renderD")) continue;
    if (first_line(root / "sys/class/drm" / name / "device/vendor") == "0x8086") {
      device = "/dev/dri/" + name;
    }
  }
  const std::string cannot = "This machine has no Intel GPU that POSS can use: ";
  if (device.empty()) {
    out.reason = cannot + "no render node in /dev/dri belongs to Intel.";
  } else if (!offers(providers, "OpenVINOExecutionProvider")) {
    out.reason =
        cannot + device + " is there, but the ONNX Runtime of this POSS runs on CPUs only.";
  } else {
    out.available = true;
    out.reason = "Found " + device + ".";
  }
  return out;
}

FoundAcceleration look_at_jetson(const fs::path& root, const std::vector<std::string>& providers) {
  FoundAcceleration out{Acceleration::nvidia_jetson, false, ""};
  const std::string release = first_line(root / "etc/nv_tegra_release");
  const std::string cannot = "This machine is no Nvidia Jetson that POSS can use: ";
  if (release.empty()) {
    out.reason = cannot + "there is no /etc/nv_tegra_release.";
  } else if (!offers(providers, "CUDAExecutionProvider")) {
    out.reason = cannot + "it is a Jetson, but the ONNX Runtime of this POSS runs on CPUs only.";
  } else {
    out.available = true;
    // "# R35 (release), REVISION: 4.1, …"
    const auto begin = std::min(release.find('R'), release.size());
    out.reason = "Found L4T " + release.substr(begin, release.find(' ', begin) - begin) + ".";
  }
  return out;
}

}  // namespace

Machine look_at_machine(const std::vector<std::string>& providers, const fs::path& root) {
  Machine out;
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) == 0) out.hostname = host;
  struct utsname system {};
  uname(&system);
  out.os = value_of(root / "etc/os-release", "PRETTY_NAME", '=');
  if (out.os.empty()) out.os = system.sysname;
  out.cpu = value_of(root / "proc/cpuinfo", "model name", ':');
  if (out.cpu.empty()) out.cpu = system.machine;  // ARM names no model
  out.cores = static_cast<int>(std::thread::hardware_concurrency());
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) {
    out.memory_mb = static_cast<std::int64_t>(memory.totalram) * memory.mem_unit / 1'000'000;
  }
  out.architecture = std::string_view(system.machine) == "aarch64" ? store::Architecture::arm64
                                                                   : store::Architecture::x64;
  out.accelerations = {look_at_cpu(root), look_at_nvidia(root, providers),
                       look_at_intel(root, providers), look_at_jetson(root, providers)};
  return out;
}

}  // namespace poss::server
