// RunGate: how many inference calls may work at the same time; the rest wait in line.
#pragma once

#include <deque>
#include <memory>

#include "base/sync.h"

namespace poss::infer {

// Lets `capacity` callers in at once and the others in the order of their arrival. Thread-safe.
class RunGate {
 public:
  explicit RunGate(int capacity) : free_(capacity < 1 ? 1 : capacity) {}

  // A place inside the gate, given back at the end of the scope. Waits for it.
  class Pass {
   public:
    explicit Pass(RunGate& gate) : gate_(gate) { gate_.enter(); }
    ~Pass() { gate_.leave(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    RunGate& gate_;
  };

  // Callers that wait now.
  size_t waiting() const EXCLUDES(mutex_);

  // The gate of the whole process: one call a CPU core.
  static const std::shared_ptr<RunGate>& of_process();

 private:
  struct Waiter {
    Condition admitted;
    bool inside = false;
  };

  void enter() EXCLUDES(mutex_);
  void leave() EXCLUDES(mutex_);

  mutable Mutex mutex_;
  int free_ GUARDED_BY(mutex_);
  std::deque<Waiter*> line_ GUARDED_BY(mutex_);
};

}  // namespace poss::infer
