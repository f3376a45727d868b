// Client: the REST API of a POSS server, as the subcommands use it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"

namespace poss::cli {

// How a subcommand finds its server.
struct ServerOptions {
  std::string server;   // empty: $POSS_URL, the login file, or this machine's
  std::string ca_file;  // PEM; empty: the login file's
};

// Declares --server and --ca-file.
std::shared_ptr<ServerOptions> add_server_options(CLI::App& command);

struct Answer {
  int status = 0;
  json::value body;  // null when there is none
  std::map<std::string, std::string> headers;
};

// The answer's body, which must be an object.
Result<json::object> object_of(Answer answer);

// One server, one thread. Only server errors whose problem names fields have more than one line.
class Client {
 public:
  // Finds out address and token; talks to nobody. The login file's token goes to the login file's
  // server alone.
  static Result<std::unique_ptr<Client>> create(const ServerOptions& options);

  // `path` begins with "/api/v1". A refusal by the server is an error with the server's words, one
  // problem a line.
  Result<Answer> get(const std::string& path);
  Result<Answer> post(const std::string& path, const json::value& body);
  // `revision` empty: whichever is there.
  Result<Answer> patch(const std::string& path, const json::value& body,
                       const std::string& revision);
  Result<Answer> remove(const std::string& path, const std::string& revision);
  // Sends a file as it is, with its progress on the terminal.
  Result<Answer> upload(const std::string& path, const std::filesystem::path& file);
  // The general case; answers of any status that are no problem are passed on.
  Result<Answer> send(net::HttpRequest request);

  // A request for send(), with the server's address before `path` and the token.
  net::HttpRequest request(net::HttpMethod method, const std::string& path) const;

  // All objects of a list, page after page; `query` without '?', at most `limit` (0: all).
  Result<json::array> list(const std::string& path, const std::string& query, size_t limit = 0);

  const std::string& server() const { return server_; }
  const std::string& ca_file() const { return ca_file_; }
  bool has_token() const { return !token_.empty(); }
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  void set_token(std::string token) { token_ = std::move(token); }

 private:
  std::string server_;
  std::string ca_file_;
  std::string token_;
  std::chrono::milliseconds timeout_{30'000};
  net::HttpClient http_;
};

// "http://host:7070" from what people write: without path or "/" at the end, http when there is no
// scheme.
Result<std::string> server_address(std::string text);

// Waits for the end of a job, with its progress on the terminal; Ctrl-C cancels the job. The
// result, or an error with the job's cause. Call hold_stop_signals() before the job is made.
Result<json::object> wait_for_job(Client& client, const json::object& job);

// A member that is text, or "".
std::string text_member(const json::object& object, std::string_view name);

}  // namespace poss::cli
