// A camera: one source read and decoded once, for however many skills and viewers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/fields.h"
#include "base/queue.h"
#include "base/result.h"
#include "base/time.h"
#include "media/frame.h"

namespace poss::media {

enum class Transport { tcp, udp };
enum class Pace { real_time, as_fast_as_possible };

// Where pictures come from. `uri` is rtsp://, http(s):// (MJPEG or video), a file path or file://,
// a V4L2 device (/dev/video0 or v4l2:///dev/video0), or a folder of images.
struct SourceConfig {
  std::string uri;
  std::string user_name;  // of RTSP and HTTP; kept out of `uri`
  std::string password;
  Transport transport = Transport::tcp;  // RTSP only
  bool loop = false;                     // files and folders: start again at the end
  Pace pace = Pace::real_time;           // files and folders
  double timeout = 10;                   // seconds without data before the source counts as lost
  double image_folder_fps = 1;           // pictures a second of a folder
  bool operator==(const SourceConfig&) const = default;
  static void declare(Fields<SourceConfig>& f);
};

// The states a person sees; each from `stalled` on comes with a cause.
enum class CameraState {
  idle,  // not started: nobody needs it
  connecting,
  streaming,
  stalled,         // was streaming, no data now; reconnecting
  not_found,       // host name, file or device does not exist
  refused,         // nothing listens there
  wrong_password,  // 401 or 403
  unsupported,     // reached, but not a video we can decode
  timed_out,       // no answer
  ended,           // a file that does not loop has been read to its end
};

struct CameraStatus {
  CameraState state = CameraState::idle;
  std::string cause;  // one sentence: what happened and what to do; empty while all is well
  // Nothing more will come: a file that does not loop has ended or cannot be read. Subscriptions
  // are closed; `state` and `cause` tell why.
  bool final = false;
  Time since{};   // when the state began
  int width = 0;  // of the coded video; 0 while unknown
  int height = 0;
  std::string codec;          // "h264", "mjpeg", "mpeg4" …
  double source_fps = 0;      // frames a second the stream carries, measured; 0 while unknown
  std::uint64_t packets = 0;  // video packets read
  std::uint64_t frames_decoded = 0;  // pictures decoded
  std::uint64_t frames_skipped = 0;  // pictures not decoded because nobody wanted them
  std::uint64_t reconnects = 0;
};

struct CameraOptions {
  size_t ring_bytes = 4u << 20;  // encoded packets kept for live view and clips
  const Clock* clock = &system_clock();
};

// Frames for one reader. Thread-safe; ends (is closed) when the camera stops or, for a file
// that does not loop, after the last frame.
class FrameSubscription {
 public:
  FrameSubscription(size_t capacity, WhenFull when_full) : queue_(capacity, when_full) {}
  // The next frame; null when there will be none any more.
  FramePtr pop() { return queue_.pop().value_or(nullptr); }
  // The next frame; null when none came before `deadline` or there will be none (see closed()).
  FramePtr pop_until(Steady::time_point deadline) {
    return queue_.pop_until(deadline).value_or(nullptr);
  }
  bool closed() const { return queue_.closed(); }
  std::uint64_t dropped() const { return queue_.dropped(); }  // frames replaced by newer ones
  BoundedQueue<FramePtr>& queue() { return queue_; }

 private:
  BoundedQueue<FramePtr> queue_;
};

// One message of a live view. A viewer gets, in this order: `hello` (JSON text
// {"mode":"fmp4","mime":"video/mp4; codecs=\"avc1.64001f\"","base_time":1700000000.123} or
// {"mode":"jpeg"}), and then
//   fmp4: one init segment, then movie fragments beginning with a keyframe. The capture time of a
//         picture is base_time + its presentation time in seconds.
//   jpeg: 8 bytes capture time (microseconds since the epoch, big endian) and a JPEG each.
// A new `hello` means: start over (the stream changed).
struct LiveChunk {
  enum class Kind { hello, init, media };
  Kind kind = Kind::media;
  bool keyframe = false;  // media: a viewer that fell behind may resume here
  std::string bytes;
};
using LiveChunkPtr = std::shared_ptr<const LiveChunk>;

// Owns the threads that read and decode. All members are thread-safe.
class Camera {
 public:
  // Checks the settings (scheme, path form) and opens nothing yet.
  static Result<std::unique_ptr<Camera>> create(std::string id, SourceConfig config,
                                                CameraOptions options = {});
  virtual ~Camera() = default;  // stops

  virtual const std::string& id() const = 0;
  virtual const SourceConfig& config() const = 0;

  // Begins to read; connects, reconnects with back-off, and reports through status().
  virtual void start() = 0;
  // Ends all subscriptions and joins the threads. Final.
  virtual void stop() = 0;

  // Frames at no more than `max_fps` (0: every one). Frames nobody wants are not decoded where
  // the codec allows. WhenFull::block holds the reader back: only for files and folders.
  virtual std::shared_ptr<FrameSubscription> subscribe(double max_fps, size_t capacity,
                                                       WhenFull when_full) = 0;
  // Ends a subscription; its remaining frames can still be popped.
  virtual void unsubscribe(const std::shared_ptr<FrameSubscription>& subscription) = 0;

  // Sends a live view to `sink`, called on the camera's thread; it must not block. The returned
  // handle ends the view when it is destroyed, after which `sink` is never called again; destroying
  // it waits for a running call, so hold no lock that `sink` takes. It may be destroyed in `sink`.
  virtual std::shared_ptr<void> view_live(std::function<void(const LiveChunkPtr&)> sink) = 0;

  // The newest picture as JPEG at most `max_width` wide; not_found while there is none.
  virtual Result<std::string> snapshot_jpeg(int max_width) = 0;

  virtual CameraStatus status() const = 0;
};

}  // namespace poss::media

template <>
struct poss::EnumNames<poss::media::Transport> {
  static constexpr std::array values{std::pair{poss::media::Transport::tcp, "tcp"},
                                     std::pair{poss::media::Transport::udp, "udp"}};
};
template <>
struct poss::EnumNames<poss::media::Pace> {
  static constexpr std::array values{
      std::pair{poss::media::Pace::real_time, "real_time"},
      std::pair{poss::media::Pace::as_fast_as_possible, "as_fast_as_possible"}};
};
template <>
struct poss::EnumNames<poss::media::CameraState> {
  using S = poss::media::CameraState;
  static constexpr std::array values{std::pair{S::idle, "idle"},
                                     std::pair{S::connecting, "connecting"},
                                     std::pair{S::streaming, "streaming"},
                                     std::pair{S::stalled, "stalled"},
                                     std::pair{S::not_found, "not_found"},
                                     std::pair{S::refused, "refused"},
                                     std::pair{S::wrong_password, "wrong_password"},
                                     std::pair{S::unsupported, "unsupported"},
                                     std::pair{S::timed_out, "timed_out"},
                                     std::pair{S::ended, "ended"}};
};
