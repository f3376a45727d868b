// Routes and the document made from them.
#include "server/api.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/id.h"
#include "server/auth.h"
#include "server/desired.h"
#include "server/housekeeper.h"
#include "server/openapi.h"
#include "server/schema_check.h"

namespace poss::server {
namespace {

using testing::HasSubstr;

struct Filter {
  std::string label;
  int limit = 50;
  double score = 0;
  bool live = false;
  static void declare(Fields<Filter>& f) {
    f.add(&Filter::label, "label").max_length(10);
    f.add(&Filter::limit, "limit").range(1, 1000);
    f.add(&Filter::score, "score").range(0, 1);
    f.add(&Filter::live, "live");
  }
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    api.get<Filter, Filter>({.path = "/things/{id}", .id = "getThing", .tag = "things"},
                            [](const Call<Filter>& call) -> Result<Filter> {
                              Filter echo = call.parameters;
                              if (echo.label.empty()) echo.label = call.path("id");
                              return echo;
                            });
    api.add<NoParameters>({.method = "POST", .path = "/things/{id}", .id = "setThing"},
                          AnswerInfo{}, [](const Call<NoParameters>&) -> Result<Reply> {
                            return Error{Code::conflict, "no"};
                          });
  }
  ~ApiTest() override {
    desired.stop();
    recorder.stop();
    std::filesystem::remove_all(folder);
  }
  static std::filesystem::path make_folder() {
    auto made = std::filesystem::temp_directory_path() / ("poss-api-" + new_id());
    std::filesystem::create_directories(made);
    return made;
  }
  HttpResponse call(const std::string& target) {
    HttpRequest request;
    request.target = *parse_target(target);
    std::string allowed;
    const Route* route = api.find("GET", request.target.segments, request.path, allowed);
    if (!route) return problem(404, Code::not_found, "");
    const Resources resources{options, agent, desired, models,  registry,    hub,     recorder,
                              *store,  jobs,  auth,    uploads, housekeeper, machine, {}};
    return std::get<HttpResponse>(route->handle(resources, request));
  }
  const std::filesystem::path folder = make_folder();
  ServerOptions options;
  NodeRegistry registry;
  Services services;
  EventHub hub;
  infer::ModelPool models{{}};
  std::unique_ptr<store::Store> store =
      std::move(*store::Store::open((folder / "poss.db").string()));
  Auth auth{*store, {}, false};
  InsightRecorder recorder{hub, store->history()};
  Uploads uploads{folder / "uploads"};
  Housekeeper housekeeper{*store, recorder, uploads, hub, folder};
  Jobs jobs{[](const JobBody&) {}, system_clock()};
  const Machine machine = look_at_machine({});
  fleet::Worker worker{registry, services};
  fleet::LocalAgent agent{worker};
  Desired desired{*store, agent, registry, ""};
  Api api;
};

TEST_F(ApiTest, finds_routes_with_their_path_parameters) {
  std::map<std::string, std::string> path;
  std::string allowed;
  EXPECT_TRUE(api.find("GET", {"things", "a/b"}, path, allowed));
  EXPECT_EQ(path.at("id"), "a/b");
  EXPECT_FALSE(api.find("GET", {"things", ""}, path, allowed));
  EXPECT_FALSE(api.find("GET", {"things"}, path, allowed));
  EXPECT_FALSE(api.find("GET", {"things", "a", ""}, path, allowed));
  EXPECT_EQ(allowed, "");
  EXPECT_FALSE(api.find("DELETE", {"things", "a"}, path, allowed));
  EXPECT_EQ(allowed, "GET, HEAD, POST");
}

TEST_F(ApiTest, reads_query_parameters_by_their_declared_type) {
  const auto response = call("/things/a?label=12&limit=7&score=0.5&live=true");
  ASSERT_EQ(response.status, 200) << *response.body;
  EXPECT_EQ(*parse_json(*response.body),
            json::value({{"label", "12"}, {"limit", 7}, {"score", 0.5}, {"live", true}}));
  EXPECT_THAT(*call("/things/a").body, HasSubstr("\"label\":\"a\",\"limit\":50"));
}

TEST_F(ApiTest, names_the_parameter_that_is_wrong) {
  const std::pair<const char*, const char*> wrong[] = {{"limit=0", "limit"},
                                                       {"limit=1001", "limit"},
                                                       {"limit=x", "limit"},
                                                       {"limit=1e2", "limit"},
                                                       {"limit=", "limit"},
                                                       {"limit=99999999999999999999", "limit"},
                                                       {"limit=1&limit=2", "limit"},
                                                       {"score=nan", "score"},
                                                       {"score=2", "score"},
                                                       {"live=yes", "live"},
                                                       {"label=12345678901", "label"},
                                                       {"limits=1", "limits"}};
  for (const auto& [query, field] : wrong) {
    const auto response = call(std::string("/things/a?") + query);
    EXPECT_EQ(response.status, 400) << query;
    const auto body = parse_json(*response.body);
    ASSERT_TRUE(body) << query;
    EXPECT_EQ(body->at("field"), field) << query;
    EXPECT_EQ(body->at("code"), "invalid_argument");
    EXPECT_EQ(body->at("status"), 400);
  }
  EXPECT_THAT(*call("/things/a?limits=1").body, HasSubstr("did you mean 'limit'?"));
}

TEST(Openapi, describes_every_route_and_refers_to_named_schemas_only) {
  const auto document = parse_json(openapi_text());
  ASSERT_TRUE(document);
  EXPECT_EQ(document->at("openapi"), "3.1.0");
  const Api api = make_api();
  std::set<std::string> ids;
  for (const Route& route : api.routes()) {
    std::string method = route.info.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const auto& operation = document->at("paths").at(route.info.path).at(method);
    EXPECT_TRUE(ids.insert(std::string(operation.at("operationId").as_string())).second);
    EXPECT_FALSE(operation.at("summary").as_string().empty());
    EXPECT_TRUE(operation.at("tags").is_array());
  }
  size_t references = 0;
  const std::string text = openapi_text();
  for (size_t at = 0; (at = text.find("\"$ref\": \"#", at)) != std::string::npos; ++at) {
    const size_t begin = at + 10;
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    json::error_code error;
    EXPECT_TRUE(document->find_pointer(pointer, error)) << pointer;
    ++references;
  }
  EXPECT_GT(references, 20u);
  EXPECT_EQ(
      document->at_pointer("/components/schemas/DeploymentStatus/properties/streams/items/$ref"),
      "#/components/schemas/Stream");
}

TEST(Openapi, is_the_file_that_is_committed) {
  const auto committed = read_file("api/openapi.json", 16u << 20);
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_TRUE(*committed == openapi_text()) << "print it anew: scripts/generate";
}

TEST(Openapi, every_member_of_a_full_insight_is_described) {
  Insight insight;
  insight.id = "i";
  insight.width = 640;
  insight.height = 480;
  Detection detection;
  detection.label = "car";
  detection.attributes.push_back({.name = "colour", .label = "red", .confidence = 0.5f});
  detection.track = Track{.id = "7", .speed = 1, .dx = 0, .dy = 1};
  insight.detections.push_back(detection);
  insight.events.push_back(
      {.type = "line_crossed", .id = "e", .related_ids = {"7"}, .properties = {{"a", "b"}}});
  const auto document = *parse_json(openapi_text());
  const auto& schema = document.at_pointer("/components/schemas/Insight");
  const json::value full(to_json(insight));
  EXPECT_EQ(check_schema(document, schema, *parse_json(json::serialize(full))), "");
  // Written without the optional parts it must still be right.
  insight.detections[0].track.reset();
  EXPECT_EQ(check_schema(document, schema, *parse_json(json::serialize(to_json(insight)))), "");
}

TEST(Openapi, node_types_are_described) {
  struct Nothing final : Node {
    struct Config {
      int count = 1;
      static void declare(Fields<Config>& f) { f.add(&Config::count, "count"); }
    };
    static NodeInfo info() { return {.type = "nothing", .title = "Nothing", .help = "Help."}; }
    static Result<std::unique_ptr<Node>> create(Config, NodeContext) {
      return Error{Code::unavailable, "not made"};
    }
    Result<void> process(Message, Emitter&) override { return {}; }
  };
  NodeRegistry registry;
  registry.add<Nothing>();
  const auto document = *parse_json(openapi_text());
  const auto& schema = document.at("paths")
                           .at("/api/v1/node_types")
                           .at("get")
                           .at_pointer("/responses/200/content/application~1json/schema");
  EXPECT_EQ(check_schema(document, schema, node_types_json(registry)), "");
}

}  // namespace
}  // namespace poss::server
