// A reader a form; all of them end in Numbered, which keeps the limits.
#include "convert/labels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"

namespace poss::convert {
namespace {

constexpr std::ptrdiff_t kMaxLines = 500'000;  // a pbtxt has several a class

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }
Error bad_line(size_t line, const std::string& what) {
  return bad("line " + std::to_string(line) + " of the label file " + what);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// None unless all of it is a number that a class can have.
std::optional<size_t> number_of(std::string_view text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value < kMaxLabels ? std::optional(value) : std::nullopt;
}

// Names by their numbers.
class Numbered {
 public:
  // `line` 0: not known.
  Result<void> add(size_t number, std::string_view name, size_t line) {
    name = trim(name);
    const auto fault = [&](const std::string& what) {
      return line > 0 ? bad_line(line, what)
                      : bad("class " + std::to_string(number) + " of the label file " + what);
    };
    if (number >= kMaxLabels) {
      return bad("the label file has more than " + std::to_string(kMaxLabels) + " classes");
    }
    if (name.size() > kMaxLabelBytes) {
      return fault("has a name of " + std::to_string(name.size()) + " bytes; at most " +
                   std::to_string(kMaxLabelBytes) + " are taken");
    }
    if (!is_plain_text(name)) {
      return fault("has control characters or is not UTF-8; save the file as UTF-8 text");
    }
    if (name == "???" || name == "N/A") name = "";
    if (!names_.try_emplace(number, name).second) {
      return fault("gives the number " + std::to_string(number) + " a second time");
    }
    return {};
  }
  Result<void> add_next(std::string_view name, size_t line) {
    return add(names_.empty() ? 0 : names_.rbegin()->first + 1, name, line);
  }
  // The last numbers when they are of no use.
  void drop_unused_end() {
    while (!names_.empty() && names_.rbegin()->second.empty()) {
      names_.erase(std::prev(names_.end()));
    }
  }
  Result<std::vector<std::string>> labels() && {
    const bool any = std::any_of(names_.begin(), names_.end(),
                                 [](const auto& entry) { return !entry.second.empty(); });
    if (!any) return bad("the label file names no classes");
    std::vector<std::string> out(names_.rbegin()->first + 1);
    for (auto& [number, name] : names_) out[number] = std::move(name);
    return out;
  }

 private:
  std::map<size_t, std::string> names_;
};

using Labels = Result<std::vector<std::string>>;

// ---- text with quotes: YAML's flow style, Python's literals, pbtxt ----

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  } else {
    out += static_cast<char>(0xf0 | (point >> 18 & 7));
    out += static_cast<char>(0x80 | (point >> 12 & 63));
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  }
}

class Scanner {
 public:
  Scanner(std::string_view text, size_t line) : text_(text), line_(line) {}

  size_t line() const { return line_; }
  bool done() { return skip(), text_.empty(); }
  // The next character that is no space or comment; '\0' at the end.
  char peek() { return skip(), text_.empty() ? '\0' : text_.front(); }
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    advance();
    return true;
  }
  Error unexpected() {
    if (done()) return bad_line(line_, "ends too early");
    const auto first = static_cast<unsigned char>(text_.front());
    const bool shown = first > 0x20 && first < 0x7f;
    return bad_line(line_, shown ? std::string("has an unexpected '") + text_.front() + "'"
                                 : std::string("has an unexpected character"));
  }
  // A string in quotes, or what stands there up to one of `ends`.
  Result<std::string> scalar(std::string_view ends) {
    const char quote = peek();
    if (quote == '"' || quote == '\'') return quoted();
    std::string out;
    while (!text_.empty() && text_.front() != '\n' && ends.find(text_.front()) == ends.npos) {
      if (text_.front() == '#' && !out.empty() && is_space(out.back())) break;
      out += text_.front();
      advance();
    }
    out = trim(out);
    if (out.empty()) return unexpected();
    return out;
  }
  std::string word() {
    skip();
    std::string out;
    while (!text_.empty() &&
           (std::isalnum(static_cast<unsigned char>(text_.front())) || text_.front() == '_')) {
      out += text_.front();
      advance();
    }
    return out;
  }

 private:
  void advance() {
    if (text_.front() == '\n') ++line_;
    text_.remove_prefix(1);
  }
  void skip() {
    while (!text_.empty()) {
      if (text_.front() == '#') {
        while (!text_.empty() && text_.front() != '\n') advance();
      } else if (is_space(text_.front())) {
        advance();
      } else {
        return;
      }
    }
  }
  Result<std::string> quoted() {
    const size_t begin = line_;
    const char quote = text_.front();
    advance();
    std::string out;
    while (!text_.empty() && out.size() <= kMaxLabelBytes) {
      const char c = text_.front();
      advance();
      if (c == quote) {
        // YAML writes a quote in single quotes twice.
        if (quote != '\'' || text_.empty() || text_.front() != '\'') return out;
        advance();
        out += c;
      } else if (c == '\\' && !text_.empty()) {
        POSS_TRY(escape(out));
      } else {
        out += c;
      }
    }
    return bad_line(begin, "has a name that is too long, or whose quotes do not end");
  }
  Result<void> escape(std::string& out) {
    const char kind = text_.front();
    advance();
    const size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits == 0) {
      out += kind == 't' || kind == 'n' ? ' ' : kind;
      return {};
    }
    std::uint32_t point = 0;
    const auto number = text_.substr(0, digits);
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), point, 16);
    if (error != std::errc() || end != number.data() + digits || point > 0x10ffff) {
      return bad_line(line_, "has an escape that is no character");
    }
    text_.remove_prefix(digits);
    append_utf8(out, point);
    return {};
  }

  std::string_view text_;
  size_t line_;
};

// "{0: a, 1: 'b'}", "[a, 'b']" or "('a', 'b')".
Result<void> read_flow(Scanner& in, Numbered& out) {
  const bool is_map = in.peek() == '{';
  const char close = is_map ? '}' : in.peek() == '(' ? ')' : ']';
  if (!in.take('{') && !in.take('[') && !in.take('(')) return in.unexpected();
  while (!in.take(close)) {
    const size_t line = in.line();
    if (is_map) {
      POSS_ASSIGN(const std::string key, in.scalar(":,}"));
      const auto number = number_of(key);
      if (!number) return bad_line(line, "has no class number before ':'");
      if (!in.take(':')) return in.unexpected();
      POSS_ASSIGN(const std::string name, in.scalar(",}"));
      POSS_TRY(out.add(*number, name, line));
    } else {
      POSS_ASSIGN(const std::string name, in.scalar(std::array{',', close, '\0'}.data()));
      POSS_TRY(out.add_next(name, line));
    }
    if (!in.take(',') && in.peek() != close) return in.unexpected();
  }
  return {};
}

// ---- lines ----

struct Line {
  std::string_view text;  // trimmed
  size_t number = 0;      // from 1
  size_t indent = 0;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto indent = std::min(line.find_first_not_of(" \t\r"), line.size());
    lines.push_back({trim(line), number, indent});
  }
  return lines;
}

// "12: name", "12 name", "12,name", "12\tname"; the length of the number, 0 when it is none.
size_t number_prefix(std::string_view line) {
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const bool separated = digits > 0 && digits < line.size() &&
                         std::string_view(": \t,=").find(line[digits]) != std::string_view::npos;
  return separated ? digits : 0;
}

// "n01440764 name"
bool has_synset(std::string_view line) {
  return line.size() > 10 && line[0] == 'n' && is_space(line[9]) &&
         std::all_of(line.begin() + 1, line.begin() + 9, is_digit);
}

Labels parse_lines(const std::vector<Line>& lines) {
  const auto all = [&](auto holds) {
    return std::all_of(lines.begin(), lines.end(),
                       [&](const Line& line) { return line.text.empty() || holds(line.text); });
  };
  Numbered out;
  if (all([](std::string_view line) { return number_prefix(line) > 0; })) {
    // Where only a space comes after it, it may be a part of the name: "2 wheeler". It is none
    // when all differ and they begin with 0 or 1.
    std::set<std::string_view> seen;
    bool repeats = false, spaces = true;
    for (const Line& line : lines) {
      if (line.text.empty()) continue;
      const size_t digits = number_prefix(line.text);
      repeats = !seen.insert(line.text.substr(0, digits)).second || repeats;
      spaces = spaces && line.text[digits] == ' ';
    }
    if (!spaces || (!repeats && (seen.contains("0") || seen.contains("1")))) {
      for (const Line& line : lines) {
        if (line.text.empty()) continue;
        const size_t digits = number_prefix(line.text);
        const auto number = number_of(line.text.substr(0, digits));
        if (!number) {
          return bad_line(line.number,
                          "has a class number above " + std::to_string(kMaxLabels - 1));
        }
        auto name = trim(line.text.substr(digits));
        if (!name.empty() && std::string_view(":,=").find(name.front()) != name.npos) {
          name.remove_prefix(1);
        }
        POSS_TRY(out.add(*number, name, line.number));
      }
      return std::move(out).labels();
    }
  }
  const bool synsets = all(has_synset);
  for (const Line& line : lines) {
    POSS_TRY(out.add_next(synsets && !line.text.empty() ? line.text.substr(10) : line.text,
                          line.number));
  }
  out.drop_unused_end();  // empty lines
  return std::move(out).labels();
}

// ---- YAML ----

bool is_names_key(const Line& line) {
  return line.indent == 0 && line.text.starts_with("names") &&
         trim(line.text.substr(5)).starts_with(":");
}

// One entry of a block list or map, or "" when the line is a comment.
Result<void> read_block_line(const Line& line, Numbered& out) {
  Scanner in(line.text, line.number);
  if (in.done()) return {};
  if (line.text.starts_with("- ")) {
    in.take('-');
    POSS_ASSIGN(const std::string name, in.scalar(""));
    if (!in.done()) return in.unexpected();
    return out.add_next(name, line.number);
  }
  POSS_ASSIGN(const std::string key, in.scalar(":"));
  const auto number = number_of(key);
  if (!number || !in.take(':')) {
    return bad_line(line.number, "is neither '- name' nor '0: name'");
  }
  POSS_ASSIGN(const std::string name, in.scalar(""));
  if (!in.done()) return in.unexpected();
  return out.add(*number, name, line.number);
}

Labels parse_yaml(std::string_view text, const std::vector<Line>& lines, size_t at) {
  Numbered out;
  const Line& key = lines[at];
  const auto behind = key.text.substr(key.text.find(':') + 1);
  Scanner rest(behind, key.number);
  if (!rest.done()) {
    const auto offset = static_cast<size_t>(behind.data() - text.data());
    Scanner in(text.substr(offset), key.number);
    POSS_TRY(read_flow(in, out));
    return std::move(out).labels();
  }
  for (++at; at < lines.size(); ++at) {
    const Line& line = lines[at];
    if (line.text.empty() || line.text.starts_with("#")) continue;
    if (line.indent == 0 && !line.text.starts_with("- ")) break;  // the next key
    POSS_TRY(read_block_line(line, out));
  }
  return std::move(out).labels();
}

// ---- pbtxt ----

Result<void> skip_block(Scanner& in) {
  for (int depth = 1; depth > 0;) {
    const char next = in.peek();
    if (next == '"' || next == '\'') {
      POSS_TRY(in.scalar(""));
    } else if (next == '\0') {
      return in.unexpected();
    } else {
      in.take(next);
      depth += next == '{' ? 1 : next == '}' ? -1 : 0;
    }
  }
  return {};
}

Result<void> read_item(Scanner& in, Numbered& out) {
  const size_t line = in.line();
  std::optional<size_t> number;
  std::string name, display_name;
  while (!in.take('}')) {
    const std::string field = in.word();
    if (field.empty()) return in.unexpected();
    if (in.take('{') || (in.take(':') && in.take('{'))) {
      POSS_TRY(skip_block(in));
    } else {
      POSS_ASSIGN(const std::string value, in.scalar(" \t\r,;}"));
      if (field == "id" && !(number = number_of(value))) {
        return bad_line(line, "has an id that is no class number");
      }
      if (field == "name") name = value;
      if (field == "display_name") display_name = value;
    }
    if (!in.take(',')) in.take(';');
  }
  if (!number) return bad_line(line, "begins an item without id");
  return out.add(*number, display_name.empty() ? name : display_name, line);
}

Labels parse_pbtxt(std::string_view text) {
  Scanner in(text, 1);
  Numbered out;
  while (!in.done()) {
    if (in.word() != "item") return bad_line(in.line(), "is no item { … } of a label map");
    in.take(':');
    if (!in.take('{')) return in.unexpected();
    POSS_TRY(read_item(in, out));
    in.take(',');
  }
  return std::move(out).labels();
}

bool is_pbtxt(std::string_view text) {
  Scanner in(text, 1);
  if (in.word() != "item") return false;
  in.take(':');
  return in.peek() == '{';
}

// ---- JSON ----

std::optional<size_t> class_number(const json::value& value) {
  if (value.is_int64() && value.get_int64() >= 0) {
    const auto number = static_cast<size_t>(value.get_int64());
    return number < kMaxLabels ? std::optional(number) : std::nullopt;
  }
  return value.is_string() ? number_of(std::string_view(value.get_string())) : std::nullopt;
}

// A text, {"name": text}, or ImageNet's ["n01440764", "tench"]; none when it is none of them.
std::optional<std::string_view> name_in(const json::value& value) {
  if (value.is_string()) return std::string_view(value.get_string());
  if (value.is_array() && !value.get_array().empty() && value.get_array().back().is_string()) {
    return std::string_view(value.get_array().back().get_string());
  }
  if (!value.is_object()) return std::nullopt;
  for (const char* key : {"display_name", "name", "label"}) {
    const auto* found = value.get_object().if_contains(key);
    if (found && found->is_string()) return std::string_view(found->get_string());
  }
  return std::nullopt;
}

Labels labels_in(const json::value& value);

Labels labels_in(const json::array& entries) {
  Numbered out;
  for (const auto& entry : entries) {
    const auto name = entry.is_null() ? std::string_view() : name_in(entry);
    if (!name)
      return bad("entry " + std::to_string(&entry - entries.data() + 1) +
                 " of the label file is no name");
    const auto* id = entry.is_object() ? entry.get_object().if_contains("id") : nullptr;
    if (!id) {
      POSS_TRY(out.add_next(*name, 0));
      continue;
    }
    const auto number = class_number(*id);
    if (!number)
      return bad("entry " + std::to_string(&entry - entries.data() + 1) +
                 " of the label file has an id that is no class number");
    POSS_TRY(out.add(*number, *name, 0));
  }
  return std::move(out).labels();
}

Labels labels_in(const json::object& entries) {
  for (const char* key : {"names", "categories", "labels", "id2label"}) {
    const auto* found = entries.if_contains(key);
    if (found && (found->is_object() || found->is_array())) return labels_in(*found);
  }
  Numbered out;
  for (const auto& [key, value] : entries) {
    const auto number = number_of(std::string_view(key));
    const auto name = name_in(value);
    if (number && name) {
      POSS_TRY(out.add(*number, *name, 0));
    } else if (const auto behind = class_number(value); behind && !value.is_string()) {
      POSS_TRY(out.add(*behind, std::string_view(key), 0));
    } else {
      return bad("the label file has neither names nor a map of class numbers to names");
    }
  }
  return std::move(out).labels();
}

Labels labels_in(const json::value& value) {
  if (value.is_array()) return labels_in(value.get_array());
  if (value.is_object()) return labels_in(value.get_object());
  return bad("the label file has neither names nor a map of class numbers to names");
}

bool is_background(std::string label) {
  for (char& c : label) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return label.empty() || label == "background" || label == "__background__";
}

}  // namespace

Labels parse_labels(std::string_view text) {
  if (text.size() > kMaxLabelFileBytes) {
    return bad("the label file has " + std::to_string(text.size()) + " bytes; at most " +
               std::to_string(kMaxLabelFileBytes) + " are taken");
  }
  if (std::count(text.begin(), text.end(), '\n') > kMaxLines) {
    return bad("the label file has more than " + std::to_string(kMaxLines) + " lines");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return bad("the label file is UTF-16; save it as UTF-8 text");
  }
  const auto begin = trim(text);
  if (begin.starts_with('{') || begin.starts_with('[')) {
    const auto value = parse_json(text);
    if (value) return labels_in(*value);
    auto literal = parse_label_literal(text);
    if (literal) return literal;
    return value.error().with("the label file");
  }
  if (is_pbtxt(text)) return parse_pbtxt(text);
  const auto lines = lines_of(text);
  const auto names = std::find_if(lines.begin(), lines.end(), is_names_key);
  if (names != lines.end()) {
    return parse_yaml(text, lines, static_cast<size_t>(names - lines.begin()));
  }
  return parse_lines(lines);
}

Labels parse_label_literal(std::string_view text) {
  if (text.size() > kMaxLabelFileBytes) return bad("the model's list of names is too long");
  Scanner in(text, 1);
  Numbered out;
  POSS_TRY(read_flow(in, out));
  if (!in.done()) return in.unexpected();
  return std::move(out).labels();
}

Labels fit_labels(std::vector<std::string> labels, size_t classes) {
  if (labels.size() == classes) return labels;
  const auto used = static_cast<size_t>(std::count_if(
      labels.begin(), labels.end(), [](const auto& label) { return !label.empty(); }));
  if (labels.size() == classes + 1 && is_background(labels.front())) {
    labels.erase(labels.begin());
    return labels;
  }
  if (labels.size() + 1 == classes) {
    labels.insert(labels.begin(), "");
    return labels;
  }
  if (used == classes) {
    std::erase(labels, "");
    return labels;
  }
  return bad("the label file names " + std::to_string(used) + " classes" +
             (used < labels.size() ? " up to number " + std::to_string(labels.size() - 1) : "") +
             ", and the model has " + std::to_string(classes) +
             "; give the file that belongs to this model");
}

}  // namespace poss::convert
