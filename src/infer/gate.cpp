// A place that becomes free is handed to the first in line, so nobody overtakes.
#include "infer/gate.h"

#include <thread>

namespace poss::infer {

void RunGate::enter() {
  Lock lock(mutex_);
  if (free_ > 0) {
    --free_;
    return;
  }
  Waiter waiter;
  line_.push_back(&waiter);
  while (!waiter.inside) waiter.admitted.wait(mutex_);
}

void RunGate::leave() {
  Lock lock(mutex_);
  if (line_.empty()) {
    ++free_;
    return;
  }
  Waiter& next = *line_.front();
  line_.pop_front();
  next.inside = true;
  next.admitted.notify_one();  // under the lock: `next` lives on the stack of the one woken
}

size_t RunGate::waiting() const {
  Lock lock(mutex_);
  return line_.size();
}

const std::shared_ptr<RunGate>& RunGate::of_process() {
  static const auto gate =
      std::make_shared<RunGate>(static_cast<int>(std::thread::hardware_concurrency()));
  return gate;
}

}  // namespace poss::infer
