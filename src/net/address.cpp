// IPv4 addresses are handled as IPv4-mapped IPv6 addresses, so that one comparison serves both.
#include "net/address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace poss::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

// What is not public of IPv4, and of IPv6's global unicast addresses (2000::/3).
constexpr const char* kSpecial[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "168.63.129.16", "2001::/23",       "2001:db8::/32",  "2002::/16",      "3fff::/20",
};

}  // namespace

bool AddressGuard::parse(std::string_view text, Network& out) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  if (address.find('\0') != std::string::npos) return false;
  int bits = 128;
  int offset = 0;  // of the address's own bits
  if (inet_pton(AF_INET, address.c_str(), out.address.data() + kMapped.size()) == 1) {
    std::copy(kMapped.begin(), kMapped.end(), out.address.begin());
    offset = 96;
  } else if (inet_pton(AF_INET6, address.c_str(), out.address.data()) != 1) {
    return false;
  }
  if (slash != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + slash + 1, end, bits);
    if (read.ec != std::errc() || read.ptr != end || bits < 0 || bits > 128 - offset) return false;
    bits += offset;
  }
  out.bits = bits;
  return true;
}

bool AddressGuard::contains(const Network& network, const Bytes& address) {
  const auto whole = static_cast<size_t>(network.bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  network.address.begin())) {
    return false;
  }
  const int rest = network.bits % 8;
  return rest == 0 || (address[whole] ^ network.address[whole]) >> (8 - rest) == 0;
}

Result<AddressGuard> AddressGuard::create(const std::vector<std::string>& networks) {
  AddressGuard guard;
  for (const std::string& text : networks) {
    Network network;
    if (!parse(text, network)) {
      return Error{Code::invalid_argument, "'" + text.substr(0, 100) +
                                               "' is not a network; write it as 192.168.0.0/16, "
                                               "fd00::/8 or 10.1.2.3"};
    }
    guard.networks_.push_back(network);
  }
  return guard;
}

bool AddressGuard::allows(Bytes address) const {
  if (std::equal(kNat64.begin(), kNat64.end(), address.begin())) {
    std::copy(kMapped.begin(), kMapped.end(), address.begin());
  }
  const auto is_in = [&](const Network& network) { return contains(network, address); };
  if (std::any_of(networks_.begin(), networks_.end(), is_in)) return true;
  static const std::vector<Network> special = [] {
    std::vector<Network> out;
    for (const char* text : kSpecial) parse(text, out.emplace_back());
    return out;
  }();
  const bool v4 = std::equal(kMapped.begin(), kMapped.end(), address.begin());
  const bool global_unicast = address[0] >> 5 == 1;
  return (v4 || global_unicast) && std::none_of(special.begin(), special.end(), is_in);
}

bool AddressGuard::allows(const sockaddr& address) const {
  Bytes bytes{};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
    std::memcpy(bytes.data() + kMapped.size(), &v4.sin_addr, 4);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  } else {
    return false;
  }
  return allows(bytes);
}

bool AddressGuard::allows(const std::string& address) const {
  Network network;
  return address.find('/') == std::string::npos && parse(address, network) &&
         allows(network.address);
}

std::string address_text(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace poss::net
