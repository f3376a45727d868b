// Cameras as people write them on the command line.
#include <algorithm>

#include "base/id.h"
#include "cli/command.h"

namespace poss::cli {
namespace {

// Undoes percent-encoding; malformed sequences stay as they are.
std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string name_of(const std::string& uri) {
  const auto scheme = uri.find("://");
  std::string rest = scheme == std::string::npos ? uri : uri.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  if (scheme == std::string::npos || uri.starts_with("file://")) {
    return std::filesystem::path(rest).stem().string();
  }
  return rest.substr(0, rest.find_first_of(":/"));
}

}  // namespace

Result<CameraArgument> parse_camera(const std::string& text) {
  CameraArgument out;
  std::string uri = text;
  // NAME=URI: a name holds no '/', ':' or '?', so "rtsp://cam/x?a=b" is a URI alone.
  const auto equals = text.find('=');
  const std::string head = text.substr(0, equals);
  if (equals != std::string::npos && head.find_first_of("/:?.") == std::string::npos) {
    out.name = head;
    uri = text.substr(equals + 1);
  }
  if (uri.empty()) {
    return Error{Code::invalid_argument, "camera '" + text +
                                             "' has no address; write NAME=URI, for example "
                                             "dock=rtsp://192.0.2.7/stream"};
  }
  const auto scheme = uri.find("://");
  if (scheme != std::string::npos) {
    const size_t start = scheme + 3;
    const size_t end = std::min(uri.find_first_of("/?#", start), uri.size());
    const auto at = uri.rfind('@', end);
    if (at != std::string::npos && at >= start && at < end) {
      const std::string_view user = std::string_view(uri).substr(start, at - start);
      const auto colon = user.find(':');
      out.source.user_name = percent_decode(user.substr(0, colon));
      if (colon != std::string_view::npos) {
        out.source.password = percent_decode(user.substr(colon + 1));
      }
      uri.erase(start, at + 1 - start);
    }
  }
  out.source.uri = uri;
  if (out.name.empty()) out.name = name_of(uri);
  if (out.name.empty()) out.name = "camera";
  return out;
}

}  // namespace poss::cli
