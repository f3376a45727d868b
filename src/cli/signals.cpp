// Ctrl-C and kill as events to wait for.
#include <csignal>
#include <ctime>

#include "cli/command.h"

namespace poss::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void hold_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool wait_for_stop(std::chrono::milliseconds limit) {
  const sigset_t set = stop_signals();
  timespec time{.tv_sec = static_cast<time_t>(limit.count() / 1000),
                .tv_nsec = static_cast<long>(limit.count() % 1000) * 1000000};
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace poss::cli
