// ONVIF: finding cameras in the local network, and asking one for its streams.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace poss::net {

struct OnvifDevice {
  std::string name;                 // as its scopes say; its hardware or address without one
  std::string hardware;             // the model; may be empty
  std::string address;              // the host of the first of `xaddrs`
  std::vector<std::string> xaddrs;  // addresses of its device service, the likeliest first
  std::string endpoint;             // its UUID, which stays the same; lower case
};

struct DiscoveryOptions {
  std::chrono::milliseconds timeout{3000};  // how long answers are taken
  bool loopback = false;                    // ask on this machine's own interface, for tests
  std::uint16_t port = 3702;                // WS-Discovery's; tests use another
};

// Asks by multicast on every IPv4 interface for video transmitters and gathers who answers, each
// device once, by name. `cancelled` is asked every now and then, on this thread. Addresses lead
// only to the host that answered or into a private or link-local network: a name or any other
// address in an answer is replaced by that host. Fails when no interface can be used.
Result<std::vector<OnvifDevice>> discover(const DiscoveryOptions& options,
                                          const std::function<bool()>& cancelled);

struct OnvifStream {
  std::string name;
  std::string uri;    // rtsp://, without credentials
  std::string codec;  // "h264", "hevc", "mjpeg", "mpeg4"
  int width = 0;      // pixels
  int height = 0;
};

// The streams of the device whose device service is at `url` (http or https), as RTSP addresses.
// The password travels only as a digest (WS-Security UsernameToken, by the device's own clock, and
// HTTP digest where the device asks for it). All requests go to the host of `url`, whatever
// addresses the device names. `timeout` is for the whole. Blocks; reentrant.
Result<std::vector<OnvifStream>> streams_of(const std::string& url, const std::string& user_name,
                                            const std::string& password,
                                            std::chrono::milliseconds timeout);

}  // namespace poss::net
