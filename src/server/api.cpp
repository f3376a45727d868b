// Matching routes, reading query parameters, and writing the OpenAPI document.
#include "server/api.h"

#include <algorithm>
#include <charconv>

namespace poss::server {
namespace {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> segments;
  size_t at = 1;
  while (at <= path.size()) {
    const size_t slash = std::min(path.find('/', at), path.size());
    segments.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return segments;
}

bool is_parameter(const std::string& segment) { return segment.starts_with('{'); }

// Who may use the route, for the document.
const char* access_name(const RouteInfo& info) {
  switch (access_of(info)) {
    case Access::open:
      return "everybody";
    case Access::viewer:
      return "viewer";
    case Access::admin:
      return "admin";
    default:
      return "operator";
  }
}

std::string parameter_name(const std::string& segment) {
  return segment.substr(1, segment.size() - 2);
}

// A query's text as the JSON value its schema asks for; left as text where it is none.
json::value typed(const std::string& text, const json::object& schema) {
  const auto* type = schema.if_contains("type");
  if (type && *type == json::value("integer")) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  } else if (type && *type == json::value("number")) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  } else if (type && *type == json::value("boolean")) {
    if (text == "true") return true;
    if (text == "false") return false;
  }
  return json::value(text);
}

}  // namespace

Access access_of(const RouteInfo& info) {
  if (info.access != Access::by_method) return info.access;
  return info.method == "GET" ? Access::viewer : Access::operator_;
}

json::object response_schema(json::object schema) {
  schema.erase("additionalProperties");
  if (auto* items = schema.if_contains("items"); items && items->is_object()) {
    *items = response_schema(std::move(items->get_object()));
  }
  auto* properties = schema.if_contains("properties");
  if (!properties || !properties->is_object()) return schema;
  json::array required;
  const auto* named = schema.if_contains("required");
  for (auto& property : properties->get_object()) {
    json::object& member = property.value().get_object();
    const bool has_default = member.erase("default") > 0;
    const bool is_named =
        named && std::any_of(named->get_array().begin(), named->get_array().end(),
                             [&](const json::value& name) { return name == property.key(); });
    if (has_default || is_named) required.emplace_back(property.key());
    // What came from outside was checked on its way in; a client need not know the limit.
    member.erase("maxLength");
    member = response_schema(std::move(member));
  }
  schema["required"] = std::move(required);
  return schema;
}

json::object Api::query_object(const Target& target, const json::object& schema,
                               std::vector<FieldError>& errors) {
  const json::object& properties = schema.at("properties").get_object();
  json::object query;
  for (const auto& [name, text] : target.query) {
    const auto* property = properties.if_contains(name);
    if (!property) {
      std::vector<std::string> known;
      for (const auto& member : properties) known.emplace_back(member.key());
      const std::string near = detail::nearest(name, known);
      errors.push_back({name, "is not a parameter of this address" +
                                  (near.empty() ? "" : "; did you mean '" + near + "'?")});
    } else if (query.contains(name)) {
      errors.push_back({name, "is given twice"});
    } else {
      query[name] = typed(text, property->get_object());
    }
  }
  return query;
}

json::object input_schema(json::object schema) {
  auto* properties = schema.if_contains("properties");
  if (!properties || !properties->is_object()) return schema;
  json::object kept;
  for (auto& property : properties->get_object()) {
    const json::object& member = property.value().get_object();
    if (member.contains("readOnly") || member.contains("x-internal")) continue;
    kept[property.key()] = std::move(property.value());
  }
  *properties = std::move(kept);
  return schema;
}

Result<json::object> json_body(const HttpRequest& request) {
  const std::string_view type = request.header("content-type");
  const std::string_view name = type.substr(0, type.find_first_of("; "));
  if (!equal_ignoring_case(name, "application/json") &&
      !equal_ignoring_case(name, "application/merge-patch+json")) {
    return Error{Code::invalid_argument,
                 "the body must be JSON, with the header Content-Type: application/json"};
  }
  POSS_ASSIGN(json::value value, parse_json(request.body).with("the body"));
  if (!value.is_object()) {
    return Error{Code::invalid_argument,
                 "the body must be a JSON object, not " + detail::json_kind(value)};
  }
  return std::move(value.get_object());
}

void Api::add_route(RouteInfo info, std::vector<AnswerInfo> answers, json::object parameters,
                    std::function<Reply(const Resources&, const HttpRequest&)> handle) {
  auto segments = split_path(info.path);
  routes_.push_back({std::move(info), std::move(answers), std::move(parameters),
                     std::move(segments), std::move(handle)});
}

const Route* Api::find(const std::string& method, const std::vector<std::string>& segments,
                       std::map<std::string, std::string>& path, std::string& allowed) const {
  for (const Route& route : routes_) {
    const bool same =
        std::equal(route.segments.begin(), route.segments.end(), segments.begin(), segments.end(),
                   [](const std::string& pattern, const std::string& segment) {
                     return is_parameter(pattern) ? !segment.empty() : pattern == segment;
                   });
    if (!same) continue;
    if (route.info.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + route.info.method;
      if (route.info.method == "GET") allowed += ", HEAD";
      continue;
    }
    path.clear();
    for (size_t i = 0; i < segments.size(); ++i) {
      if (is_parameter(route.segments[i])) path[parameter_name(route.segments[i])] = segments[i];
    }
    return &route;
  }
  return nullptr;
}

json::value Api::refer(json::value schema, bool is_root) const {
  if (auto* array = schema.if_array()) {
    for (auto& item : *array) item = refer(std::move(item));
  }
  auto* object = schema.if_object();
  if (!object) return schema;
  if (!is_root) {
    for (const auto& [name, named] : schemas_) {
      if (*object == named) return {{"$ref", "#/components/schemas/" + name}};
    }
  }
  for (auto& member : *object) member.value() = refer(std::move(member.value()));
  return schema;
}

json::object Api::openapi() const {
  json::object paths;
  for (const Route& route : routes_) {
    json::array parameters;
    for (const auto& segment : route.segments) {
      if (!is_parameter(segment)) continue;
      parameters.push_back({{"name", parameter_name(segment)},
                            {"in", "path"},
                            {"required", true},
                            {"schema", {{"type", "string"}}}});
    }
    const auto* required = route.parameters.if_contains("required");
    for (const auto& property : route.parameters.at("properties").get_object()) {
      json::object schema = property.value().get_object();
      json::object parameter{{"name", property.key()}, {"in", "query"}};
      const bool needed =
          required && std::any_of(required->get_array().begin(), required->get_array().end(),
                                  [&](const json::value& name) { return name == property.key(); });
      parameter["required"] = needed;
      if (auto* text = schema.if_contains("description")) {
        parameter["description"] = *text;
        schema.erase("description");
      }
      if (auto* text = schema.if_contains("default"); text && *text == json::value("")) {
        schema.erase("default");
      }
      parameter["schema"] = std::move(schema);
      parameters.push_back(std::move(parameter));
    }
    json::object responses;
    for (const AnswerInfo& info : route.answers) {
      json::value& answer = responses[std::to_string(info.status)];
      if (!answer.is_object()) answer = {{"description", info.description}};
      if (info.content_type.empty()) continue;
      json::value& content = answer.get_object()["content"];
      if (!content.is_object()) content = json::object();
      content.get_object()[info.content_type] = {{"schema", refer(info.schema)}};
    }
    responses["default"] = {{"$ref", "#/components/responses/Problem"}};
    json::object operation{{"operationId", route.info.id},
                           {"tags", {route.info.tag}},
                           {"summary", route.info.summary}};
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (!route.info.body_type.empty()) {
      operation["requestBody"] = {
          {"required", true},
          {"content", {{route.info.body_type, {{"schema", refer(route.info.body_schema)}}}}}};
    }
    operation["responses"] = std::move(responses);
    operation["x-access"] = access_name(route.info);
    std::string method = route.info.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    auto& path = paths[route.info.path];
    if (!path.is_object()) path = json::object();
    path.get_object()[method] = std::move(operation);
  }
  json::object schemas;
  for (const auto& [name, schema] : schemas_) schemas[name] = refer(schema, true);
  const json::object problem_answer{
      {"description", "What is wrong and what to do about it."},
      {"content",
       {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "POSS"},
            {"version", POSS_VERSION},
            {"description",
             "Sign in with POST /api/v1/session, or send an API token: Authorization: Bearer. "
             "Errors are problem details (RFC 9457)."}}},
          {"paths", std::move(paths)},
          {"components",
           {{"responses", {{"Problem", problem_answer}}}, {"schemas", std::move(schemas)}}}};
}

}  // namespace poss::server
