// What the Store's tests share: temporary folders, a clock they set, and stores on SQLite and on a
// PostgreSQL server of their own, started from Debian's package and ended with the program.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "store/store.h"

namespace poss::store {

class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / ("poss-test-" + new_id())) {
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Moves on only when told.
class TestClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::microseconds(micros_.load())); }
  Steady::time_point steady_now() const override {
    return Steady::time_point(std::chrono::microseconds(micros_.load()));
  }
  void advance(std::chrono::microseconds step) { micros_ += step.count(); }

 private:
  std::atomic<std::int64_t> micros_{1'700'000'000'000'000};
};

// One PostgreSQL server for the test program. PostgreSQL does not run as root: then it runs as the
// user postgres.
class PostgresServer {
 public:
  static PostgresServer& shared() {
    static PostgresServer server;
    return server;
  }

  // The URI of a new, empty database.
  std::string new_database() {
    const std::string name = "test_" + std::to_string(++databases_);
    pqxx::connection connection(uri("postgres"));
    pqxx::nontransaction work(connection);
    work.exec("CREATE DATABASE " + name);
    return uri(name);
  }

  // Breaks every connection to the database, as a restart would.
  void break_connections(const std::string& database_uri) {
    pqxx::connection connection(uri("postgres"));
    pqxx::nontransaction work(connection);
    work.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
              database_uri.substr(database_uri.rfind('/') + 1) + "'");
  }

 private:
  PostgresServer() {
    const std::string data = folder_.file("data");
    if (::getuid() == 0) {
      user_ = ::getpwnam("postgres");
      if (!user_ || ::chown(folder_.path().c_str(), user_->pw_uid, user_->pw_gid) != 0) {
        fail("the user postgres is missing; install Debian's package postgresql");
      }
    }
    const std::string programs = find_programs();
    int status = 0;
    ::waitpid(start({programs + "/initdb", "-D", data, "--no-sync", "--auth=trust",
                     "--username=poss", "--encoding=UTF8", "--locale=C"},
                    nullptr),
              &status, 0);
    if (status != 0) fail("initdb failed; see " + folder_.file("log"));
    FILE* lines = nullptr;
    // Errors stay out of the log, so that nobody needs to read the pipe later.
    // The port may be taken by another in the moment it is free.
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      pid_ =
          start({programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", std::to_string(port_),
                 "-k", folder_.path().string(), "-c", "fsync=off", "-c", "log_min_messages=log"},
                &lines);
      char line[1024];
      while (std::fgets(line, sizeof line, lines)) {
        if (std::string_view(line).find("ready to accept connections") != std::string_view::npos) {
          lines_ = lines;
          return;
        }
      }
      std::fclose(lines);
      ::waitpid(pid_, nullptr, 0);
    }
    fail("PostgreSQL does not start");
  }

  ~PostgresServer() {
    if (pid_ > 0) {
      ::kill(pid_, SIGQUIT);  // at once; the data goes with its folder
      ::waitpid(pid_, nullptr, 0);
    }
    if (lines_) std::fclose(lines_);
  }

  [[noreturn]] static void fail(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::abort();
  }

  static std::string find_programs() {
    std::string newest;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
      const std::string programs = entry.path().string() + "/bin";
      if (std::filesystem::exists(programs + "/initdb")) newest = std::max(newest, programs);
    }
    if (newest.empty()) fail("PostgreSQL is missing; install Debian's package postgresql");
    return newest;
  }

  static int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      fail("no free port");
    }
    ::close(fd);
    return ntohs(address.sin_port);
  }

  // Starts a program as the server's user, its output in a log or, when asked for, in `lines`.
  pid_t start(const std::vector<std::string>& arguments, FILE** lines) {
    int pipe[2] = {-1, -1};
    if (lines && ::pipe2(pipe, O_CLOEXEC) != 0) fail("no pipe");
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const std::string log = folder_.file("log");
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int out = lines ? pipe[1] : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
      if (user_ && (::setgroups(0, nullptr) != 0 || ::setgid(user_->pw_gid) != 0 ||
                    ::setuid(user_->pw_uid) != 0 || ::chdir("/") != 0)) {
        ::_exit(1);
      }
      ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    if (lines) {
      ::close(pipe[1]);
      *lines = ::fdopen(pipe[0], "r");
    }
    return pid;
  }

  std::string uri(const std::string& database) const {
    return "postgres://poss@127.0.0.1:" + std::to_string(port_) + "/" + database;
  }

  TempFolder folder_;
  const passwd* user_ = nullptr;
  int port_ = 0;
  pid_t pid_ = 0;
  FILE* lines_ = nullptr;
  std::atomic<int> databases_{0};
};

// A fresh Store on the database that the parameter names.
class StoreTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    address_ = postgres() ? PostgresServer::shared().new_database() : folder_.file("poss.db");
    reopen();
  }

  bool postgres() const { return std::string_view(GetParam()) == "postgres"; }

  void reopen() {
    store_.reset();
    auto opened = Store::open(address_, folder_.file("poss.key"), clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  // Creates or fails the test.
  template <class T>
  Stored<T> make(const T& value, const Tags& tags = {}) {
    auto made = store_->create(value, tags);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : Stored<T>{};
  }

  Stored<Camera> make_camera(const std::string& name, const Tags& tags = {}) {
    if (location_.empty()) location_ = make(Location{.name = "Hall"}).id;
    return make(Camera{.name = name, .uri = "rtsp://10.0.0.1/a", .location = location_}, tags);
  }

  TempFolder folder_;
  TestClock clock_;
  std::string address_;
  std::string location_;
  std::unique_ptr<Store> store_;
};

}  // namespace poss::store

#define POSS_ON_BOTH_DATABASES(Suite)                                          \
  INSTANTIATE_TEST_SUITE_P(On, Suite, ::testing::Values("sqlite", "postgres"), \
                           [](const auto& test_case) { return std::string(test_case.param); })
