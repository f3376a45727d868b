// Cameras as people write them on the command line.
#include "base/id.h"
#include "cli/command.h"

namespace poss::cli {
namespace {

std::string name_of(const std::string& uri) {
  const auto scheme = uri.find("://");
  std::string rest = scheme == std::string::npos ? uri : uri.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  if (scheme == std::string::npos || uri.starts_with("file://")) {
    return std::filesystem::path(rest).stem().string();
  }
  const std::string host = rest.substr(0, rest.find('/'));
  const auto at = host.rfind('@');  // behind the credentials
  const std::string bare = at == std::string::npos ? host : host.substr(at + 1);
  return bare.substr(0, bare.find(':'));
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
  out.source.uri = uri;
  if (out.name.empty()) out.name = name_of(uri);
  if (out.name.empty()) out.name = "camera";
  return out;
}

}  // namespace poss::cli
