// Terminals, by POSIX: widths of characters, window size, echo.
#include "cli/terminal.h"

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cwchar>

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace poss::cli {
namespace {

constexpr size_t kMaxLine = 64u << 10;  // bytes of an answer

// The C library's knowledge of Unicode, for this thread while it lives.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_) before_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (!locale_) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_;
  locale_t before_ = nullptr;
};

// Calls `each(bytes, width)` for every character; what is no UTF-8 comes as U+FFFD. `each` returns
// false to stop.
template <class Each>
void for_each_character(std::string_view text, const Each& each) {
  const Utf8Locale locale;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    const size_t count = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (count == 0 || count > text.size()) {
      state = {};
      if (!each(count == 0 ? std::string_view(" ") : std::string_view("\xEF\xBF\xBD"), 1)) return;
      text.remove_prefix(1);
      continue;
    }
    const int width = ::wcwidth(character);
    // Control characters have no width; those that reorder text would lie about it.
    const bool steers = width < 0 || (character >= 0x202A && character <= 0x202E) ||
                        (character >= 0x2066 && character <= 0x2069);
    if (!each(steers ? std::string_view(" ") : text.substr(0, count), steers ? 1 : width)) return;
    text.remove_prefix(count);
  }
}

// `text` cut to so many columns, ending in "…" when something is missing.
std::string cut(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  size_t used = 0;
  for_each_character(text, [&](std::string_view bytes, int width) {
    if (used + static_cast<size_t>(width) + 1 > columns) return false;
    used += static_cast<size_t>(width);
    out += bytes;
    return true;
  });
  return out + "…";
}

// 0 when standard output is no terminal.
size_t terminal_width() {
  winsize size{};
  if (!::isatty(STDOUT_FILENO) || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

Result<std::string> read_line() {
  std::string line;
  for (int c; (c = std::getchar()) != EOF && c != '\n';) {
    line += static_cast<char>(c);
    if (line.size() > kMaxLine) {
      return Error{Code::invalid_argument, "the line on standard input is too long"};
    }
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

// Echo is off while it lives.
class NoEcho {
 public:
  NoEcho() : changed_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  const bool changed_;
};

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view bytes, int) {
    out += bytes;
    return true;
  });
  return out;
}

size_t display_width(std::string_view text) {
  size_t columns = 0;
  for_each_character(text, [&](std::string_view, int width) {
    columns += static_cast<size_t>(width);
    return true;
  });
  return columns;
}

void print_table(const std::vector<std::string>& headers,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines{headers};
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(printable(cell));
  }
  std::vector<size_t> widths(headers.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(line[i]));
    }
  }
  const size_t limit = terminal_width();
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - display_width(line[i]) + 2, ' ');
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    std::printf("%s\n", limit ? cut(text, limit).c_str() : text.c_str());
  }
}

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(const std::string& text) {
  if (!terminal_) return;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  const std::string line = cut(printable(text), known ? size.ws_col - 1 : 79);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

bool input_is_terminal() { return ::isatty(STDIN_FILENO) == 1; }

Result<std::string> read_secret(const std::string& question) {
  std::string secret;
  if (input_is_terminal()) {
    std::fprintf(stderr, "%s: ", question.c_str());
    const NoEcho quiet;
    POSS_ASSIGN(secret, read_line());
    std::fputc('\n', stderr);
  } else {
    POSS_ASSIGN(secret, read_line());
  }
  if (secret.empty()) return Error{Code::invalid_argument, question + ": nothing was given"};
  return secret;
}

Result<std::string> ask(const std::string& question) {
  if (!input_is_terminal()) {
    return Error{Code::invalid_argument, "there is no terminal to ask at: " + question};
  }
  std::fprintf(stderr, "%s ", question.c_str());
  return read_line();
}

}  // namespace poss::cli
