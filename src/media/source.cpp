// Addresses of sources (RFC 3986), and the settings' declaration.
#include "media/source.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/log.h"

namespace poss::media {
namespace {

// libav's RTSP client keeps "user:password", percent-encoded, in 128 bytes.
constexpr size_t kMaxCredentials = 126;

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }

Result<Source> parse_network(SourceConfig& config, const std::string& scheme) {
  const size_t start = scheme.size() + 3;
  size_t end = config.uri.find_first_of("/?#", start);
  if (end == std::string::npos) end = config.uri.size();
  std::string authority = config.uri.substr(start, end - start);
  const std::string rest = config.uri.substr(end);
  if (const auto at = authority.rfind('@'); at != std::string::npos) {
    const std::string inside = authority.substr(0, at);
    authority.erase(0, at + 1);
    config.uri = scheme + "://" + authority + rest;
    if (config.user_name.empty()) {
      const auto colon = inside.find(':');
      config.user_name = percent_decode(inside.substr(0, colon));
      if (colon != std::string::npos && config.password.empty()) {
        config.password = percent_decode(inside.substr(colon + 1));
      }
    }
  }
  Source source;
  source.kind = scheme == "rtsp" ? Source::Kind::rtsp : Source::Kind::http;
  std::string port_text;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string::npos)
      return bad("The address's '[' has no ']'; write it like rtsp://[::1]/stream.");
    source.host = authority.substr(1, close - 1);
    if (close + 1 < authority.size() && authority[close + 1] == ':') {
      port_text = authority.substr(close + 2);
    }
  } else {
    const auto colon = authority.find(':');
    source.host = authority.substr(0, colon);
    if (colon != std::string::npos) port_text = authority.substr(colon + 1);
  }
  if (source.host.empty()) {
    return bad("The address '" + mask_uri(config.uri) + "' names no host; write it like " + scheme +
               "://192.168.1.20/stream.");
  }
  int port = scheme == "rtsp" ? 554 : scheme == "https" ? 443 : 80;
  if (!port_text.empty()) {
    const auto [end_of_port, error] =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc{} || end_of_port != port_text.data() + port_text.size() || port < 1 ||
        port > 65535) {
      return bad("The port '" + port_text + "' is not a number from 1 to 65535.");
    }
  }
  source.peer = source.host + ":" + std::to_string(port);
  source.label = mask_uri(scheme + "://" + authority + rest.substr(0, rest.find_first_of("?#")));
  std::string credentials;
  if (!config.user_name.empty()) {
    if (config.user_name.find(':') != std::string::npos) {
      return bad("The user name must not contain ':'.");
    }
    credentials = percent_encode(config.user_name) + ":" + percent_encode(config.password);
    if (credentials.size() > kMaxCredentials) {
      return bad(
          "User name and password are too long together; use at most 100 letters and digits.");
    }
    credentials += '@';
  }
  source.url = scheme + "://" + credentials + authority + rest;
  return source;
}

}  // namespace

void SourceConfig::declare(Fields<SourceConfig>& f) {
  f.add(&SourceConfig::uri, "uri")
      .title("Address")
      .help(
          "rtsp://, http:// or https:// address, a video file, a folder of images, or a device "
          "such as /dev/video0")
      .format("uri")
      .required();
  f.add(&SourceConfig::user_name, "user_name").title("User name").max_length(100);
  f.add(&SourceConfig::password, "password").title("Password").format("secret").max_length(100);
  f.add(&SourceConfig::transport, "transport")
      .title("Transport")
      .help("How an RTSP camera sends its pictures; udp loses pictures rather than being late");
  f.add(&SourceConfig::loop, "loop").title("Repeat").help("Start a file again at its end");
  f.add(&SourceConfig::pace, "pace").title("Pace").help("How fast a file is read");
  f.add(&SourceConfig::timeout, "timeout")
      .title("Time without data before the camera counts as lost")
      .unit("s")
      .range(0.5, 120);
  f.add(&SourceConfig::image_folder_fps, "image_folder_fps")
      .title("Pictures a second of an image folder")
      .range(0.01, 120);
}

Result<Source> parse_source(SourceConfig& config) {
  if (config.uri.empty())
    return bad("The camera has no address; give one, such as rtsp://host/stream.");
  if (has_control_characters(config.uri))
    return bad("The camera's address holds control characters.");
  if (!(config.timeout >= 0.1 && config.timeout <= 3600)) {
    return bad("The timeout must be from 0.1 to 3600 seconds.");
  }
  if (!(config.image_folder_fps > 0 && config.image_folder_fps <= 1000)) {
    return bad("Pictures a second of an image folder must be more than 0 and at most 1000.");
  }
  const auto colon = config.uri.find("://");
  std::string scheme = config.uri.substr(0, colon == std::string::npos ? 0 : colon);
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (scheme == "rtsp" || scheme == "http" || scheme == "https")
    return parse_network(config, scheme);
  Source source;
  if (scheme.empty()) {
    source.path = config.uri;
  } else if (scheme == "file") {
    source.path = percent_decode(config.uri.substr(7));
    if (source.path.starts_with("localhost/")) source.path.erase(0, 9);
    if (!source.path.starts_with('/')) {
      return bad("'" + config.uri + "' must hold an absolute path, such as file:///srv/video.mp4.");
    }
  } else if (scheme == "v4l2") {
    source.path = config.uri.substr(7);
  } else {
    return bad("Addresses beginning with '" + mask_uri(scheme) +
               "://' are not supported; use rtsp://, http://, https://, a file, a folder or a "
               "device such as /dev/video0.");
  }
  source.label = source.path;
  source.kind = scheme == "v4l2" || source.path.starts_with("/dev/video") ? Source::Kind::v4l2
                                                                          : Source::Kind::path;
  if (source.kind == Source::Kind::v4l2 && !source.path.starts_with("/dev/")) {
    return bad("'" + config.uri + "' is not a device; use a path such as /dev/video0.");
  }
  source.url = source.kind == Source::Kind::path ? "file:" + source.path : source.path;
  return source;
}

}  // namespace poss::media
