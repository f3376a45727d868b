// Files of older and newer programs.
#include "store/migrations.h"

#include <thread>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "store/test_store.h"

namespace poss::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kData = "tests/store_data";

class OpenTest : public StoreTest {};

// vN.sql is `sqlite3 poss.db .dump` of a store whose last step was N, with a location 'Hall', and a
// camera 'Dock' there with the tag Site=North.
TEST(Migrations, bring_every_older_file_up_to_date_in_place) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(kData)) {
    if (entry.path().extension() != ".sql") continue;
    SCOPED_TRACE(entry.path().string());
    ++files;
    const TempFolder folder;
    const std::string path = folder.file("poss.db");
    const auto text = read_file(entry.path(), 1 << 20);
    ASSERT_TRUE(text) << text.error().message;
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(*text);
    for (int opened = 0; opened < 2; ++opened) {
      auto store = Store::open(path);
      ASSERT_TRUE(store) << store.error().message;
      const auto dock = (*store)->find<Camera>("dock");
      ASSERT_TRUE(dock) << dock.error().message;
      EXPECT_EQ(dock->tags, (Tags{{"Site", "North"}}));
      EXPECT_EQ((*store)->get<Location>(dock->value.location)->value.name, "Hall");
      EXPECT_EQ((*store)->list<Camera>({.tag = "site"})->total, 1);
      EXPECT_EQ((*store)->remove<Location>(dock->value.location, 1).error().code, Code::conflict);
      EXPECT_TRUE((*store)->history().append(Log::insight, {{{"a", Time{}, 0, {}}, dock->id}}));
      EXPECT_EQ((*store)->history().list(Log::insight, {.camera = dock->id})->items.back().id, "a");
    }
    SQLite::Database database(path, SQLite::OPEN_READONLY);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM migrations").getInt(), newest_schema());
    EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
    SQLite::Statement dangling(database, "PRAGMA foreign_key_check");
    EXPECT_FALSE(dangling.executeStep());
  }
  EXPECT_GE(files, newest_schema()) << "a step without a file of the program before it";
}

TEST_P(OpenTest, data_of_a_newer_program_is_refused_and_left_alone) {
  store_.reset();
  {
    auto database = postgres() ? open_postgres(address_) : open_sqlite(address_);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->write([](Transaction& transaction) {
      return transaction.run_schema("INSERT INTO migrations VALUES (9999, 'later', 0)");
    }));
  }
  const auto opened = Store::open(address_, folder_.file("poss.key"));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("was written by a newer POSS (schema 9999"));
  EXPECT_THAT(opened.error().message, Not(HasSubstr("poss@")));
}

TEST_P(OpenTest, many_may_open_a_new_store_at_once) {
  store_.reset();
  const std::string address =
      postgres() ? PostgresServer::shared().new_database() : folder_.file("new.db");
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto store = Store::open(address, folder_.file("new.key"));
      EXPECT_TRUE(store) << store.error().message;
      if (store) ++opened;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(opened, 4);
}

TEST(StoreAddress, that_leads_nowhere_is_refused_with_the_reason) {
  const TempFolder folder;
  const std::string key = folder.file("poss.key");
  EXPECT_THAT(Store::open("mysql://u:geheim@h/d").error().message,
              AllOf(HasSubstr("or postgres://"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(Store::open(folder.file("no/poss.db")).error().message, HasSubstr("cannot open"));
  EXPECT_THAT(Store::open("postgres://127.0.0.1/x").error().message, HasSubstr("key file"));
  const auto nobody = Store::open("postgres://u:geheim@127.0.0.1:1/x?connect_timeout=2", key);
  EXPECT_EQ(nobody.error().code, Code::unavailable);
  EXPECT_THAT(nobody.error().message, Not(HasSubstr("geheim")));
  std::ofstream(folder.file("text.db")) << std::string(4096, 'x');
  EXPECT_THAT(Store::open(folder.file("text.db")).error().message,
              HasSubstr("damaged or no SQLite"));
}

TEST(StoreFile, is_for_its_owner_alone) {
  const TempFolder folder;
  const auto store = Store::open(folder.file("poss.db"));
  ASSERT_TRUE(store) << store.error().message;
  for (const char* name : {"poss.db", "poss.db-wal", "poss.key"}) {
    EXPECT_EQ(fs::status(folder.file(name)).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
}

POSS_ON_BOTH_DATABASES(OpenTest);

}  // namespace
}  // namespace poss::store
