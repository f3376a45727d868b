// Reading ONVIF's answers with pugixml, whose parser neither recurses nor knows entities.
#include "net/onvif_xml.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <set>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pugixml.hpp>

#include "base/utf8.h"
#include "net/encoding.h"

namespace poss::net {
namespace {

constexpr size_t kMaxText = 400;
constexpr size_t kMaxItems = 64;  // of each kind in one answer

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([&](const pugi::xml_node& one) { return local_name(one) == name; });
}

pugi::xml_node at(pugi::xml_node node, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) node = child(node, name);
  return node;
}

// What people may see of a stranger's text.
std::string clean(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (out.size() + length > kMaxText) break;
    const auto first = static_cast<unsigned char>(text.front());
    if (length > 1 || (length == 1 && first >= 0x20 && first != 0x7f)) {
      out += text.substr(0, length);
    } else if (length == 1 && std::isspace(first)) {
      out += ' ';
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  const auto begin = out.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return out.substr(begin, out.find_last_not_of(' ') - begin + 1);
}

std::string text_of(const pugi::xml_node& node) { return clean(node.text().get()); }

int number_of(const pugi::xml_node& node, int max) {
  const std::string text = text_of(node);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good && value >= 0 && value <= max ? value : -1;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (words.size() < kMaxItems) {
    const auto begin = std::find_if_not(text.begin(), text.end(), is_space);
    const auto end = std::find_if(begin, text.end(), is_space);
    if (begin == text.end()) break;
    words.emplace_back(begin, end);
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
  }
  return words;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// "urn:uuid:1419D68A-…" and "uuid:…" → "1419d68a-…"
std::string uuid_of(const std::string& text) {
  std::string out = lower(text);
  for (const std::string_view prefix : {"urn:", "uuid:"}) {
    if (out.starts_with(prefix)) out.erase(0, prefix.size());
  }
  return out;
}

// The body of a SOAP message; empty when it is none. `document` owns the nodes.
pugi::xml_node body_of(std::string_view xml, pugi::xml_document& document) {
  const unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol;
  if (!document.load_buffer(xml.data(), xml.size(), options)) return {};
  return at(document, {"Envelope", "Body"});
}

bool is_private(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) return false;
  const std::uint32_t ip = ntohl(address.s_addr);
  return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 16 == 0xa9fe;
}

struct UrlRelease {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return "";
  std::string out = text;
  curl_free(text);
  return out;
}

std::string codec_of(const std::string& encoding) {
  std::string name = lower(encoding);
  if (name == "h265") return "hevc";
  if (name == "jpeg") return "mjpeg";
  if (name.starts_with("mpeg4") || name.starts_with("mpv4")) return "mpeg4";
  return name;
}

// The texts behind "onvif://www.onvif.org/KIND/" among the scopes.
std::string scope(const std::vector<std::string>& scopes, std::string_view kind) {
  const std::string prefix = "onvif://www.onvif.org/" + std::string(kind) + "/";
  for (const std::string& one : scopes) {
    if (lower(one).starts_with(prefix)) return clean(percent_decode(one.substr(prefix.size())));
  }
  return "";
}

OnvifDevice device_of(const pugi::xml_node& match, const std::string& sender) {
  OnvifDevice device;
  const auto scopes = words_of(child(match, "Scopes").text().get());
  // Devices with several networks name the addresses of all; the one that answered is reached.
  std::ptrdiff_t near_ones = 0;
  for (const std::string& word : words_of(child(match, "XAddrs").text().get())) {
    const auto url = url_near(word, sender, "http https", true);
    if (!url || std::count(device.xaddrs.begin(), device.xaddrs.end(), *url) > 0) continue;
    const bool is_near = url_near(*url, sender, "http https", false) == url;
    device.xaddrs.insert(is_near ? device.xaddrs.begin() + near_ones : device.xaddrs.end(), *url);
    near_ones += is_near ? 1 : 0;
  }
  if (device.xaddrs.empty()) return device;
  const std::unique_ptr<CURLU, UrlRelease> first(curl_url());
  curl_url_set(first.get(), CURLUPART_URL, device.xaddrs.front().c_str(), 0);
  device.address = part_of(first.get(), CURLUPART_HOST);
  device.endpoint = uuid_of(text_of(at(match, {"EndpointReference", "Address"})));
  device.hardware = scope(scopes, "hardware");
  device.name = scope(scopes, "name");
  if (device.name.empty()) device.name = device.hardware;
  if (device.name.empty()) device.name = device.address;
  return device;
}

}  // namespace

std::optional<std::string> url_near(std::string_view url, const std::string& near,
                                    std::string_view schemes, bool allow_private) {
  if (url.size() > kMaxText || clean(url) != url) return std::nullopt;
  const std::unique_ptr<CURLU, UrlRelease> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(),
                              CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto allowed = words_of(schemes);
  if (std::count(allowed.begin(), allowed.end(), part_of(parsed.get(), CURLUPART_SCHEME)) == 0) {
    return std::nullopt;
  }
  const std::string host = part_of(parsed.get(), CURLUPART_HOST);
  if (lower(host) != lower(near) && !(allow_private && is_private(host)) &&
      curl_url_set(parsed.get(), CURLUPART_HOST, near.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  const std::string out = part_of(parsed.get(), CURLUPART_URL);
  return out.empty() ? std::nullopt : std::optional(out);
}

std::vector<OnvifDevice> parse_probe_matches(std::string_view xml, const std::string& sender,
                                             std::string_view message_id) {
  pugi::xml_document document;
  const auto matches = child(body_of(xml, document), "ProbeMatches");
  const auto relates = at(document, {"Envelope", "Header", "RelatesTo"});
  std::vector<OnvifDevice> devices;
  if (!matches || (relates && uuid_of(text_of(relates)) != uuid_of(std::string(message_id)))) {
    return devices;
  }
  for (const pugi::xml_node& match : matches.children()) {
    if (local_name(match) != "ProbeMatch" || devices.size() >= kMaxItems) continue;
    OnvifDevice device = device_of(match, sender);
    if (!device.xaddrs.empty()) devices.push_back(std::move(device));
  }
  return devices;
}

std::optional<OnvifFault> parse_fault(std::string_view xml) {
  pugi::xml_document document;
  const auto fault = child(body_of(xml, document), "Fault");
  if (!fault) return std::nullopt;
  OnvifFault out;
  // SOAP 1.2; some devices answer in SOAP 1.1.
  out.reason = text_of(at(fault, {"Reason", "Text"}));
  if (out.reason.empty()) out.reason = text_of(child(fault, "faultstring"));
  for (auto code = child(fault, "Code"); code; code = child(code, "Subcode")) {
    const std::string value = text_of(child(code, "Value"));
    // Core Specification, 5.9.4.3; FailedAuthentication is of WS-Security itself.
    if (value.ends_with("NotAuthorized") || value.ends_with("FailedAuthentication")) {
      out.not_authorized = true;
    }
  }
  return out;
}

std::optional<Time> parse_device_time(std::string_view xml) {
  pugi::xml_document document;
  const auto utc = at(body_of(xml, document),
                      {"GetSystemDateAndTimeResponse", "SystemDateAndTime", "UTCDateTime"});
  const int year = number_of(at(utc, {"Date", "Year"}), 9999);
  const int month = number_of(at(utc, {"Date", "Month"}), 12);
  const int day = number_of(at(utc, {"Date", "Day"}), 31);
  const int hour = number_of(at(utc, {"Time", "Hour"}), 23);
  const int minute = number_of(at(utc, {"Time", "Minute"}), 59);
  const int second = number_of(at(utc, {"Time", "Second"}), 60);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || !date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

OnvifMedia parse_media_services(std::string_view xml) {
  pugi::xml_document document;
  const auto body = body_of(xml, document);
  OnvifMedia media;
  for (const pugi::xml_node& service : child(body, "GetServicesResponse").children()) {
    const std::string name = text_of(child(service, "Namespace"));
    const std::string address = text_of(child(service, "XAddr"));
    if (name == "http://www.onvif.org/ver10/media/wsdl") media.ver10 = address;
    if (name == "http://www.onvif.org/ver20/media/wsdl") media.ver20 = address;
  }
  if (media.ver10.empty()) {
    media.ver10 = text_of(at(body, {"GetCapabilitiesResponse", "Capabilities", "Media", "XAddr"}));
  }
  return media;
}

std::vector<OnvifProfile> parse_profiles(std::string_view xml) {
  pugi::xml_document document;
  std::vector<OnvifProfile> profiles;
  for (const auto& node : child(body_of(xml, document), "GetProfilesResponse").children()) {
    if (local_name(node) != "Profiles" || profiles.size() >= kMaxItems) continue;
    auto video = child(node, "VideoEncoderConfiguration");             // ver10
    if (!video) video = at(node, {"Configurations", "VideoEncoder"});  // ver20
    OnvifProfile profile;
    profile.token = clean(node.attribute("token").value());
    if (!video || profile.token.empty()) continue;
    profile.stream.name = text_of(child(node, "Name"));
    if (profile.stream.name.empty()) profile.stream.name = profile.token;
    profile.stream.codec = codec_of(text_of(child(video, "Encoding")));
    profile.stream.width = std::max(0, number_of(at(video, {"Resolution", "Width"}), 100'000));
    profile.stream.height = std::max(0, number_of(at(video, {"Resolution", "Height"}), 100'000));
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

std::optional<std::string> parse_stream_uri(std::string_view xml) {
  pugi::xml_document document;
  const auto answer = child(body_of(xml, document), "GetStreamUriResponse");
  std::string uri = text_of(at(answer, {"MediaUri", "Uri"}));  // ver10
  if (uri.empty()) uri = text_of(child(answer, "Uri"));        // ver20
  return uri.empty() ? std::nullopt : std::optional(uri);
}

}  // namespace poss::net
