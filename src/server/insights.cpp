// /api/v1/insights and /api/v1/events: what the skills see, as a list and as a stream.
#include <algorithm>
#include <charconv>

#include "server/api.h"
#include "server/cameras.h"
#include "server/deployments.h"
#include "server/desired.h"

namespace poss::server {
namespace {

struct ListParameters {
  std::string camera;
  std::string deployment;
  std::string label;
  int limit = 50;
  static void declare(Fields<ListParameters>& f) {
    f.add(&ListParameters::camera, "camera").max_length(64).help("Of this camera only.");
    f.add(&ListParameters::deployment, "deployment")
        .max_length(64)
        .help("Of this deployment only.");
    f.add(&ListParameters::label, "label").max_length(256).help("With an object of this label.");
    f.add(&ListParameters::limit, "limit").range(1, 1000).help("At most so many.");
  }
};

struct EventParameters {
  std::string camera;
  static void declare(Fields<EventParameters>& f) {
    f.add(&EventParameters::camera, "camera").max_length(64).help("Insights of this camera only.");
  }
};

// The data of a status event.
json::object status_schema() {
  const auto with_id = [](json::object schema) {
    json::object& members = schema.at("properties").get_object();
    members["id"] = {{"type", "string"}};
    schema.at("required").get_array().emplace_back("id");
    return json::object{{"type", "array"}, {"items", std::move(schema)}};
  };
  return {{"type", "object"},
          {"properties",
           {{"cameras", with_id(response_schema(schema_of<CameraStatusBody>()))},
            {"deployments", with_id(response_schema(schema_of<DeploymentStatus>()))}}},
          {"required", {"cameras", "deployments"}}};
}

// The message of graph/insight.h; insights_test.cpp holds the two against each other.
json::object insight_schema() {
  const auto object = [](json::object properties, std::vector<std::string> optional = {}) {
    json::array required;
    for (const auto& member : properties) {
      if (std::find(optional.begin(), optional.end(), member.key()) == optional.end()) {
        required.emplace_back(member.key());
      }
    }
    return json::object{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", std::move(required)}};
  };
  const auto list = [](json::object items) {
    return json::object{{"type", "array"}, {"items", std::move(items)}};
  };
  const json::object text{{"type", "string"}};
  const json::object number{{"type", "number"}};
  const json::object integer{{"type", "integer"}};
  const auto fraction = [](const char* help) {
    return json::object{{"type", "number"}, {"description", help}};
  };
  const json::object box = object({{"l", fraction("Left, as a fraction of the frame's width.")},
                                   {"t", fraction("Top, as a fraction of the frame's height.")},
                                   {"w", fraction("Width, as a fraction of the frame's.")},
                                   {"h", fraction("Height, as a fraction of the frame's.")}});
  const json::object attribute = object({{"name", text}, {"label", text}, {"confidence", number}});
  const json::object track =
      object({{"tracking_id", text},
              {"speed", {{"type", "number"}, {"description", "Frame widths a second."}}},
              {"direction", object({{"x", number}, {"y", number}})}});
  const json::object found = object({{"timestamp", number},
                                     {"label", text},
                                     {"confidence", number},
                                     {"inference_id", text},
                                     {"attributes", list(attribute)},
                                     {"bbox", box},
                                     {"tracking_info", track}},
                                    {"tracking_info"});
  const json::object event =
      object({{"type", text},
              {"event_id", text},
              {"related_ids", list(text)},
              {"properties", {{"type", "object"}, {"additionalProperties", text}}}});
  return object(
      {{"id", text},
       {"image",
        object({{"properties",
                 object({{"height", integer}, {"width", integer}, {"color_format", text}})}})},
       {"insights_meta", object({{"objects_meta", list(found)}, {"events_meta", list(event)}})},
       {"timestamp",
        {{"type", "number"}, {"description", "Capture time, seconds since the epoch."}}},
       {"datetime", {{"type", "string"}, {"format", "date-time"}}},
       {"frame_id", text},
       {"instance_id", {{"type", "string"}, {"description", "The deployment's id."}}},
       {"skill_id", text},
       {"device_id", {{"type", "string"}, {"description", "The camera's id."}}}});
}

Result<Reply> list(const Call<ListParameters>& call) {
  const auto& wanted = call.parameters;
  return json_response(call.resources.hub.find({.camera = wanted.camera,
                                                .deployment = wanted.deployment,
                                                .label = wanted.label,
                                                .limit = static_cast<size_t>(wanted.limit)}));
}

Result<Reply> events(const Call<EventParameters>& call) {
  std::optional<std::uint64_t> last_id;
  if (const auto text = call.request.header("last-event-id"); !text.empty()) {
    std::uint64_t id = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
      return Reply(problem({Code::invalid_argument, "'Last-Event-ID' must be a whole number"},
                           "Last-Event-ID"));
    }
    last_id = id;
  }
  return StreamReply{.kind = StreamReply::Kind::events,
                     .feed = call.resources.hub.subscribe(call.parameters.camera, last_id,
                                                          status_json(call.resources)),
                     .headers = {}};
}

}  // namespace

std::string status_json(const Resources& resources) {
  const fleet::AgentReport report = resources.desired.report();
  const auto with_id = [](const std::string& id, json::object body) {
    body["id"] = id;
    return body;
  };
  json::array cameras, deployments;
  for (const auto& camera : report.cameras) {
    cameras.push_back(with_id(camera.id, to_json(camera_status(camera))));
  }
  for (const auto& [id, status] : deployment_statuses(resources.hub, report.streams)) {
    deployments.push_back(with_id(id, to_json(status)));
  }
  return json_text(
      json::object{{"cameras", std::move(cameras)}, {"deployments", std::move(deployments)}});
}

void declare_insights(Api& api) {
  const json::object insight = insight_schema();
  api.name_schema("Insight", insight);
  api.name_schema("Status", status_schema());
  api.add<ListParameters>(
      {.path = "/api/v1/insights",
       .id = "listInsights",
       .tag = "insights",
       .summary = "The newest insights still in memory, newest first."},
      {.description = "Insights.",
       .content_type = "application/json",
       .schema = {{"type", "object"},
                  {"properties", {{"items", {{"type", "array"}, {"items", insight}}}}},
                  {"required", json::array{"items"}}}},
      list);
  api.add<EventParameters>(
      {.path = "/api/v1/events",
       .id = "openEvents",
       .tag = "insights",
       .summary = "Insights and status as they come, as server-sent events."},
      {.description =
           "`event: insight` with an Insight as data and an id that counts up; `event: status` "
           "with "
           "a Status as data, at once and every second. With Last-Event-ID the stream goes on "
           "after that insight, as far as newer ones are still in memory. A slow reader loses the "
           "oldest.",
       .content_type = "text/event-stream",
       .schema = {{"type", "string"}}},
      events);
}

}  // namespace poss::server
