// Stored objects over REST: what every kind has in common, shown with locations and connections.
#include "server/resource.h"

#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ResourceTest : public RestTest {
 protected:
  json::object make(const std::string& name) {
    const auto made = send("POST", "/locations", {{"name", name}});
    EXPECT_EQ(made.status, 201) << made.text;
    return made.body.as_object();
  }
  static std::string id_of(const json::object& object) {
    return std::string(object.at("id").as_string());
  }
};

TEST_F(ResourceTest, an_object_is_made_read_changed_and_removed) {
  const auto made = send("POST", "/locations", {{"name", "Hall 3"}, {"tags", {{"site", "Kiel"}}}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.etag(), "\"1\"");
  EXPECT_EQ(made.body.at("tags").at("site"), "Kiel");
  const std::string path = made.headers.at("location").substr(std::string("/api/v1").size());
  EXPECT_EQ(get(path).body, made.body);
  const auto changed =
      send("PATCH", path, {{"description", "south"}}, {"If-Match: " + made.etag()});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.etag(), "\"2\"");
  EXPECT_EQ(changed.body.at("name"), "Hall 3");
  EXPECT_EQ(changed.body.at("tags").at("site"), "Kiel");
  EXPECT_EQ(send("DELETE", path, {}, {"If-Match: " + changed.etag()}).status, 204);
  EXPECT_EQ(get(path).status, 404);
}

TEST_F(ResourceTest, a_stale_revision_changes_nothing) {
  const auto made = make("Hall");
  const std::string path = "/locations/" + id_of(made);
  ASSERT_EQ(send("PATCH", path, {{"name", "Hall 1"}}, {"If-Match: \"1\""}).status, 200);
  const auto stale = send("PATCH", path, {{"name", "Hall 2"}}, {"If-Match: \"1\""});
  EXPECT_EQ(stale.status, 412);
  EXPECT_EQ(send("DELETE", path, {}, {"If-Match: \"1\""}).status, 412);
  EXPECT_EQ(get(path).body.at("name"), "Hall 1");
  EXPECT_EQ(send("PATCH", path, {{"name", "Hall 3"}}, {"If-Match: *"}).status, 200);
  EXPECT_EQ(send("PATCH", path, {{"name", "Hall 4"}}).status, 200);
  EXPECT_EQ(send("PATCH", path, {{"name", "Hall 5"}}, {"If-Match: 4"}).status, 400);
}

TEST_F(ResourceTest, everything_wrong_is_told_at_once) {
  const auto answer = send("POST", "/locations",
                           {{"name", ""}, {"descripton", "x"}, {"tags", {{"a", 1}}}, {"id", "7"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(problem_of(answer, "descripton"), HasSubstr("did you mean 'description'?"));
  EXPECT_NE(problem_of(answer, "name"), "");
  EXPECT_NE(problem_of(answer, "tags.a"), "");
  EXPECT_NE(problem_of(answer, "id"), "");
  EXPECT_EQ(get("/locations").body.at("total"), 0);
}

TEST_F(ResourceTest, bad_bodies_are_refused) {
  const auto bad = [&](const std::string& body, const std::string& type) {
    return send_raw("/api/v1/locations",
                    {.method = "POST", .body = body, .headers = {"Content-Type: " + type}})
        .status;
  };
  EXPECT_EQ(bad("{\"name\":", "application/json"), 400);
  EXPECT_EQ(bad("[]", "application/json"), 400);
  EXPECT_EQ(bad("name=x", "application/x-www-form-urlencoded"), 400);
  EXPECT_EQ(bad("{\"name\":\"\xff\"}", "application/json"), 400);
  EXPECT_EQ(bad("{\"name\":\"" + std::string(2u << 20, 'x') + "\"}", "application/json"), 413);
  EXPECT_EQ(bad("{\"name\":\"" + std::string(600, 'x') + "\"}", "application/json"), 400);
  EXPECT_EQ(bad("{\"name\":\"a\\u0000b\"}", "application/json"), 400);
  EXPECT_EQ(get("/locations").body.at("total"), 0);
}

TEST_F(ResourceTest, a_name_is_taken_whatever_its_case) {
  make("Größe");
  const auto again = send("POST", "/locations", {{"name", "GRÖSSE"}});
  EXPECT_EQ(again.status, 201);  // another word: ß has no single upper-case letter
  const auto taken = send("POST", "/locations", {{"name", "gRÖßE"}});
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.body.at("field"), "name");
}

TEST_F(ResourceTest, a_dry_run_tells_what_is_wrong_and_stores_nothing) {
  make("Hall");
  const auto taken = send("POST", "/locations?dry_run=true", {{"name", "hall"}});
  EXPECT_EQ(taken.status, 200);
  EXPECT_THAT(problem_of(taken, "name"), HasSubstr("already"));
  const auto fine = send("POST", "/locations?dry_run=true", {{"name", "Yard"}});
  EXPECT_EQ(fine.body.at("problems").as_array().size(), 0u);
  EXPECT_EQ(get("/locations").body.at("total"), 1);
}

TEST_F(ResourceTest, lists_page_search_filter_and_sort) {
  for (int i = 0; i < 7; ++i) {
    send("POST", "/locations",
         {{"name", "Hall " + std::to_string(i)}, {"tags", {{"floor", std::to_string(i % 2)}}}});
  }
  auto page = get("/locations?limit=3&sort=name&descending=true");
  EXPECT_EQ(page.body.at("total"), 7);
  EXPECT_EQ(page.body.at_pointer("/items/0/name"), "Hall 6");
  const std::string cursor(page.body.at("next_cursor").as_string());
  page = get("/locations?limit=3&sort=name&descending=true&cursor=" + cursor);
  EXPECT_EQ(page.body.at_pointer("/items/0/name"), "Hall 3");
  EXPECT_EQ(get("/locations?search=LL%203").body.at("total"), 1);
  EXPECT_EQ(get("/locations?tag=Floor").body.at("total"), 7);
  EXPECT_EQ(get("/locations?tag=floor=1").body.at("total"), 3);
  EXPECT_EQ(get("/locations?limit=0").status, 400);
  EXPECT_EQ(get("/locations?sort=size").status, 400);
  EXPECT_EQ(get("/locations?cursor=zz").status, 400);
}

TEST_F(ResourceTest, a_secret_goes_in_and_never_comes_out) {
  const auto made = send("POST", "/connections",
                         {{"name", "Broker"},
                          {"type", "mqtt"},
                          {"address", "mqtt://127.0.0.1"},
                          {"credentials", "hunter2"}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("has_credentials"), true);
  EXPECT_THAT(made.text, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("\"credentials\""))));
  const std::string id(made.body.at("id").as_string());
  const auto secret = [&] {
    const auto stored = store->get<store::Connection>(id);
    return stored->value.credentials.empty() ? "" : *store->reveal(stored->value.credentials);
  };
  EXPECT_EQ(secret(), "hunter2");
  send("PATCH", "/connections/" + id, {{"user_name", "poss"}});
  EXPECT_EQ(secret(), "hunter2");
  send("PATCH", "/connections/" + id, {{"credentials", "other"}});
  EXPECT_EQ(secret(), "other");
  const auto removed = send("PATCH", "/connections/" + id, {{"credentials", ""}});
  EXPECT_EQ(removed.body.at("has_credentials"), false);
  EXPECT_EQ(secret(), "");
}

TEST_F(ResourceTest, changes_are_told_and_kept_in_the_audit_log) {
  BareClient events(server->port());
  events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n" + authorization + "\r\n\r\n");
  events.read_until("event: status");
  const auto made = make("Hall");
  events.read_until("event: change\ndata: ");
  const auto told = parse_json(events.read_until("\n"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->at("kind"), "location");
  EXPECT_EQ(told->at("id"), made.at("id"));
  EXPECT_EQ(told->at("action"), "create");
  const auto entries = store->list<store::AuditEntry>();
  ASSERT_EQ(entries->items.size(), 1u);
  EXPECT_EQ(entries->items[0].value.name, "Hall");
  EXPECT_EQ(entries->items[0].value.object_kind, "location");
}

}  // namespace
}  // namespace poss::server
