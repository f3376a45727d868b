// Looking up a host's name without hanging the camera's thread.
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/sync.h"
#include "media/input.h"

namespace poss::media {
namespace {

struct Lookup {
  Mutex mutex;
  Condition done_changed;
  bool done GUARDED_BY(mutex) = false;
  int error GUARDED_BY(mutex) = 0;
};

bool is_address(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 ||
         inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &v6) == 1;
}

}  // namespace

tl::expected<void, Failure> resolve(const Source& source, Interrupt& interrupt) {
  if (is_address(source.host) || source.host == "localhost") return {};
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host = source.host] {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error == 0) freeaddrinfo(found);
    Lock lock(lookup->mutex);
    lookup->error = error;
    lookup->done = true;
    lookup->done_changed.notify_all();
  }).detach();
  Lock lock(lookup->mutex);
  while (!lookup->done) {
    if (interrupt.stopping() || interrupt.expired()) {
      return tl::unexpected(
          Failure{CameraState::timed_out, "Nobody answers for the name '" + source.host +
                                              "'; check this machine's name server or use the "
                                              "camera's address in numbers."});
    }
    lookup->done_changed.wait_until(lookup->mutex, Steady::now() + std::chrono::milliseconds(50));
  }
  if (lookup->error == 0) return {};
  return tl::unexpected(
      Failure{CameraState::not_found, "The name '" + source.host +
                                          "' is not known in the network; check its spelling or "
                                          "use the camera's address in numbers."});
}

}  // namespace poss::media
