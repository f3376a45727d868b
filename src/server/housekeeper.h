// Housekeeper: about once a minute deletes what retention no longer keeps, and sees to it that POSS
// does not fill the disk.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/sync.h"
#include "base/time.h"
#include "server/disk.h"
#include "server/event_hub.h"
#include "server/insight_recorder.h"
#include "server/uploads.h"
#include "store/store.h"

namespace poss::server {

// Thread-safe.
class Housekeeper {
 public:
  using Space = std::function<Result<DiskSpace>(const std::filesystem::path&)>;

  // `data` is the folder whose disk is watched. The references outlive it.
  Housekeeper(store::Store& store, InsightRecorder& recorder, Uploads& uploads, EventHub& hub,
              std::filesystem::path data, const Clock& clock = system_clock(),
              Space space = disk_space);
  ~Housekeeper();  // stop()s
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  // Works now and then every `period`, on a thread of its own.
  void start(std::chrono::milliseconds period);
  // Works soon: the settings have changed.
  void wake();
  void stop();  // idempotent

  // One round; not from two threads at once.
  void work();

  // Why so many bytes more may not be written. Quick: asks the file system alone.
  Result<void> admit(std::uint64_t bytes) const;
  // How many may.
  std::uint64_t room() const;

  Result<DiskSpace> space() const { return space_(data_); }

  // What retention last did, or could not do.
  struct Notice {
    std::string time;  // RFC 3339
    std::string text;  // one sentence; empty: nothing yet
  };
  Notice last() const;

 private:
  void tell(const std::string& text, bool warning);

  store::Store& store_;
  InsightRecorder& recorder_;
  Uploads& uploads_;
  EventHub& hub_;
  const std::filesystem::path data_;
  const Clock& clock_;
  const Space space_;
  std::atomic<std::int64_t> floor_bytes_;
  mutable Mutex mutex_;
  Condition changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool due_ GUARDED_BY(mutex_) = true;
  Notice last_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace poss::server
