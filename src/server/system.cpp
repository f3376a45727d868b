// /api/v1/system: what runs here, on which machine.
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

Result<SystemBody> get(const Call<NoParameters>& call) {
  SystemBody body;
  body.version = POSS_VERSION;
  const Machine& machine = call.resources.machine;
  body.hostname = machine.hostname;
  body.os = machine.os;
  body.cpu = machine.cpu;
  body.cores = machine.cores;
  body.memory_mb = machine.memory_mb;
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
