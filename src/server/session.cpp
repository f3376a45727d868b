// /api/v1/session and /api/v1/setup: signing in and out.
#include "server/api.h"
#include "server/audit.h"
#include "server/auth.h"

namespace poss::server {
namespace {

constexpr size_t kMaxPassword = 1024;  // bytes
constexpr size_t kMaxName = 512;

struct SessionUser {
  std::string id;
  std::string name;
  store::Role role = store::Role::viewer;
  static void declare(Fields<SessionUser>& f) {
    f.add(&SessionUser::id, "id").help("Empty in the demo.");
    f.add(&SessionUser::name, "name");
    f.add(&SessionUser::role, "role");
  }
};

struct SessionBody {
  bool signed_in = false;
  std::optional<SessionUser> user;
  std::string csrf_token;
  bool demo = false;
  bool setup_needed = false;
  static void declare(Fields<SessionBody>& f) {
    f.add(&SessionBody::signed_in, "signed_in");
    f.add(&SessionBody::user, "user");
    f.add(&SessionBody::csrf_token, "csrf_token")
        .help("Changes in a session send it as the header X-CSRF-Token.");
    f.add(&SessionBody::demo, "demo").help("Everybody is an administrator, without sign-in.");
    f.add(&SessionBody::setup_needed, "setup_needed")
        .help(
            "There is no user yet: the set-up link, which POSS prints when it starts, makes one.");
  }
};

struct Credentials {
  std::string user_name;
  std::string password;
  static void declare(Fields<Credentials>& f) {
    f.add(&Credentials::user_name, "user_name").required().max_length(kMaxName);
    f.add(&Credentials::password, "password")
        .required()
        .format("password")
        .max_length(kMaxPassword);
  }
};

struct Setup {
  std::string token;
  std::string user_name;
  std::string password;
  static void declare(Fields<Setup>& f) {
    f.add(&Setup::token, "token")
        .required()
        .format("password")
        .max_length(256)
        .help("What follows # in the set-up link.");
    f.add(&Setup::user_name, "user_name").required().max_length(kMaxName);
    f.add(&Setup::password, "password").required().format("password").max_length(kMaxPassword);
  }
};

struct NewPassword {
  std::string current;
  std::string password;
  static void declare(Fields<NewPassword>& f) {
    f.add(&NewPassword::current, "current").required().format("password").max_length(kMaxPassword);
    f.add(&NewPassword::password, "new").required().format("password").max_length(kMaxPassword);
  }
};

// The request's body as T, or the problem to answer with.
template <Declared T>
std::variant<T, HttpResponse> body_of(const HttpRequest& request) {
  const auto sent = json_body(request);
  if (!sent) return problem(sent.error());
  T body;
  std::vector<FieldError> errors;
  read_fields(body, *sent, "", errors);
  if (!errors.empty()) return problem(400, Code::invalid_argument, errors);
  return body;
}

template <Declared T>
RouteInfo with_body(RouteInfo info) {
  info.method = "POST";
  info.tag = "session";
  info.body_type = "application/json";
  info.body_schema = schema_of<T>();
  return info;
}

AnswerInfo session_answer(int status, std::string description) {
  return {.status = status,
          .description = std::move(description),
          .content_type = "application/json",
          .schema = response_schema(schema_of<SessionBody>())};
}

SessionBody session_of(const Auth& auth, const Caller& caller, std::string csrf_token) {
  SessionBody body;
  body.signed_in = caller.somebody();
  if (body.signed_in) body.user = {caller.user_id, caller.user_name, caller.role};
  body.csrf_token = std::move(csrf_token);
  body.demo = auth.demo();
  body.setup_needed = auth.setup_needed();
  return body;
}

Reply signed_in_reply(const Auth& auth, int status, SignInResult result) {
  if (auto* refusal = std::get_if<HttpResponse>(&result)) return std::move(*refusal);
  auto& session = std::get<SignedIn>(result);
  HttpResponse response = json_response(
      json_text(to_json(session_of(auth, session.caller, std::move(session.csrf_token)))));
  response.status = status;
  response.headers.emplace_back("Set-Cookie", std::move(session.cookie));
  return response;
}

Result<SessionBody> get(const Call<NoParameters>& call) {
  const Auth& auth = call.resources.auth;
  return session_of(auth, call.request.caller, auth.csrf_token(call.request));
}

Result<Reply> sign_in(const Call<NoParameters>& call) {
  auto body = body_of<Credentials>(call.request);
  if (auto* refusal = std::get_if<HttpResponse>(&body)) return Reply(std::move(*refusal));
  const auto& [name, password] = std::get<Credentials>(body);
  Auth& auth = call.resources.auth;
  return signed_in_reply(auth, 200, auth.sign_in(call.request, name, password));
}

Result<Reply> sign_out(const Call<NoParameters>& call) {
  const Caller& caller = call.request.caller;
  HttpResponse response{.status = 204, .content_type = "", .body = nullptr, .headers = {}};
  if (caller.via != Caller::Via::session) return Reply(std::move(response));
  POSS_TRY(call.resources.auth.sign_out(caller));
  audit(call.resources.store, call.request,
        {.name = "sign_out", .kind = "user", .id = caller.user_id, .object = caller.user_name});
  response.headers.emplace_back("Set-Cookie", Auth::no_cookie(call.request));
  return Reply(std::move(response));
}

Result<Reply> change_password(const Call<NoParameters>& call) {
  auto body = body_of<NewPassword>(call.request);
  if (auto* refusal = std::get_if<HttpResponse>(&body)) return Reply(std::move(*refusal));
  const auto& [current, password] = std::get<NewPassword>(body);
  if (auto refusal = call.resources.auth.change_password(call.request, current, password)) {
    return Reply(std::move(*refusal));
  }
  return Reply(HttpResponse{.status = 204, .content_type = "", .body = nullptr, .headers = {}});
}

Result<Reply> set_up(const Call<NoParameters>& call) {
  auto body = body_of<Setup>(call.request);
  if (auto* refusal = std::get_if<HttpResponse>(&body)) return Reply(std::move(*refusal));
  const auto& [token, name, password] = std::get<Setup>(body);
  Auth& auth = call.resources.auth;
  return signed_in_reply(auth, 201, auth.set_up(call.request, token, name, password));
}

}  // namespace

void declare_session(Api& api) {
  api.name_schema<SessionBody>("Session");
  api.get<NoParameters, SessionBody>({.path = "/api/v1/session",
                                      .id = "getSession",
                                      .tag = "session",
                                      .summary = "Who is signed in.",
                                      .access = Access::open},
                                     get);
  api.add<NoParameters>(with_body<Credentials>({.path = "/api/v1/session",
                                                .id = "signIn",
                                                .summary = "Sign in; the session is in a cookie.",
                                                .access = Access::open}),
                        session_answer(200, "The session."), sign_in);
  api.add<NoParameters>(
      {.method = "DELETE",
       .path = "/api/v1/session",
       .id = "signOut",
       .tag = "session",
       .summary = "Sign out.",
       .access = Access::viewer},
      {.status = 204, .description = "The session has ended.", .content_type = "", .schema = {}},
      sign_out);
  api.add<NoParameters>(
      with_body<NewPassword>({.path = "/api/v1/session/password",
                              .id = "changePassword",
                              .summary = "Change one's own password; one's other sessions end.",
                              .access = Access::viewer}),
      {.status = 204, .description = "It was changed.", .content_type = "", .schema = {}},
      change_password);
  api.add<NoParameters>(with_body<Setup>({.path = "/api/v1/setup",
                                          .id = "setUp",
                                          .summary = "Make the first administrator and sign in.",
                                          .access = Access::open}),
                        session_answer(201, "The session."), set_up);
}

}  // namespace poss::server
