// The live view of a camera: made once, only while somebody watches, and handed to all viewers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/sync.h"
#include "media/camera.h"
#include "media/fmp4.h"
#include "media/pacing.h"
#include "media/packet_ring.h"

namespace poss::media {

// add() may be called by any thread, everything else by the camera's thread only.
class LiveHub {
 public:
  using Sink = std::function<void(const LiveChunkPtr&)>;

  LiveHub(const PacketRing& ring, size_t max_bytes) : ring_(ring), max_bytes_(max_bytes) {}

  // A viewer; it ends when the handle is destroyed. It is served from the next packet on.
  std::shared_ptr<void> add(Sink sink) EXCLUDES(mutex_);

  // A connection begins, or a file begins anew.
  void begin_stream(const AVCodecParameters& codec, bool still_images);
  // A packet, already in the ring; `interval` is the usual time between pictures.
  void on_packet(const PacketPtr& packet, Microseconds interval);
  // Whether pictures of the codec must be decoded for a viewer, and at how many a second.
  bool wants_pictures() const EXCLUDES(mutex_);
  bool due(Time time, std::span<const Time> earlier, Microseconds interval) const {
    return pacer_.will_be_due(time, earlier, interval);
  }
  // A decoded picture, taken when it is due.
  void on_picture(const FramePtr& frame, Microseconds interval);
  // Drops everything viewers would be given; they are not called again.
  void stop() EXCLUDES(mutex_);

 private:
  struct Viewer;
  enum class Mode { none, fmp4, jpeg };

  bool has_viewers() const EXCLUDES(mutex_);
  void send(const LiveChunkPtr& chunk) EXCLUDES(mutex_);  // to those who have begun
  void begin_viewers(bool everybody) EXCLUDES(mutex_);    // hello, init and the group so far
  bool begin_fmp4(const PacketPtr& packet, Microseconds interval);
  void append(const Packet& packet, Microseconds interval);
  void send_jpeg(Time time, std::string jpeg);
  void forget();

  const PacketRing& ring_;
  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<Viewer>> viewers_ GUARDED_BY(mutex_);

  Mode mode_ = Mode::none;
  AvPtr<AVCodecParameters> codec_;
  bool still_images_ = false;
  bool needs_keyframe_ = true;
  std::optional<Fmp4> muxer_;
  Pacer pacer_{15};
  LiveChunkPtr hello_;
  LiveChunkPtr init_;
  std::vector<LiveChunkPtr> group_;  // fragments since the last keyframe
  size_t group_bytes_ = 0;
};

}  // namespace poss::media
