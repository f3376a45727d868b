// Signing in over REST: what answers, cookies, the log and the audit log show.
#include <sstream>

#include <spdlog/sinks/ostream_sink.h>

#include "base/log.h"
#include "server/test_people.h"

namespace poss::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class SessionTest : public PeopleTest {};

TEST_F(SessionTest, the_first_administrator_is_made_with_the_link_and_signed_in) {
  EXPECT_EQ(get("/session").body.at("setup_needed"), true);
  EXPECT_EQ(post_setup("wrong").status, 403);
  const auto root = set_up();
  const auto session = send_as(root, "GET", "/session");
  EXPECT_EQ(session.body.at("signed_in"), true);
  EXPECT_EQ(session.body.at("setup_needed"), false);
  EXPECT_EQ(session.body.at_pointer("/user/name"), "root");
  EXPECT_EQ(session.body.at_pointer("/user/role"), "admin");
  EXPECT_EQ(session.body.at("csrf_token"), json::value(root.csrf_token));
  EXPECT_EQ(post_setup("wrong").status, 409);
}

TEST_F(SessionTest, set_up_tells_what_is_wrong_with_name_and_password) {
  const auto answer =
      send("POST", "/setup",
           {{"token", server->make_setup_token()}, {"user_name", " root"}, {"password", "short"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(problem_of(answer, "user_name"), "");
  EXPECT_THAT(problem_of(answer, "password"), HasSubstr("at least 10 characters"));
}

TEST_F(SessionTest, a_session_begins_with_the_password_and_ends_with_signing_out) {
  set_up();
  EXPECT_EQ(get("/session").body.at("signed_in"), false);
  EXPECT_EQ(get("/locations").status, 401);
  EXPECT_EQ(post_session("root", "wrong password").status, 401);
  const auto root = sign_in("root");
  EXPECT_EQ(send_as(root, "GET", "/locations").status, 200);
  const auto out = send_as(root, "DELETE", "/session");
  EXPECT_EQ(out.status, 204);
  EXPECT_THAT(out.headers.at("set-cookie"), HasSubstr("poss_session=; Path=/; Max-Age=0"));
  const auto after = send_as(root, "GET", "/locations");
  EXPECT_EQ(after.status, 401);
  EXPECT_EQ(after.body.at("code"), "unauthenticated");
  EXPECT_THAT(after.text, HasSubstr("the session has ended; sign in again"));
}

TEST_F(SessionTest, a_change_in_a_session_needs_its_csrf_token) {
  const auto root = set_up();
  const auto other = sign_in("root");
  const json::value hall{{"name", "Hall"}};
  const std::string cookie = "Cookie: " + root.cookie;
  EXPECT_EQ(send("POST", "/locations", hall, {cookie}).status, 403);
  EXPECT_EQ(send("POST", "/locations", hall, {cookie, "X-CSRF-Token:"}).status, 403);
  EXPECT_EQ(send("POST", "/locations", hall, {cookie, "X-CSRF-Token: " + other.csrf_token}).status,
            403);
  EXPECT_EQ(send("DELETE", "/session", {}, {cookie}).status, 403);
  EXPECT_EQ(send_as(root, "POST", "/locations", hall).status, 201);
}

TEST_F(SessionTest, one_can_change_ones_own_password) {
  const auto root = set_up();
  add_user(root, "ada", "viewer");
  const auto ada = sign_in("ada"), elsewhere = sign_in("ada");
  const auto change = [&](const std::string& current, const std::string& next) {
    return send_as(ada, "POST", "/session/password", {{"current", current}, {"new", next}});
  };
  EXPECT_NE(problem_of(change("wrong password", "another password"), "current"), "");
  EXPECT_NE(problem_of(change(kTestPassword, "short"), "new"), "");
  EXPECT_EQ(change(kTestPassword, "another password").status, 204);
  EXPECT_EQ(send_as(ada, "GET", "/locations").status, 200);
  EXPECT_EQ(send_as(elsewhere, "GET", "/locations").status, 401);
  EXPECT_EQ(post_session("ada", "another password").status, 200);
}

TEST_F(SessionTest, no_page_of_another_origin_can_sign_anybody_in) {
  set_up();
  EXPECT_EQ(send("POST", "/session", {{"user_name", "root"}, {"password", kTestPassword}},
                 {"Origin: http://evil.example"})
                .status,
            403);
  EXPECT_EQ(
      send_raw("/api/v1/session", {.method = "POST",
                                   .body = "user_name=root&password=correct+horse+battery",
                                   .headers = {"Content-Type: application/x-www-form-urlencoded"}})
          .status,
      400);
}

TEST_F(SessionTest, an_event_stream_ends_with_its_session) {
  const auto root = set_up();
  BareClient events(server->port());
  events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: " + root.cookie +
              "\r\n\r\n");
  EXPECT_THAT(events.read_until("event: status"), HasSubstr("200 OK"));
  BareClient nobody(server->port());
  nobody.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(nobody.read_until("\r\n"), HasSubstr("401"));
  ASSERT_EQ(send_as(root, "DELETE", "/session").status, 204);
  const auto again = sign_in("root");
  ASSERT_EQ(send_as(again, "POST", "/locations", {{"name", "Hidden hall"}}).status, 201);
  bool closed = false;
  EXPECT_THAT(events.read_all(&closed), Not(HasSubstr("\"location\"")));
  EXPECT_TRUE(closed);
}

TEST_F(SessionTest, a_body_is_not_read_from_somebody_who_may_not_send_it) {
  BareClient client(server->port());
  client.send(
      "POST /api/v1/locations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000000\r\n\r\n{");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("401 Unauthorized"));
}

TEST_F(SessionTest, the_audit_log_tells_of_signing_in_and_out) {
  const auto root = set_up();
  post_session("root", "wrong password");
  post_session("my-password-in-the-wrong-field", "root");
  const auto again = sign_in("root");
  send_as(again, "DELETE", "/session");
  const auto list = send_as(root, "GET", "/audit");
  ASSERT_EQ(list.status, 200) << list.text;
  std::vector<std::string> actions;
  for (const auto& entry : list.body.at("items").as_array()) {
    actions.emplace_back(entry.at("status").as_string());
    EXPECT_EQ(entry.at("name"), "root");
    EXPECT_EQ(entry.at("address"), "127.0.0.1");
  }
  EXPECT_EQ(actions, (std::vector<std::string>{"sign_out", "sign_in", "sign_in_failed", "set_up"}));
}

TEST_F(SessionTest, the_audit_log_can_be_searched) {
  const auto root = set_up();
  add_user(root, "ada", "operator");
  const auto ada = sign_in("ada");
  ASSERT_EQ(send_as(ada, "POST", "/locations", {{"name", "Hall 3"}}).status, 201);
  const auto total = [&](const std::string& query) {
    const auto list = send_as(root, "GET", "/audit?" + query);
    EXPECT_EQ(list.status, 200) << list.text;
    return list.body.at("total").to_number<int>();
  };
  EXPECT_EQ(total(""), 4);
  EXPECT_EQ(total("user=ada"), 2);
  EXPECT_EQ(total("user=ada&status=create"), 1);
  EXPECT_EQ(total("search=hall"), 1);
  EXPECT_EQ(total("from=2999-01-01T00:00:00Z"), 0);
  EXPECT_EQ(total("to=2999-01-01T00:00:00Z"), 4);
  EXPECT_EQ(send_as(root, "GET", "/audit?from=yesterday").status, 400);
  EXPECT_EQ(send_as(ada, "GET", "/audit").status, 403);
}

TEST_F(SessionTest, no_secret_is_in_an_answer_or_a_log_line) {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  logger->set_level(spdlog::level::trace);
  spdlog::set_default_logger(logger);
  std::string answers;
  const auto keep = [&](const RestAnswer& answer) {
    answers += answer.text;
    return answer;
  };
  const std::string setup_token = server->make_setup_token();
  const auto root = browser_of(keep(post_setup(setup_token)));
  keep(post_session("root", "wrong password"));
  const auto token =
      send_as(root, "POST", "/tokens", {{"name", "ci"}, {"role", "viewer"}}).body.at("token");
  const std::string secret(token.as_string());
  for (const char* target : {"/session", "/users", "/tokens", "/audit", "/system"}) {
    keep(send_as(root, "GET", target));
    keep(send("GET", target, {}, {"Authorization: Bearer " + secret}));
    keep(send("GET", target, {}, {"Authorization: Bearer wrong-" + secret}));
  }
  const auto user = store->find<store::User>("root");
  keep(send_as(root, "GET", "/users/" + user->id));
  keep(send_as(root, "PATCH", "/users/" + user->id, {{"password", "yet another password"}}));
  keep(send_as(root, "DELETE", "/session"));
  server->stop();
  spdlog::set_default_logger(before);
  const std::string session = root.cookie.substr(root.cookie.find('=') + 1);
  for (const std::string& hidden : {std::string(kTestPassword), std::string("wrong password"),
                                    std::string("yet another password"), setup_token, session,
                                    secret, store::hash_token(session), store::hash_token(secret),
                                    user->value.password_hash, std::string("argon2")}) {
    EXPECT_THAT(answers, Not(HasSubstr(hidden)));
    EXPECT_THAT(log.str(), Not(HasSubstr(hidden)));
  }
  EXPECT_THAT(answers, HasSubstr("\"root\""));
  EXPECT_THAT(log.str(), HasSubstr("/api/v1/session"));
}

}  // namespace
}  // namespace poss::server
