// The whole server over loopback, with a worker that reads a real video file: every route answers
// what the API document says, and refuses what it must.
#include "server/server.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/id.h"
#include "server/devices.h"
#include "server/openapi.h"
#include "server/schema_check.h"
#include "server/test_client.h"
#include "server/test_nodes.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class ServerTest : public testing::Test {
 protected:
  // One video for all tests.
  static void SetUpTestSuite() {
    folder = fs::temp_directory_path() / ("poss-server-" + new_id());
    fs::create_directories(folder);
    const std::string line =
        "ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=10:duration=4 -c:v libx264 -g 10 "
        "-bf 0 -pix_fmt yuv420p " +
        (folder / "a.mp4").string();
    ASSERT_EQ(std::system(line.c_str()), 0);
    ASSERT_TRUE(replace_file(folder / "portal" / "index.html", "<title>portal</title>"));
  }
  static void TearDownTestSuite() { fs::remove_all(folder); }

  void SetUp() override {
    add_test_nodes(registry);
    auto opened = store::Store::open((folder / (new_id() + ".db")).string());
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    recorder = std::make_unique<InsightRecorder>(hub, store->history());
    services.add<InsightSink>(*recorder);
    worker = std::make_unique<fleet::Worker>(registry, services);
    agent = std::make_unique<fleet::LocalAgent>(*worker);
    const std::string device = this_machine(*store, look_at_machine({}))->id;
    const auto made_camera =
        store->create(store::Camera{.name = "Dock",
                                    .source = store::CameraSource::file,
                                    .uri = (folder / "a.mp4").string(),
                                    .location = store->create(store::Location{.name = "Yard"})->id,
                                    .devices = {device}});
    ASSERT_TRUE(made_camera) << made_camera.error().message;
    dock = made_camera->id;
    const json::object graph{
        {"nodes", {{{"id", "in"}, {"type", "entry"}}, {{"id", "out"}, {"type", "publish"}}}},
        {"edges", {{{"from", "in"}, {"to", "out"}}}}};
    skill = store->create(store::SkillRecord{.name = "All", .graph = graph})->id;
    const auto made_deployment = store->create(store::Deployment{
        .name = "All on Dock",
        .device = device,
        .cameras = {{.camera = dock, .skills = {{.skill = skill, .parameters = {}}}}}});
    ASSERT_TRUE(made_deployment) << made_deployment.error().message;
    dock_all = made_deployment->id;
    ServerOptions options;
    options.data = folder / "data";
    options.port = 0;
    options.portal = folder / "portal";
    options.onnxruntime_version = "1.2.3";
    options.status_period = 50ms;
    options.demo = true;  // nobody needs to sign in
    auto made = Server::create(options, *agent, models, registry, hub, *recorder, *store);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  void TearDown() override {
    if (server) server->stop();
    agent->stop();
    worker->stop();
  }

  Answer get(const std::string& target, const Ask& what = {}) {
    return ask(server->port(), target, what);
  }
  json::value get_json(const std::string& target) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    auto value = parse_json(answer.body);
    EXPECT_TRUE(value) << target;
    return value ? *value : json::value();
  }
  // Asks until frames have come through the skill.
  bool wait_for_insights() {
    const auto deadline = Steady::now() + 20s;
    while (hub.count(dock_all) == 0) {
      if (Steady::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  static void expect_problem(const Answer& answer, long status, const char* what) {
    EXPECT_EQ(answer.status, status) << what;
    ASSERT_EQ(answer.headers.count("content-type"), 1u) << what;
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json") << what;
    const auto document = *parse_json(openapi_text());
    const auto value = parse_json(answer.body);
    ASSERT_TRUE(value) << what;
    EXPECT_EQ(check_schema(document, document.at_pointer("/components/schemas/Problem"), *value),
              "");
    EXPECT_EQ(value->at("status"), status);
  }

  static inline fs::path folder;
  NodeRegistry registry;
  Services services;
  EventHub hub;
  infer::ModelPool models{{"build/zoo"}};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<InsightRecorder> recorder;
  std::unique_ptr<fleet::Worker> worker;
  std::unique_ptr<fleet::LocalAgent> agent;
  std::string dock, skill, dock_all;  // ids
  std::unique_ptr<Server> server;
};

TEST_F(ServerTest, every_route_answers_what_the_document_says) {
  ASSERT_TRUE(wait_for_insights());
  const auto document = get_json("/api/v1/openapi.json");
  size_t checked = 0;
  for (const auto& path : document.at("paths").as_object()) {
    std::string target(path.key());
    const auto* operation = path.value().as_object().if_contains("get");
    const bool mine = target.find("cameras") != std::string::npos ||
                      target.find("deployments") != std::string::npos;
    const bool stored = target.find("{id}") != std::string::npos && !mine;
    if (!operation || stored) continue;  // objects have tests of their own
    const auto* answer = operation->at("responses").as_object().if_contains("200");
    if (!answer || target == "/api/v1/events") continue;  // streams have tests of their own
    if (const auto at = target.find("{id}"); at != std::string::npos) {
      target.replace(at, 4, target.find("cameras") != std::string::npos ? dock : dock_all);
    }
    const auto& content = *answer->at("content").as_object().begin();
    const auto got = get(target);
    EXPECT_EQ(got.status, 200) << target << got.body;
    EXPECT_THAT(got.headers.at("content-type"), StartsWith(std::string(content.key()))) << target;
    EXPECT_EQ(got.headers.at("x-content-type-options"), "nosniff") << target;
    if (content.key() == "application/json") {
      const auto value = parse_json(got.body);
      ASSERT_TRUE(value) << target;
      EXPECT_EQ(check_schema(document, content.value().at("schema"), *value), "") << target;
    }
    ++checked;
  }
  EXPECT_GE(checked, 12u);
}

TEST_F(ServerTest, tells_what_the_worker_does) {
  ASSERT_TRUE(wait_for_insights());
  const auto camera = get_json("/api/v1/cameras/" + dock).at("status");
  EXPECT_EQ(camera.at("state"), "streaming");
  EXPECT_EQ(camera.at("width"), 320);
  EXPECT_EQ(camera.at("codec"), "h264");
  const auto deployment = get_json("/api/v1/deployments/" + dock_all).at("status");
  EXPECT_EQ(deployment.at("state"), "running");
  const auto& stream = deployment.at_pointer("/streams/0");
  EXPECT_EQ(stream.at("camera"), json::value(dock));
  EXPECT_EQ(stream.at("skill"), json::value(skill));
  EXPECT_GE(stream.at("insights").as_int64(), 1);
  EXPECT_EQ(stream.at("nodes").as_array().size(), 2u);
  recorder->flush();
  const auto insights = get_json("/api/v1/insights?camera=" + dock + "&label=person&limit=1");
  ASSERT_EQ(insights.at("items").as_array().size(), 1u);
  EXPECT_EQ(insights.at_pointer("/items/0/instance_id"), json::value(dock_all));
  EXPECT_EQ(get_json("/api/v1/insights?label=cat").at("items").as_array().size(), 0u);
  const auto skills = get_json("/api/v1/skills");
  EXPECT_EQ(skills.at_pointer("/items/0/id"), json::value(skill));
  EXPECT_EQ(skills.at_pointer("/items/0/node_count"), 2);
  const auto system = get_json("/api/v1/system");
  EXPECT_EQ(system.at("onnxruntime"), "1.2.3");
  EXPECT_GE(system.at("cores").as_int64(), 1);
  EXPECT_GT(system.at("memory_mb").as_int64(), 100);
  EXPECT_GT(system.at_pointer("/disk/total_bytes").as_int64(), 1'000'000);
  EXPECT_GT(system.at("store_bytes").as_int64(), 4096);
  EXPECT_GE(system.at_pointer("/insights/kept").as_int64(), 1);
  EXPECT_EQ(system.at_pointer("/counts/camera"), 1);
}

TEST_F(ServerTest, a_snapshot_is_a_jpeg) {
  ASSERT_TRUE(wait_for_insights());
  const auto answer = get("/api/v1/cameras/" + dock + "/snapshot?width=160");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, StartsWith("\xff\xd8"));
  EXPECT_EQ(get("/api/v1/cameras/" + dock + "/snapshot", {.method = "HEAD"}).body, "");
}

TEST_F(ServerTest, refusals_are_problems) {
  expect_problem(get("/api/v1/nothing"), 404, "unknown path");
  expect_problem(get("/api"), 404, "no path");
  expect_problem(get("/api/v1/cameras/"), 404, "no id");
  expect_problem(get("/api/v1/cameras/garden"), 404, "unknown id");
  expect_problem(get("/api/v1/deployments/garden"), 404, "unknown id");
  expect_problem(get("/api/v1/cameras/..%2F..%2Fetc%2Fpasswd"), 404, "traversal as an id");
  expect_problem(get("/api/v1/cameras/../../etc/passwd"), 400, "traversal");
  expect_problem(get("/api/v1/cameras/%F0%9F%9A%9A/snapshot"), 404, "unicode");
  expect_problem(get("/api/v1/cameras/%ff"), 400, "not UTF-8");
  expect_problem(get("/api/v1/cameras/a%00b"), 400, "control character");
  expect_problem(get("/api/v1/cameras?colour=red"), 400, "unknown parameter");
  expect_problem(get("/api/v1/cameras/" + dock + "/snapshot?width=0"), 400, "out of range");
  expect_problem(get("/api/v1/insights?limit=1001"), 400, "out of range");
  expect_problem(get("/api/v1/cameras/" + dock + "/live"), 426, "no WebSocket");
  expect_problem(get("/api/v1/events", {.headers = {"Last-Event-ID: x"}}), 400, "bad id");
  expect_problem(get("/missing.js"), 404, "no file");
  const auto wrong = get("/api/v1/cameras", {.method = "PUT"});
  expect_problem(wrong, 405, "method");
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD, POST");
  expect_problem(get("/", {.method = "POST", .body = "x"}), 405, "method of a file");
  expect_problem(get("/api/v1/cameras", {.headers = {"Host: evil.example"}}), 403, "host");
  expect_problem(get("/", {.headers = {"Host: evil.example"}}), 403, "host of a file");
  expect_problem(get("/api/v1/cameras", {.headers = {"Origin: http://evil.example"}}), 403,
                 "origin");
  expect_problem(get("/api/v1/cameras/" + dock + "/live",
                     {.headers = {"Origin: http://evil.example", "Connection: Upgrade",
                                  "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}}),
                 403, "origin of a WebSocket");
}

TEST_F(ServerTest, serves_the_portal_beside_the_api) {
  EXPECT_EQ(get("/").body, "<title>portal</title>");
  EXPECT_EQ(get("/cameras/dock").body, "<title>portal</title>");
  EXPECT_THAT(get("/").headers.at("content-security-policy"), HasSubstr("default-src 'self'"));
  EXPECT_THAT(get("/api/v1/system").headers.at("content-security-policy"),
              HasSubstr("default-src 'none'"));
}

TEST_F(ServerTest, the_event_stream_brings_status_and_insights_and_goes_on_after_a_break) {
  const auto document = *parse_json(openapi_text());
  const std::string ask_events =
      "GET /api/v1/events?camera=" + dock + " HTTP/1.1\r\nHost: localhost\r\n";
  std::string last;
  int statuses = 0;
  {
    BareClient client(server->port());
    client.send(ask_events + "\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("text/event-stream"));
    for (int insights = 0; insights < 3 || statuses < 2;) {
      const std::string event = client.read_until("\n\n");
      const auto at = event.find("data: ");
      ASSERT_NE(at, std::string::npos) << event;
      const auto value = parse_json(event.substr(at + 6, event.size() - at - 8));
      ASSERT_TRUE(value) << event;
      const bool insight = event.find("event: insight\n") != std::string::npos;
      const auto& schema = document.at_pointer(insight ? "/components/schemas/Insight"
                                                       : "/components/schemas/Status");
      EXPECT_EQ(check_schema(document, schema, *value), "");
      ++(insight ? insights : statuses);
      if (insight)
        last = event.substr(event.find("id: ") + 4, event.find("\ndata") - event.find("id: ") - 4);
    }
  }
  BareClient again(server->port());
  again.send(ask_events + "Last-Event-ID: " + last + "\r\n\r\n");
  again.read_until("event: insight\nid: ");
  EXPECT_EQ(again.read_until("\n"), std::to_string(std::stoull(last) + 1) + "\n");
}

TEST_F(ServerTest, a_live_view_begins_with_hello_and_init) {
  BareClient client(server->port());
  client.send("GET /api/v1/cameras/" + dock +
              "/live HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
              "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));  // RFC 6455, 1.3
  EXPECT_THAT(head, testing::Not(HasSubstr("permessage-deflate")));
  EXPECT_THAT(client.read_until("moov"), AllOf(HasSubstr("\"mode\":\"fmp4\""), HasSubstr("ftyp")));
  EXPECT_THAT(client.read_until("mdat"), HasSubstr("moof"));
}

TEST_F(ServerTest, a_live_view_ends_when_its_camera_becomes_another) {
  ASSERT_TRUE(wait_for_insights());
  BareClient client(server->port());
  client.send("GET /api/v1/cameras/" + dock +
              "/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  client.read_until("moov");
  fs::copy_file(folder / "a.mp4", folder / "b.mp4");
  const auto changed = get("/api/v1/cameras/" + dock,
                           {.method = "PATCH",
                            .body = json_text(json::object{{"uri", (folder / "b.mp4").string()}}),
                            .headers = {"Content-Type: application/json"}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  const std::string close = "\x88\x02\x03\xe9";  // RFC 6455: a close frame, 1001 going away
  EXPECT_THAT(client.read_until(close), testing::EndsWith(close));
}

TEST_F(ServerTest, stops_promptly_while_clients_watch) {
  BareClient events(server->port()), live(server->port()), idle(server->port());
  events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  events.read_until("event: status");
  live.send("GET /api/v1/cameras/" + dock +
            "/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  live.read_until("moov");
  const auto begin = Steady::now();
  server->stop();
  EXPECT_LT(Steady::now() - begin, 5s);
  EXPECT_EQ(server->connections(), 0u);
}

}  // namespace
}  // namespace poss::server
