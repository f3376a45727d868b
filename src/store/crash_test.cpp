// A writer killed in the middle: what it was told is stored is there, and the file is sound.
#include <random>
#include <thread>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/test_store.h"

namespace poss::store {
namespace {

// Writes objects, secrets and insights until killed; sends "kind id\n" once each is acknowledged.
[[noreturn]] void write_until_killed(const std::string& path, int round, int out) {
  auto store = Store::open(path);
  const auto expect = [](const auto& result) {
    if (result) return;
    std::fprintf(stderr, "the writer: %s\n", result.error().message.c_str());
    ::_exit(1);
  };
  expect(store);
  const auto tell = [out](const std::string& what, const std::string& id) {
    const std::string line = what + " " + id + "\n";
    if (::write(out, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(2);
  };
  for (int i = 0;; ++i) {
    const std::string name = std::to_string(round) + "/" + std::to_string(i);
    const auto made = (*store)->create(Location{.name = name}, {{"k", "v"}});
    expect(made);
    tell("object", made->id);
    const auto secret = (*store)->seal(name);
    expect(secret);
    tell("secret", *secret);
    std::vector<NewHistoryEntry> batch;
    for (int n = 0; n < 10; ++n) {
      batch.push_back({{name + "/" + std::to_string(n), made->created, 0, {}}, "c", "d", {"van"}});
    }
    expect((*store)->history().append(Log::insight, batch));
    for (const auto& entry : batch) tell("insight", entry.id);
  }
}

TEST(KilledWriter, loses_nothing_acknowledged_and_damages_nothing) {
  const TempFolder folder;
  const std::string path = folder.file("poss.db");
  std::mt19937 random(7);
  std::vector<std::pair<std::string, std::string>> acknowledged;
  for (int round = 0; round < 20; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const pid_t writer = ::fork();
    if (writer == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      // A thread of its own makes ids of its own: new_id() keeps random bytes ahead per thread, and
      // the forked thread's are a copy of its parent's.
      std::thread([&] { write_until_killed(path, round, pipe[1]); }).join();
    }
    ::close(pipe[1]);
    FILE* lines = ::fdopen(pipe[0], "r");
    // Killed after some acknowledgements: with 0, often while the store is still being made.
    const unsigned kill_after = random() % 60;
    char line[256];
    unsigned count = 0;
    bool killed = false;
    const auto kill_at_limit = [&] {
      if (!killed && count >= kill_after) killed = ::kill(writer, SIGKILL) == 0;
    };
    kill_at_limit();
    // What it said before it died counts too.
    while (std::fgets(line, sizeof line, lines)) {
      const std::string text(line);
      if (text.back() != '\n') break;
      const size_t space = text.find(' ');
      acknowledged.emplace_back(text.substr(0, space),
                                text.substr(space + 1, text.size() - space - 2));
      ++count;
      kill_at_limit();
    }
    std::fclose(lines);
    int status = 0;
    ::waitpid(writer, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended with " << WEXITSTATUS(status);
    if (!std::filesystem::exists(path)) continue;

    auto store = Store::open(path);
    ASSERT_TRUE(store) << store.error().message;
    for (const auto& [what, id] : acknowledged) {
      const bool there = what == "object"   ? (*store)->get<Location>(id).has_value()
                         : what == "secret" ? (*store)->reveal(id).has_value()
                                            : (*store)->history().get(Log::insight, id).has_value();
      EXPECT_TRUE(there) << what << " " << id << " of round " << round;
    }
    // A batch is there whole or not at all, in the index as in the log.
    const auto insights =
        (*store)->history().count(Log::insight, {.label = "van", .from = Time{}, .to = Time::max()},
                                  std::chrono::hours(1 << 30));
    ASSERT_TRUE(insights) << insights.error().message;
    EXPECT_EQ((*insights)[0] % 10, 0);
    store->reset();
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
    SQLite::Statement dangling(database, "PRAGMA foreign_key_check");
    EXPECT_FALSE(dangling.executeStep());
  }
  EXPECT_GT(acknowledged.size(), 200u);
}

}  // namespace
}  // namespace poss::store
