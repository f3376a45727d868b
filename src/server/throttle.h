// Throttle: how long an address must wait before it may try another password.
//
// An address waits after its own failures, and after each further one twice as long. A user name
// that many addresses guess at makes every address that fails with it wait at once, but never one
// that has not failed: nobody can lock a user out from somewhere else.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "base/sync.h"
#include "base/time.h"

namespace poss::server {

struct ThrottleLimits {
  int free = 5;                       // failures without a wait
  std::chrono::seconds first{1};      // wait after the next one
  std::chrono::seconds longest{300};  // wait at the most
  std::chrono::seconds forget{3600};  // a quiet time after which nothing is remembered
  size_t entries = 10'000;            // addresses, and as many names
};

// Thread-safe.
class Throttle {
 public:
  explicit Throttle(const Clock& clock, ThrottleLimits limits = {})
      : clock_(clock), limits_(limits) {}

  // What is left of an address's wait; zero: it may try.
  std::chrono::seconds wait(const std::string& address) const;
  void failed(const std::string& address, const std::string& user_name);
  // Whoever knows the password ends the guessing at this name.
  void succeeded(const std::string& user_name);

 private:
  struct Entry {
    int failures = 0;
    Steady::time_point last{};
    Steady::time_point until{};
  };
  using Entries = std::unordered_map<std::string, Entry>;
  Entry& count(Entries& entries, const std::string& key, Steady::time_point now) REQUIRES(mutex_);

  const Clock& clock_;
  const ThrottleLimits limits_;
  mutable Mutex mutex_;
  Entries addresses_ GUARDED_BY(mutex_);
  Entries names_ GUARDED_BY(mutex_);
};

// What of an address counts as one client: IPv6 by its network of 64 bits, for a client may have
// all of it.
std::string client_of(const std::string& address);

}  // namespace poss::server
