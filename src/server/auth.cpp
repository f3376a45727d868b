// Telling who sends a request, and signing in and out.
#include "server/auth.h"

#include <algorithm>

#include "base/log.h"
#include "server/api.h"
#include "server/audit.h"
#include "store/password.h"

namespace poss::server {
namespace {

constexpr size_t kMinPassword = 10;
constexpr size_t kMaxPassword = 1024;  // bytes
constexpr size_t kMaxCredential = 256;

const char* cookie_name(const HttpRequest& request) {
  // The prefix holds browsers to Secure and Path=/, so that no other host can set it.
  return request.secure ? "__Host-poss_session" : "poss_session";
}

// The attributes with which a cookie is set and removed.
std::string cookie(const HttpRequest& request, const std::string& value, std::int64_t age_s) {
  return std::string(cookie_name(request)) + "=" + value +
         "; Path=/; Max-Age=" + std::to_string(age_s) + "; HttpOnly; SameSite=Strict" +
         (request.secure ? "; Secure" : "");
}

// The session's token from the Cookie headers (RFC 6265, 4.2.1); "" when there is none.
std::string_view session_token(const HttpRequest& request) {
  const std::string_view name = cookie_name(request);
  for (const auto& [key, value] : request.headers) {
    if (!equal_ignoring_case(key, "cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      const auto token = pair.substr(equals + 1);
      return token.size() <= kMaxCredential ? token : std::string_view();
    }
  }
  return {};
}

// The token of "Authorization: Bearer TOKEN" (RFC 6750, 2.1); none when no such header was sent.
std::optional<std::string_view> bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  std::string_view value = request.header("authorization");
  if (value.size() < scheme.size() || !equal_ignoring_case(value.substr(0, scheme.size()), scheme))
    return std::nullopt;
  value.remove_prefix(scheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value.size() <= kMaxCredential ? value : std::string_view();
}

// 64 bytes are the longest key of the derivation; tokens of ours have 43 characters.
std::string csrf_of(std::string_view token) {
  return token.empty() || token.size() > 64 ? "" : store::derive_token(token, "poss csrf");
}

HttpResponse later(int status, const std::string& detail, std::chrono::seconds wait) {
  HttpResponse response = problem(status, Code::resource_exhausted, detail);
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return response;
}

HttpResponse unauthenticated(std::string detail) {
  HttpResponse response = problem(401, Code::permission_denied, std::move(detail));
  response.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 9110, 15.5.2
  return response;
}

HttpResponse field_problem(const std::string& field, const std::string& detail) {
  return problem(400, Code::invalid_argument, {FieldError{field, detail}});
}

std::string duration_text(std::chrono::seconds wait) {
  const auto count = wait.count();
  if (count >= 120) return std::to_string((count + 59) / 60) + " minutes";
  return std::to_string(count) + (count == 1 ? " second" : " seconds");
}

// Every object of a kind.
template <store::Object T>
Result<std::vector<store::Stored<T>>> all_of(store::Store& store, const std::string& of = "") {
  std::vector<store::Stored<T>> all;
  store::Query query{.refers_to = of, .limit = 1000};
  do {
    POSS_ASSIGN(auto page, store.list<T>(query));
    std::move(page.items.begin(), page.items.end(), std::back_inserter(all));
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return all;
}

}  // namespace

std::string password_fault(const std::string& user_name, const std::string& password) {
  if (password.size() > kMaxPassword) {
    return "must have at most " + std::to_string(kMaxPassword) + " bytes";
  }
  const auto characters = store::count_characters(password);
  if (!characters) return "must be UTF-8 text";
  if (*characters < kMinPassword) {
    return "must have at least " + std::to_string(kMinPassword) + " characters";
  }
  if (store::fold_case(password) == store::fold_case(user_name)) {
    return "must not be the user name";
  }
  return "";
}

Result<void> reset_password(store::Store& store, const std::string& user_name,
                            const std::string& password) {
  POSS_ASSIGN(auto user, store.find<store::User>(user_name));
  if (const std::string fault = password_fault(user.value.name, password); !fault.empty()) {
    return Error{Code::invalid_argument, "the password " + fault};
  }
  POSS_ASSIGN(user.value.password_hash, store::hash_password(password));
  POSS_TRY(store.update(user.id, user.revision, user.value));
  POSS_ASSIGN(const auto sessions, all_of<store::Session>(store, user.id));
  for (const auto& session : sessions) {
    const auto removed = store.remove<store::Session>(session.id, session.revision);
    if (!removed && removed.error().code != Code::not_found) return removed.error();
  }
  HttpRequest nobody;
  audit(store, nobody,
        {.name = "password_change",
         .kind = "user",
         .id = user.id,
         .object = user.value.name,
         .detail = "on the command line"});
  return {};
}

class Auth::Ticket {
 public:
  explicit Ticket(Auth& auth) : auth_(auth) {
    Lock lock(auth_.mutex_);
    mine_ = auth_.hashing_ < auth_.limits_.hashing;
    if (mine_) ++auth_.hashing_;
  }
  ~Ticket() {
    if (!mine_) return;
    Lock lock(auth_.mutex_);
    --auth_.hashing_;
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  explicit operator bool() const { return mine_; }

 private:
  Auth& auth_;
  bool mine_ = false;
};

Auth::Auth(store::Store& store, const SignInLimits& limits, bool demo, const Clock& clock)
    : store_(store), limits_(limits), demo_(demo), clock_(clock), throttle_(clock) {
  reload();
}

// ---- who sends a request ----

bool Auth::over(const Session& session, Time now) const {
  return now >= session.expires || now - session.last_used >= limits_.idle;
}

Caller Auth::find(Caller::Via via, const std::string& credential) {
  const Time now = clock_.now();
  std::string user_id;
  auto role = store::Role::admin;
  if (via == Caller::Via::session) {
    const auto found = sessions_.find(credential);
    if (found == sessions_.end() || over(found->second, now)) return {};
    found->second.last_used = std::max(found->second.last_used, now);
    user_id = found->second.user;
  } else {
    const auto found = tokens_.find(credential);
    if (found == tokens_.end()) return {};
    const Token& token = found->second;
    if (token.expires && now >= *token.expires) return {};
    role = token.role;
    user_id = token.user;
  }
  const auto user = users_.find(user_id);
  if (user == users_.end() || user->second.disabled) return {};
  return {.via = via,
          .user_id = user_id,
          .user_name = user->second.name,
          .role = std::min(role, user->second.role),
          .credential = credential};
}

Caller Auth::identify(const HttpRequest& request) {
  if (demo_) {
    return {.via = Caller::Via::demo,
            .user_id = "",
            .user_name = "demo",
            .role = store::Role::admin,
            .credential = ""};
  }
  const auto bearer = bearer_token(request);
  const std::string_view token = bearer ? *bearer : session_token(request);
  if (token.empty()) return {};
  const std::string credential = store::hash_token(token);
  Lock lock(mutex_);
  return find(bearer ? Caller::Via::token : Caller::Via::session, credential);
}

bool Auth::still_valid(const Caller& caller) {
  if (caller.via == Caller::Via::demo) return true;
  if (!caller.somebody()) return false;
  Lock lock(mutex_);
  return find(caller.via, caller.credential).somebody();
}

std::optional<HttpResponse> Auth::refuse(const HttpRequest& request, const RouteInfo& route,
                                         const Caller& caller) const {
  const Access access = access_of(route);
  if (access == Access::open) return std::nullopt;
  if (!caller.somebody()) {
    if (bearer_token(request)) {
      return unauthenticated(
          "the API token is not valid: it is unknown, has expired, or its user is disabled");
    }
    if (!session_token(request).empty()) {
      return unauthenticated("the session has ended; sign in again");
    }
    return unauthenticated("sign in, or send an API token as Authorization: Bearer");
  }
  if (caller.via == Caller::Via::session && request.method != "GET" &&
      !store::same_secret(request.header("x-csrf-token"), csrf_of(session_token(request)))) {
    return problem(403, Code::permission_denied,
                   "a change in a session needs the header X-CSRF-Token with the csrf_token of "
                   "GET /api/v1/session; load the page again");
  }
  const store::Role needed = access == Access::admin       ? store::Role::admin
                             : access == Access::operator_ ? store::Role::operator_
                                                           : store::Role::viewer;
  if (caller.role >= needed) return std::nullopt;
  return problem(403, Code::permission_denied,
                 "this needs the role " + std::string(enum_name(needed)) + ", and yours is " +
                     std::string(enum_name(caller.role)) + "; ask an administrator");
}

std::string Auth::csrf_token(const HttpRequest& request) const {
  return request.caller.via == Caller::Via::session ? csrf_of(session_token(request)) : "";
}

std::string Auth::no_cookie(const HttpRequest& request) { return cookie(request, "", 0); }

std::string Auth::user_name(const std::string& id) const {
  Lock lock(mutex_);
  const auto found = users_.find(id);
  return found == users_.end() ? "" : found->second.name;
}

bool Auth::other_admin(const std::string& id) const {
  Lock lock(mutex_);
  return std::any_of(users_.begin(), users_.end(), [&](const auto& user) {
    return user.first != id && user.second.role == store::Role::admin && !user.second.disabled;
  });
}

// ---- what is held in memory ----

Result<void> Auth::load() {
  POSS_ASSIGN(const auto users, all_of<store::User>(store_));
  POSS_ASSIGN(const auto tokens, all_of<store::ApiToken>(store_));
  POSS_ASSIGN(const auto sessions, all_of<store::Session>(store_));
  Lock lock(mutex_);
  users_.clear();
  for (const auto& user : users) {
    users_[user.id] = {user.value.name, user.value.role, user.value.disabled};
  }
  tokens_.clear();
  for (const auto& token : tokens) {
    tokens_[token.value.token_hash] = {token.value.user, token.value.role, token.value.expires};
  }
  const auto before = std::exchange(sessions_, {});
  for (const auto& session : sessions) {
    const store::Session& value = session.value;
    const auto known = before.find(value.token_hash);
    const Time used = known == before.end() ? value.last_used : known->second.last_used;
    sessions_[value.token_hash] = {.id = session.id,
                                   .revision = session.revision,
                                   .user = value.user,
                                   .last_used = std::max(used, value.last_used),
                                   .written = value.last_used,
                                   .expires = value.expires};
  }
  loaded_once_ = true;
  return {};
}

void Auth::reload() {
  Lock lock(store_mutex_);
  const auto done = load();
  // Tried again by keep_up(); until then what was known holds.
  if (!done) spdlog::error("sign-in: {}", done.error().message);
  stale_ = !done;
  loaded_ = clock_.now();
}

void Auth::keep_up() {
  bool again = false;
  {
    Lock lock(store_mutex_);
    write_uses(limits_.write);
    again = stale_ || clock_.now() - loaded_ >= limits_.refresh;
  }
  if (again) reload();
}

void Auth::flush() {
  Lock lock(store_mutex_);
  write_uses(std::chrono::seconds(0));
}

void Auth::write_uses(std::chrono::seconds older_than) {
  std::vector<std::pair<std::string, Session>> used;
  std::vector<std::string> ended;
  {
    Lock lock(mutex_);
    const Time now = clock_.now();
    for (const auto& [credential, session] : sessions_) {
      if (over(session, now)) {
        ended.push_back(credential);
      } else if (session.last_used > session.written &&
                 session.last_used - session.written >= older_than) {
        used.emplace_back(credential, session);
      }
    }
  }
  for (const auto& credential : ended) {
    if (const auto removed = remove_session(credential); !removed) {
      spdlog::error("sign-in: {}", removed.error().message);
    }
  }
  for (const auto& [credential, session] : used) {
    const auto written = store_.update(session.id, session.revision,
                                       store::Session{.user = session.user,
                                                      .token_hash = credential,
                                                      .last_used = session.last_used,
                                                      .expires = session.expires});
    Lock lock(mutex_);
    const auto found = sessions_.find(credential);
    if (found == sessions_.end()) continue;
    if (written) {
      found->second.revision = written->revision;
      found->second.written = session.last_used;
    } else if (written.error().code == Code::not_found) {
      sessions_.erase(found);  // ended from outside
    } else {
      stale_ = true;
      if (written.error().code == Code::precondition_failed) continue;  // noted by another server
      spdlog::error("sign-in: {}", written.error().message);
    }
  }
}

// ---- sessions ----

Result<void> Auth::remove_session(const std::string& credential) {
  Session session;
  {
    // Out of memory first: whatever becomes of the store, it is not valid here any more.
    Lock lock(mutex_);
    const auto found = sessions_.find(credential);
    if (found == sessions_.end()) return {};
    session = found->second;
    sessions_.erase(found);
  }
  // Its newest revision: another server of the same store may have noted a use.
  Result<void> removed = [&]() -> Result<void> {
    POSS_ASSIGN(const auto newest, store_.get<store::Session>(session.id));
    return store_.remove<store::Session>(newest.id, newest.revision);
  }();
  if (removed || removed.error().code == Code::not_found) return {};
  stale_ = true;
  return removed;
}

Result<SignedIn> Auth::begin_session(const HttpRequest& request, const std::string& user_id,
                                     const store::User& user) {
  std::vector<std::pair<Time, std::string>> others;
  {
    Lock lock(mutex_);
    for (const auto& [credential, session] : sessions_) {
      if (session.user == user_id) others.emplace_back(session.last_used, credential);
    }
  }
  std::sort(others.begin(), others.end());
  for (size_t i = 0; others.size() - i >= std::max<size_t>(limits_.sessions, 1); ++i) {
    POSS_TRY(remove_session(others[i].second));
  }
  const std::string token = store::new_token();
  const std::string credential = store::hash_token(token);
  const Time now = clock_.now();
  const store::Session session{.user = user_id,
                               .token_hash = credential,
                               .last_used = now,
                               .expires = now + limits_.lifetime};
  POSS_ASSIGN(const auto stored, store_.create(session));
  Lock lock(mutex_);
  sessions_[credential] = {.id = stored.id,
                           .revision = stored.revision,
                           .user = user_id,
                           .last_used = now,
                           .written = now,
                           .expires = session.expires};
  users_[user_id] = {user.name, user.role, user.disabled};
  return SignedIn{.caller = {.via = Caller::Via::session,
                             .user_id = user_id,
                             .user_name = user.name,
                             .role = user.role,
                             .credential = credential},
                  .cookie = cookie(request, token, limits_.lifetime.count()),
                  .csrf_token = csrf_of(token)};
}

Result<void> Auth::end_sessions(const std::string& user_id, const Caller& but) {
  Lock lock(store_mutex_);
  std::vector<std::string> theirs;
  {
    Lock held(mutex_);
    for (const auto& [credential, session] : sessions_) {
      if (session.user == user_id && credential != but.credential) theirs.push_back(credential);
    }
  }
  for (const auto& credential : theirs) POSS_TRY(remove_session(credential));
  return {};
}

Result<void> Auth::sign_out(const Caller& caller) {
  Lock lock(store_mutex_);
  return remove_session(caller.credential);
}

// ---- passwords ----

HttpResponse Auth::must_wait(std::chrono::seconds wait) const {
  return later(
      429, "too many passwords from your address were wrong; try again in " + duration_text(wait),
      wait);
}

HttpResponse Auth::busy() const {
  return later(503, "too many people are signing in at this moment; try again in a second",
               std::chrono::seconds(1));
}

Result<std::string> Auth::hash(const std::string& password) {
  const Ticket ticket(*this);
  if (!ticket) {
    return Error{Code::unavailable,
                 "too many people are signing in at this moment; try again in a second"};
  }
  return store::hash_password(password);
}

SignInResult Auth::sign_in(const HttpRequest& request, const std::string& user_name,
                           const std::string& password) {
  if (demo_) {
    return problem(409, Code::conflict, "the demo needs no sign-in: everybody is an administrator");
  }
  if (const auto wait = throttle_.wait(request.peer); wait.count() > 0) return must_wait(wait);
  auto user = store_.find<store::User>(store::clean_utf8(user_name));
  if (!user && user.error().code != Code::not_found) return problem(user.error());
  {
    const Ticket ticket(*this);
    if (!ticket) return busy();
    if (!store::verify_password(password, user ? user->value.password_hash : "")) {
      throttle_.failed(request.peer, user_name);
      // A name nobody has may be a password in the wrong field.
      if (user) {
        audit(
            store_, request,
            {.name = "sign_in_failed", .kind = "user", .id = user->id, .object = user->value.name});
      }
      return unauthenticated("the user name or the password is wrong");
    }
    throttle_.succeeded(user_name);
  }
  if (user->value.disabled) {
    return problem(403, Code::permission_denied,
                   "this user is disabled; ask an administrator to enable it");
  }
  Result<SignedIn> signed_in = [&]() -> Result<SignedIn> {
    Lock lock(store_mutex_);
    // Again: it may have been disabled or given another password while this one was compared.
    POSS_ASSIGN(const auto now, store_.get<store::User>(user->id));
    if (now.value.disabled || now.value.password_hash != user->value.password_hash) {
      return Error{Code::conflict, "the user was changed at this moment; sign in again"};
    }
    return begin_session(request, now.id, now.value);
  }();
  if (!signed_in) return problem(signed_in.error());
  audit(store_, request,
        {.name = "sign_in",
         .kind = "user",
         .id = user->id,
         .object = user->value.name,
         .user = user->value.name});
  return std::move(*signed_in);
}

std::optional<HttpResponse> Auth::change_password(const HttpRequest& request,
                                                  const std::string& current,
                                                  const std::string& password) {
  const Caller& caller = request.caller;
  if (caller.user_id.empty()) {
    return problem(409, Code::conflict, "the demo has no users, and so no passwords");
  }
  if (const auto wait = throttle_.wait(request.peer); wait.count() > 0) return must_wait(wait);
  auto user = store_.get<store::User>(caller.user_id);
  if (!user) return problem(user.error());
  {
    const Ticket ticket(*this);
    if (!ticket) return busy();
    if (!store::verify_password(current, user->value.password_hash)) {
      throttle_.failed(request.peer, user->value.name);
      return field_problem("current", "is not your password");
    }
    if (const auto fault = password_fault(user->value.name, password); !fault.empty()) {
      return field_problem("new", fault);
    }
    auto hashed = store::hash_password(password);
    if (!hashed) return problem(hashed.error());
    user->value.password_hash = std::move(*hashed);
  }
  const auto stored = store_.update(user->id, user->revision, user->value);
  if (!stored) return problem(stored.error());
  const auto ended = end_sessions(user->id, caller);
  audit(store_, request,
        {.name = "password_change", .kind = "user", .id = user->id, .object = user->value.name});
  if (!ended) return problem(ended.error());
  return std::nullopt;
}

// ---- set-up ----

bool Auth::setup_needed() const {
  Lock lock(mutex_);
  return !demo_ && loaded_once_ && users_.empty();
}

std::string Auth::make_setup_token() {
  if (!setup_needed()) return "";
  const std::string token = store::new_token();
  Lock lock(mutex_);
  setup_hash_ = store::hash_token(token);
  return token;
}

SignInResult Auth::set_up(const HttpRequest& request, const std::string& token,
                          const std::string& user_name, const std::string& password) {
  if (!setup_needed()) {
    return problem(409, Code::conflict,
                   demo_ ? "the demo needs no set-up: everybody is an administrator"
                         : "POSS is set up already; sign in");
  }
  {
    Lock lock(mutex_);
    if (setup_hash_.empty() || !store::same_secret(store::hash_token(token), setup_hash_)) {
      return problem(403, Code::permission_denied,
                     "the set-up link is not valid; use the one that POSS printed when it was "
                     "started last");
    }
  }
  std::vector<FieldError> errors;
  if (const auto named = store::check_name(user_name, ""); !named) {
    errors.push_back({"user_name", named.error().message.substr(1)});
  }
  if (const auto fault = password_fault(user_name, password); !fault.empty()) {
    errors.push_back({"password", fault});
  }
  if (!errors.empty()) return problem(400, Code::invalid_argument, errors);
  auto hashed = hash(password);
  if (!hashed) return busy();
  const store::User first{
      .name = user_name, .role = store::Role::admin, .password_hash = std::move(*hashed)};
  std::string id;
  const Result<SignedIn> signed_in = [&]() -> Result<SignedIn> {
    Lock lock(store_mutex_);
    // In the store itself: somebody else may have been quicker, here or with another server.
    POSS_ASSIGN(const auto users, store_.list<store::User>({.limit = 1}));
    if (users.total > 0) return Error{Code::conflict, "POSS is set up already; sign in"};
    POSS_ASSIGN(const auto user, store_.create(first));
    id = user.id;
    {
      Lock held(mutex_);
      setup_hash_.clear();
    }
    return begin_session(request, user.id, user.value);
  }();
  if (!id.empty()) {
    audit(store_, request,
          {.name = "set_up", .kind = "user", .id = id, .object = user_name, .user = user_name});
  }
  if (!signed_in) return problem(signed_in.error());
  return *signed_in;
}

}  // namespace poss::server
