// Counting failed sign-ins.
#include "server/throttle.h"

#include <algorithm>

#include <arpa/inet.h>

#include "store/password.h"
#include "store/text.h"

namespace poss::server {
namespace {

// Of one length, whatever was sent.
std::string key_of(const std::string& user_name) {
  return store::hash_token(store::fold_case(store::clean_utf8(user_name)));
}

}  // namespace

std::string client_of(const std::string& address) {
  in6_addr bytes{};
  const std::string bare = address.substr(0, address.find('%'));  // without the interface
  if (inet_pton(AF_INET6, bare.c_str(), &bytes) != 1) return address;
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    inet_ntop(AF_INET, bytes.s6_addr + 12, text, sizeof text);
    return text;
  }
  std::fill(bytes.s6_addr + 8, bytes.s6_addr + 16, std::uint8_t{0});
  inet_ntop(AF_INET6, &bytes, text, sizeof text);
  return std::string(text) + "/64";
}

std::chrono::seconds Throttle::wait(const std::string& address) const {
  Lock lock(mutex_);
  const auto found = addresses_.find(client_of(address));
  if (found == addresses_.end()) return std::chrono::seconds(0);
  const auto left = found->second.until - clock_.steady_now();
  return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

Throttle::Entry& Throttle::count(Entries& entries, const std::string& key, Steady::time_point now) {
  if (!entries.contains(key) && entries.size() >= limits_.entries) {
    entries.erase(std::min_element(
        entries.begin(), entries.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  Entry& entry = entries[key];
  if (entry.failures > 0 && now - entry.last > limits_.forget) entry = {};
  entry.failures = std::min(entry.failures + 1, 1000);
  entry.last = now;
  return entry;
}

void Throttle::failed(const std::string& address, const std::string& user_name) {
  Lock lock(mutex_);
  const auto now = clock_.steady_now();
  const int of_name = count(names_, key_of(user_name), now).failures;
  Entry& client = count(addresses_, client_of(address), now);
  const int beyond = std::max(of_name, client.failures) - limits_.free;
  if (beyond <= 0) return;
  auto wait = limits_.first;
  for (int i = 1; i < beyond && wait < limits_.longest; ++i) wait *= 2;
  client.until = now + std::min(wait, limits_.longest);
}

void Throttle::succeeded(const std::string& user_name) {
  Lock lock(mutex_);
  names_.erase(key_of(user_name));
}

}  // namespace poss::server
