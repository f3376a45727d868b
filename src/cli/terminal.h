// What people see and type at a terminal: tables, progress, passwords, questions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::cli {

// `text` on one line, without characters that would steer the terminal.
std::string printable(std::string_view text);

// Columns a terminal needs for UTF-8 text: two for each wide character, none for combining ones.
size_t display_width(std::string_view text);

// Prints rows under their headers on standard output, aligned; cut to the terminal's width when it
// is one.
void print_table(const std::vector<std::string>& headers,
                 const std::vector<std::vector<std::string>>& rows);

// One line on standard error that each show() replaces; nothing when that is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();  // takes the line away
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const std::string& text);

 private:
  const bool terminal_;
  bool shown_ = false;
};

bool input_is_terminal();

// A secret: asked on the terminal without echo, or the first line of standard input when that is
// no terminal.
Result<std::string> read_secret(const std::string& question);

// A line typed at the terminal; an error when standard input is none.
Result<std::string> ask(const std::string& question);

}  // namespace poss::cli
