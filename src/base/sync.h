// Mutex and lock types that clang's -Wthread-safety understands, and its annotations.
//
// Members a mutex guards carry GUARDED_BY(mutex_); functions that need it held carry REQUIRES.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define POSS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define POSS_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(x) POSS_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY POSS_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) POSS_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES(...) POSS_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) POSS_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) POSS_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define EXCLUDES(...) POSS_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace poss {

// std::mutex with the annotations.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex for the length of a scope.
class SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() RELEASE() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition to wait for with a Mutex held. Write waits as loops, so that the analysis sees the
// guarded reads:  while (queue_.empty()) changed_.wait(mutex_);
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) { condition_.wait(mutex); }
  // False when the time was up first.
  template <class Clock, class Duration>
  bool wait_until(Mutex& mutex, std::chrono::time_point<Clock, Duration> deadline) REQUIRES(mutex) {
    return condition_.wait_until(mutex, deadline) == std::cv_status::no_timeout;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace poss
