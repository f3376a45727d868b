// The insight: what a skill has to say about one frame, and its one JSON shape everywhere it
// leaves the system.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace poss {

// A further property of a detection, such as the class a second model gave its crop.
struct Attribute {
  std::string name;
  std::string label;
  float confidence = 0;
};

// A detection's part in a track.
struct Track {
  std::string id;
  float speed = 0;  // frame widths a second
  float dx = 0;     // unit vector of the direction
  float dy = 0;
};

// One object found in the frame.
struct Detection {
  std::string label;
  float confidence = 0;  // 0..1
  Box box;
  std::string inference_id;
  std::vector<Attribute> attributes;
  std::optional<Track> track;
};

// Something that happened, such as a crossed line.
struct Event {
  std::string type;
  std::string id;
  std::vector<std::string> related_ids;
  std::map<std::string, std::string> properties;
};

// What a skill says about one frame. A plain value; cheap to move, copied once per extra edge.
struct Insight {
  std::string id;
  int width = 0;  // of the frame, pixels
  int height = 0;
  std::vector<Detection> detections;
  std::vector<Event> events;
  Time time{};  // when the frame was captured
  std::int64_t frame_id = 0;
  std::string deployment;  // JSON: instance_id
  std::string skill;       // JSON: skill_id
  std::string camera;      // JSON: device_id
};

// The message of docs/insights.md. Reentrant.
json::object to_json(const Insight& insight);

// Reads what to_json() writes; absent parts stay empty, wrong types are errors, unknown members
// are passed over so that newer senders can be read.
Result<Insight> parse_insight(const json::value& value);

}  // namespace poss
