// Jobs: long work with progress, a log, cancelling and a result.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "base/sync.h"
#include "base/time.h"

namespace poss::server {

enum class JobState { queued, running, done, failed, cancelled };

// A job as the REST interface and the job event show it.
struct JobBody {
  std::string id;
  std::string kind;   // "camera_test", "import" …
  std::string title;  // as people see it: "Testing camera 'dock'"
  JobState state = JobState::queued;
  double progress = -1;                // 0..1; negative: unknown
  std::string message;                 // what it does now
  std::string cause;                   // of a failure
  std::string started;                 // RFC 3339; empty while queued
  std::string ended;                   // empty until then
  std::optional<double> seconds_left;  // estimated; none while unknown
  std::vector<std::string> log;        // only where one job is asked for
  json::object result;
  static void declare(Fields<JobBody>& f);
};

// What a running job tells of itself. Used on the job's thread alone.
class JobContext {
 public:
  virtual ~JobContext() = default;
  // `fraction` 0..1, negative when unknown.
  virtual void progress(double fraction, const std::string& message) = 0;
  virtual void log(const std::string& line) = 0;
  // True once somebody cancelled it or the server stops: return soon, with any error.
  virtual bool cancelled() const = 0;
};

using JobWork = std::function<Result<json::object>(JobContext&)>;

// Runs jobs on a few threads, first come first served; keeps the last hundred. Thread-safe.
class Jobs {
 public:
  // `changed` is called with each new state of a job, not more than some times a second for
  // progress alone; on any thread, without a lock held.
  Jobs(std::function<void(const JobBody&)> changed, const Clock& clock, int threads = 3);
  ~Jobs();  // cancels what runs and waits for it
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Returns its id. `resource_exhausted` when too many wait.
  Result<JobBody> start(std::string kind, std::string title, JobWork work);
  // The newest first, without logs.
  std::vector<JobBody> list() const;
  Result<JobBody> get(const std::string& id) const;
  // A job that has ended stays as it is.
  Result<JobBody> cancel(const std::string& id);
  // Cancels everything and joins the threads. Idempotent; later starts are refused.
  void stop();

 private:
  class Job;
  void work();
  void tell(const Job& job) const;
  std::shared_ptr<Job> find(const std::string& id) const;

  const std::function<void(const JobBody&)> changed_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Condition wake_;
  std::deque<std::shared_ptr<Job>> jobs_ GUARDED_BY(mutex_);  // oldest first
  std::deque<std::shared_ptr<Job>> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace poss::server

template <>
struct poss::EnumNames<poss::server::JobState> {
  using S = poss::server::JobState;
  static constexpr std::array values{
      std::pair{S::queued, "queued"}, std::pair{S::running, "running"}, std::pair{S::done, "done"},
      std::pair{S::failed, "failed"}, std::pair{S::cancelled, "cancelled"}};
};
