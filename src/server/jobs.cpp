// Running jobs, and /api/v1/jobs.
#include "server/jobs.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"
#include "server/api.h"

namespace poss::server {
namespace {

constexpr size_t kKept = 100;       // jobs that have ended
constexpr size_t kWaiting = 1000;   // jobs that have not begun
constexpr size_t kLogLines = 1000;  // of one job; the oldest leave
constexpr std::chrono::milliseconds kBetweenProgress{200};

bool is_over(JobState state) { return state != JobState::queued && state != JobState::running; }

}  // namespace

class Jobs::Job final : public JobContext {
 public:
  Job(Jobs& jobs, std::string kind, std::string title, JobWork work)
      : jobs_(jobs), id_(new_id()), work_(std::move(work)) {
    body_.id = id_;
    body_.kind = std::move(kind);
    body_.title = std::move(title);
  }

  const std::string& id() const { return id_; }

  JobBody body(bool with_log) const {
    Lock lock(mutex_);
    JobBody copy = body_;
    if (!with_log) copy.log.clear();
    if (body_.state == JobState::running && body_.progress > 0.02 && body_.progress < 1) {
      const std::chrono::duration<double> gone = jobs_.clock_.steady_now() - began_;
      copy.seconds_left = gone.count() / body_.progress * (1 - body_.progress);
    }
    return copy;
  }

  void progress(double fraction, const std::string& message) override {
    const auto now = jobs_.clock_.steady_now();
    bool due = false;
    {
      Lock lock(mutex_);
      body_.progress = std::min(fraction, 1.0);
      due = message != body_.message || now - told_ >= kBetweenProgress;
      body_.message = message;
      if (due) told_ = now;
    }
    if (due) jobs_.tell(*this);
  }

  void log(const std::string& line) override {
    Lock lock(mutex_);
    body_.log.push_back(line);
    if (body_.log.size() > kLogLines) body_.log.erase(body_.log.begin());
  }

  bool cancelled() const override { return cancelled_.load(); }

  // False when it was over already.
  bool cancel() {
    Lock lock(mutex_);
    if (is_over(body_.state)) return false;
    cancelled_ = true;
    if (body_.state == JobState::queued) end(JobState::cancelled);
    return true;
  }

  JobState state() const {
    Lock lock(mutex_);
    return body_.state;
  }

  void run() {
    {
      Lock lock(mutex_);
      if (body_.state != JobState::queued) {
        work_ = nullptr;  // and with it what it holds
        return;
      }
      body_.state = JobState::running;
      body_.started = rfc3339(jobs_.clock_.now());
      began_ = jobs_.clock_.steady_now();
    }
    jobs_.tell(*this);
    Result<json::object> result = attempt();
    {
      Lock lock(mutex_);
      work_ = nullptr;
      if (result) {
        body_.result = std::move(*result);
        body_.progress = 1;
        end(JobState::done);
      } else if (cancelled_) {
        end(JobState::cancelled);
      } else {
        body_.cause = result.error().message;
        end(JobState::failed);
      }
    }
    jobs_.tell(*this);
  }

 private:
  Result<json::object> attempt() {
    try {
      return work_(*this);
    } catch (const std::exception& error) {
      spdlog::error("job '{}' failed: {}", body(false).title, error.what());
      return Error{Code::internal, "the work failed unexpectedly; the server's log says more"};
    }
  }
  void end(JobState state) REQUIRES(mutex_) {
    body_.state = state;
    body_.message.clear();
    body_.ended = rfc3339(jobs_.clock_.now());
  }

  Jobs& jobs_;
  const std::string id_;
  JobWork work_;
  std::atomic<bool> cancelled_ = false;
  mutable Mutex mutex_;
  JobBody body_ GUARDED_BY(mutex_);
  Steady::time_point began_ GUARDED_BY(mutex_);
  Steady::time_point told_ GUARDED_BY(mutex_);
};

Jobs::Jobs(std::function<void(const JobBody&)> changed, const Clock& clock, int threads)
    : changed_(std::move(changed)), clock_(clock) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Jobs::~Jobs() { stop(); }

void Jobs::tell(const Job& job) const { changed_(job.body(false)); }

Result<JobBody> Jobs::start(std::string kind, std::string title, JobWork work) {
  auto job = std::make_shared<Job>(*this, std::move(kind), std::move(title), std::move(work));
  {
    Lock lock(mutex_);
    if (stopped_) return Error{Code::unavailable, "POSS is stopping"};
    if (waiting_.size() >= kWaiting) {
      return Error{Code::resource_exhausted,
                   "too many jobs are waiting; cancel some, or try again later"};
    }
    size_t over = 0;
    for (const auto& other : jobs_) over += is_over(other->state()) ? 1u : 0u;
    for (auto it = jobs_.begin(); over >= kKept && it != jobs_.end();) {
      const bool leave = is_over((*it)->state());
      it = leave ? jobs_.erase(it) : it + 1;
      if (leave) --over;
    }
    jobs_.push_back(job);
    waiting_.push_back(job);
    wake_.notify_one();
  }
  tell(*job);
  return job->body(false);
}

std::vector<JobBody> Jobs::list() const {
  Lock lock(mutex_);
  std::vector<JobBody> out;
  for (auto it = jobs_.rbegin(); it != jobs_.rend(); ++it) out.push_back((*it)->body(false));
  return out;
}

std::shared_ptr<Jobs::Job> Jobs::find(const std::string& id) const {
  Lock lock(mutex_);
  for (const auto& job : jobs_) {
    if (job->id() == id) return job;
  }
  return nullptr;
}

Result<JobBody> Jobs::get(const std::string& id) const {
  if (const auto job = find(id)) return job->body(true);
  return Error{Code::not_found, "there is no job '" + id + "'; it may have ended long ago"};
}

Result<JobBody> Jobs::cancel(const std::string& id) {
  const auto job = find(id);
  if (!job) return get(id);
  if (job->cancel()) tell(*job);
  return job->body(true);
}

void Jobs::work() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      Lock lock(mutex_);
      while (waiting_.empty() && !stopped_) wake_.wait(mutex_);
      if (stopped_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job->run();
  }
}

void Jobs::stop() {
  {
    Lock lock(mutex_);
    stopped_ = true;
    for (const auto& job : jobs_) job->cancel();
    wake_.notify_all();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void JobBody::declare(Fields<JobBody>& f) {
  f.add(&JobBody::id, "id");
  f.add(&JobBody::kind, "kind");
  f.add(&JobBody::title, "title");
  f.add(&JobBody::state, "state");
  f.add(&JobBody::progress, "progress").help("0 to 1; negative while unknown.");
  f.add(&JobBody::message, "message").help("What it does now.");
  f.add(&JobBody::cause, "cause").help("Why it failed.");
  f.add(&JobBody::started, "started").help("RFC 3339; empty while queued.");
  f.add(&JobBody::ended, "ended").help("RFC 3339; empty until then.");
  f.add(&JobBody::seconds_left, "seconds_left").unit("s").help("Estimated.");
  f.add(&JobBody::log, "log").help("Only where one job is asked for.");
  f.add(&JobBody::result, "result");
}

void declare_jobs(Api& api) {
  api.name_schema<JobBody>("Job");
  api.get<NoParameters, Page<JobBody>>(
      {.path = "/api/v1/jobs",
       .id = "listJobs",
       .tag = "jobs",
       .summary = "Long work that runs or has ended lately, newest first."},
      [](const Call<NoParameters>& call) -> Result<Page<JobBody>> {
        return Page<JobBody>{call.resources.jobs.list()};
      });
  api.get<NoParameters, JobBody>(
      {.path = "/api/v1/jobs/{id}", .id = "getJob", .tag = "jobs", .summary = "One job."},
      [](const Call<NoParameters>& call) { return call.resources.jobs.get(call.path("id")); });
  api.post<NoParameters, NoBody, JobBody>(
      {.path = "/api/v1/jobs/{id}/cancel",
       .id = "cancelJob",
       .tag = "jobs",
       .summary = "Ends a job that waits or runs; one that is over stays as it is."},
      200, [](const BodyCall<NoParameters, NoBody>& call) {
        return call.resources.jobs.cancel(call.path("id"));
      });
}

}  // namespace poss::server
