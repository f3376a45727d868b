// Problems and small helpers of requests and responses.
#include "server/http.h"

#include <algorithm>

#include "base/fields.h"

namespace poss::server {
namespace {

struct FieldProblem {
  std::string field;
  std::string detail;
  static void declare(Fields<FieldProblem>& f) {
    f.add(&FieldProblem::field, "field");
    f.add(&FieldProblem::detail, "detail");
  }
};

struct Problem {
  std::string type = "about:blank";
  std::string title;
  int status = 500;
  std::string code;
  std::string detail;
  std::optional<std::string> field;
  std::optional<std::vector<FieldProblem>> problems;
  static void declare(Fields<Problem>& f) {
    f.add(&Problem::type, "type");
    f.add(&Problem::title, "title");
    f.add(&Problem::status, "status");
    f.add(&Problem::code, "code")
        .help(
            "invalid_argument, not_found, conflict, unavailable, "
            "timed_out, permission_denied, unauthenticated, resource_exhausted, "
            "precondition_failed, internal");
    f.add(&Problem::detail, "detail").help("What is wrong and what to do about it.");
    f.add(&Problem::field, "field").help("The parameter or member that is wrong.");
    f.add(&Problem::problems, "problems").help("All members that are wrong, where several may be.");
  }
};

Problem make_problem(int status, Code code, std::string detail) {
  Problem body;
  body.title = status_title(status);
  body.status = status;
  body.code = status == 401 ? "unauthenticated" : code_name(code);
  body.detail = std::move(detail);
  return body;
}

HttpResponse respond(const Problem& body) {
  HttpResponse response = json_response(json_text(to_json(body)));
  response.status = body.status;
  response.content_type = "application/problem+json";
  return response;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

size_t HttpRequest::header_count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(headers.begin(), headers.end(), [&](const auto& header) {
    return equal_ignoring_case(header.first, name);
  }));
}

std::string_view status_title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

HttpResponse problem(int status, Code code, std::string detail, std::string field) {
  Problem body = make_problem(status, code, std::move(detail));
  if (!field.empty()) body.field = std::move(field);
  return respond(body);
}

HttpResponse problem(int status, Code code, const std::vector<FieldError>& errors) {
  Problem body = make_problem(status, code, join_errors(errors).message);
  body.problems.emplace();
  for (const auto& error : errors) body.problems->push_back({error.path, error.message});
  if (!errors.empty() && !errors.front().path.empty()) body.field = errors.front().path;
  return respond(body);
}

HttpResponse problem(const Error& error, std::string field) {
  return problem(http_status(error.code), error.code, error.message, std::move(field));
}

HttpResponse json_response(std::string text) {
  return {.status = 200,
          .content_type = "application/json",
          .body = std::make_shared<const std::string>(std::move(text)),
          .headers = {}};
}

json::object problem_schema() { return schema_of<Problem>(); }

}  // namespace poss::server
