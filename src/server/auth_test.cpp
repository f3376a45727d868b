// Sessions, API tokens, passwords and set-up, over a store and a clock that the test moves.
#include "server/auth.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/id.h"
#include "server/test_clock.h"
#include "store/password.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using store::Role;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kPassword = "correct horse battery";

class AuthTest : public testing::Test {
 protected:
  AuthTest() {
    fs::create_directories(folder);
    auto opened = store::Store::open((folder / "poss.db").string(), {}, clock);
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    restart();
  }
  ~AuthTest() override {
    auth.reset();
    store.reset();
    fs::remove_all(folder);
  }
  void restart() { auth = std::make_unique<Auth>(*store, limits, false, clock); }

  store::Stored<store::User> add_user(const std::string& name, Role role = Role::admin) {
    // The same hash for all: making one takes long.
    static const std::string hash = *store::hash_password(kPassword);
    auto user = store->create(store::User{.name = name, .role = role, .password_hash = hash});
    EXPECT_TRUE(user) << user.error().message;
    auth->reload();
    return *user;
  }
  std::string add_token(const std::string& user, Role role,
                        std::optional<Time> expires = std::nullopt) {
    const std::string token = store::new_token();
    EXPECT_TRUE(store->create(store::ApiToken{.name = token.substr(0, 8),
                                              .user = user,
                                              .role = role,
                                              .token_hash = store::hash_token(token),
                                              .expires = expires}));
    auth->reload();
    return token;
  }
  void change(const std::string& id, const std::function<void(store::User&)>& how) {
    auto user = store->get<store::User>(id);
    how(user->value);
    ASSERT_TRUE(store->update(id, user->revision, user->value));
    auth->reload();
  }

  static HttpRequest from(const std::string& peer) {
    HttpRequest request;
    request.method = "POST";
    request.peer = peer;
    return request;
  }
  static HttpRequest with(const std::string& header, const std::string& value) {
    HttpRequest request;
    request.method = "GET";
    request.peer = "192.0.2.1";
    request.headers = {{header, value}};
    return request;
  }
  static HttpRequest bearer(const std::string& token) {
    return with("Authorization", "Bearer " + token);
  }
  // "poss_session=TOKEN" of a Set-Cookie.
  static std::string pair_of(const std::string& cookie) {
    return cookie.substr(0, cookie.find(';'));
  }

  SignInResult sign_in(const std::string& name, const std::string& password = kPassword,
                       const std::string& peer = "192.0.2.1") {
    return auth->sign_in(from(peer), name, password);
  }
  // A request in a new session.
  HttpRequest session(const std::string& name) {
    auto result = sign_in(name);
    if (!std::holds_alternative<SignedIn>(result)) {
      ADD_FAILURE() << *std::get<HttpResponse>(result).body;
      return {};
    }
    return with("Cookie", "a=b; " + pair_of(std::get<SignedIn>(result).cookie));
  }
  static int status_of(const SignInResult& result) {
    const auto* refusal = std::get_if<HttpResponse>(&result);
    return refusal ? refusal->status : 200;
  }
  bool somebody(const HttpRequest& request) { return auth->identify(request).somebody(); }
  bool stored_sessions(std::int64_t count) { return store->list<store::Session>()->total == count; }

  const fs::path folder = fs::temp_directory_path() / ("poss-auth-" + new_id());
  HandClock clock;
  SignInLimits limits;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Auth> auth;
};

TEST_F(AuthTest, the_right_password_begins_a_session_of_the_user) {
  const auto ada = add_user("Ada", Role::operator_);
  const Caller caller = auth->identify(session("aDA"));
  EXPECT_EQ(caller.via, Caller::Via::session);
  EXPECT_EQ(caller.user_id, ada.id);
  EXPECT_EQ(caller.user_name, "Ada");
  EXPECT_EQ(caller.role, Role::operator_);
}

TEST_F(AuthTest, a_wrong_password_and_an_unknown_user_get_the_same_answer) {
  add_user("ada");
  const auto wrong = sign_in("ada", "wrong password");
  const auto unknown = sign_in("grace", "wrong password");
  EXPECT_EQ(status_of(wrong), 401);
  EXPECT_EQ(*std::get<HttpResponse>(wrong).body, *std::get<HttpResponse>(unknown).body);
}

TEST_F(AuthTest, a_session_ends_after_twelve_hours_without_a_request) {
  add_user("ada");
  const auto request = session("ada");
  for (int i = 0; i < 3; ++i) {
    clock.advance(11h);
    EXPECT_TRUE(somebody(request));
  }
  clock.advance(12h);
  EXPECT_FALSE(somebody(request));
  auth->keep_up();
  EXPECT_TRUE(stored_sessions(0));
}

TEST_F(AuthTest, a_session_ends_after_seven_days_however_much_it_is_used) {
  add_user("ada");
  const auto request = session("ada");
  for (int hours = 0; hours < 7 * 24 - 6; hours += 6) {
    clock.advance(6h);
    EXPECT_TRUE(somebody(request));
  }
  clock.advance(6h);
  EXPECT_FALSE(somebody(request));
}

TEST_F(AuthTest, sessions_survive_a_restart) {
  add_user("ada");
  const auto request = session("ada");
  clock.advance(6h);
  EXPECT_TRUE(somebody(request));
  auth->flush();
  clock.advance(11h);
  restart();
  EXPECT_TRUE(somebody(request));
}

TEST_F(AuthTest, the_use_of_a_session_is_written_at_most_once_a_minute) {
  add_user("ada");
  const auto request = session("ada");
  const auto revision = [&] { return store->list<store::Session>()->items.at(0).revision; };
  for (int i = 0; i < 59; ++i) {
    clock.advance(1s);
    EXPECT_TRUE(somebody(request));
    auth->keep_up();
  }
  EXPECT_EQ(revision(), 1);
  clock.advance(1s);
  EXPECT_TRUE(somebody(request));
  auth->keep_up();
  EXPECT_EQ(revision(), 2);
}

TEST_F(AuthTest, the_session_unused_longest_makes_room) {
  limits.sessions = 2;
  restart();
  add_user("ada");
  const auto first = session("ada");
  clock.advance(1s);
  const auto second = session("ada");
  clock.advance(1s);
  EXPECT_TRUE(somebody(first));
  clock.advance(1s);
  const auto third = session("ada");
  EXPECT_TRUE(somebody(first));
  EXPECT_FALSE(somebody(second));
  EXPECT_TRUE(somebody(third));
  EXPECT_TRUE(stored_sessions(2));
}

TEST_F(AuthTest, signing_out_ends_that_session_alone) {
  add_user("ada");
  const auto first = session("ada"), second = session("ada");
  ASSERT_TRUE(auth->sign_out(auth->identify(first)));
  EXPECT_FALSE(somebody(first));
  EXPECT_TRUE(somebody(second));
  EXPECT_TRUE(stored_sessions(1));
}

TEST_F(AuthTest, another_password_ends_the_users_other_sessions) {
  add_user("ada");
  add_user("grace");
  auto mine = session("ada");
  const auto other = session("ada"), graces = session("grace");
  mine.caller = auth->identify(mine);
  const auto wrong = auth->change_password(mine, "not my password", "another password");
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 400);
  EXPECT_TRUE(somebody(other));
  const auto refused = auth->change_password(mine, kPassword, "another password");
  EXPECT_FALSE(refused) << *refused->body;
  EXPECT_TRUE(somebody(mine));
  EXPECT_FALSE(somebody(other));
  EXPECT_TRUE(somebody(graces));
  EXPECT_EQ(status_of(sign_in("ada")), 401);
  EXPECT_EQ(status_of(sign_in("ada", "another password")), 200);
}

TEST_F(AuthTest, a_disabled_user_cannot_come_in) {
  const auto ada = add_user("ada");
  const auto request = session("ada");
  const auto token = add_token(ada.id, Role::viewer);
  change(ada.id, [](store::User& user) { user.disabled = true; });
  EXPECT_FALSE(somebody(request));
  EXPECT_FALSE(somebody(bearer(token)));
  EXPECT_EQ(status_of(sign_in("ada")), 403);
  EXPECT_EQ(status_of(sign_in("ada", "wrong password")), 401);
}

TEST_F(AuthTest, a_removed_user_is_nobody) {
  const auto ada = add_user("ada");
  const auto request = session("ada");
  const auto token = add_token(ada.id, Role::viewer);
  ASSERT_TRUE(store->remove<store::User>(ada.id, 1));
  auth->reload();
  EXPECT_FALSE(somebody(request));
  EXPECT_FALSE(somebody(bearer(token)));
}

TEST_F(AuthTest, a_tokens_role_never_exceeds_its_users) {
  const auto ada = add_user("ada", Role::operator_);
  const auto weak = add_token(ada.id, Role::viewer), strong = add_token(ada.id, Role::admin);
  EXPECT_EQ(auth->identify(bearer(weak)).role, Role::viewer);
  EXPECT_EQ(auth->identify(bearer(strong)).role, Role::operator_);
  change(ada.id, [](store::User& user) { user.role = Role::viewer; });
  EXPECT_EQ(auth->identify(bearer(strong)).role, Role::viewer);
}

TEST_F(AuthTest, a_token_ends_when_it_expires) {
  const auto ada = add_user("ada");
  const auto token = add_token(ada.id, Role::viewer, clock.now() + 1h);
  EXPECT_TRUE(somebody(bearer(token)));
  clock.advance(1h);
  EXPECT_FALSE(somebody(bearer(token)));
}

TEST_F(AuthTest, a_token_that_is_not_valid_is_not_made_up_for_by_a_cookie) {
  add_user("ada");
  auto request = session("ada");
  request.headers.emplace_back("Authorization", "Bearer wrong");
  EXPECT_FALSE(somebody(request));
  request.headers.back().second = "Basic YTpi";
  EXPECT_TRUE(somebody(request));
}

TEST_F(AuthTest, credentials_of_any_shape_are_nobody) {
  add_user("ada");
  for (const char* header : {"Bearer", "Bearer ", "bearer  x", "Bearer \xff", ""}) {
    EXPECT_FALSE(somebody(with("Authorization", header))) << header;
  }
  EXPECT_FALSE(somebody(bearer(std::string(10'000, 'x'))));
  for (const char* cookie : {"", ";;;", "poss_session", "poss_session=", "poss_session=x",
                             "xposs_session=x", "  = ; poss_session==="}) {
    EXPECT_FALSE(somebody(with("Cookie", cookie))) << cookie;
  }
}

TEST_F(AuthTest, over_tls_the_cookie_is_bound_to_it) {
  add_user("ada");
  auto request = from("192.0.2.1");
  request.secure = true;
  const auto result = auth->sign_in(request, "ada", kPassword);
  const auto& cookie = std::get<SignedIn>(result).cookie;
  EXPECT_THAT(cookie, StartsWith("__Host-poss_session="));
  for (const char* part : {"; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"}) {
    EXPECT_THAT(cookie, HasSubstr(part));
  }
  const std::string token = pair_of(cookie).substr(std::string("__Host-poss_session=").size());
  request.headers = {{"Cookie", "poss_session=" + token}};
  EXPECT_FALSE(somebody(request));
  request.headers = {{"Cookie", "__Host-poss_session=" + token}};
  EXPECT_TRUE(somebody(request));
}

TEST_F(AuthTest, in_the_clear_the_cookie_is_for_this_server_alone) {
  add_user("ada");
  const auto result = sign_in("ada");
  const auto& cookie = std::get<SignedIn>(result).cookie;
  EXPECT_THAT(cookie, StartsWith("poss_session="));
  EXPECT_THAT(cookie, HasSubstr("; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(cookie, Not(HasSubstr("Secure")));
  EXPECT_THAT(cookie, Not(HasSubstr("Domain")));
}

TEST_F(AuthTest, what_others_write_into_the_store_is_seen_within_half_a_minute) {
  const auto ada = add_user("ada");
  const auto request = session("ada");
  ASSERT_TRUE(reset_password(*store, "ada", "another password"));
  clock.advance(29s);
  auth->keep_up();
  EXPECT_TRUE(somebody(request));
  clock.advance(1s);
  auth->keep_up();
  EXPECT_FALSE(somebody(request));
  EXPECT_EQ(status_of(sign_in("ada", "another password")), 200);
}

TEST_F(AuthTest, a_reset_password_must_be_as_good_as_any) {
  add_user("ada");
  EXPECT_THAT(reset_password(*store, "ada", "short").error().message,
              HasSubstr("at least 10 characters"));
  EXPECT_EQ(reset_password(*store, "grace", "another password").error().code, Code::not_found);
}

TEST_F(AuthTest, after_five_wrong_passwords_an_address_waits) {
  add_user("ada");
  for (int i = 0; i < 6; ++i) EXPECT_EQ(status_of(sign_in("ada", "wrong password")), 401);
  const auto refused = sign_in("ada");
  ASSERT_EQ(status_of(refused), 429);
  const auto& response = std::get<HttpResponse>(refused);
  EXPECT_THAT(response.headers,
              testing::Contains(std::pair<std::string, std::string>("Retry-After", "1")));
  EXPECT_THAT(*response.body, HasSubstr("try again in 1 second"));
  EXPECT_EQ(status_of(sign_in("ada", kPassword, "192.0.2.2")), 200);
  clock.advance(1s);
  EXPECT_EQ(status_of(sign_in("ada")), 200);
}

TEST_F(AuthTest, a_session_does_not_help_to_guess_the_password) {
  add_user("ada");
  auto request = session("ada");
  request.caller = auth->identify(request);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(auth->change_password(request, "wrong password", "another password")->status, 400);
  }
  EXPECT_EQ(auth->change_password(request, kPassword, "another password")->status, 429);
}

TEST_F(AuthTest, too_many_passwords_at_a_time_are_refused) {
  add_user("ada");
  limits.hashing = 0;
  restart();
  const auto refused = sign_in("ada");
  ASSERT_EQ(status_of(refused), 503);
  EXPECT_THAT(std::get<HttpResponse>(refused).headers,
              testing::Contains(std::pair<std::string, std::string>("Retry-After", "1")));
  EXPECT_EQ(auth->hash(kPassword).error().code, Code::unavailable);
}

TEST_F(AuthTest, set_up_makes_the_first_administrator_once) {
  ASSERT_TRUE(auth->setup_needed());
  const std::string old = auth->make_setup_token(), token = auth->make_setup_token();
  const auto set_up = [&](const std::string& with_token, const std::string& password) {
    return auth->set_up(from("192.0.2.1"), with_token, "ada", password);
  };
  EXPECT_EQ(status_of(set_up(old, kPassword)), 403);
  EXPECT_EQ(status_of(set_up("", kPassword)), 403);
  EXPECT_EQ(status_of(set_up(token, "short")), 400);
  EXPECT_TRUE(auth->setup_needed());
  const auto done = set_up(token, kPassword);
  ASSERT_EQ(status_of(done), 200);
  EXPECT_TRUE(somebody(with("Cookie", pair_of(std::get<SignedIn>(done).cookie))));
  EXPECT_EQ(std::get<SignedIn>(done).caller.role, Role::admin);
  EXPECT_FALSE(auth->setup_needed());
  EXPECT_EQ(auth->make_setup_token(), "");
  EXPECT_EQ(status_of(set_up(token, kPassword)), 409);
}

TEST_F(AuthTest, a_set_up_link_is_of_one_start) {
  const std::string token = auth->make_setup_token();
  restart();
  EXPECT_EQ(status_of(auth->set_up(from("192.0.2.1"), token, "ada", kPassword)), 403);
}

TEST_F(AuthTest, set_up_is_over_when_another_server_did_it) {
  const std::string token = auth->make_setup_token();
  Auth other(*store, limits, false, clock);
  ASSERT_EQ(status_of(other.set_up(from("192.0.2.1"), other.make_setup_token(), "ada", kPassword)),
            200);
  EXPECT_EQ(status_of(auth->set_up(from("192.0.2.1"), token, "eve", kPassword)), 409);
}

TEST_F(AuthTest, in_the_demo_everybody_is_an_administrator) {
  Auth demo(*store, limits, true, clock);
  const Caller caller = demo.identify(HttpRequest{});
  EXPECT_EQ(caller.via, Caller::Via::demo);
  EXPECT_EQ(caller.role, Role::admin);
  EXPECT_FALSE(demo.setup_needed());
  EXPECT_EQ(demo.make_setup_token(), "");
  EXPECT_EQ(status_of(demo.sign_in(from("127.0.0.1"), "ada", kPassword)), 409);
}

TEST(Password, has_rules) {
  EXPECT_EQ(password_fault("ada", "ten chars!"), "");
  EXPECT_EQ(password_fault("ada", "zehn Zeiöß"), "");
  EXPECT_NE(password_fault("ada", "nine char"), "");
  EXPECT_NE(password_fault("ada", "öößßööß"), "");
  EXPECT_NE(password_fault("ada", std::string(1025, 'x')), "");
  EXPECT_NE(password_fault("ada lovelace", "Ada Lovelace"), "");
  EXPECT_NE(password_fault("ada", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "");
}

}  // namespace
}  // namespace poss::server
