// LiveView: what one viewer of a camera still has to be sent.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "base/sync.h"
#include "media/camera.h"
#include "server/http.h"

namespace poss::server {

// A bounded queue in front of one WebSocket. A viewer too slow loses pictures, never the beginning
// of the stream: fMP4 goes on at the next keyframe, and of JPEG pictures only the newest waits.
// Thread-safe.
class LiveView final : public Feed {
 public:
  explicit LiveView(size_t max_bytes) : max_bytes_(max_bytes) {}
  ~LiveView() override;

  // Keeps the camera's view open as long as this object lives.
  void hold(std::shared_ptr<void> view) { view_ = std::move(view); }

  void push(const media::LiveChunkPtr& chunk);
  // The camera is gone: what is held is still sent, then the viewer is let go.
  void finish();
  std::optional<Message> next() override;
  void set_wake(std::function<void()> wake) override;
  bool over() const override;

  std::uint64_t dropped() const;  // media chunks left out

 private:
  void drop_media() REQUIRES(mutex_);
  void wake() REQUIRES(mutex_);

  const size_t max_bytes_;
  std::shared_ptr<void> view_;
  mutable Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  bool asleep_ GUARDED_BY(mutex_) = false;
  bool over_ GUARDED_BY(mutex_) = false;
  bool stand_alone_ GUARDED_BY(mutex_) = false;  // every media chunk is a picture of its own
  bool wait_for_keyframe_ GUARDED_BY(mutex_) = false;
  std::deque<media::LiveChunkPtr> queue_ GUARDED_BY(mutex_);
  size_t media_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

}  // namespace poss::server
