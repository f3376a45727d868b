// Users and API tokens over REST: who may see and change whom.
#include "server/api.h"
#include "server/test_people.h"

namespace poss::server {
namespace {

using testing::HasSubstr;

class UsersTest : public PeopleTest {
 protected:
  void SetUp() override {
    PeopleTest::SetUp();
    root = set_up();
    root_id = store->find<store::User>("root")->id;
  }
  Browser root;
  std::string root_id;
};

TEST_F(UsersTest, an_administrator_makes_users_who_can_sign_in) {
  const auto made = send_as(root, "POST", "/users",
                            {{"name", "ada"}, {"role", "operator"}, {"password", kTestPassword}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("role"), "operator");
  EXPECT_EQ(made.body.at("disabled"), false);
  EXPECT_FALSE(made.body.as_object().contains("password"));
  EXPECT_FALSE(made.body.as_object().contains("password_hash"));
  EXPECT_EQ(post_session("ada").status, 200);
  EXPECT_THAT(send_as(root, "POST", "/users",
                      {{"name", "ADA"}, {"role", "viewer"}, {"password", kTestPassword}})
                  .text,
              HasSubstr("already a user"));
}

TEST_F(UsersTest, a_password_is_needed_and_has_rules) {
  const auto wrong = [&](const json::object& user) {
    const auto answer = send_as(root, "POST", "/users", user);
    EXPECT_EQ(answer.status, 400) << answer.text;
    return problem_of(answer, "password");
  };
  EXPECT_EQ(wrong({{"name", "ada"}}), "is missing");
  EXPECT_THAT(wrong({{"name", "ada"}, {"password", "short"}}), HasSubstr("at least 10"));
  EXPECT_THAT(wrong({{"name", "ada lovelace"}, {"password", "Ada Lovelace"}}),
              HasSubstr("must not be the user name"));
  EXPECT_THAT(wrong({{"name", "ada"}, {"password", std::string(2000, 'x')}}),
              HasSubstr("at most 1024"));
  EXPECT_THAT(wrong({{"name", "ada"}, {"password", 7}}), HasSubstr("must be a string"));
  const auto dry = send_as(root, "POST", "/users?dry_run=true", {{"name", "ada"}});
  EXPECT_EQ(problem_of(dry, "password"), "is missing");
  EXPECT_EQ(send_as(root, "GET", "/users").body.at("total"), 1);
}

TEST_F(UsersTest, the_hash_can_neither_be_read_nor_sent) {
  const auto sent = send_as(root, "PATCH", "/users/" + root_id, {{"password_hash", "x"}});
  EXPECT_EQ(sent.status, 400);
}

TEST_F(UsersTest, the_last_administrator_stays) {
  const std::string path = "/users/" + root_id;
  const auto all_refused = [&] {
    for (const json::object& change :
         {json::object{{"role", "operator"}}, json::object{{"disabled", true}}}) {
      const auto answer = send_as(root, "PATCH", path, change);
      EXPECT_EQ(answer.status, 409);
      EXPECT_THAT(answer.text, HasSubstr("the last administrator"));
    }
    EXPECT_EQ(send_as(root, "DELETE", path).status, 409);
  };
  add_user(root, "ada", "operator");
  all_refused();
  const auto other = add_user(root, "grace", "admin");
  ASSERT_EQ(send_as(root, "PATCH", "/users/" + other, {{"disabled", true}}).status, 200);
  all_refused();
  ASSERT_EQ(send_as(root, "PATCH", "/users/" + other, {{"disabled", false}}).status, 200);
  EXPECT_EQ(send_as(root, "PATCH", path, {{"role", "viewer"}}).status, 200);
  EXPECT_EQ(send_as(root, "GET", "/users").status, 403);
}

TEST_F(UsersTest, disabling_a_user_or_giving_another_password_ends_their_sessions) {
  const std::string path = "/users/" + add_user(root, "ada", "operator");
  const auto first = sign_in("ada");
  ASSERT_EQ(send_as(root, "PATCH", path, {{"role", "viewer"}}).status, 200);
  EXPECT_EQ(send_as(first, "GET", "/locations").status, 200);
  EXPECT_EQ(send_as(first, "POST", "/locations", {{"name", "Hall"}}).status, 403);
  ASSERT_EQ(send_as(root, "PATCH", path, {{"password", "another password"}}).status, 200);
  EXPECT_EQ(send_as(first, "GET", "/locations").status, 401);
  const auto second = sign_in("ada", "another password");
  ASSERT_EQ(send_as(root, "PATCH", path, {{"disabled", true}}).status, 200);
  EXPECT_EQ(send_as(second, "GET", "/locations").status, 401);
  ASSERT_EQ(send_as(root, "PATCH", path, {{"disabled", false}}).status, 200);
  EXPECT_EQ(send_as(second, "GET", "/locations").status, 401);
}

TEST_F(UsersTest, a_removed_users_tokens_and_sessions_go_with_them) {
  const std::string id = add_user(root, "ada", "operator");
  const auto ada = sign_in("ada");
  ASSERT_EQ(send_as(ada, "POST", "/tokens", {{"name", "ci"}}).status, 201);
  ASSERT_EQ(send_as(root, "DELETE", "/users/" + id).status, 204);
  EXPECT_EQ(send_as(ada, "GET", "/locations").status, 401);
  EXPECT_EQ(send_as(root, "GET", "/tokens").body.at("total"), 0);
}

TEST_F(UsersTest, a_token_is_shown_once_and_works_without_a_csrf_token) {
  const auto made = send_as(root, "POST", "/tokens", {{"name", "ci"}, {"role", "operator"}});
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string header =
      "Authorization: Bearer " + std::string(made.body.at("token").as_string());
  EXPECT_EQ(send("POST", "/locations", {{"name", "Hall"}}, {header}).status, 201);
  EXPECT_EQ(send("GET", "/users", {}, {header}).status, 403);
  const std::string path = "/tokens/" + std::string(made.body.at("id").as_string());
  const auto read = send_as(root, "GET", path);
  EXPECT_EQ(read.body.at("user_name"), "root");
  EXPECT_FALSE(read.body.as_object().contains("token"));
  EXPECT_FALSE(read.body.as_object().contains("token_hash"));
  EXPECT_EQ(send_as(root, "DELETE", path).status, 204);
  const auto gone = send("GET", "/locations", {}, {header});
  EXPECT_EQ(gone.status, 401);
  EXPECT_EQ(gone.headers.at("www-authenticate"), "Bearer");
}

TEST_F(UsersTest, tokens_of_others_are_for_administrators) {
  add_user(root, "ada", "operator");
  add_user(root, "bob", "viewer");
  const auto ada = sign_in("ada"), bob = sign_in("bob");
  const auto made = send_as(ada, "POST", "/tokens", {{"name", "ci"}});
  const std::string path = "/tokens/" + std::string(made.body.at("id").as_string());
  EXPECT_EQ(send_as(bob, "GET", "/tokens").body.at("total"), 0);
  EXPECT_EQ(send_as(bob, "GET", path).status, 404);
  EXPECT_EQ(send_as(bob, "PATCH", path, {{"name", "mine"}}).status, 404);
  EXPECT_EQ(send_as(bob, "DELETE", path).status, 404);
  EXPECT_EQ(send_as(ada, "GET", "/tokens").body.at("total"), 1);
  EXPECT_EQ(send_as(root, "GET", "/tokens").body.at("total"), 1);
  EXPECT_EQ(send_as(root, "DELETE", path).status, 204);
}

TEST_F(UsersTest, a_token_is_never_stronger_than_who_makes_it) {
  add_user(root, "bob", "viewer");
  const auto bob = sign_in("bob");
  const auto strong = send_as(bob, "POST", "/tokens", {{"name", "ci"}, {"role", "operator"}});
  EXPECT_EQ(strong.status, 400);
  EXPECT_NE(problem_of(strong, "role"), "");
  const auto past =
      send_as(bob, "POST", "/tokens", {{"name", "ci"}, {"expires", "2001-01-01T00:00:00Z"}});
  EXPECT_EQ(problem_of(past, "expires"), "must be a time to come");
}

TEST_F(UsersTest, a_token_makes_no_tokens) {
  const auto made = send_as(root, "POST", "/tokens", {{"name", "ci"}, {"role", "admin"}});
  const std::string header =
      "Authorization: Bearer " + std::string(made.body.at("token").as_string());
  EXPECT_EQ(send("POST", "/tokens", {{"name", "more"}}, {header}).status, 403);
  const std::string path = "/tokens/" + std::string(made.body.at("id").as_string());
  EXPECT_EQ(send("PATCH", path, {{"name", "more"}}, {header}).status, 403);
  EXPECT_EQ(send("DELETE", path, {}, {header}).status, 204);
}

// Every route there is, asked by everybody there is.
class AccessTest : public RestTest {};

TEST_F(AccessTest, every_route_is_for_those_it_says) {
  const Api api = make_api();
  for (const Route& route : api.routes()) {
    std::string target = route.info.path;
    for (auto at = target.find('{'); at != std::string::npos; at = target.find('{')) {
      target.replace(at, target.find('}') - at + 1, "none");
    }
    const auto status = [&] {
      BareClient client(server->port());
      client.send(route.info.method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" +
                  (authorization.empty() ? "" : authorization + "\r\n") +
                  "Content-Length: 0\r\nConnection: close\r\n\r\n");
      const std::string line = client.read_until("\r\n");
      return line.size() > 12 ? line.substr(9, 3) : "none: " + line;
    };
    SCOPED_TRACE(route.info.method + " " + route.info.path);
    const Access access = access_of(route.info);
    // Set-up and sign-in answer for themselves.
    if (route.info.tag == "session" && access == Access::open) continue;
    act_as_nobody();
    if (access == Access::open) {
      EXPECT_EQ(status(), "200");
      continue;
    }
    EXPECT_EQ(status(), "401");
    const store::Role needed = access == Access::admin       ? store::Role::admin
                               : access == Access::operator_ ? store::Role::operator_
                                                             : store::Role::viewer;
    for (const auto& [role, name] : EnumNames<store::Role>::values) {
      act_as(role);
      if (role < needed) {
        EXPECT_EQ(status(), "403") << name;
      } else {
        EXPECT_THAT(status(), testing::AnyOf(testing::StartsWith("2"), "400", "404", "409", "426"))
            << name;
      }
    }
  }
}

TEST_F(AccessTest, what_is_open_to_everybody_is_this) {
  std::vector<std::string> open;
  const Api api = make_api();
  for (const Route& route : api.routes()) {
    if (access_of(route.info) == Access::open) open.push_back(route.info.id);
  }
  EXPECT_THAT(open, testing::UnorderedElementsAre("getSession", "signIn", "setUp", "getOpenapi",
                                                  "getHealth"));
}

TEST_F(AccessTest, a_refusal_names_the_role_needed) {
  act_as(store::Role::viewer);
  const auto refused = send("POST", "/locations", {{"name", "Hall"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.text, HasSubstr("this needs the role operator, and yours is viewer"));
}

TEST_F(AccessTest, a_live_view_is_for_those_signed_in) {
  act_as_nobody();
  BareClient client(server->port());
  client.send(
      "GET /api/v1/cameras/none/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n"), HasSubstr("401"));
}

}  // namespace
}  // namespace poss::server
