// From packets to frames: decides what is decoded, decodes it once, and hands frames to readers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/sync.h"
#include "media/bitstream.h"
#include "media/camera.h"
#include "media/decoder.h"
#include "media/live.h"
#include "media/pacing.h"
#include "media/packet_ring.h"

namespace poss::media {

// One subscription and its schedule, which only the camera's thread touches.
struct Reader {
  std::shared_ptr<FrameSubscription> subscription;
  Pacer pacer;
};
using Readers = std::vector<std::shared_ptr<Reader>>;

// Skips before decoding what nobody wants: any picture of intra-only codecs, all but keyframes
// when they come often enough, and pictures no other picture needs. The camera's thread only,
// except the members marked otherwise.
class DecodeStage {
 public:
  DecodeStage(const PacketRing& ring, LiveHub& live) : ring_(ring), live_(live) {}

  // A connection or a pass through a file begins.
  void begin_stream(const AVCodecParameters& codec);
  // Handles a packet that is already in the ring; may block on readers that hold it back.
  void on_packet(const PacketPtr& packet, const Readers& readers, Microseconds interval);
  // The end of the stream: delivers what the decoder still holds.
  void drain(const Readers& readers, Microseconds interval);

  // Decoding failed for so many packets, so far.
  std::uint64_t errors() const { return errors_; }

  // Any thread.
  std::uint64_t decoded() const { return decoded_; }
  std::uint64_t skipped() const { return skipped_; }
  int width() const { return width_; }  // of the last picture; 0 while there was none
  int height() const { return height_; }
  FramePtr latest() const EXCLUDES(mutex_);  // the newest picture while somebody reads

 private:
  bool wants_keyframes_only(const Readers& readers, const Packet& packet);
  bool wanted(Time time, const Readers& readers, bool for_live, Microseconds interval) const;
  bool make_decoder(const Packet& packet);
  void catch_up(const PacketPtr& packet);
  void decode(const Packet& packet);
  void deliver(const Readers& readers, Microseconds interval);
  void release() EXCLUDES(mutex_);

  const PacketRing& ring_;
  LiveHub& live_;
  AvPtr<AVCodecParameters> codec_;
  std::unique_ptr<Decoder> decoder_;
  std::optional<DisposableFinder> disposable_;
  std::vector<Picture> pictures_;  // just decoded
  std::vector<Time> pending_;      // sent to the decoder, not yet out; ascending
  bool needs_keyframe_ = true;
  bool keyframes_only_ = false;
  std::vector<Time> keyframes_;  // the last few
  std::optional<Time> last_time_;
  std::int64_t emitted_ = 0;
  std::uint64_t errors_ = 0;
  std::atomic<std::uint64_t> decoded_ = 0;
  std::atomic<std::uint64_t> skipped_ = 0;
  std::atomic<int> width_ = 0;
  std::atomic<int> height_ = 0;
  mutable Mutex mutex_;
  FramePtr latest_ GUARDED_BY(mutex_);
};

}  // namespace poss::media
