// How a camera is, as the REST interface and the status event show it.
#pragma once

#include <string>

#include "base/fields.h"
#include "fleet/worker.h"

namespace poss::server {

struct CameraStatusBody {
  media::CameraState state = media::CameraState::idle;
  std::string cause;
  std::string since;
  int width = 0;
  int height = 0;
  std::string codec;
  double source_fps = 0;
  std::uint64_t packets = 0;
  std::uint64_t frames_decoded = 0;
  std::uint64_t frames_skipped = 0;
  std::uint64_t reconnects = 0;
  static void declare(Fields<CameraStatusBody>& f);
};

CameraStatusBody camera_status(const fleet::CameraReport& report);

}  // namespace poss::server
