// InsightRecorder: hands insights on, and writes them to the Store's history on a thread of its
// own.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/sync.h"
#include "base/time.h"
#include "graph/services.h"
#include "store/history.h"

namespace poss::server {

struct RecorderLimits {
  size_t waiting = 4096;                     // insights; the oldest leave and are counted
  size_t batch = 500;                        // insights a transaction
  std::chrono::milliseconds gather{500};     // wait for a batch to fill
  std::chrono::milliseconds retry_in{1000};  // after the Store has failed
};

// Thread-safe. publish() never waits for the Store.
class InsightRecorder final : public InsightSink {
 public:
  // `next` and `history` outlive it.
  InsightRecorder(InsightSink& next, store::History& history, RecorderLimits limits = {});
  ~InsightRecorder() override;  // stop()s
  InsightRecorder(const InsightRecorder&) = delete;
  InsightRecorder& operator=(const InsightRecorder&) = delete;

  void publish(std::shared_ptr<const Insight> insight) override;

  // With a reason, a sentence, nothing more is written and what comes is counted as dropped; with
  // none it goes on.
  void hold(std::string reason);

  // Returns once everything published before has been written or given up.
  void flush();
  // Writes what waits and joins the thread. What is published later is handed on and dropped.
  // Idempotent.
  void stop();

  struct Counts {
    std::uint64_t recorded = 0;
    std::uint64_t dropped = 0;  // never written: queue full, held, or the Store failed at the end
    std::string trouble;        // why nothing is written now, one sentence; empty: all is well
  };
  Counts counts() const;

 private:
  using Batch = std::vector<std::shared_ptr<const Insight>>;
  void work();
  void write(const Batch& batch);
  bool wait_to_retry(const Error& error);

  InsightSink& next_;
  store::History& history_;
  const RecorderLimits limits_;
  mutable Mutex mutex_;
  Condition wake_;   // of the thread
  Condition moved_;  // what waited has been written or given up
  std::deque<std::shared_ptr<const Insight>> queue_ GUARDED_BY(mutex_);
  std::uint64_t accepted_ GUARDED_BY(mutex_) = 0;
  std::uint64_t finished_ GUARDED_BY(mutex_) = 0;  // of those accepted
  std::uint64_t recorded_ GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  int flushing_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::string held_ GUARDED_BY(mutex_);
  std::string failure_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace poss::server
