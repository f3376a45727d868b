// EventHub: the event streams that carry insights and status to the portal, and the newest insights
// in memory for readers that come back.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "base/time.h"
#include "graph/services.h"
#include "server/http.h"

namespace poss::server {

struct EventHubLimits {
  size_t insights_per_camera = 1000;   // kept in memory; the oldest leave
  size_t bytes_per_camera = 8u << 20;  // of their JSON
  size_t queue_messages = 1024;        // waiting for one subscriber; the oldest are left out
  size_t queue_bytes = 4u << 20;
};

// Thread-safe. publish() never waits for a subscriber.
class EventHub final : public InsightSink {
 public:
  explicit EventHub(EventHubLimits limits = {}, const Clock& clock = system_clock());
  ~EventHub() override;

  void publish(std::shared_ptr<const Insight> insight) override;

  // How many insights a deployment has published since the start.
  std::uint64_t count(const std::string& deployment) const;
  // Of these, those of one skill on one camera.
  std::uint64_t count(const std::string& deployment, const std::string& camera,
                      const std::string& skill) const;

  // Server-sent events: insights of `camera` (empty: of all), from `last_id` on where one is given
  // and as far as they are still held; and every status, beginning with `status` (JSON).
  std::shared_ptr<Feed> subscribe(const std::string& camera, std::optional<std::uint64_t> last_id,
                                  const std::string& status);
  // Sends a status (JSON) to every subscriber, in place of an older one still waiting.
  void publish_status(const std::string& status);

  // Sends an event of another kind, such as "change", to every subscriber.
  void publish_event(std::string_view name, const std::string& data);

  size_t subscribers() const;
  // Insights left out because a subscriber read too slowly, over all subscribers ever.
  std::uint64_t dropped() const;

 private:
  class Subscription;
  // One insight as an event: "event: insight\nid: 7\ndata: {…}\n\n".
  struct Entry {
    std::uint64_t id = 0;
    std::shared_ptr<const std::string> text;
  };
  struct Held {
    std::deque<Entry> entries;  // oldest first
    size_t bytes = 0;
  };
  std::vector<std::shared_ptr<Subscription>> live() REQUIRES(mutex_);

  const EventHubLimits limits_;
  mutable Mutex mutex_;
  // Begins with the time of the start in milliseconds, so that ids keep growing over restarts.
  std::uint64_t last_id_ GUARDED_BY(mutex_);
  std::map<std::string, Held> cameras_ GUARDED_BY(mutex_);
  // By deployment, camera and skill.
  std::map<std::array<std::string, 3>, std::uint64_t> counts_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Subscription>> subscriptions_ GUARDED_BY(mutex_);
  const std::shared_ptr<std::atomic<std::uint64_t>> dropped_;
};

}  // namespace poss::server
