// Insights to and from their JSON message. The names are those of Azure's KAN insight message, so
// that its receivers understand POSS.
#include "graph/insight.h"

#include <charconv>
#include <cmath>

#include "base/fields.h"

namespace poss {
namespace {

// A float as the shortest decimal that reads back the same: 0.91, not 0.9100000262260437.
double shortest(float number) {
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, number);
  double value = 0;
  std::from_chars(buffer, written.ptr, value);
  return value;
}

json::object detection_json(const Detection& detection, double timestamp) {
  json::array attributes;
  for (const Attribute& attribute : detection.attributes) {
    attributes.push_back({{"name", attribute.name},
                          {"label", attribute.label},
                          {"confidence", shortest(attribute.confidence)}});
  }
  json::object out{{"timestamp", timestamp},
                   {"label", detection.label},
                   {"confidence", shortest(detection.confidence)},
                   {"inference_id", detection.inference_id},
                   {"attributes", std::move(attributes)},
                   {"bbox",
                    {{"l", shortest(detection.box.l)},
                     {"t", shortest(detection.box.t)},
                     {"w", shortest(detection.box.w)},
                     {"h", shortest(detection.box.h)}}}};
  if (detection.track) {
    out["tracking_info"] = {
        {"tracking_id", detection.track->id},
        {"speed", shortest(detection.track->speed)},
        {"direction",
         {{"x", shortest(detection.track->dx)}, {"y", shortest(detection.track->dy)}}}};
  }
  return out;
}

json::object event_json(const Event& event) {
  json::array related;
  for (const auto& id : event.related_ids) related.emplace_back(id);
  json::object properties;
  for (const auto& [key, value] : event.properties) properties[key] = value;
  return {{"type", event.type},
          {"event_id", event.id},
          {"related_ids", std::move(related)},
          {"properties", std::move(properties)}};
}

// Reads members of a JSON object; notes the first that has the wrong type.
class Reader {
 public:
  Reader(const json::object& object, std::string path, std::vector<FieldError>& errors)
      : object_(object), path_(std::move(path)), errors_(errors) {}

  void text(const char* name, std::string& out) {
    read(name, [&](const json::value& value) {
      if (!value.is_string()) return false;
      out.assign(value.get_string().data(), value.get_string().size());
      return true;
    });
  }
  void number(const char* name, double& out) {
    read(name, [&](const json::value& value) {
      if (!value.is_number()) return false;
      out = value.to_number<double>();
      return std::isfinite(out);
    });
  }
  void number(const char* name, float& out) {
    read(name, [&](const json::value& value) {
      if (!value.is_number()) return false;
      out = static_cast<float>(value.to_number<double>());  // beyond float's range: infinite
      return std::isfinite(out);
    });
  }
  void integer(const char* name, int& out) {
    read(name, [&](const json::value& value) {
      if (!value.is_int64() || !std::in_range<int>(value.get_int64())) return false;
      out = static_cast<int>(value.get_int64());
      return true;
    });
  }
  template <class F>
  void object(const char* name, F&& use) {
    read(name, [&](const json::value& value) {
      if (!value.is_object()) return false;
      use(Reader(value.get_object(), path_ + name + ".", errors_));
      return true;
    });
  }
  template <class F>
  void list(const char* name, F&& use) {
    read(name, [&](const json::value& value) {
      if (!value.is_array()) return false;
      size_t index = 0;
      for (const auto& item : value.get_array()) {
        const std::string path = path_ + name + "[" + std::to_string(index++) + "]";
        use(item, path);
      }
      return true;
    });
  }
  const json::object& members() const { return object_; }
  void fail(const std::string& path, std::string message) {
    errors_.push_back({path, std::move(message)});
  }

 private:
  template <class F>
  void read(const char* name, F&& use) {
    const auto* value = object_.if_contains(name);
    if (value && !value->is_null() && !use(*value)) {
      errors_.push_back({path_ + name, "has the wrong type or is out of range"});
    }
  }
  const json::object& object_;
  std::string path_;
  std::vector<FieldError>& errors_;
};

Detection read_detection(const json::object& object, const std::string& path,
                         std::vector<FieldError>& errors) {
  Detection out;
  Reader reader(object, path + ".", errors);
  reader.text("label", out.label);
  reader.number("confidence", out.confidence);
  reader.text("inference_id", out.inference_id);
  reader.object("bbox", [&](Reader box) {
    box.number("l", out.box.l);
    box.number("t", out.box.t);
    box.number("w", out.box.w);
    box.number("h", out.box.h);
  });
  reader.list("attributes", [&](const json::value& item, const std::string& item_path) {
    if (!item.is_object()) return reader.fail(item_path, "must be an object");
    Attribute attribute;
    Reader member(item.get_object(), item_path + ".", errors);
    member.text("name", attribute.name);
    member.text("label", attribute.label);
    member.number("confidence", attribute.confidence);
    out.attributes.push_back(std::move(attribute));
  });
  reader.object("tracking_info", [&](Reader info) {
    Track track;
    info.text("tracking_id", track.id);
    info.number("speed", track.speed);
    info.object("direction", [&](Reader direction) {
      direction.number("x", track.dx);
      direction.number("y", track.dy);
    });
    out.track = std::move(track);
  });
  return out;
}

Event read_event(const json::object& object, const std::string& path,
                 std::vector<FieldError>& errors) {
  Event out;
  Reader reader(object, path + ".", errors);
  reader.text("type", out.type);
  reader.text("event_id", out.id);
  reader.list("related_ids", [&](const json::value& item, const std::string& item_path) {
    if (!item.is_string()) return reader.fail(item_path, "must be a string");
    out.related_ids.emplace_back(item.get_string());
  });
  reader.object("properties", [&](Reader properties) {
    for (const auto& member : properties.members()) {
      if (!member.value().is_string()) {
        properties.fail(path + ".properties", "must hold strings only");
        return;
      }
      out.properties[std::string(member.key())] = std::string(member.value().get_string());
    }
  });
  return out;
}

}  // namespace

json::object to_json(const Insight& insight) {
  const double timestamp = to_seconds(insight.time);
  json::array objects;
  objects.reserve(insight.detections.size());
  for (const auto& detection : insight.detections) {
    objects.push_back(detection_json(detection, timestamp));
  }
  json::array events;
  for (const auto& event : insight.events) events.push_back(event_json(event));
  return {
      {"id", insight.id},
      {"image",
       {{"properties",
         {{"height", insight.height}, {"width", insight.width}, {"color_format", "BGR"}}}}},
      {"insights_meta", {{"objects_meta", std::move(objects)}, {"events_meta", std::move(events)}}},
      {"timestamp", timestamp},
      {"datetime", rfc3339(insight.time)},
      {"frame_id", std::to_string(insight.frame_id)},
      {"instance_id", insight.deployment},
      {"skill_id", insight.skill},
      {"device_id", insight.camera}};
}

Result<Insight> parse_insight(const json::value& value) {
  if (!value.is_object()) return Error{Code::invalid_argument, "an insight must be an object"};
  Insight out;
  std::vector<FieldError> errors;
  Reader reader(value.get_object(), "", errors);
  reader.text("id", out.id);
  reader.object("image", [&](Reader image) {
    image.object("properties", [&](Reader properties) {
      properties.integer("width", out.width);
      properties.integer("height", out.height);
    });
  });
  reader.object("insights_meta", [&](Reader meta) {
    meta.list("objects_meta", [&](const json::value& item, const std::string& path) {
      if (!item.is_object()) return reader.fail(path, "must be an object");
      out.detections.push_back(read_detection(item.get_object(), path, errors));
    });
    meta.list("events_meta", [&](const json::value& item, const std::string& path) {
      if (!item.is_object()) return reader.fail(path, "must be an object");
      out.events.push_back(read_event(item.get_object(), path, errors));
    });
  });
  double timestamp = 0;
  reader.number("timestamp", timestamp);
  // Beyond the year 9999 seconds no longer fit microseconds in 64 bits with room to spare.
  if (std::abs(timestamp) > 253402300800.0) {
    errors.push_back({"timestamp", "is out of range"});
  } else {
    out.time = from_seconds(timestamp);
  }
  std::string frame_id;
  reader.text("frame_id", frame_id);
  if (!frame_id.empty()) {
    const auto parsed =
        std::from_chars(frame_id.data(), frame_id.data() + frame_id.size(), out.frame_id);
    if (parsed.ec != std::errc() || parsed.ptr != frame_id.data() + frame_id.size()) {
      errors.push_back({"frame_id", "must be a whole number as text"});
    }
  }
  reader.text("instance_id", out.deployment);
  reader.text("skill_id", out.skill);
  reader.text("device_id", out.camera);
  if (!errors.empty()) return join_errors(errors).with("insight");
  return out;
}

}  // namespace poss
