// REST over net::HttpClient: addresses, tokens, problems, pages and jobs.
#include "cli/client.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "cli/command.h"
#include "cli/login_file.h"
#include "cli/terminal.h"
#include "net/encoding.h"

namespace poss::cli {
namespace {

constexpr const char* kThisMachine = "http://127.0.0.1:7070";
constexpr size_t kMaxAnswer = 64u << 20;  // bytes

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The host of an address that server_address() made.
std::string_view host_of(std::string_view address) {
  address.remove_prefix(address.find("://") + 3);
  if (address.starts_with("[")) return address.substr(0, address.find(']') + 1);
  return address.substr(0, address.find(':'));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Code code_of(int status, const std::string& name) {
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    if (code_name(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  }
  switch (status) {
    case 401:
    case 403:
      return Code::permission_denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::conflict;
    case 412:
      return Code::precondition_failed;
    case 413:
    case 429:
    case 507:
      return Code::resource_exhausted;
    case 504:
      return Code::timed_out;
    default:
      return status >= 500 ? Code::unavailable : Code::invalid_argument;
  }
}

// What the server refused, in its own words.
Error refusal(const std::string& server, const net::HttpResponse& response) {
  const auto body = parse_json(response.body);
  const auto* problem = body && response.content_type.starts_with("application/problem+json")
                            ? body->if_object()
                            : nullptr;
  if (!problem) {
    return {code_of(response.status, ""), server + " answered with status " +
                                              std::to_string(response.status) +
                                              "; is a POSS server running there?"};
  }
  if (response.status == 401) {
    return {Code::permission_denied, "sign in first: poss login " + server};
  }
  Error error{code_of(response.status, text_member(*problem, "code")),
              text_member(*problem, "detail")};
  const auto* found = problem->if_contains("problems");
  if (const auto* list = found ? found->if_array() : nullptr; list && !list->empty()) {
    const bool several = list->size() > 1;
    error.message = several ? "there are " + std::to_string(list->size()) + " problems:" : "";
    for (const auto& item : *list) {
      if (!item.is_object()) continue;
      const std::string field = text_member(item.get_object(), "field");
      error.message += (several ? "\n  " : "") + (field.empty() ? "" : field + ": ") +
                       text_member(item.get_object(), "detail");
    }
  }
  if (const auto wait = response.headers.find("retry-after"); wait != response.headers.end()) {
    error.message += " (try again in " + wait->second + " s)";
  }
  return error;
}

}  // namespace

std::shared_ptr<ServerOptions> add_server_options(CLI::App& command) {
  auto options = std::make_shared<ServerOptions>();
  command
      .add_option("--server", options->server,
                  "Address of the server (default: $POSS_URL, the one of poss login, or " +
                      std::string(kThisMachine) + ")")
      ->group("Server");
  command.add_option("--ca-file", options->ca_file, "Certificate (PEM) that the server's must fit")
      ->group("Server");
  return options;
}

Result<std::string> server_address(std::string text) {
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  while (text.ends_with('/')) text.pop_back();
  POSS_TRY(net::check_http_url(text));
  const size_t host = text.find("://") + 3;
  if (text.find('@', host) != std::string::npos) {
    return Error{Code::invalid_argument,
                 "'" + mask_uri(text) +
                     "' holds a user name or password; leave them out and use poss login"};
  }
  if (text.find_first_of("/?#", host) != std::string::npos) {
    return Error{Code::invalid_argument,
                 "'" + mask_uri(text) + "' is not a server's address; write http://host:port"};
  }
  return text;
}

Result<json::object> object_of(Answer answer) {
  if (auto* object = answer.body.if_object()) return std::move(*object);
  return Error{Code::internal,
               "the server's answer is not what this version expects; use the poss "
               "of the server's version"};
}

Result<std::unique_ptr<Client>> Client::create(const ServerOptions& options) {
  auto client = std::make_unique<Client>();
  POSS_ASSIGN(const auto login, read_login());
  std::string server = options.server.empty() ? environment("POSS_URL") : options.server;
  if (server.empty()) server = login ? login->server : kThisMachine;
  POSS_ASSIGN(client->server_, server_address(std::move(server)));
  const bool same = login && login->server == client->server_;
  client->token_ = environment("POSS_TOKEN");
  if (client->token_.empty() && same) client->token_ = login->token;
  client->ca_file_ = options.ca_file;
  if (client->ca_file_.empty() && same) client->ca_file_ = login->ca_file;
  return client;
}

net::HttpRequest Client::request(net::HttpMethod method, const std::string& path) const {
  net::HttpRequest request{.method = method,
                           .url = server_ + path,
                           .headers = {{"Accept", "application/json"}},
                           .ca_file = ca_file_,
                           .ignore_proxies = is_loopback(host_of(server_)),
                           .timeout = timeout_,
                           .max_response_bytes = kMaxAnswer,
                           .accept_all_statuses = true};
  if (!token_.empty()) request.headers["Authorization"] = "Bearer " + token_;
  return request;
}

Result<Answer> Client::send(net::HttpRequest request) {
  auto sent = http_.send(request);
  if (!sent) {
    Error error = sent.error();
    if (error.code == Code::unavailable) {
      error.message = "no POSS server answers at " + server_ +
                      "; start one with poss serve, or name another with --server (" +
                      error.message + ")";
    }
    return error;
  }
  if (sent->status < 200 || sent->status >= 300) return refusal(server_, *sent);
  Answer answer{.status = sent->status, .body = nullptr, .headers = std::move(sent->headers)};
  if (!sent->body.empty()) {
    if (!sent->content_type.starts_with("application/json")) {
      return Error{Code::invalid_argument,
                   server_ + " answers, but not as a POSS server does; check the address"};
    }
    POSS_ASSIGN(answer.body, parse_json(sent->body).with(server_));
  }
  return answer;
}

Result<Answer> Client::get(const std::string& path) {
  return send(request(net::HttpMethod::get, path));
}

Result<Answer> Client::post(const std::string& path, const json::value& body) {
  net::HttpRequest post = request(net::HttpMethod::post, path);
  post.headers["Content-Type"] = "application/json";
  post.body = json_text(body);
  return send(std::move(post));
}

Result<Answer> Client::patch(const std::string& path, const json::value& body,
                             const std::string& revision) {
  net::HttpRequest patch = request(net::HttpMethod::patch, path);
  patch.headers["Content-Type"] = "application/merge-patch+json";
  if (!revision.empty()) patch.headers["If-Match"] = "\"" + revision + "\"";
  patch.body = json_text(body);
  return send(std::move(patch));
}

Result<Answer> Client::remove(const std::string& path, const std::string& revision) {
  net::HttpRequest remove = request(net::HttpMethod::delete_, path);
  if (!revision.empty()) remove.headers["If-Match"] = "\"" + revision + "\"";
  return send(std::move(remove));
}

Result<Answer> Client::upload(const std::string& path, const std::filesystem::path& file) {
  net::HttpRequest upload = request(net::HttpMethod::post, path);
  upload.headers["Content-Type"] = "application/octet-stream";
  upload.body_file = file;
  upload.timeout = std::chrono::hours(24);
  upload.stall_timeout = std::chrono::seconds(60);
  ProgressLine line;
  upload.sending = [&](std::uint64_t sent, std::uint64_t total) {
    line.show("Sending " + file.filename().string() + ": " + std::to_string(sent * 100 / total) +
              " %");
  };
  return send(std::move(upload));
}

Result<json::array> Client::list(const std::string& path, const std::string& query, size_t limit) {
  json::array items;
  std::string cursor;
  do {
    std::string target =
        path + "?limit=" + std::to_string(limit ? std::min<size_t>(limit, 1000) : 1000);
    if (!query.empty()) target += "&" + query;
    if (!cursor.empty()) target += "&cursor=" + net::percent_encode(cursor);
    POSS_ASSIGN(Answer answer, get(target));
    auto* page = answer.body.if_object();
    auto* found = page ? page->if_contains("items") : nullptr;
    if (!found || !found->is_array()) {
      return Error{Code::internal, server_ + path + " answered without a list"};
    }
    for (auto& item : found->get_array()) {
      if (limit && items.size() == limit) return items;
      items.push_back(std::move(item));
    }
    cursor = text_member(*page, "next_cursor");
  } while (!cursor.empty());
  return items;
}

Result<json::object> wait_for_job(Client& client, const json::object& job) {
  const std::string path = "/api/v1/jobs/" + net::percent_encode(text_member(job, "id"));
  const std::string title = text_member(job, "title");
  ProgressLine line;
  json::object now = job;
  auto pause = std::chrono::milliseconds(50);
  for (bool cancelled = false;;) {
    const std::string state = text_member(now, "state");
    if (state == "done") {
      const auto* result = now.if_contains("result");
      return result && result->is_object() ? result->get_object() : json::object();
    }
    if (state == "failed")
      return Error{Code::unavailable, title + ": " + text_member(now, "cause")};
    if (state == "cancelled") return Error{Code::unavailable, title + ": it was cancelled"};
    const auto* progress = now.if_contains("progress");
    const double part = progress && progress->is_number() ? progress->to_number<double>() : -1;
    const std::string share =
        part >= 0 ? " " + std::to_string(static_cast<int>(part * 100)) + " %" : "";
    line.show(title + ": " + (cancelled ? "cancelling" : text_member(now, "message")) + share);
    if (wait_for_stop(pause)) {
      if (cancelled) return Error{Code::unavailable, title + ": left while it was being cancelled"};
      cancelled = true;
      POSS_TRY(client.post(path + "/cancel", json::object()));
    }
    pause = std::min(pause * 3 / 2, std::chrono::milliseconds(2000));
    POSS_ASSIGN(Answer answer, client.get(path));
    POSS_ASSIGN(now, object_of(std::move(answer)));
  }
}

std::string text_member(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

}  // namespace poss::cli
