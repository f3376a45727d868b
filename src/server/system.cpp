// /api/v1/system: what runs here, on which machine, and what it keeps.
#include <map>

#include "server/api.h"
#include "server/housekeeper.h"

namespace poss::server {
namespace {

struct DiskBody {
  std::int64_t free_bytes = 0;
  std::int64_t total_bytes = 0;
  static void declare(Fields<DiskBody>& f) {
    f.add(&DiskBody::free_bytes, "free_bytes").unit("B");
    f.add(&DiskBody::total_bytes, "total_bytes").unit("B");
  }
};

struct RetentionBody {
  std::string time;
  std::string text;
  static void declare(Fields<RetentionBody>& f) {
    f.add(&RetentionBody::time, "time").help("RFC 3339; empty: it has not done anything yet.");
    f.add(&RetentionBody::text, "text").help("What was deleted last and why, one sentence.");
  }
};

struct InsightsBody {
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
  std::string trouble;
  static void declare(Fields<InsightsBody>& f) {
    f.add(&InsightsBody::kept, "kept").help("Insights written since the start.");
    f.add(&InsightsBody::dropped, "dropped").help("Insights that could not be written.");
    f.add(&InsightsBody::trouble, "trouble").help("Why none are written now; empty: all is well.");
  }
};

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
  DiskBody disk;
  std::int64_t store_bytes = 0;
  RetentionBody retention;
  InsightsBody insights;
  std::map<std::string, std::int64_t> counts;
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
    f.add(&SystemBody::disk, "disk").help("Of the data folder.");
    f.add(&SystemBody::store_bytes, "store_bytes").unit("B").help("Of the database.");
    f.add(&SystemBody::retention, "retention");
    f.add(&SystemBody::insights, "insights");
    f.add(&SystemBody::counts, "counts").help("How many objects there are, by kind.");
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
  if (const auto space = call.resources.housekeeper.space()) {
    body.disk = {space->free_bytes, space->total_bytes};
  }
  POSS_ASSIGN(body.store_bytes, call.resources.store.bytes());
  const auto notice = call.resources.housekeeper.last();
  body.retention = {notice.time, notice.text};
  auto written = call.resources.recorder.counts();
  body.insights = {written.recorded, written.dropped, std::move(written.trouble)};
  for (const store::Kind* kind :
       {&store::kind_of<store::Location>(), &store::kind_of<store::Device>(),
        &store::kind_of<store::Camera>(), &store::kind_of<store::Model>(),
        &store::kind_of<store::SkillRecord>(), &store::kind_of<store::Deployment>(),
        &store::kind_of<store::Connection>(), &store::kind_of<store::User>()}) {
    POSS_ASSIGN(const auto page, call.resources.store.list(*kind, {.limit = 1}));
    body.counts[kind->name] = page.total;
  }
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
