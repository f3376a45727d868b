// A server killed in the middle of writes: what it acknowledged is there when it starts again.
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "net/http.h"
#include "store/password.h"
#include "store/store.h"

namespace poss {
namespace {

constexpr int kKills = 8;

class KilledServer : public testing::Test {
 protected:
  KilledServer() : folder_(std::filesystem::temp_directory_path() / ("poss-kill-" + new_id())) {
    std::filesystem::create_directories(folder_);
  }
  ~KilledServer() override {
    end(SIGKILL);
    std::filesystem::remove_all(folder_);
  }

  void make_token() {
    const auto store = open();
    const auto user = store->create(store::User{.name = "test", .role = store::Role::admin});
    ASSERT_TRUE(user) << user.error().message;
    ASSERT_TRUE(store->create(store::ApiToken{.name = "test",
                                              .user = user->id,
                                              .role = store::Role::admin,
                                              .token_hash = store::hash_token(token_)}));
  }
  std::unique_ptr<store::Store> open() {
    auto store = store::Store::open((folder_ / "poss.db").string(), folder_ / "poss.key");
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }

  // Starts the server and waits for its address.
  void serve() {
    int lines[2];
    ASSERT_EQ(::pipe2(lines, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, lines[1], STDOUT_FILENO);
    const std::string data = folder_.string();
    std::vector<std::string> arguments{POSS_BINARY, "serve", "--port", "0", "--data", data};
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&pid_, POSS_BINARY, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(lines[1]);
    url_.clear();
    for (char c = 0; ::read(lines[0], &c, 1) == 1 && c != '\n';) url_ += c;
    ::close(lines[0]);
    ASSERT_TRUE(url_.starts_with("http://")) << "it did not start: " << url_;
  }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  const std::filesystem::path folder_;
  const std::string token_ = store::new_token();
  std::string url_;
  pid_t pid_ = 0;
};

TEST_F(KilledServer, loses_nothing_it_acknowledged) {
  make_token();
  std::set<std::string> acknowledged;
  for (int kill = 0; kill < kKills; ++kill) {
    ASSERT_NO_FATAL_FAILURE(serve());
    net::HttpClient client;
    std::thread killer;
    for (int i = 0;; ++i) {
      const std::string name = "Place " + std::to_string(kill) + "." + std::to_string(i);
      const auto made = client.send(
          {.method = net::HttpMethod::post,
           .url = url_ + "api/v1/locations",
           .headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}},
           .body = "{\"name\":\"" + name + "\"}"});
      if (!made) {
        ASSERT_GT(i, 20) << made.error().message;
        break;
      }
      acknowledged.insert(name);
      // While the next requests are under way.
      if (i == 20) killer = std::thread([this] { ::kill(pid_, SIGKILL); });
    }
    killer.join();
    end(SIGKILL);
    const auto store = open();
    std::set<std::string> found;
    store::Query query{.limit = 1000};
    do {
      const auto page = store->list<store::Location>(query);
      ASSERT_TRUE(page) << page.error().message;
      for (const auto& place : page->items) found.insert(place.value.name);
      query.cursor = page->next_cursor;
    } while (!query.cursor.empty());
    for (const auto& name : acknowledged) EXPECT_TRUE(found.count(name)) << name;
  }
}

}  // namespace
}  // namespace poss
