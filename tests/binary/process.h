// Running a program to its end and keeping what it printed, or beside the test until that ends.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace poss::test {

struct Finished {
  int exit_code = -1;  // −1: ended by a signal
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input = {};                     // on standard input
  std::vector<std::string> environment = {};  // "NAME=VALUE", before those of the test
};

// Runs `arguments[0]` with the rest as its arguments, no shell between; waits for its end.
Finished run_program(const std::vector<std::string>& arguments, const RunOptions& options = {});

// A program that runs until this is destroyed, which sends it SIGTERM and waits.
class Background {
 public:
  // Returns once the program has printed so many lines or ended.
  Background(const std::vector<std::string>& arguments, const RunOptions& options = {},
             size_t lines = 1);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  const std::vector<std::string>& lines() const { return lines_; }  // fewer: it has ended

 private:
  pid_t pid_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace poss::test
