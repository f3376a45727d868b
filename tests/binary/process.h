// Running a program to its end and keeping what it printed.
#pragma once

#include <string>
#include <vector>

namespace poss::test {

struct Finished {
  int exit_code = -1;  // −1: ended by a signal
  std::string out;
  std::string err;
};

// Runs `arguments[0]` with the rest as its arguments, no shell between; waits for its end.
Finished run_program(const std::vector<std::string>& arguments);

}  // namespace poss::test
