// Which addresses a request that a client asked for may go to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"

namespace poss::net {

// Public addresses, and the networks that the administrator adds. Not public are those of the
// IANA special-purpose registries (RFC 6890 and its updates): private, shared (CGNAT), loopback,
// link-local, multicast, unspecified, documentation and so on, and Azure's platform address.
// IPv4-mapped and NAT64 addresses count as the IPv4 address inside; 6to4 and Teredo are refused.
// A value; const members are thread-safe.
class AddressGuard {
 public:
  // `networks`: "10.0.0.0/8", "fd00::/8", "192.168.1.7".
  static Result<AddressGuard> create(const std::vector<std::string>& networks);

  bool allows(const sockaddr& address) const;
  // Of an address in numbers; false for all other text.
  bool allows(const std::string& address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // an IPv4 address is mapped: ::ffff:a.b.c.d
  struct Network {
    Bytes address{};
    int bits = 0;  // of the 128
  };
  static bool parse(std::string_view text, Network& out);
  static bool contains(const Network& network, const Bytes& address);
  bool allows(Bytes address) const;

  std::vector<Network> networks_;
};

// "10.1.2.3" or "fd00::1"; empty for what is neither IPv4 nor IPv6.
std::string address_text(const sockaddr& address);

}  // namespace poss::net
