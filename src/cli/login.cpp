// `poss login` and `poss logout`: an API token for this machine, kept in the login file.
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "base/time.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/login_file.h"
#include "cli/terminal.h"
#include "net/encoding.h"

namespace poss::cli {
namespace {

struct LoginOptions {
  std::string server;
  std::string ca_file;
  std::string user;
  std::string token;
  bool password_stdin = false;
};

// A session in a cookie, for as long as signing in takes.
struct Session {
  std::string cookie;
  std::string csrf_token;
  std::string role;
};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] ? name : "poss";
}

net::HttpRequest in_session(const Client& client, const Session& session, net::HttpMethod method,
                            const std::string& path, const json::value& body) {
  net::HttpRequest request = client.request(method, path);
  request.headers.erase("Authorization");
  if (!session.cookie.empty()) request.headers["Cookie"] = session.cookie;
  if (!session.csrf_token.empty()) request.headers["X-CSRF-Token"] = session.csrf_token;
  if (!body.is_null()) {
    request.headers["Content-Type"] = "application/json";
    request.body = json_text(body);
  }
  return request;
}

Result<Session> sign_in(Client& client, const std::string& user, const std::string& password) {
  const json::object body{{"user_name", user}, {"password", password}};
  auto answer = client.send(in_session(client, {}, net::HttpMethod::post, "/api/v1/session", body));
  if (!answer) {
    Error error = answer.error();
    // Its remedy is what is being done here.
    if (error.message.starts_with("sign in first")) {
      error.message = "user name or password is wrong";
    }
    return error;
  }
  Session session;
  if (const auto cookie = answer->headers.find("set-cookie"); cookie != answer->headers.end()) {
    session.cookie = cookie->second.substr(0, cookie->second.find(';'));
  }
  POSS_ASSIGN(const json::object object, object_of(std::move(*answer)));
  session.csrf_token = text_member(object, "csrf_token");
  if (const auto* found = object.if_contains("user"); found && found->is_object()) {
    session.role = text_member(found->get_object(), "role");
  }
  return session;
}

// A token of the user's own role, named after this host; with the time where that name is taken.
Result<json::object> make_token(Client& client, const Session& session) {
  std::string name = "poss on " + host_name();
  for (bool again = false;; again = true) {
    const json::object body{{"name", name}, {"role", session.role}};
    auto answer =
        client.send(in_session(client, session, net::HttpMethod::post, "/api/v1/tokens", body));
    if (answer) return object_of(std::move(*answer));
    if (again || answer.error().code != Code::conflict) return answer.error();
    name += ", " + rfc3339(system_clock().now()).substr(0, 19) + "Z";
  }
}

// Ends the token of an earlier login; it does not matter if that is gone already.
void revoke(const Login& login) {
  if (login.token_id.empty() || login.token.empty()) return;
  auto client = Client::create({.server = login.server, .ca_file = login.ca_file});
  if (!client) return;
  (*client)->set_token(login.token);
  (*client)->set_timeout(std::chrono::seconds(5));
  const auto gone = (*client)->remove("/api/v1/tokens/" + net::percent_encode(login.token_id), "");
  if (!gone && gone.error().code != Code::not_found) {
    std::fprintf(
        stderr,
        "poss: the token of this machine could not be revoked at %s; remove it on its page "
        "API tokens (%s)\n",
        login.server.c_str(), gone.error().message.c_str());
  }
}

Result<json::object> session_of(Client& client) {
  POSS_ASSIGN(Answer answer, client.get("/api/v1/session"));
  return object_of(std::move(answer));
}

bool member_is_true(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

Result<void> keep(const Login& login) {
  POSS_ASSIGN(const auto before, read_login());
  POSS_TRY(write_login(login));
  if (before && before->token != login.token) revoke(*before);
  std::printf("signed in to %s%s\n", login.server.c_str(),
              login.user.empty() ? "" : (" as " + printable(login.user)).c_str());
  return {};
}

Result<void> log_in_with_token(Client& client, Login login, const std::string& source) {
  if (source != "-") {
    return Error{Code::invalid_argument,
                 "a token is not given on the command line, where others can read it; write "
                 "--token - and give it on standard input"};
  }
  POSS_ASSIGN(login.token, read_secret("API token"));
  client.set_token(login.token);
  POSS_ASSIGN(const json::object session, session_of(client));
  const auto* user = session.if_contains("user");
  if (!member_is_true(session, "signed_in") || !user || !user->is_object()) {
    return Error{Code::permission_denied, login.server +
                                              " does not know this token; make one on "
                                              "its page API tokens"};
  }
  login.user = text_member(user->get_object(), "name");
  return keep(login);
}

Result<void> log_in(const LoginOptions& options) {
  POSS_ASSIGN(const auto client,
              Client::create({.server = options.server, .ca_file = options.ca_file}));
  client->set_token("");
  Login login{.server = client->server(), .ca_file = client->ca_file()};
  if (!login.ca_file.empty()) {
    login.ca_file = std::filesystem::absolute(login.ca_file).lexically_normal().string();
  }
  if (!options.token.empty()) return log_in_with_token(*client, login, options.token);
  POSS_ASSIGN(const json::object session, session_of(*client));
  if (member_is_true(session, "demo")) return keep(login);  // which signs everybody in
  if (member_is_true(session, "setup_needed")) {
    return Error{Code::conflict, login.server +
                                     " has no user yet; open the set-up link that it "
                                     "printed when it started"};
  }
  login.user = options.user;
  if (login.user.empty()) {
    POSS_ASSIGN(login.user, ask("User name:"));
  }
  if (!options.password_stdin && !input_is_terminal()) {
    return Error{Code::invalid_argument,
                 "there is no terminal to ask for the password; give --password-stdin"};
  }
  POSS_ASSIGN(const std::string password, read_secret("Password of " + printable(login.user)));
  POSS_ASSIGN(const Session signed_in, sign_in(*client, login.user, password));
  const auto token = make_token(*client, signed_in);
  // The session is over either way.
  static_cast<void>(client->send(
      in_session(*client, signed_in, net::HttpMethod::delete_, "/api/v1/session", nullptr)));
  if (!token) return token.error();
  login.token = text_member(*token, "token");
  login.token_id = text_member(*token, "id");
  return keep(login);
}

Result<void> log_out() {
  POSS_ASSIGN(const auto login, read_login());
  if (!login) return Error{Code::not_found, "nobody is signed in; there is no login file"};
  POSS_TRY(remove_login());
  revoke(*login);
  std::printf("signed out of %s\n", login->server.c_str());
  if (!login->token.empty() && login->token_id.empty()) {
    std::printf("The token was made elsewhere and still works; poss token rm ends it.\n");
  }
  return {};
}

}  // namespace

void add_login(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("login", "Sign in to a server; later commands go there");
  command->group("Objects on a server");
  auto options = std::make_shared<LoginOptions>();
  command->add_option("server", options->server,
                      "Its address (default: $POSS_URL, the last one, or http://127.0.0.1:7070)");
  command->add_option("--user", options->user, "User name; asked for when it is not given")
      ->type_name("NAME");
  command->add_flag("--password-stdin", options->password_stdin,
                    "Read the password from standard input");
  command
      ->add_option("--token", options->token,
                   "-: keep an API token made before, read from standard input")
      ->type_name("-");
  command->add_option("--ca-file", options->ca_file,
                      "Certificate (PEM) that the server's must fit");
  command->footer(
      "Makes an API token named after this machine and keeps it in "
      "$XDG_CONFIG_HOME/poss/login.json,\nwhich its owner alone can read. The password is not "
      "kept.");
  command->callback([options, &action] { action = [options] { return log_in(*options); }; });

  auto* out = app.add_subcommand("logout", "Revoke this machine's token and forget it");
  out->group("Objects on a server");
  out->callback([&action] { action = log_out; });
}

}  // namespace poss::cli
