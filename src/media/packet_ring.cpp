// The ring of encoded pictures.
#include "media/packet_ring.h"

#include <utility>

namespace poss::media {

void PacketRing::push(PacketPtr packet) {
  Lock lock(mutex_);
  if (packet->keyframe()) needs_keyframe_ = false;
  if (needs_keyframe_) return;
  bytes_ += packet->memory();
  packets_.push_back(std::move(packet));
  while (bytes_ > max_bytes_ && !packets_.empty()) pop_group();
  if (packets_.empty()) needs_keyframe_ = true;
}

void PacketRing::pop_group() {
  do {
    bytes_ -= packets_.front()->memory();
    packets_.pop_front();
  } while (!packets_.empty() && !packets_.front()->keyframe());
}

void PacketRing::interrupt() {
  Lock lock(mutex_);
  needs_keyframe_ = true;
}

void PacketRing::clear() {
  Lock lock(mutex_);
  packets_.clear();
  bytes_ = 0;
  needs_keyframe_ = true;
}

std::vector<PacketPtr> PacketRing::last_group() const {
  Lock lock(mutex_);
  auto first = packets_.end();
  while (first != packets_.begin()) {
    --first;
    if ((*first)->keyframe()) return {first, packets_.end()};
  }
  return {};
}

std::vector<PacketPtr> PacketRing::since(Time start) const {
  Lock lock(mutex_);
  auto first = packets_.begin();
  for (auto at = packets_.begin(); at != packets_.end(); ++at) {
    if ((*at)->keyframe() && (*at)->time() <= start) first = at;
  }
  return {first, packets_.end()};
}

size_t PacketRing::bytes() const {
  Lock lock(mutex_);
  return bytes_;
}

}  // namespace poss::media
