// Encoded pictures and the byte-bounded ring of the newest ones, for live view and clips.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/sync.h"
#include "base/time.h"
#include "media/libav.h"

namespace poss::media {

// One encoded picture. Its pts and dts are capture times in microseconds since the epoch; dts
// always is one, pts may be AV_NOPTS_VALUE. Immutable, so any thread may read it.
struct Packet {
  AvPtr<AVPacket> av;
  AVCodecID codec = AV_CODEC_ID_NONE;

  bool keyframe() const { return (av->flags & AV_PKT_FLAG_KEY) != 0; }
  Time dts() const { return Time(std::chrono::microseconds(av->dts)); }
  // When the picture is shown; its decoding time where the container does not say.
  Time time() const {
    return av->pts == AV_NOPTS_VALUE ? dts() : Time(std::chrono::microseconds(av->pts));
  }
  // Bytes the packet occupies, which may be more than it holds.
  size_t memory() const {
    return av->buf ? static_cast<size_t>(av->buf->size) : static_cast<size_t>(av->size);
  }
};
using PacketPtr = std::shared_ptr<const Packet>;

// The newest packets of one camera, oldest first, always beginning with a keyframe. When there
// are more than `max_bytes`, whole groups of pictures go from the front; a group that is larger
// than that goes as a whole, and the ring stays empty until the next keyframe. Thread-safe.
class PacketRing {
 public:
  explicit PacketRing(size_t max_bytes) : max_bytes_(max_bytes) {}

  void push(PacketPtr packet) EXCLUDES(mutex_);
  // The stream was interrupted: packets before the next keyframe are not kept.
  void interrupt() EXCLUDES(mutex_);
  void clear() EXCLUDES(mutex_);

  // The packets from the latest keyframe on; empty while there is none.
  std::vector<PacketPtr> last_group() const EXCLUDES(mutex_);
  // The packets from the latest keyframe at or before `start` on (from the oldest kept one, when
  // all are later).
  std::vector<PacketPtr> since(Time start) const EXCLUDES(mutex_);
  size_t bytes() const EXCLUDES(mutex_);

 private:
  void pop_group() REQUIRES(mutex_);

  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::deque<PacketPtr> packets_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  bool needs_keyframe_ GUARDED_BY(mutex_) = true;
};

}  // namespace poss::media
