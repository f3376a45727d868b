// The housekeeper's rounds.
#include "server/housekeeper.h"

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "server/recordings.h"
#include "server/settings.h"

namespace poss::server {
namespace {

std::int64_t bytes_of(double gigabytes) { return static_cast<std::int64_t>(gigabytes * 1e9); }

std::chrono::seconds seconds_of(double days) {
  return std::chrono::seconds(static_cast<std::int64_t>(days * 86'400));
}

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

}  // namespace

Housekeeper::Housekeeper(store::Store& store, InsightRecorder& recorder, Uploads& uploads,
                         EventHub& hub, std::filesystem::path data, const Clock& clock, Space space)
    : store_(store),
      recorder_(recorder),
      uploads_(uploads),
      hub_(hub),
      data_(std::move(data)),
      clock_(clock),
      space_(std::move(space)),
      floor_bytes_(bytes_of(store::Settings().disk_floor_gb)) {}

Housekeeper::~Housekeeper() { stop(); }

void Housekeeper::start(std::chrono::milliseconds period) {
  thread_ = std::thread([this, period] {
    for (;;) {
      {
        const auto next = Steady::now() + period;
        Lock lock(mutex_);
        while (!stopped_ && !due_) {
          if (!changed_.wait_until(mutex_, next)) break;
        }
        if (stopped_) return;
        due_ = false;
      }
      work();
    }
  });
}

void Housekeeper::wake() {
  Lock lock(mutex_);
  due_ = true;
  changed_.notify_all();
}

void Housekeeper::stop() {
  {
    Lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::work() {
  uploads_.remove_old();
  const auto settings = load_settings(store_);
  if (!settings) return tell("retention: " + settings.error().message, true);
  const store::Settings& wanted = settings->value;
  const std::int64_t floor = bytes_of(wanted.disk_floor_gb);
  floor_bytes_ = floor;
  const auto space = space_(data_);
  if (!space) return tell("retention: " + space.error().message, true);
  const store::Retention retention{
      .insights = {seconds_of(wanted.insight_days), bytes_of(wanted.insight_gb)},
      .recordings = {seconds_of(wanted.recording_days), bytes_of(wanted.recording_gb)},
      .free_bytes_floor = floor};
  const auto report = store_.history().enforce_retention(
      retention, space->free_bytes, clock_.now(),
      [&](const store::HistoryEntry& entry) { return delete_recording_files(data_, entry); });
  const bool full = report ? report->still_missing > 0 : space->free_bytes < floor;
  recorder_.hold(full && store_.local()
                     ? "insights are not kept: less than " + gigabytes(floor) +
                           " are free on the disk of '" + data_.string() +
                           "' and nothing is left that may be deleted; free some space"
                     : "");
  if (!report) return tell("retention: " + report.error().message, true);
  const std::string text = report->sentence();
  if (!text.empty()) {
    tell(text, full || report->insights.disk_floor || report->recordings.disk_floor);
  }
}

// Says the same only once in a row.
void Housekeeper::tell(const std::string& text, bool warning) {
  const std::string time = rfc3339(clock_.now());
  {
    Lock lock(mutex_);
    const bool again = last_.text == text;
    last_ = {time, text};
    if (again) return;
  }
  spdlog::log(warning ? spdlog::level::warn : spdlog::level::info, "{}", text);
  hub_.publish_event("notice",
                     json_text(json::object{
                         {"level", warning ? "warning" : "info"}, {"time", time}, {"text", text}}));
}

std::uint64_t Housekeeper::room() const {
  const auto space = space_(data_);
  if (!space) return 0;
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, space->free_bytes - floor_bytes_.load()));
}

Result<void> Housekeeper::admit(std::uint64_t bytes) const {
  if (bytes <= room()) return {};
  return Error{Code::resource_exhausted,
               "there is no room: the disk must keep " + gigabytes(floor_bytes_.load()) +
                   " free (Settings > Retention); delete recordings or free some space"};
}

Housekeeper::Notice Housekeeper::last() const {
  Lock lock(mutex_);
  return last_;
}

}  // namespace poss::server
