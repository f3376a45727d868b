// The rules for the addresses of cameras.
#include "server/camera_source.h"

#include <algorithm>
#include <optional>

#include "media/source.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using store::Camera;
using store::CameraSource;

bool over_network(CameraSource source) {
  return source == CameraSource::rtsp || source == CameraSource::http;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string scheme_of(const std::string& uri) {
  const auto at = uri.find("://");
  return at == std::string::npos ? "" : lower(uri.substr(0, at));
}

// A network address without its credentials, and these.
struct Address {
  std::string uri;
  std::string user_name;
  std::string password;
  // Whom a password for it goes to: another scheme may show it to everybody on the way.
  std::string peer;
};

constexpr const char* kEncode =
    "holds a password with characters that an address must have encoded; type user name and "
    "password into their own fields";

// An address as it was pasted. Messages never hold any of what may be a password.
Result<Address> take_apart(const std::string& text) {
  const std::string scheme = scheme_of(text);
  const auto begin = scheme.size() + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  const std::string authority = text.substr(begin, end - begin);
  // An '@' behind the authority may be part of a path. With a "port" that is none before it, the
  // authority was cut short by a '/', '?' or '#' in a password.
  const auto colon = authority.rfind(':');
  const bool port_is_none =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos &&
      authority.find_first_not_of("0123456789", colon + 1) != std::string::npos;
  if (port_is_none && text.find('@', end) != std::string::npos) {
    return Error{Code::invalid_argument, kEncode};
  }
  media::SourceConfig config;
  config.uri = text;
  POSS_ASSIGN(const media::Source source, media::parse_source(config));
  return Address{.uri = config.uri,
                 .user_name = config.user_name,
                 .password = config.password,
                 .peer = scheme + "://" + lower(source.host)};
}

std::optional<std::string> peer_of(const Camera& camera) {
  if (!over_network(camera.source)) return std::nullopt;
  const auto address = take_apart(camera.uri);
  if (!address) return std::nullopt;
  return address->peer;
}

void check_network(Camera& camera, std::map<std::string, std::string>& secrets,
                   const Camera* before, std::vector<FieldError>& errors) {
  const bool rtsp = camera.source == CameraSource::rtsp;
  const auto fits = [&](const std::string& uri) {
    const std::string scheme = scheme_of(uri);
    return rtsp ? scheme == "rtsp" : scheme == "http" || scheme == "https";
  };
  const std::string want = rtsp ? "must be an RTSP address such as rtsp://192.168.1.20/stream"
                                : "must be a web address such as http://192.168.1.20/video.mjpeg";
  if (!fits(camera.uri)) {
    return errors.push_back(
        {"uri", want + "; for files and devices choose the source that fits them"});
  }
  if (!camera.detect_uri.empty() && !fits(camera.detect_uri)) {
    errors.push_back({"detect_uri", want});
    camera.detect_uri.clear();
  }
  const auto main = take_apart(camera.uri);
  if (!main) return errors.push_back({"uri", main.error().message});
  camera.uri = main->uri;
  std::optional<Address> detect;
  if (!camera.detect_uri.empty()) {
    auto address = take_apart(camera.detect_uri);
    if (!address) {
      errors.push_back({"detect_uri", address.error().message});
    } else if (address->peer != main->peer) {
      errors.push_back({"detect_uri", "must be a stream of the same camera: its host differs"});
    } else if (!address->user_name.empty() && !main->user_name.empty() &&
               (address->user_name != main->user_name || address->password != main->password)) {
      errors.push_back({"detect_uri",
                        "has another user name or password than the address; both are one "
                        "camera's"});
    } else {
      detect = std::move(*address);
      camera.detect_uri = detect->uri;
    }
  }
  // What was typed into the fields counts; the address fills what they leave open.
  const Address& given = main->user_name.empty() && detect ? *detect : *main;
  if (!given.user_name.empty()) {
    const bool typed =
        !camera.user_name.empty() && (!before || camera.user_name != before->user_name);
    if (!typed) camera.user_name = given.user_name;
    const auto sent = secrets.find("password");
    const bool typed_too = sent != secrets.end() && !sent->second.empty();
    if (!typed_too && !given.password.empty() && camera.user_name == given.user_name) {
      secrets["password"] = given.password;
      camera.password.clear();
    }
  }
  // Only its form can be checked here: the stored one is not read.
  media::SourceConfig config{.uri = camera.uri, .user_name = camera.user_name};
  if (const auto sent = secrets.find("password"); sent != secrets.end()) {
    config.password = sent->second;
  }
  if (const auto fine = media::parse_source(config); !fine) {
    errors.push_back({"user_name", fine.error().message});
  }
  if (before && !camera.password.empty() && peer_of(*before) != main->peer) {
    errors.push_back({"password",
                      "type the password again: it is stored for another host, and is not sent to "
                      "this one unasked"});
  }
}

bool within(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

void check_file(const Camera& camera, const fs::path& data, std::vector<FieldError>& errors) {
  const bool folder = camera.source == CameraSource::images;
  const auto wrong = [&](std::string text) { errors.push_back({"uri", std::move(text)}); };
  media::SourceConfig config;
  config.uri = camera.uri;
  const std::string scheme = scheme_of(camera.uri);
  if (!scheme.empty() && scheme != "file") {
    return wrong(folder ? "must be a folder on this machine, such as /srv/pictures"
                        : "must be a file on this machine, such as /srv/video.mp4");
  }
  const auto source = media::parse_source(config);
  if (!source) return wrong(source.error().message);
  const fs::path path = source->path;
  if (!path.is_absolute()) {
    return wrong(std::string("must be an absolute path, such as ") +
                 (folder ? "/srv/pictures" : "/srv/video.mp4"));
  }
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  // The same for links into the folders below as for their names.
  const fs::path seen = error ? path.lexically_normal() : real;
  for (const char* closed : {"/proc", "/sys", "/dev"}) {
    if (within(seen, closed)) {
      return wrong(std::string("must not lie in ") + closed +
                   (std::string_view(closed) == "/dev" ? "; for a device choose the source 'usb'"
                                                       : ", which holds no videos"));
    }
  }
  std::error_code ignored;
  if (!data.empty() && within(seen, fs::weakly_canonical(data, ignored))) {
    return wrong("must not lie in the folder where POSS keeps its own data");
  }
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return wrong("'" + path.string() + "' does not exist on this machine");
  }
  if (error) return wrong("'" + path.string() + "' cannot be opened: " + error.message());
  const bool is_folder = fs::is_directory(real, error);
  if (folder && !is_folder) return wrong("'" + path.string() + "' is a file, not a folder");
  if (!folder && is_folder) {
    return wrong("'" + path.string() + "' is a folder; choose the source 'images' for it");
  }
  if (!folder && !fs::is_regular_file(real, error)) {
    return wrong("'" + path.string() + "' is no regular file");
  }
}

void check_usb(const Camera& camera, std::vector<FieldError>& errors) {
  std::string path = camera.uri;
  if (path.starts_with("v4l2://")) path.erase(0, 7);
  constexpr std::string_view kPrefix = "/dev/video";
  if (!path.starts_with(kPrefix) || path.size() == kPrefix.size() ||
      path.find_first_not_of("0123456789", kPrefix.size()) != std::string::npos) {
    errors.push_back({"uri", "must be a video device such as /dev/video0"});
  }
}

}  // namespace

void check_source(Camera& camera, std::map<std::string, std::string>& secrets, const Camera* before,
                  const fs::path& data, std::vector<FieldError>& errors) {
  camera.uri = trimmed(camera.uri);
  camera.detect_uri = trimmed(camera.detect_uri);
  if (over_network(camera.source)) return check_network(camera, secrets, before, errors);
  if (!camera.detect_uri.empty()) {
    errors.push_back({"detect_uri", "only RTSP and HTTP cameras have a second stream"});
  }
  // A camera whose file has gone can still be renamed.
  if (before && before->source == camera.source && before->uri == camera.uri) return;
  if (camera.source == CameraSource::usb) {
    check_usb(camera, errors);
  } else {
    check_file(camera, data, errors);
  }
}

media::SourceConfig source_config(const Camera& camera, std::string password, bool detect) {
  media::SourceConfig out;
  out.uri = detect ? camera.detect_uri : camera.uri;
  if (over_network(camera.source)) {
    out.user_name = camera.user_name;
    out.password = std::move(password);
  }
  // A file stands in for a camera, and a camera does not end.
  out.loop = camera.source == CameraSource::file || camera.source == CameraSource::images;
  return out;
}

Result<std::string> password_of(store::Store& store, const Camera& camera) {
  if (camera.password.empty()) return std::string();
  return store.reveal(camera.password);
}

CameraSource source_kind(const std::string& uri) {
  const std::string scheme = scheme_of(uri);
  if (scheme == "rtsp") return CameraSource::rtsp;
  if (scheme == "http" || scheme == "https") return CameraSource::http;
  if (scheme == "v4l2" || uri.starts_with("/dev/video")) return CameraSource::usb;
  std::error_code error;
  return fs::is_directory(scheme == "file" ? uri.substr(7) : uri, error) ? CameraSource::images
                                                                         : CameraSource::file;
}

}  // namespace poss::server
