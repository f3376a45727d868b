// Trying a source once: whether it gives pictures, what they are, or why there are none.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.h"
#include "media/camera.h"

namespace poss::media {

struct ProbeOptions {
  std::chrono::milliseconds timeout{10'000};  // from name lookup to the first picture
  int max_picture_width = 640;                // pixels; 0: as wide as it comes
};

struct ProbeReport {
  CameraState state = CameraState::streaming;  // streaming: it works, and `picture` holds one
  std::string cause;  // else one sentence with the remedy, without credentials
  // As far as they became known before it failed:
  std::string codec;  // "h264", "mjpeg" …
  int width = 0;      // of the video, pixels; 0 unknown
  int height = 0;
  double fps = 0;                  // measured; of files what the container says; 0 unknown
  double keyframe_interval_s = 0;  // seconds between two keyframes; 0 unknown
  std::string picture;             // the first picture as JPEG
};

// Connects once, without trying again, and decodes the first picture; then looks on for a second
// or so (up to three while the second keyframe is missing) to measure. Blocks at most the timeout
// and a second. A source that fails gives a report with the state and cause; an error means that
// nothing was tried (invalid_argument: the settings) or that `cancelled`, asked every now and then
// on this thread, became true (unavailable). A camera that sends pictures but no keyframe in time
// is timed_out. Reentrant.
Result<ProbeReport> probe(const SourceConfig& config, const ProbeOptions& options,
                          const std::function<bool()>& cancelled);

}  // namespace poss::media
