// Running programs with posix_spawn.
#include "process.h"

#include <cstdio>
#include <cstdlib>

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

}  // namespace

Finished run_program(const std::vector<std::string>& arguments) {
  const Catcher out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.fd(), STDERR_FILENO);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  Finished finished;
  if (::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  }
  posix_spawn_file_actions_destroy(&actions);
  finished.out = out.text();
  finished.err = err.text();
  return finished;
}

}  // namespace poss::test
