// What a live view's queue keeps and what it leaves out.
#include "server/live_view.h"

namespace poss::server {
namespace {

bool is_jpeg(const std::string& hello) {
  const auto value = parse_json(hello);
  if (!value || !value->is_object()) return false;
  const auto* mode = value->get_object().if_contains("mode");
  return mode && *mode == json::value("jpeg");
}

}  // namespace

// The view ends before the queue goes: its thread calls push() until then.
LiveView::~LiveView() { view_.reset(); }

void LiveView::drop_media() {
  const size_t before = queue_.size();
  std::erase_if(queue_, [](const media::LiveChunkPtr& chunk) {
    return chunk->kind == media::LiveChunk::Kind::media;
  });
  dropped_ += before - queue_.size();
  media_bytes_ = 0;
}

void LiveView::push(const media::LiveChunkPtr& chunk) {
  using Kind = media::LiveChunk::Kind;
  const bool jpeg = chunk->kind == Kind::hello && is_jpeg(chunk->bytes);
  Lock lock(mutex_);
  if (chunk->kind == Kind::hello) {
    // What is still waiting belongs to a stream that is over.
    drop_media();
    queue_.clear();
    stand_alone_ = jpeg;
    wait_for_keyframe_ = false;
  } else if (chunk->kind == Kind::media) {
    if (stand_alone_) {
      drop_media();
    } else {
      if (media_bytes_ > 0 && media_bytes_ + chunk->bytes.size() > max_bytes_) {
        drop_media();
        wait_for_keyframe_ = true;
      }
      if (wait_for_keyframe_ && !chunk->keyframe) {
        ++dropped_;
        return;
      }
      wait_for_keyframe_ = false;
    }
    media_bytes_ += chunk->bytes.size();
  }
  queue_.push_back(chunk);
  wake();
}

void LiveView::wake() {
  if (!asleep_) return;
  asleep_ = false;
  if (wake_) wake_();
}

void LiveView::finish() {
  Lock lock(mutex_);
  over_ = true;
  wake();
}

bool LiveView::over() const {
  Lock lock(mutex_);
  return over_;
}

std::optional<Feed::Message> LiveView::next() {
  Lock lock(mutex_);
  if (queue_.empty()) {
    asleep_ = true;
    return std::nullopt;
  }
  media::LiveChunkPtr chunk = std::move(queue_.front());
  queue_.pop_front();
  if (chunk->kind == media::LiveChunk::Kind::media) media_bytes_ -= chunk->bytes.size();
  return Message{
      .owner = chunk, .bytes = chunk->bytes, .text = chunk->kind == media::LiveChunk::Kind::hello};
}

void LiveView::set_wake(std::function<void()> wake) {
  Lock lock(mutex_);
  wake_ = std::move(wake);
}

std::uint64_t LiveView::dropped() const {
  Lock lock(mutex_);
  return dropped_;
}

}  // namespace poss::server
