// A bounded queue between two threads: what happens when it is full is part of its type.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/sync.h"

namespace poss {

// What push() does when the queue is full.
enum class WhenFull {
  drop_oldest,  // newest wins: live video
  block,        // the producer waits: nothing may be lost
};

// Thread-safe. close() wakes everybody; what is already inside can still be popped.
template <class T>
class BoundedQueue {
 public:
  BoundedQueue(size_t capacity, WhenFull when_full)
      : capacity_(capacity < 1 ? 1 : capacity), when_full_(when_full) {}

  // Appends `item`. False when the queue is closed; the item is gone then.
  bool push(T item) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    if (when_full_ == WhenFull::block) {
      while (!closed_ && items_.size() >= capacity_) changed_.wait(mutex_);
    }
    if (closed_) return false;
    if (items_.size() >= capacity_) {
      items_.pop_front();
      ++dropped_;
    }
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  // Takes the oldest item, waiting for one. Empty when the queue is closed and drained.
  std::optional<T> pop() EXCLUDES(mutex_) {
    Lock lock(mutex_);
    while (!closed_ && items_.empty()) changed_.wait(mutex_);
    return take();
  }

  // Like pop(), but waits until `deadline` at most.
  std::optional<T> pop_until(std::chrono::steady_clock::time_point deadline) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    while (!closed_ && items_.empty()) {
      if (!changed_.wait_until(mutex_, deadline)) break;
    }
    return take();
  }

  void close() EXCLUDES(mutex_) {
    Lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  bool closed() const EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return closed_;
  }
  size_t size() const EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return items_.size();
  }
  std::uint64_t dropped() const EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return dropped_;
  }

 private:
  std::optional<T> take() REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  const size_t capacity_;
  const WhenFull when_full_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<T> items_ GUARDED_BY(mutex_);
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace poss
