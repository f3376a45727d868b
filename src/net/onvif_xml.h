// What ONVIF devices answer, read from XML that may come from anybody in the network.
//
// Formats: WS-Discovery (April 2005), SOAP 1.2, and of ONVIF the Core Specification, chapter 7
// (discovery) and 8 (device management), and the Media (ver10) and Media 2 (ver20) specifications.
// Elements are told by their local names: devices differ in the prefixes they use, and some in the
// namespaces. Document types are skipped and entities other than XML's five never expanded. Texts
// that come out are UTF-8 without control characters and at most 400 bytes long. All functions are
// reentrant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/onvif.h"

namespace poss::net {

// An address that does not lead to foreign places: `url` with its host replaced by `near`, unless
// that is its host already or, with `allow_private`, an IPv4 address of a private or link-local
// network (RFC 1918, RFC 3927). Credentials and fragment are left out. Nothing when the scheme is
// not one of `schemes` ("http https") or the URL is none.
std::optional<std::string> url_near(std::string_view url, const std::string& near,
                                    std::string_view schemes, bool allow_private);

// The devices in a ProbeMatches message that came from the address `sender`. Nothing when it is no
// such message or answers another one than `message_id`.
std::vector<OnvifDevice> parse_probe_matches(std::string_view xml, const std::string& sender,
                                             std::string_view message_id);

// Why a device refused: of a SOAP Fault its reason, and whether it is about who asks.
struct OnvifFault {
  bool not_authorized = false;
  std::string reason;
};
std::optional<OnvifFault> parse_fault(std::string_view xml);

// The device's clock, from GetSystemDateAndTimeResponse.
std::optional<Time> parse_device_time(std::string_view xml);

// Where the media services are, as the device says: of GetServicesResponse or
// GetCapabilitiesResponse.
struct OnvifMedia {
  std::string ver10;
  std::string ver20;
};
OnvifMedia parse_media_services(std::string_view xml);

struct OnvifProfile {
  std::string token;
  OnvifStream stream;  // without its address
};
// Of GetProfilesResponse of either version; profiles without video are left out.
std::vector<OnvifProfile> parse_profiles(std::string_view xml);

// Of GetStreamUriResponse of either version; as the device says it.
std::optional<std::string> parse_stream_uri(std::string_view xml);

}  // namespace poss::net
