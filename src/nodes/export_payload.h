// What the exporters share: the text they send, how often they send, and names in their settings.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/time.h"
#include "graph/insight.h"
#include "graph/node.h"

namespace poss {

// Which message leaves the system.
enum class PayloadForm {
  poss,  // to_json(Insight), docs/insights.md
  kan,   // the members that Azure's KAN sent
};

template <>
struct EnumNames<PayloadForm> {
  static constexpr std::array values{std::pair{PayloadForm::poss, "poss"},
                                     std::pair{PayloadForm::kan, "kan"}};
};

// The message as one line of JSON text. Reentrant.
std::string payload_text(const Insight& insight, PayloadForm form);

// Replaces {camera}, {skill} and {deployment}. In their values '/', '\', '+', '#' and control
// characters become '_', so that none leaves its level of a topic or path. Fails on other words in
// braces, and on a brace without its partner. Reentrant.
Result<std::string> fill_placeholders(std::string_view text, const NodeContext& context);

// Notes at `path` what is wrong with the placeholders in `text`, if anything.
void check_placeholders(std::string_view text, const std::string& path,
                        std::vector<FieldError>& errors);

// Decides which insights an exporter sends. Bound to the exporter's thread.
class SendRules {
 public:
  // `delay` in seconds.
  SendRules(double delay, bool only_with_detections)
      : delay_(std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(delay))),
        only_with_detections_(only_with_detections) {}

  // False when the insight holds nothing to tell, or one with the same set of labels was sent less
  // than the delay ago. Insights with events are always due.
  bool due(const Insight& insight, Steady::time_point now) const;
  // To be called when it was sent: what failed to leave does not hold back the next.
  void sent(const Insight& insight, Steady::time_point now);

 private:
  Steady::duration delay_;
  bool only_with_detections_;
  std::map<std::vector<std::string>, Steady::time_point> last_;  // by labels, sorted, each once
};

// Declares Config::delay_buffer (double) and Config::only_with_detections (bool).
template <class Config>
void declare_send_rules(Fields<Config>& f) {
  f.add(&Config::delay_buffer, "delay_buffer")
      .title("Delay buffer")
      .unit("s")
      .range(0, 86'400)
      .help(
          "At least so long between two messages with the same labels; 0 sends every one. "
          "Messages with events are never held back.");
  f.add(&Config::only_with_detections, "only_with_detections")
      .title("Only with detections")
      .help("Leaves out frames without objects and events.");
}

}  // namespace poss
