// What to tell a person about each way a source can fail.
#include "media/input.h"

namespace poss::media {
namespace {

Failure network_failure(const Source& source, int averror) {
  using S = CameraState;
  // A web page that ends without a video in it; what cannot be reached has other errors.
  if (source.kind == Source::Kind::http && (averror == AVERROR_EOF || averror == AVERROR(EIO))) {
    averror = AVERROR_INVALIDDATA;
  }
  switch (averror) {
    case AVERROR(ECONNREFUSED):
      return {S::refused, "Nothing listens at " + source.peer +
                              "; check the address and port, and that the camera is on."};
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
      return {S::wrong_password,
              "The camera at " + source.peer + " refused the user name or password; check both."};
    case AVERROR_HTTP_NOT_FOUND:
      return {S::not_found, "The camera at " + source.peer +
                                " has no stream at this path; check the part after the host."};
    case AVERROR(ETIMEDOUT):
    case AVERROR_EXIT:
      return {S::timed_out, "The camera at " + source.peer +
                                " does not answer; check the address, the network and any "
                                "firewall between."};
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
      return {S::timed_out, "There is no way to " + source.peer +
                                " in the network; check the address and this machine's network."};
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_INVALIDDATA:
    case AVERROR(EINVAL):
      return {S::unsupported, source.label +
                                  " answers, but not with a video we can read; check the path, "
                                  "or set the camera to H.264."};
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX:
      return {S::unsupported, "The camera at " + source.peer +
                                  " refused the request; check the path and the transport (tcp "
                                  "or udp)."};
    case AVERROR_HTTP_SERVER_ERROR:
      return {S::unsupported, "The camera at " + source.peer +
                                  " reports an error of its own; restart the camera or check "
                                  "its settings."};
    default:
      return {S::timed_out, "The connection to " + source.peer +
                                " broke; check the network and that the camera is on."};
  }
}

}  // namespace

Failure failure_of(const Source& source, int averror) {
  using S = CameraState;
  if (source.kind == Source::Kind::rtsp || source.kind == Source::Kind::http) {
    return network_failure(source, averror);
  }
  const bool device = source.kind == Source::Kind::v4l2;
  const std::string name = "'" + source.path + "'";
  switch (averror) {
    case AVERROR(ENOENT):
    case AVERROR(ENODEV):
    case AVERROR(ENXIO):
    case AVERROR(ENOTDIR):
      return {S::not_found,
              device ? "There is no device " + name + "; plug the camera in and check the path."
                     : "There is no file " + name + "; check the path."};
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return {S::not_found, name + " may not be read; give this program's user the permission."};
    case AVERROR(EBUSY):
      return {S::refused, "The device " + name + " is in use; close the program that uses it."};
    case AVERROR_EXIT:
      return {S::timed_out, name + " does not answer; check the disk or device."};
    default:
      return {S::unsupported, device ? name + " is not a camera we can read; check the path."
                                     : name +
                                           " is not a video we can read; convert it to MP4 "
                                           "with H.264, or check that it is complete."};
  }
}

Failure no_pictures_in(const Source& source) {
  return {CameraState::unsupported,
          "'" + source.label + "' holds no pictures; check that it is complete."};
}

Failure damaged_file(const Source& source) {
  return {CameraState::unsupported,
          "'" + source.label + "' is damaged: none of its pictures can be decoded; copy it again."};
}

Failure undecodable(const Source& source) {
  return {
      CameraState::unsupported,
      source.label + " sends a video that cannot be decoded; set it to H.264 without encryption."};
}

}  // namespace poss::media
