// Auth: who may come in. Sessions of browsers, API tokens, the first set-up, and passwords.
//
// Users, tokens and sessions are in the store; what identify() needs of them is held in memory, so
// that telling who sends a request takes microseconds and touches no disk.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/sync.h"
#include "base/time.h"
#include "server/http.h"
#include "server/options.h"
#include "server/throttle.h"
#include "store/store.h"

namespace poss::server {

struct RouteInfo;

// A session that has just begun. The strings are secrets.
struct SignedIn {
  Caller caller;
  std::string cookie;  // value of Set-Cookie
  std::string csrf_token;
};

// A new session, or the problem to answer with.
using SignInResult = std::variant<SignedIn, HttpResponse>;

// Thread-safe. Functions that take passwords take a tenth of a second and more.
class Auth {
 public:
  // `store` and `clock` outlive it. In a demo everybody is an administrator.
  Auth(store::Store& store, const SignInLimits& limits, bool demo,
       const Clock& clock = system_clock());

  // Whom the request's Authorization or cookie names; nobody when that is not valid (any more).
  Caller identify(const HttpRequest& request);
  // The problem to answer with when a caller may not use a route.
  std::optional<HttpResponse> refuse(const HttpRequest& request, const RouteInfo& route,
                                     const Caller& caller) const;
  // Whether what the caller was identified by is still valid, for answers that go on.
  bool still_valid(const Caller& caller);

  SignInResult sign_in(const HttpRequest& request, const std::string& user_name,
                       const std::string& password);
  // Ends the caller's session.
  Result<void> sign_out(const Caller& caller);
  // Nothing when it was changed; the caller's other sessions have then ended.
  std::optional<HttpResponse> change_password(const HttpRequest& request,
                                              const std::string& current,
                                              const std::string& password);
  // What a session's changes must send as X-CSRF-Token; "" for others than sessions.
  std::string csrf_token(const HttpRequest& request) const;
  // Value of Set-Cookie that removes the session's cookie.
  static std::string no_cookie(const HttpRequest& request);

  // Whether there is nobody yet who could sign in.
  bool setup_needed() const;
  // A new secret that lets its holder make the first administrator; the one before is void. Empty
  // when no set-up is needed.
  std::string make_setup_token();
  SignInResult set_up(const HttpRequest& request, const std::string& token,
                      const std::string& user_name, const std::string& password);

  // For storing; fails with unavailable when too many are hashed at this moment.
  Result<std::string> hash(const std::string& password);
  // Ends the sessions of a user but for the one that the caller is known by.
  Result<void> end_sessions(const std::string& user_id, const Caller& but);
  // To be called when users or tokens were changed.
  void reload();
  // To be called every second or so: notes when sessions were used, ends those that are over, and
  // learns what others wrote into the store.
  void keep_up();
  // Notes when sessions were used, whenever that was noted before.
  void flush();

  // The name of a user; "" when there is none of this id.
  std::string user_name(const std::string& id) const;
  // Whether another user than this one is an administrator who can sign in.
  bool other_admin(const std::string& id) const;

  bool demo() const { return demo_; }

 private:
  struct User {
    std::string name;
    store::Role role = store::Role::viewer;
    bool disabled = false;
  };
  struct Session {
    std::string id;
    std::int64_t revision = 0;
    std::string user;
    Time last_used{};
    Time written{};  // what the store has of last_used
    Time expires{};
  };
  struct Token {
    std::string user;
    store::Role role = store::Role::viewer;
    std::optional<Time> expires;
  };
  template <class T>
  using ByKey = std::unordered_map<std::string, T>;

  // Leave to hash one password; it must be given back.
  class Ticket;

  Caller find(Caller::Via via, const std::string& credential) REQUIRES(mutex_);
  bool over(const Session& session, Time now) const;
  HttpResponse must_wait(std::chrono::seconds wait) const;
  HttpResponse busy() const;
  Result<void> load() REQUIRES(store_mutex_);
  Result<SignedIn> begin_session(const HttpRequest& request, const std::string& user_id,
                                 const store::User& user) REQUIRES(store_mutex_);
  Result<void> remove_session(const std::string& credential) REQUIRES(store_mutex_);
  void write_uses(std::chrono::seconds older_than) REQUIRES(store_mutex_);

  store::Store& store_;
  const SignInLimits limits_;
  const bool demo_;
  const Clock& clock_;
  Throttle throttle_;
  Mutex store_mutex_;  // held while sessions change in the store; taken before mutex_
  bool stale_ GUARDED_BY(store_mutex_) = true;  // what is in memory is older than the store
  Time loaded_ GUARDED_BY(store_mutex_){};
  mutable Mutex mutex_;
  bool loaded_once_ GUARDED_BY(mutex_) = false;
  ByKey<User> users_ GUARDED_BY(mutex_);        // by id
  ByKey<Session> sessions_ GUARDED_BY(mutex_);  // by hash
  ByKey<Token> tokens_ GUARDED_BY(mutex_);      // by hash
  std::string setup_hash_ GUARDED_BY(mutex_);
  int hashing_ GUARDED_BY(mutex_) = 0;
};

// What is wrong with a password for this user; "" when nothing.
std::string password_fault(const std::string& user_name, const std::string& password);

// Gives a user another password and ends all their sessions, for those who can reach the store and
// forgot it.
Result<void> reset_password(store::Store& store, const std::string& user_name,
                            const std::string& password);

}  // namespace poss::server
