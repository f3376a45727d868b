// The recorder's queue and its batches.
#include "server/insight_recorder.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"

namespace poss::server {
namespace {

constexpr size_t kMaxId = 128;  // what the history takes

store::NewHistoryEntry entry_of(const Insight& insight) {
  store::NewHistoryEntry entry;
  entry.id = insight.id.empty() || insight.id.size() > kMaxId ? new_id() : insight.id;
  entry.time = insight.time;
  entry.body = to_json(insight);
  entry.camera = insight.camera;
  entry.deployment = insight.deployment;
  for (const Detection& detection : insight.detections) {
    if (std::find(entry.labels.begin(), entry.labels.end(), detection.label) ==
        entry.labels.end()) {
      entry.labels.push_back(detection.label);
    }
  }
  return entry;
}

}  // namespace

InsightRecorder::InsightRecorder(InsightSink& next, store::History& history, RecorderLimits limits)
    : next_(next), history_(history), limits_(limits), thread_([this] { work(); }) {}

InsightRecorder::~InsightRecorder() { stop(); }

void InsightRecorder::publish(std::shared_ptr<const Insight> insight) {
  {
    Lock lock(mutex_);
    if (stopped_ || !held_.empty()) {
      ++dropped_;
    } else {
      queue_.push_back(insight);
      ++accepted_;
      if (queue_.size() > limits_.waiting) {
        queue_.pop_front();
        ++dropped_;
        ++finished_;
      }
      if (queue_.size() == 1 || queue_.size() == limits_.batch) wake_.notify_one();
    }
  }
  next_.publish(std::move(insight));
}

void InsightRecorder::hold(std::string reason) {
  Lock lock(mutex_);
  held_ = std::move(reason);
  wake_.notify_all();
}

void InsightRecorder::flush() {
  Lock lock(mutex_);
  const std::uint64_t until = accepted_;
  ++flushing_;
  wake_.notify_all();
  while (finished_ < until) moved_.wait(mutex_);
  --flushing_;
}

void InsightRecorder::stop() {
  {
    Lock lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

InsightRecorder::Counts InsightRecorder::counts() const {
  Lock lock(mutex_);
  return {recorded_, dropped_, held_.empty() ? failure_ : held_};
}

void InsightRecorder::work() {
  for (;;) {
    Batch batch;
    {
      Lock lock(mutex_);
      while (queue_.empty() && !stopped_) wake_.wait(mutex_);
      if (queue_.empty()) return;
      const auto due = Steady::now() + limits_.gather;
      while (queue_.size() < limits_.batch && !stopped_ && flushing_ == 0) {
        if (!wake_.wait_until(mutex_, due)) break;
      }
      while (!queue_.empty() && batch.size() < limits_.batch) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    write(batch);
  }
}

void InsightRecorder::write(const Batch& batch) {
  std::vector<store::NewHistoryEntry> entries;
  entries.reserve(batch.size());
  for (const auto& insight : batch) entries.push_back(entry_of(*insight));
  for (;;) {
    const auto added = history_.append(store::Log::insight, entries);
    if (!added && wait_to_retry(added.error())) continue;
    Lock lock(mutex_);
    finished_ += batch.size();
    if (added) {
      recorded_ += *added;
      failure_.clear();
    } else {
      dropped_ += batch.size();
    }
    moved_.notify_all();
    return;
  }
}

// False when the batch is to be given up.
bool InsightRecorder::wait_to_retry(const Error& error) {
  const auto due = Steady::now() + limits_.retry_in;
  Lock lock(mutex_);
  if (failure_ != error.message) {
    failure_ = error.message;
    spdlog::error("insights cannot be kept: {}", error.message);
  }
  while (!stopped_ && held_.empty()) {
    if (!wake_.wait_until(mutex_, due)) return true;
  }
  return false;
}

}  // namespace poss::server
