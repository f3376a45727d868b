// Holding the newest insights, and fanning them out to event streams.
#include "server/event_hub.h"

#include <algorithm>

namespace poss::server {
namespace {

constexpr std::string_view kEventEnd = "\n\n";

std::string status_event(const std::string& status) {
  return "event: status\ndata: " + status + std::string(kEventEnd);
}

}  // namespace

// One subscriber's queue: insights in order, of which the oldest leave when it is full, and at
// most one status, the newest.
class EventHub::Subscription final : public Feed {
 public:
  Subscription(std::string camera, const EventHubLimits& limits,
               std::shared_ptr<std::atomic<std::uint64_t>> dropped)
      : camera_(std::move(camera)), limits_(limits), dropped_(std::move(dropped)) {}

  bool wants(const std::string& camera) const { return camera_.empty() || camera_ == camera; }

  void push(std::shared_ptr<const std::string> text) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    bytes_ += text->size();
    queue_.push_back(std::move(text));
    while (queue_.size() > 1 &&
           (queue_.size() > limits_.queue_messages || bytes_ > limits_.queue_bytes)) {
      bytes_ -= queue_.front()->size();
      queue_.pop_front();
      dropped_->fetch_add(1, std::memory_order_relaxed);
    }
    wake();
  }

  void set_status(std::shared_ptr<const std::string> text) EXCLUDES(mutex_) {
    Lock lock(mutex_);
    status_ = std::move(text);
    wake();
  }

  std::optional<Message> next() override EXCLUDES(mutex_) {
    Lock lock(mutex_);
    std::shared_ptr<const std::string> text;
    if (status_) {
      text = std::move(status_);
      status_ = nullptr;
    } else if (!queue_.empty()) {
      text = std::move(queue_.front());
      queue_.pop_front();
      bytes_ -= text->size();
    } else {
      asleep_ = true;
      return std::nullopt;
    }
    const std::string_view bytes = *text;
    return Message{.owner = std::move(text), .bytes = bytes, .text = true};
  }

  void set_wake(std::function<void()> wake) override EXCLUDES(mutex_) {
    Lock lock(mutex_);
    wake_ = std::move(wake);
  }

 private:
  void wake() REQUIRES(mutex_) {
    if (!asleep_) return;
    asleep_ = false;
    if (wake_) wake_();
  }

  const std::string camera_;
  const EventHubLimits limits_;
  const std::shared_ptr<std::atomic<std::uint64_t>> dropped_;
  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  bool asleep_ GUARDED_BY(mutex_) = false;  // next() found nothing and waits for wake_
  std::deque<std::shared_ptr<const std::string>> queue_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const std::string> status_ GUARDED_BY(mutex_);
};

EventHub::EventHub(EventHubLimits limits, const Clock& clock)
    : limits_(limits),
      last_id_(static_cast<std::uint64_t>(std::max<std::int64_t>(
          0,
          std::chrono::floor<std::chrono::milliseconds>(clock.now()).time_since_epoch().count()))),
      dropped_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

EventHub::~EventHub() = default;

std::vector<std::shared_ptr<EventHub::Subscription>> EventHub::live() {
  std::vector<std::shared_ptr<Subscription>> found;
  std::erase_if(subscriptions_, [&](const std::weak_ptr<Subscription>& weak) {
    auto subscription = weak.lock();
    if (!subscription) return true;
    found.push_back(std::move(subscription));
    return false;
  });
  return found;
}

void EventHub::publish(std::shared_ptr<const Insight> insight) {
  const std::string body = json_text(to_json(*insight));
  // Released after the lock: the last reference to a subscription may be the one taken here.
  std::vector<std::shared_ptr<Subscription>> subscribers;
  std::vector<Entry> left;
  Lock lock(mutex_);
  Entry entry;
  entry.id = ++last_id_;
  std::string text = "event: insight\nid: " + std::to_string(entry.id) + "\ndata: ";
  text += body;
  text += kEventEnd;
  entry.text = std::make_shared<const std::string>(std::move(text));
  ++counts_[{insight->deployment, insight->camera, insight->skill}];
  subscribers = live();
  for (const auto& subscriber : subscribers) {
    if (subscriber->wants(insight->camera)) subscriber->push(entry.text);
  }
  Held& held = cameras_[insight->camera];
  held.bytes += entry.text->size();
  held.entries.push_back(std::move(entry));
  while (held.entries.size() > limits_.insights_per_camera ||
         (held.bytes > limits_.bytes_per_camera && held.entries.size() > 1)) {
    held.bytes -= held.entries.front().text->size();
    left.push_back(std::move(held.entries.front()));
    held.entries.pop_front();
  }
}

std::uint64_t EventHub::count(const std::string& deployment) const {
  Lock lock(mutex_);
  std::uint64_t count = 0;
  for (auto at = counts_.lower_bound({deployment, "", ""});
       at != counts_.end() && at->first[0] == deployment; ++at) {
    count += at->second;
  }
  return count;
}

std::uint64_t EventHub::count(const std::string& deployment, const std::string& camera,
                              const std::string& skill) const {
  Lock lock(mutex_);
  const auto found = counts_.find({deployment, camera, skill});
  return found == counts_.end() ? 0 : found->second;
}

std::shared_ptr<Feed> EventHub::subscribe(const std::string& camera,
                                          std::optional<std::uint64_t> last_id,
                                          const std::string& status) {
  auto subscription = std::make_shared<Subscription>(camera, limits_, dropped_);
  subscription->set_status(
      std::make_shared<const std::string>("retry: 2000\n" + status_event(status)));
  Lock lock(mutex_);
  if (last_id) {
    std::vector<const Entry*> missed;
    for (const auto& [name, held] : cameras_) {
      if (!subscription->wants(name)) continue;
      for (const Entry& entry : held.entries) {
        if (entry.id > *last_id) missed.push_back(&entry);
      }
    }
    std::sort(missed.begin(), missed.end(),
              [](const Entry* a, const Entry* b) { return a->id < b->id; });
    for (const Entry* entry : missed) subscription->push(entry->text);
  }
  subscriptions_.push_back(subscription);
  return subscription;
}

void EventHub::publish_status(const std::string& status) {
  const auto text = std::make_shared<const std::string>(status_event(status));
  std::vector<std::shared_ptr<Subscription>> subscribers;
  {
    Lock lock(mutex_);
    subscribers = live();
  }
  for (const auto& subscriber : subscribers) subscriber->set_status(text);
}

void EventHub::publish_event(std::string_view name, const std::string& data) {
  const auto text = std::make_shared<const std::string>("event: " + std::string(name) +
                                                        "\ndata: " + data + std::string(kEventEnd));
  std::vector<std::shared_ptr<Subscription>> subscribers;
  {
    Lock lock(mutex_);
    subscribers = live();
  }
  for (const auto& subscriber : subscribers) subscriber->push(text);
}

size_t EventHub::subscribers() const {
  Lock lock(mutex_);
  return static_cast<size_t>(
      std::count_if(subscriptions_.begin(), subscriptions_.end(),
                    [](const std::weak_ptr<Subscription>& weak) { return !weak.expired(); }));
}

std::uint64_t EventHub::dropped() const { return dropped_->load(std::memory_order_relaxed); }

}  // namespace poss::server
