// The Store's objects, on SQLite and on PostgreSQL.
#include "store/store.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "store/test_store.h"

// libpqxx 6.4 leaks one empty result (2 kB) when a connection breaks under a query; fixed later, in
// libpqxx's pull request 500. LeakSanitizer asks for this function by its name.
extern "C" const char* __lsan_default_suppressions() { return "leak:PQmakeEmptyPGresult\n"; }

namespace poss::store {
namespace {

using ::testing::HasSubstr;

std::string long_name(size_t characters, const char* character) {
  std::string name;
  for (size_t i = 0; i < characters; ++i) name += character;
  return name;
}

TEST_P(StoreTest, reads_back_what_was_created) {
  const auto device = make(Device{.name = "Box"});
  const auto hall = make(Location{.name = "Hall", .description = "Südtor\n\"B\""});
  Camera camera{.name = "Dock ☃", .source = CameraSource::file, .uri = "/tmp/a.mp4"};
  camera.location = hall.id;
  camera.devices = {device.id};
  const auto made = make(camera, {{"Site", "Nord"}, {"zone", ""}});
  EXPECT_EQ(made.revision, 1);
  EXPECT_EQ(made.created, clock_.now());
  reopen();
  const auto read = store_->get<Camera>(made.id);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(read->value), to_json(camera));
  EXPECT_EQ(read->tags, (Tags{{"Site", "Nord"}, {"zone", ""}}));
  EXPECT_EQ(read->created, made.created);
  EXPECT_EQ(store_->find<Camera>("dOCK ☃")->id, made.id);
  EXPECT_EQ(store_->get<Device>(made.id).error().code, Code::not_found);
}

TEST_P(StoreTest, lists_only_or_all_but_given_ids) {
  const auto hall = make(Location{.name = "Hall"});
  const auto yard = make(Location{.name = "Yard"});
  make(Location{.name = "Zoo"});
  const auto count = [&](const Query& query) { return store_->list<Location>(query)->total; };
  EXPECT_EQ(count({.only = std::vector{hall.id, yard.id}}), 2);
  EXPECT_EQ(count({.only = std::vector<std::string>{}}), 0);
  EXPECT_EQ(count({.except = {hall.id}}), 2);
  EXPECT_EQ(count({.text = "yar", .only = std::vector{hall.id, yard.id}}), 1);
}

TEST_P(StoreTest, holds_every_kind) {
  const auto user = make(User{.name = "ada", .role = Role::operator_});
  make(ApiToken{.name = "ci", .user = user.id, .expires = clock_.now()});
  make(Session{.user = user.id, .token_hash = "00", .expires = clock_.now()});
  make(AuditEntry{.name = "Dock", .user = "ada", .status = "create"});
  make(Connection{.name = "broker", .settings = {{"qos", "1"}}});
  const auto model = make(Model{.name = "parts", .labels = {"nut", "bolt"}});
  const auto version = make(ModelVersion{.model = model.id, .file = "m/1.onnx"});
  const auto image =
      make(DatasetImage{.name = "a.jpg", .model = model.id, .file = "a", .sha256 = "00"});
  make(Annotation{.image = image.id, .label = "nut", .box = AnnotationBox{0.1, 0.2, 0.3, 0.4}});
  make(TrainingRun{.model = model.id, .status = RunStatus::done, .result = version.id});
  const auto skill =
      make(SkillRecord{.name = "count", .graph = {{"nodes", json::array{}}}, .models = {model.id}});
  make(SkillVersion{.skill = skill.id});
  const auto device = make(Device{.name = "Box"});
  const auto camera = make_camera("Dock");
  const auto deployment =
      make(Deployment{.name = "live",
                      .device = device.id,
                      .cameras = {{camera.id, {DeployedSkill{skill.id, {{"line", "a"}}}}}}});
  const auto read = store_->get<Deployment>(deployment.id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value.cameras[0].skills[0].parameters.at("line"), "a");
  const auto annotations = store_->list<Annotation>({.refers_to = image.id});
  ASSERT_EQ(annotations->items.size(), 1u);
  EXPECT_EQ(annotations->items[0].value.box->h, 0.4);
}

TEST_P(StoreTest, lists_what_was_made_within_a_time) {
  const auto first = make(Location{.name = "First"});
  clock_.advance(std::chrono::seconds(1));
  const auto second = make(Location{.name = "Second"});
  const auto count = [&](std::optional<Time> from, std::optional<Time> to) {
    return store_->list<Location>({.from = from, .to = to})->total;
  };
  EXPECT_EQ(count(first.created, std::nullopt), 2);
  EXPECT_EQ(count(second.created, std::nullopt), 1);
  EXPECT_EQ(count(std::nullopt, second.created), 1);
  EXPECT_EQ(count(first.created, first.created), 0);
}

TEST_P(StoreTest, refuses_a_taken_name_whatever_its_case) {
  make(Location{.name = "Größe Σ Ж"});
  const auto taken = store_->create(Location{.name = "gRÖßE ς ж"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::conflict);
  EXPECT_THAT(taken.error().message, HasSubstr("already a location named 'gRÖßE ς ж'"));
  const auto other = make(Location{.name = "Other"});
  EXPECT_EQ(store_->update(other.id, 1, Location{.name = "größe σ ж"}).error().code,
            Code::conflict);
  // Its own name in another case is its own; another kind's names are its own too.
  EXPECT_TRUE(store_->update(other.id, 1, Location{.name = "OTHER"}));
  EXPECT_TRUE(store_->create(Device{.name = "other"}));
}

TEST_P(StoreTest, refuses_names_that_are_none) {
  for (const std::string& name : {std::string(), std::string(" a"), std::string("a "),
                                  std::string("a\nb"), std::string("\xff"), std::string("a\0b", 3),
                                  std::string("\xc0\x80"), long_name(129, "ä")}) {
    const auto made = store_->create(Location{.name = name});
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, Code::invalid_argument);
    EXPECT_THAT(made.error().message, HasSubstr("'name'"));
  }
  EXPECT_TRUE(store_->create(Location{.name = long_name(128, "🦉")}));
  EXPECT_TRUE(store_->create(Location{.name = "../../etc/passwd'; DROP TABLE objects; --%_$1"}));
  EXPECT_EQ(store_->list<Location>()->total, 2);
}

TEST_P(StoreTest, refuses_what_the_declaration_refuses) {
  const auto made = store_->create(SkillRecord{.name = "a", .fps = -1});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("'fps'"));
  EXPECT_FALSE(store_->create(Location{.name = "a", .description = std::string(20'000, 'x')}));
  const auto no_text = store_->create(Location{.name = "a", .description = "\xff"});
  ASSERT_FALSE(no_text);
  EXPECT_EQ(no_text.error().code, Code::invalid_argument);
  EXPECT_TRUE(store_->create(Location{.name = "a", .description = std::string("\0b", 2)}));
  const auto unknown = parse_fields<Camera>({{"name", "a"}, {"uri", "b"}, {"colour", 1}});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("'colour' is not a known setting"));
}

TEST_P(StoreTest, stale_revision_changes_nothing) {
  const auto made = make(Location{.name = "a"}, {{"k", "1"}});
  clock_.advance(std::chrono::seconds(1));
  const auto second = store_->update(made.id, 1, Location{.name = "b"});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->revision, 2);
  EXPECT_EQ(second->tags.at("k"), "1");
  EXPECT_EQ(second->updated - second->created, std::chrono::seconds(1));
  const auto stale = store_->update(made.id, 1, Location{.name = "c"}, Tags{});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, Code::precondition_failed);
  EXPECT_EQ(http_status(stale.error().code), 412);
  EXPECT_EQ(store_->remove<Location>(made.id, 1).error().code, Code::precondition_failed);
  EXPECT_EQ(store_->get<Location>(made.id)->value.name, "b");
  EXPECT_TRUE(store_->remove<Location>(made.id, 2));
  EXPECT_EQ(store_->remove<Location>(made.id, 2).error().code, Code::not_found);
  EXPECT_EQ(store_->update(made.id, 2, Location{.name = "b"}).error().code, Code::not_found);
}

TEST_P(StoreTest, one_of_many_writers_of_a_revision_wins) {
  const auto made = make(Location{.name = "a"});
  std::atomic<int> won = 0, stale = 0, created = 0, taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const auto done = store_->update(made.id, 1, Location{.name = "by " + std::to_string(i)});
      if (done) ++won;
      if (!done && done.error().code == Code::precondition_failed) ++stale;
      const auto same = store_->create(Location{.name = i % 2 == 0 ? "Same" : "same"});
      if (same) ++created;
      if (!same && same.error().code == Code::conflict) ++taken;
      EXPECT_TRUE(store_->list<Location>());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(stale, 5);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(taken, 5);
}

TEST_P(StoreTest, refuses_references_to_nothing) {
  const auto device = make(Device{.name = "Box"});
  Camera camera{.name = "Dock", .uri = "a", .location = device.id};
  const auto wrong_kind = store_->create(camera);
  ASSERT_FALSE(wrong_kind);
  EXPECT_EQ(wrong_kind.error().code, Code::invalid_argument);
  EXPECT_THAT(wrong_kind.error().message,
              HasSubstr("'location' names a location that does not exist"));
  camera.location = make(Location{.name = "Hall"}).id;
  camera.devices = {device.id, "gone"};
  EXPECT_THAT(store_->create(camera).error().message, HasSubstr("'devices[1]' names a device"));
  EXPECT_EQ(store_->list<Camera>()->total, 0);
}

TEST_P(StoreTest, keeps_what_is_in_use_and_says_where) {
  const auto camera = make_camera("Dock");
  const auto removed = store_->remove<Location>(location_, 1);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Code::conflict);
  EXPECT_THAT(removed.error().message, HasSubstr("is in use by camera 'Dock'"));
  const auto uses = store_->uses(location_);
  ASSERT_EQ(uses->size(), 1u);
  EXPECT_EQ((*uses)[0].field, "location");
  // Once the camera is elsewhere, the location may go.
  Camera moved = camera.value;
  moved.location = make(Location{.name = "Yard"}).id;
  ASSERT_TRUE(store_->update(camera.id, 1, moved));
  EXPECT_TRUE(store_->remove<Location>(location_, 1));
}

TEST_P(StoreTest, removes_what_belongs_to_an_object_with_it) {
  const auto model = make(Model{.name = "parts"});
  const auto version = make(ModelVersion{.model = model.id, .file = "f"});
  make(TrainingRun{.model = model.id, .result = version.id});
  const auto image = make(DatasetImage{.name = "a", .model = model.id, .file = "a", .sha256 = "0"});
  make(Annotation{.image = image.id, .label = "nut"}, {{"by", "me"}});
  const auto skill = make(SkillRecord{.name = "count", .models = {model.id}});
  EXPECT_EQ(store_->remove<Model>(model.id, 1).error().code, Code::conflict);
  EXPECT_EQ(store_->list<Annotation>()->total, 1);
  ASSERT_TRUE(store_->remove<SkillRecord>(skill.id, 1));
  const auto removed = store_->remove<Model>(model.id, 1);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(store_->list<Annotation>()->total, 0);
  EXPECT_EQ(store_->list<ModelVersion>()->total, 0);
  EXPECT_EQ(store_->list<TrainingRun>()->total, 0);
}

TEST_P(StoreTest, pages_through_everything_once_in_any_order) {
  for (int i = 0; i < 23; ++i) {
    make(Model{.name = (i % 2 == 0 ? "b" : "A") + std::to_string(i),
               .status = i % 3 == 0 ? ModelStatus::ready : ModelStatus::draft});
    if (i % 4 == 0) clock_.advance(std::chrono::seconds(1));  // several share a time
  }
  for (const SortBy sort : {SortBy::name, SortBy::created, SortBy::updated, SortBy::status}) {
    for (const bool descending : {false, true}) {
      Query query{.sort = sort, .descending = descending, .limit = 5};
      std::vector<std::string> keys;
      std::set<std::string> ids;
      int pages = 0;
      do {
        const auto page = store_->list<Model>(query);
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_EQ(page->total, 23);
        for (const auto& item : page->items) {
          ids.insert(item.id);
          keys.push_back(sort == SortBy::name     ? fold_case(item.value.name)
                         : sort == SortBy::status ? std::string(enum_name(item.value.status))
                                                  : rfc3339(item.created));
        }
        query.cursor = page->next_cursor;
        ++pages;
      } while (!query.cursor.empty());
      EXPECT_EQ(pages, 5);
      EXPECT_EQ(ids.size(), 23u);
      EXPECT_EQ(keys.size(), 23u);
      if (descending) std::reverse(keys.begin(), keys.end());
      EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    }
  }
  const auto exactly = store_->list<Model>({.limit = 23});
  EXPECT_TRUE(exactly->next_cursor.empty());
  const auto first = store_->list<Model>({.limit = 1});
  EXPECT_FALSE(store_->list<Model>({.descending = true, .cursor = first->next_cursor}));
  EXPECT_FALSE(store_->list<Device>({.cursor = first->next_cursor}));
  for (const char* cursor :
       {"00", "zz", "5b5d", "abc", "5b226d6f64656c206e616d655f6b65792041534322"}) {
    EXPECT_EQ(store_->list<Model>({.cursor = cursor}).error().code, Code::invalid_argument);
  }
  EXPECT_FALSE(store_->list<Model>({.limit = 0}));
  EXPECT_FALSE(store_->list<Model>({.limit = 1001}));
}

TEST_P(StoreTest, filters_by_text_tag_status_and_reference) {
  make_camera("Dock 100%", {{"Site", "North"}});
  make_camera("dock 2", {{"SITE", "South"}});
  make_camera("Gate_1", {{"line", "1"}});
  make_camera("Gate!ÄÖ");
  const auto names = [&](const Query& query) {
    std::vector<std::string> out;
    const auto page = store_->list<Camera>(query);
    EXPECT_TRUE(page) << page.error().message;
    if (!page) return out;
    for (const auto& item : page->items) out.push_back(item.value.name);
    EXPECT_EQ(page->total, static_cast<std::int64_t>(out.size()));
    return out;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({.text = "DOCK"}), (Names{"Dock 100%", "dock 2"}));
  EXPECT_EQ(names({.text = "%"}), (Names{"Dock 100%"}));
  EXPECT_EQ(names({.text = "_"}), (Names{"Gate_1"}));
  EXPECT_EQ(names({.text = "!äö"}), (Names{"Gate!ÄÖ"}));
  EXPECT_EQ(names({.tag = "site"}), (Names{"Dock 100%", "dock 2"}));
  EXPECT_EQ(names({.tag = "Site", .tag_value = "South"}), (Names{"dock 2"}));
  EXPECT_EQ(names({.text = "gate", .tag = "site"}), Names{});
  EXPECT_EQ(names({.refers_to = location_}).size(), 4u);
  EXPECT_EQ(names({.refers_to = "nothing"}), Names{});
  make(Model{.name = "a", .status = ModelStatus::ready});
  make(Model{.name = "b"});
  EXPECT_EQ(store_->list<Model>({.status = "ready"})->total, 1);
}

TEST_P(StoreTest, refuses_tags_that_differ_only_in_case) {
  const auto twice = store_->create(Location{.name = "a"}, {{"Site", "1"}, {"sITE", "2"}});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("is there twice"));
  EXPECT_FALSE(store_->create(Location{.name = "a"}, {{"", "1"}}));
  EXPECT_FALSE(store_->create(Location{.name = "a"}, {{"k", std::string(257, 'x')}}));
  const auto made = make(Location{.name = "a"}, {{"Site", "1"}});
  const auto changed = store_->update(made.id, 1, made.value, Tags{{"sITE", "2"}});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(store_->list<Location>({.tag = "site", .tag_value = "1"})->total, 0);
  EXPECT_EQ(store_->list<Location>({.tag = "site", .tag_value = "2"})->total, 1);
}

TEST_P(StoreTest, a_secret_belongs_to_one_object_and_goes_with_it) {
  make_camera("Other");
  const std::string id = *store_->seal("s3cret");
  Camera camera{.name = "Dock", .uri = "a", .password = id, .location = location_};
  const auto made = make(camera);
  reopen();
  EXPECT_EQ(*store_->reveal(id), "s3cret");
  Camera thief{.name = "Thief", .uri = "a", .password = id, .location = location_};
  EXPECT_THAT(store_->create(thief).error().message, HasSubstr("secret of something else"));
  camera.name = "Dock 2";
  ASSERT_TRUE(store_->update(made.id, 1, camera));  // keeps its own
  EXPECT_TRUE(store_->reveal(id));
  camera.password = *store_->seal("new");
  ASSERT_TRUE(store_->update(made.id, 2, camera));
  EXPECT_EQ(store_->reveal(id).error().code, Code::not_found);
  EXPECT_EQ(*store_->reveal(camera.password), "new");
  ASSERT_TRUE(store_->remove<Camera>(made.id, 3));
  EXPECT_EQ(store_->reveal(camera.password).error().code, Code::not_found);
  EXPECT_EQ(store_->reveal(made.id).error().code, Code::not_found);
}

TEST_P(StoreTest, secrets_nobody_took_go_after_a_day) {
  const std::string id = *store_->seal("lost");
  reopen();
  EXPECT_TRUE(store_->reveal(id));
  clock_.advance(std::chrono::hours(25));
  reopen();
  EXPECT_FALSE(store_->reveal(id));
}

class ReconnectTest : public StoreTest {};

TEST_P(ReconnectTest, connections_that_break_are_made_anew) {
  make(Location{.name = "a"});
  PostgresServer::shared().break_connections(address_);
  EXPECT_TRUE(store_->list<Location>());
  PostgresServer::shared().break_connections(address_);
  make(Location{.name = "b"});
  EXPECT_EQ(store_->list<Location>()->total, 2);
}

POSS_ON_BOTH_DATABASES(StoreTest);
INSTANTIATE_TEST_SUITE_P(On, ReconnectTest, ::testing::Values("postgres"));

}  // namespace
}  // namespace poss::store
