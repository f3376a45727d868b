// Messages, rates and placeholders of the exporters.
#include "nodes/export_payload.h"

#include <algorithm>

namespace poss {
namespace {

// The members of KAN's frame message (its streaming module's frame.py): no message id, no tracks,
// no events; attributes of objects are kept.
json::object kan_json(const Insight& insight) {
  json::object out = to_json(insight);
  json::object ordered{{"image", out.at("image")}};
  json::array objects = out.at("insights_meta").at("objects_meta").as_array();
  for (json::value& object : objects) object.as_object().erase("tracking_info");
  ordered["insights_meta"] = json::object{{"objects_meta", std::move(objects)}};
  for (const char* name :
       {"timestamp", "frame_id", "instance_id", "skill_id", "device_id", "datetime"}) {
    ordered[name] = out.at(name);
  }
  return ordered;
}

std::vector<std::string> labels_of(const Insight& insight) {
  std::vector<std::string> labels;
  for (const Detection& detection : insight.detections) labels.push_back(detection.label);
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

std::string one_level(std::string_view value) {
  if (value.empty() || value == "." || value == "..") return "_";
  std::string out(value);
  for (char& c : out) {
    if (c == '/' || c == '\\' || c == '+' || c == '#' || static_cast<unsigned char>(c) < 0x20) {
      c = '_';
    }
  }
  return out;
}

// Calls `take` with each run of plain text and `word` with each name in braces.
template <class Take, class Word>
Result<void> split_placeholders(std::string_view text, Take&& take, Word&& word) {
  while (!text.empty()) {
    const auto brace = text.find_first_of("{}");
    take(text.substr(0, brace));
    if (brace == std::string_view::npos) return {};
    const auto end = text.find('}', brace);
    if (text[brace] == '}' || end == std::string_view::npos) {
      return Error{Code::invalid_argument, "has a brace without its partner"};
    }
    const std::string_view name = text.substr(brace + 1, end - brace - 1);
    if (!word(name)) {
      return Error{Code::invalid_argument, "has the unknown placeholder {" + std::string(name) +
                                               "}; known are {camera}, {skill} and {deployment}"};
    }
    text.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

std::string payload_text(const Insight& insight, PayloadForm form) {
  return json_text(form == PayloadForm::kan ? kan_json(insight) : to_json(insight));
}

Result<std::string> fill_placeholders(std::string_view text, const NodeContext& context) {
  std::string out;
  POSS_TRY(split_placeholders(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view name) {
        if (name != "camera" && name != "skill" && name != "deployment") return false;
        out += one_level(name == "camera"  ? context.camera
                         : name == "skill" ? context.skill
                                           : context.deployment);
        return true;
      }));
  return out;
}

void check_placeholders(std::string_view text, const std::string& path,
                        std::vector<FieldError>& errors) {
  const auto checked = split_placeholders(
      text, [](std::string_view) {},
      [](std::string_view name) {
        return name == "camera" || name == "skill" || name == "deployment";
      });
  if (!checked) errors.push_back({path, checked.error().message});
}

bool SendRules::due(const Insight& insight, Steady::time_point now) const {
  if (!insight.events.empty()) return true;
  if (only_with_detections_ && insight.detections.empty()) return false;
  if (delay_ <= Steady::duration::zero()) return true;
  const auto found = last_.find(labels_of(insight));
  return found == last_.end() || now - found->second >= delay_;
}

void SendRules::sent(const Insight& insight, Steady::time_point now) {
  if (delay_ <= Steady::duration::zero()) return;
  // What is older than the delay no longer holds anything back.
  std::erase_if(last_, [&](const auto& entry) { return now - entry.second >= delay_; });
  last_[labels_of(insight)] = now;
}

}  // namespace poss
