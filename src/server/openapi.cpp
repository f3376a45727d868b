// All routes of the REST interface, and the document that describes them.
#include "server/openapi.h"

#include "server/api.h"

namespace poss::server {
namespace {

Result<Reply> get(const Call<NoParameters>&) { return json_response(openapi_text()); }

Result<Reply> health(const Call<NoParameters>&) {
  return HttpResponse{.status = 200,
                      .content_type = "text/plain; charset=utf-8",
                      .body = std::make_shared<const std::string>("ok"),
                      .headers = {}};
}

}  // namespace

void declare_openapi(Api& api) {
  api.name_schema("Problem", response_schema(problem_schema()));
  api.add<NoParameters>({.path = "/api/v1/openapi.json",
                         .id = "getOpenapi",
                         .tag = "system",
                         .summary = "This document."},
                        {.description = "An OpenAPI 3.1 document.",
                         .content_type = "application/json",
                         .schema = {{"type", "object"}}},
                        get);
  api.add<NoParameters>(
      {.path = "/healthz",
       .id = "getHealth",
       .tag = "system",
       .summary = "Whether the server answers."},
      {.description = "The text ok.", .content_type = "text/plain", .schema = {{"type", "string"}}},
      health);
}

Api make_api() {
  Api api;
  declare_system(api);
  declare_devices(api);
  declare_cameras(api);
  declare_camera_tests(api);
  declare_discovery(api);
  declare_locations(api);
  declare_connections(api);
  declare_jobs(api);
  declare_deployments(api);
  declare_insights(api);
  declare_models(api);
  declare_node_types(api);
  declare_skills(api);
  declare_recordings(api);
  declare_settings(api);
  declare_uploads(api);
  declare_zoo(api);
  declare_openapi(api);
  return api;
}

std::string openapi_text() {
  static const std::string text = pretty_json(make_api().openapi());
  return text;
}

}  // namespace poss::server
