// Running programs with posix_spawn.
#include "process.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace poss::test {
namespace {

// An unlinked temporary file that catches one stream.
class Catcher {
 public:
  Catcher() : file_(std::tmpfile()) {}
  ~Catcher() { std::fclose(file_); }
  Catcher(const Catcher&) = delete;
  Catcher& operator=(const Catcher&) = delete;
  int fd() const { return ::fileno(file_); }
  std::string text() const {
    std::rewind(file_);
    std::string text;
    char buffer[4096];
    for (size_t count; (count = std::fread(buffer, 1, sizeof buffer, file_)) > 0;) {
      text.append(buffer, count);
    }
    return text;
  }

 private:
  std::FILE* file_;
};

// The environment of a child: ours after what is given, where the first of a name counts.
class Environment {
 public:
  explicit Environment(const std::vector<std::string>& given) : given_(given) {
    for (const auto& entry : given_) list_.push_back(const_cast<char*>(entry.c_str()));
    for (char** entry = environ; *entry; ++entry) {
      const std::string_view name(*entry, std::string_view(*entry).find('=') + 1);
      const bool replaced =
          std::any_of(given_.begin(), given_.end(),
                      [&](const std::string& other) { return other.starts_with(name); });
      if (!replaced) list_.push_back(*entry);
    }
    list_.push_back(nullptr);
  }
  char** data() { return list_.data(); }

 private:
  const std::vector<std::string> given_;
  std::vector<char*> list_;
};

std::vector<char*> pointers(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  return argv;
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments, const RunOptions& options) {
  const Catcher out, err, in;
  if (::write(in.fd(), options.input.data(), options.input.size()) < 0) return {};
  ::lseek(in.fd(), 0, SEEK_SET);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.fd(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.fd(), STDERR_FILENO);
  auto argv = pointers(arguments);
  Environment environment(options.environment);
  pid_t pid = 0;
  Finished finished;
  if (::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environment.data()) == 0) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  }
  posix_spawn_file_actions_destroy(&actions);
  finished.out = out.text();
  finished.err = err.text();
  return finished;
}

Background::Background(const std::vector<std::string>& arguments, const RunOptions& options,
                       size_t lines) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  auto argv = pointers(arguments);
  Environment environment(options.environment);
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment.data()) != 0) {
    pid_ = 0;
  }
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string line;
  for (char c; lines_.size() < lines && ::read(ends[0], &c, 1) == 1;) {
    if (c != '\n') {
      line += c;
      continue;
    }
    lines_.push_back(std::move(line));
    line.clear();
  }
  ::close(ends[0]);
}

Background::~Background() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace poss::test
