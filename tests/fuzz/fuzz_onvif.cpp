// Fuzzes the readers of ONVIF's answers: texts come out clean, and addresses stay near.
#include "fuzz.h"
#include "net/onvif_xml.h"

namespace {

using poss::fuzz::require;

constexpr char kSender[] = "192.168.1.9";

void check_text(const std::string& text) {
  require(text.size() <= 400, "texts are short");
  for (const char c : text) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "texts have no control characters");
  }
}

void check_url(const std::string& url) {
  require(url.find("://") != std::string::npos, "an address is absolute");
  const auto begin = url.find("://") + 3;
  const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  require(authority.find('@') == std::string::npos, "an address holds no credentials");
  require(authority.starts_with(kSender) || authority.starts_with("10.") ||
              authority.starts_with("172.") || authority.starts_with("192.168.") ||
              authority.starts_with("169.254."),
          "an address stays near");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml = poss::fuzz::text(data, size);
  for (const auto& device : poss::net::parse_probe_matches(xml, kSender, "urn:uuid:1")) {
    check_text(device.name);
    check_text(device.hardware);
    check_text(device.endpoint);
    require(!device.name.empty() && !device.xaddrs.empty(), "a device has a name and an address");
    for (const auto& url : device.xaddrs) check_url(url);
  }
  if (const auto fault = poss::net::parse_fault(xml)) check_text(fault->reason);
  poss::net::parse_device_time(xml);
  const auto media = poss::net::parse_media_services(xml);
  check_text(media.ver10);
  check_text(media.ver20);
  for (const auto& profile : poss::net::parse_profiles(xml)) {
    check_text(profile.stream.name);
    check_text(profile.stream.codec);
    require(!profile.token.empty() && profile.stream.width >= 0, "a profile has a token");
  }
  if (const auto uri = poss::net::parse_stream_uri(xml)) {
    check_text(*uri);
    if (const auto near = poss::net::url_near(*uri, kSender, "rtsp", true)) check_url(*near);
  }
  return 0;
}
