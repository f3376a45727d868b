// A server with a store in a temporary folder, and a client that holds every answer against the API
// document. For tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/id.h"
#include "server/openapi.h"
#include "server/schema_check.h"
#include "server/server.h"
#include "server/test_client.h"

namespace poss::server {

// What is wrong with an answer as the document has it; "" when all is well.
inline std::string check_answer(const json::value& document, const std::string& method,
                                const std::string& target, const Answer& answer) {
  const auto parsed = parse_target(target);
  if (!parsed) return "";  // refused before any route
  std::string path;
  for (const auto& segment : parsed->segments) path += "/" + segment;
  const json::value* operation = nullptr;
  size_t best = 0;
  for (const auto& known : document.at("paths").as_object()) {
    size_t literal = 1;
    const std::string text(known.key());
    std::vector<std::string> parts;
    for (size_t at = 1; at <= text.size();) {
      const size_t slash = std::min(text.find('/', at), text.size());
      parts.push_back(text.substr(at, slash - at));
      at = slash + 1;
    }
    if (parts.size() != parsed->segments.size()) continue;
    bool same = true;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].starts_with("{")) continue;
      same = same && parts[i] == parsed->segments[i];
      ++literal;
    }
    std::string name = method == "HEAD" ? "GET" : method;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto* found = known.value().as_object().if_contains(name);
    if (same && found && literal > best) {
      best = literal;
      operation = found;
    }
  }
  const std::string what = method + " " + target + " → " + std::to_string(answer.status) + ": ";
  const auto type = answer.headers.find("content-type");
  const json::value* content = nullptr;
  if (operation) {
    const auto& responses = operation->at("responses").as_object();
    const auto* response = responses.if_contains(std::to_string(answer.status));
    if (!response && answer.status < 400) return what + "the document has no such answer";
    if (response) content = response->as_object().if_contains("content");
    if (response && !content) return answer.body.empty() ? "" : what + "must have no body";
  } else if (answer.status < 400) {
    return what + "the document has no such route";
  }
  if (method == "HEAD") return "";
  if (type == answer.headers.end()) return what + "lacks a content type";
  if (!content) {
    if (type->second != "application/problem+json") return what + "is no problem: " + type->second;
    const auto value = parse_json(answer.body);
    if (!value) return what + "is not JSON";
    const std::string wrong =
        check_schema(document, document.at_pointer("/components/schemas/Problem"), *value);
    return wrong.empty() ? "" : what + wrong;
  }
  const auto* media =
      content->as_object().if_contains(type->second.substr(0, type->second.find(';')));
  if (!media) return what + "is of type " + type->second;
  if (type->second != "application/json") return "";
  const auto value = parse_json(answer.body);
  if (!value) return what + "is not JSON";
  const std::string wrong = check_schema(document, media->at("schema"), *value);
  return wrong.empty() ? "" : what + wrong;
}

// An answer with its body read.
struct RestAnswer {
  long status = 0;
  json::value body;
  std::map<std::string, std::string> headers;
  std::string text;
  std::string etag() const {
    const auto found = headers.find("etag");
    return found == headers.end() ? "" : found->second;
  }
};

class RestTest : public testing::Test {
 protected:
  RestTest() : folder(std::filesystem::temp_directory_path() / ("poss-rest-" + new_id())) {
    std::filesystem::create_directories(folder);
    options.port = 0;
    options.data = folder / "data";
    std::filesystem::create_directories(options.data);
    options.status_period = std::chrono::milliseconds(50);
    auto opened = store::Store::open((options.data / "poss.db").string());
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    recorder = std::make_unique<InsightRecorder>(hub, store->history());
    services.add<InsightSink>(*recorder);
    worker = std::make_unique<fleet::Worker>(registry, services);
    agent = std::make_unique<fleet::LocalAgent>(*worker);
  }
  ~RestTest() override {
    if (server) server->stop();
    agent->stop();
    worker->stop();
    server.reset();
    recorder.reset();
    store.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  // Call it once the options and the registry are as the test wants them.
  void start() {
    auto made = Server::create(options, *agent, models, registry, hub, *recorder, *store);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  void SetUp() override { start(); }

  // `target` is what follows /api/v1. Every answer is held against the document.
  RestAnswer send(const std::string& method, const std::string& target,
                  const json::value& body = {}, std::vector<std::string> headers = {}) {
    Ask what{.method = method, .body = "", .headers = std::move(headers)};
    if (!body.is_null()) {
      what.body = json_text(body);
      what.headers.push_back("Content-Type: application/json");
    }
    return send_raw("/api/v1" + target, what);
  }
  RestAnswer send_raw(const std::string& target, const Ask& what) {
    const Answer answer = ask(server->port(), target, what);
    EXPECT_EQ(check_answer(document(), what.method, target, answer), "") << answer.body;
    RestAnswer out{
        .status = answer.status, .body = {}, .headers = answer.headers, .text = answer.body};
    if (auto value = parse_json(answer.body)) out.body = std::move(*value);
    return out;
  }
  // A job that was begun, once it is over.
  json::value ended_job(const RestAnswer& begun) {
    EXPECT_EQ(begun.status, 202) << begun.text;
    if (begun.status != 202) return {};
    const std::string path = "/jobs/" + std::string(begun.body.at("id").as_string());
    for (;;) {
      const auto job = get(path).body;
      const auto& state = job.at("state").as_string();
      if (state != "queued" && state != "running") return job;
      std::this_thread::yield();
    }
  }
  RestAnswer get(const std::string& target) { return send("GET", target); }
  // The "detail" of the first problem with this field; "" when there is none.
  static std::string problem_of(const RestAnswer& answer, const std::string& field) {
    const auto* problems =
        answer.body.is_object() ? answer.body.as_object().if_contains("problems") : nullptr;
    if (!problems) return "";
    for (const auto& problem : problems->as_array()) {
      if (problem.at("field") == json::value(field)) {
        return std::string(problem.at("detail").as_string());
      }
    }
    return "";
  }

  static const json::value& document() {
    static const json::value parsed = *parse_json(openapi_text());
    return parsed;
  }

  const std::filesystem::path folder;
  ServerOptions options;
  NodeRegistry registry;
  Services services;
  EventHub hub;
  infer::ModelPool models{{"build/zoo"}};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<InsightRecorder> recorder;
  std::unique_ptr<fleet::Worker> worker;
  std::unique_ptr<fleet::LocalAgent> agent;
  std::unique_ptr<Server> server;
};

}  // namespace poss::server
