// A source's address taken apart, and how it is named in messages without its password.
#pragma once

#include <string>

#include "base/result.h"
#include "media/camera.h"

namespace poss::media {

// What a SourceConfig points at. Immutable.
struct Source {
  enum class Kind {
    rtsp,
    http,
    path,  // a video file or a folder of images, told apart when it is opened
    v4l2,
  };
  Kind kind = Kind::path;
  // What libav opens. Of RTSP and HTTP it holds the credentials: never log or show it.
  std::string url;
  std::string label;  // for messages: the address without credentials and query
  std::string host;   // of RTSP and HTTP
  std::string peer;   // host:port, for messages
  std::string path;   // of files, folders and devices
};

// Takes `config.uri` apart; invalid_argument tells what is wrong with it. Credentials found
// inside the URI are moved to `user_name` and `password`.
Result<Source> parse_source(SourceConfig& config);

}  // namespace poss::media
