// /api/v1/insights and /api/v1/events: what the skills see, from the Store and as it comes.
#include "server/insights.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "server/api.h"
#include "server/cameras.h"
#include "server/deployments.h"
#include "server/desired.h"

namespace poss::server {
namespace {

constexpr std::int64_t kDefaultSteps = 60;
constexpr size_t kCountedLabels = 20;

struct InsightListParameters : InsightFilter {
  int limit = 50;
  std::string cursor;
  static void declare(Fields<InsightListParameters>& f) {
    declare_insight_filter(f);
    f.add(&InsightListParameters::limit, "limit").range(1, 1000).help("At most so many.");
    f.add(&InsightListParameters::cursor, "cursor")
        .max_length(8192)
        .help("next_cursor of the page before.");
  }
};

struct CountParameters {
  std::optional<Time> from;
  std::optional<Time> to;
  std::int64_t step_s = 0;
  std::string camera;
  std::string deployment;
  static void declare(Fields<CountParameters>& f) {
    f.add(&CountParameters::from, "from").help("RFC 3339; a day before `to` when left out.");
    f.add(&CountParameters::to, "to").help("RFC 3339; now when left out.");
    f.add(&CountParameters::step_s, "step_s")
        .unit("s")
        .at_least(0)
        .help("Length of a step; 0: a sixtieth of the time. At most 1000 steps.");
    f.add(&CountParameters::camera, "camera").max_length(64).help("Of this camera only.");
    f.add(&CountParameters::deployment, "deployment")
        .max_length(64)
        .help("Of this deployment only.");
  }
};

struct CountsBody {
  Time from{};
  std::int64_t step_s = 0;
  std::vector<std::int64_t> total;
  std::map<std::string, std::vector<std::int64_t>> by_label;
  static void declare(Fields<CountsBody>& f) {
    f.add(&CountsBody::from, "from").help("Begin of the first step.");
    f.add(&CountsBody::step_s, "step_s").unit("s").help("Length of a step.");
    f.add(&CountsBody::total, "total").help("Insights of each step.");
    f.add(&CountsBody::by_label, "by_label")
        .help("Those with an object of a label, for the 20 most frequent labels.");
  }
};

struct LabelParameters {
  std::string camera;
  std::string deployment;
  static void declare(Fields<LabelParameters>& f) {
    f.add(&LabelParameters::camera, "camera").max_length(64).help("Of this camera only.");
    f.add(&LabelParameters::deployment, "deployment")
        .max_length(64)
        .help("Of this deployment only.");
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

Result<Reply> list(const Call<InsightListParameters>& call) {
  POSS_ASSIGN(store::HistoryPage page,
              call.resources.store.history().list(store::Log::insight, call.parameters.history(),
                                                  call.parameters.limit, call.parameters.cursor));
  json::array items;
  items.reserve(page.items.size());
  for (store::HistoryEntry& entry : page.items) items.push_back(std::move(entry.body));
  return json_response(
      json_text(json::object{{"items", std::move(items)}, {"next_cursor", page.next_cursor}}));
}

Result<CountsBody> count(const Call<CountParameters>& call) {
  const auto& wanted = call.parameters;
  store::History& history = call.resources.store.history();
  const Time to = wanted.to.value_or(system_clock().now());
  CountsBody body{.from = wanted.from.value_or(to - std::chrono::days(1)),
                  .step_s = wanted.step_s,
                  .total = {},
                  .by_label = {}};
  if (body.step_s == 0) {
    const auto span = std::chrono::ceil<std::chrono::seconds>(to - body.from).count();
    body.step_s = std::max<std::int64_t>(1, (span + kDefaultSteps - 1) / kDefaultSteps);
  }
  if (body.step_s > std::chrono::years(1) / std::chrono::seconds(1)) {
    return Error{Code::invalid_argument, "'step_s' must be at most a year"};
  }
  store::HistoryFilter filter{.camera = wanted.camera,
                              .deployment = wanted.deployment,
                              .label = "",
                              .from = body.from,
                              .to = to};
  const std::chrono::seconds step(body.step_s);
  POSS_ASSIGN(body.total, history.count(store::Log::insight, filter, step));
  POSS_ASSIGN(const auto labels,
              history.labels(store::Log::insight, wanted.camera, wanted.deployment));
  std::vector<std::pair<std::int64_t, std::string>> frequent;
  for (const std::string& label : labels) {
    filter.label = label;
    POSS_ASSIGN(auto counts, history.count(store::Log::insight, filter, step));
    const std::int64_t sum = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    if (sum == 0) continue;
    frequent.emplace_back(sum, label);
    body.by_label[label] = std::move(counts);
  }
  std::sort(frequent.rbegin(), frequent.rend());
  for (size_t i = kCountedLabels; i < frequent.size(); ++i) body.by_label.erase(frequent[i].second);
  return body;
}

Result<Page<std::string>> labels(const Call<LabelParameters>& call) {
  POSS_ASSIGN(auto found,
              call.resources.store.history().labels(store::Log::insight, call.parameters.camera,
                                                    call.parameters.deployment));
  return Page<std::string>{std::move(found)};
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
  const json::object insights{{"type", "array"}, {"items", insight}};
  const json::object cursor{{"type", "string"},
                            {"description", "Of the next page; empty: this is the last."}};
  api.add<InsightListParameters>(
      {.path = "/api/v1/insights",
       .id = "listInsights",
       .tag = "insights",
       .summary = "A page of the insights kept, newest first."},
      {.description = "Insights.",
       .content_type = "application/json",
       .schema = {{"type", "object"},
                  {"properties", {{"items", insights}, {"next_cursor", cursor}}},
                  {"required", {"items", "next_cursor"}}}},
      list);
  api.get<CountParameters, CountsBody>(
      {.path = "/api/v1/insights/counts",
       .id = "countInsights",
       .tag = "insights",
       .summary = "How many insights there are in each step of time, for charts."},
      count);
  api.get<LabelParameters, Page<std::string>>(
      {.path = "/api/v1/insights/labels",
       .id = "listInsightLabels",
       .tag = "insights",
       .summary = "The labels that insights kept have or had."},
      labels);
  declare_insight_export(api, insights);
  api.add<EventParameters>(
      {.path = "/api/v1/events",
       .id = "openEvents",
       .tag = "insights",
       .summary = "Insights and status as they come, as server-sent events."},
      {.description =
           "`event: insight` with an Insight as data and an id that counts up; `event: status` "
           "with "
           "a Status as data, at once and every second; `event: change` when an object is made, "
           "changed or removed; `event: job` with a Job; `event: notice` when something is to be "
           "told to everybody, such as what retention has deleted. With Last-Event-ID the stream "
           "goes on "
           "after that insight, as far as newer ones are still in memory. A slow reader loses the "
           "oldest.",
       .content_type = "text/event-stream",
       .schema = {{"type", "string"}}},
      events);
}

}  // namespace poss::server
