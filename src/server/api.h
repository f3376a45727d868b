// Api: REST routes, each declared once; the router and the OpenAPI document both come from it.
//
//   struct Parameters {
//     std::string label;
//     static void declare(Fields<Parameters>& f) { f.add(&Parameters::label, "label"); }
//   };
//   api.get<Parameters, Page<CameraBody>>(
//       {.path = "/api/v1/cameras", .id = "listCameras", .tag = "cameras", .summary = "…"},
//       [](const Call<Parameters>& call) -> Result<Page<CameraBody>> { … });
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "server/http.h"
#include "server/resources.h"

namespace poss::server {

struct RouteInfo {
  std::string method = "GET";
  std::string path;                     // "/api/v1/cameras/{id}"
  std::string id;                       // operationId, the name in generated clients
  std::string tag;                      // the resource
  std::string summary;                  // one sentence
  std::uint64_t body_limit = 1u << 20;  // bytes
  bool streams_body = false;            // the body goes to HttpRequest::upload
  Access access = Access::by_method;
  std::string body_type;  // content type of the request's body; empty: it has none
  json::object body_schema;
};

// Who may use the route, by its method where it does not say.
Access access_of(const RouteInfo& info);

// What a route answers when all is well. Several of one status differ in their content type.
struct AnswerInfo {
  int status = 200;
  std::string description;
  std::string content_type;  // empty: no body
  json::object schema;
};

struct NoParameters {
  static void declare(Fields<NoParameters>&) {}
};

// The body of a request that needs none; {} and nothing at all are taken.
struct NoBody {
  static void declare(Fields<NoBody>&) {}
};

// A list of things as a response.
template <class T>
struct Page {
  std::vector<T> items;
  static void declare(Fields<Page>& f) { f.add(&Page::items, "items"); }
};

// One request to a route.
template <class Parameters>
struct Call {
  const Resources& resources;
  const HttpRequest& request;
  Parameters parameters;
  const std::string& path(const std::string& name) const { return request.path.at(name); }
};

// One request with a JSON body to a route.
template <class Parameters, class Body>
struct BodyCall : Call<Parameters> {
  Body body;
};

struct Route {
  RouteInfo info;
  std::vector<AnswerInfo> answers;    // what it answers when all is well, the usual one first
  json::object parameters;            // JSON Schema of the query's parameters
  std::vector<std::string> segments;  // "{id}" takes any one segment
  std::function<Reply(const Resources&, const HttpRequest&)> handle;
};

// The schema of what a server sends: every member that is written is required, none has a default,
// and clients must expect further members.
json::object response_schema(json::object schema);

// The schema of what a client sends to make an object: no members that the server sets.
json::object input_schema(json::object schema);

// The request's body as JSON; a problem when it is something else.
Result<json::object> json_body(const HttpRequest& request);

class Api {
 public:
  // A route whose answer is the JSON of Body.
  template <Declared Parameters, Declared Body, class Handler>
  void get(RouteInfo info, Handler handler) {
    AnswerInfo answer{.status = 200,
                      .description = info.summary,
                      .content_type = "application/json",
                      .schema = response_schema(schema_of<Body>())};
    add<Parameters>(std::move(info), std::move(answer),
                    [handler](const Call<Parameters>& call) -> Result<Reply> {
                      Result<Body> body = handler(call);
                      if (!body) return body.error();
                      return Reply(json_response(json_text(to_json(*body))));
                    });
  }

  // A route that takes the JSON of Body and answers `status` with the JSON of Answer.
  template <Declared Parameters, Declared Body, Declared Answer, class Handler>
  void post(RouteInfo info, int status, Handler handler) {
    if (info.method == "GET") info.method = "POST";
    info.body_type = "application/json";
    info.body_schema = schema_of<Body>();
    AnswerInfo answer{.status = status,
                      .description = info.summary,
                      .content_type = "application/json",
                      .schema = response_schema(schema_of<Answer>())};
    add<Parameters>(std::move(info), std::move(answer),
                    [handler, status](const Call<Parameters>& call) -> Result<Reply> {
                      json::object sent;
                      if (!call.request.body.empty()) {
                        POSS_ASSIGN(sent, json_body(call.request));
                      }
                      BodyCall<Parameters, Body> with_body{call, {}};
                      std::vector<FieldError> errors;
                      FieldCodec<Body>::read(with_body.body, sent, FieldSpec{}, "", errors);
                      if (!errors.empty())
                        return Reply(problem(400, Code::invalid_argument, errors));
                      Result<Answer> result = handler(with_body);
                      if (!result) return result.error();
                      HttpResponse response = json_response(json_text(to_json(*result)));
                      response.status = status;
                      return Reply(std::move(response));
                    });
  }

  // A route that makes its answer itself.
  template <Declared Parameters, class Handler>
  void add(RouteInfo info, AnswerInfo answer, Handler handler) {
    add<Parameters>(std::move(info), std::vector{std::move(answer)}, std::move(handler));
  }
  template <Declared Parameters, class Handler>
  void add(RouteInfo info, std::vector<AnswerInfo> answers, Handler handler) {
    add_route(std::move(info), std::move(answers), schema_of<Parameters>(),
              [handler](const Resources& resources, const HttpRequest& request) -> Reply {
                std::vector<FieldError> errors;
                const json::object query =
                    query_object(request.target, schema_of<Parameters>(), errors);
                Call<Parameters> call{resources, request, {}};
                if (errors.empty()) read_fields(call.parameters, query, "", errors);
                if (!errors.empty()) return problem(join_errors(errors), errors.front().path);
                Result<Reply> reply = handler(call);
                return reply ? std::move(*reply) : Reply(problem(reply.error()));
              });
  }

  // Gives a response struct a name of its own in the document; where its schema stands inside
  // others they refer to it.
  template <Declared Body>
  void name_schema(std::string name) {
    name_schema(std::move(name), response_schema(schema_of<Body>()));
  }
  void name_schema(std::string name, json::object schema) {
    schemas_.emplace_back(std::move(name), std::move(schema));
  }

  const std::vector<Route>& routes() const { return routes_; }

  // The route of a path and its path parameters. Null when there is none; `allowed` then lists the
  // methods the path has ("GET, HEAD"), and is empty when nobody knows the path.
  const Route* find(const std::string& method, const std::vector<std::string>& segments,
                    std::map<std::string, std::string>& path, std::string& allowed) const;

  // The OpenAPI 3.1 document.
  json::object openapi() const;

 private:
  static json::object query_object(const Target& target, const json::object& schema,
                                   std::vector<FieldError>& errors);
  void add_route(RouteInfo info, std::vector<AnswerInfo> answers, json::object parameters,
                 std::function<Reply(const Resources&, const HttpRequest&)> handle);
  json::value refer(json::value schema, bool is_root = false) const;

  std::vector<Route> routes_;
  std::vector<std::pair<std::string, json::object>> schemas_;
};

// All routes of this server.
Api make_api();

}  // namespace poss::server
