// YAML event by event through yaml-cpp, so that depth and aliases are ours to limit; its writing is
// plain text.
#include "cli/document.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/file.h"
#include "cli/kinds.h"

namespace poss::cli {
namespace {

constexpr size_t kMaxYaml = 1u << 20;  // bytes
constexpr size_t kMaxJson = 16u << 20;
constexpr size_t kMaxDepth = 32;

// Thrown through yaml-cpp, which knows no other way to stop; caught in parse_yaml().
struct Refused {
  int line;
  std::string why;
};

// Builds the tree of one document.
class Builder final : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }
  bool empty() const { return empty_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, {.type = YamlNode::Type::scalar, .plain = true, .text = ""});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark.line + 1, "anchors (&) and aliases (*) are not taken; write it out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "?" is a plain scalar, "!" one in quotes.
    check_tag(mark, tag);
    add(mark, anchor, {.type = YamlNode::Type::scalar, .plain = tag == "?", .text = value});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(mark, anchor, YamlNode::Type::list);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(mark, anchor, YamlNode::Type::map);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    YamlNode* node;
    bool has_key = false;
    std::string key;
    std::set<std::string> keys = {};
  };

  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag != "?" && tag != "!" && !tag.empty()) {
      throw Refused{mark.line + 1, "types (!…) are not taken"};
    }
  }

  YamlNode* add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    if (anchor) {
      throw Refused{mark.line + 1, "anchors (&) and aliases (*) are not taken; write it out"};
    }
    node.line = mark.line + 1;
    if (open_.empty()) {
      empty_ = node.type == YamlNode::Type::scalar && node.plain && node.text.empty();
      root_ = std::move(node);
      return &root_;
    }
    Open& parent = open_.back();
    if (parent.node->type == YamlNode::Type::list) {
      return &parent.node->items.emplace_back(std::move(node));
    }
    if (!parent.has_key) {
      if (node.type != YamlNode::Type::scalar) {
        throw Refused{mark.line + 1, "a name in a map must be text"};
      }
      if (!parent.keys.insert(node.text).second) {
        throw Refused{mark.line + 1, "'" + node.text + "' stands twice"};
      }
      parent.key = std::move(node.text);
      parent.has_key = true;
      return nullptr;
    }
    parent.has_key = false;
    parent.node->names.push_back(std::move(parent.key));
    return &parent.node->items.emplace_back(std::move(node));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Type type) {
    if (open_.size() == kMaxDepth) {
      throw Refused{mark.line + 1, "is more than " + std::to_string(kMaxDepth) + " levels deep"};
    }
    // The parents' lists do not grow while this one is open, so the pointer stays good.
    YamlNode* node = add(mark, anchor, {.type = type, .plain = false, .text = ""});
    open_.push_back({.node = node, .key = {}});
  }

  YamlNode root_;
  bool empty_ = true;
  std::vector<Open> open_;
};

bool is_number_text(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos &&
                      text.find_first_of("0123456789") != text.npos;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return digits && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

json::value core_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (!is_number_text(text)) return json::value(text);
  const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(begin, end, whole);
      read.ec == std::errc() && read.ptr == end) {
    return whole;
  }
  double number = 0;
  std::from_chars(begin, end, number);
  return number;
}

YamlNode yaml_node(const json::value& value) {
  YamlNode node;
  if (const auto* object = value.if_object()) {
    node.type = YamlNode::Type::map;
    for (const auto& member : *object) {
      node.names.emplace_back(member.key());
      node.items.push_back(yaml_node(member.value()));
    }
  } else if (const auto* list = value.if_array()) {
    node.type = YamlNode::Type::list;
    for (const auto& item : *list) node.items.push_back(yaml_node(item));
  } else if (value.is_string()) {
    node.plain = false;
    node.text = value.get_string();
  } else {
    node.text = json_text(value);
  }
  return node;
}

// Text that needs no quotes: it could be nothing else.
bool reads_as_text(const std::string& text) {
  static const std::set<std::string, std::less<>> kOther{"true", "false", "null", "yes", "no", "on",
                                                         "off",  "y",     "n",    "nan", "inf"};
  if (text.empty() || text.size() > 100 || text.back() == ' ') return false;
  std::string lower = text;
  for (char& c : lower) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !std::isalnum(byte) &&
        std::string_view(" _-./").find(c) == std::string::npos) {
      return false;
    }
    if (byte < 0x80) c = static_cast<char>(std::tolower(byte));
  }
  const auto first = static_cast<unsigned char>(text[0]);
  // C1 controls, byte-order marks and line separators begin with these bytes.
  if (text.find('\xC2') != text.npos || text.find("\xEF\xBB\xBF") != text.npos ||
      text.find("\xE2\x80") != text.npos) {
    return false;
  }
  return (first >= 0x80 || std::isalpha(first)) && !kOther.contains(lower);
}

std::string quoted(const std::string& text) {
  return reads_as_text(text) ? text : json_text(json::value(text));
}

void write_yaml(const json::value& value, size_t indent, std::string& out);

// A value after "name:" or "-".
void write_value(const json::value& value, size_t indent, std::string& out) {
  const bool nested = (value.is_object() && !value.get_object().empty()) ||
                      (value.is_array() && !value.get_array().empty());
  if (nested) {
    out += '\n';
    write_yaml(value, indent, out);
  } else {
    out += ' ';
    write_yaml(value, indent, out);
  }
}

void write_yaml(const json::value& value, size_t indent, std::string& out) {
  if (const auto* object = value.if_object(); object && !object->empty()) {
    for (const auto& member : *object) {
      out.append(indent, ' ');
      out += quoted(std::string(member.key())) + ":";
      write_value(member.value(), indent + 2, out);
    }
  } else if (const auto* list = value.if_array(); list && !list->empty()) {
    for (const auto& item : *list) {
      out.append(indent, ' ');
      out += '-';
      if (const auto* map = item.if_object(); map && !map->empty()) {
        // The first member stands beside the dash.
        std::string inner;
        write_yaml(item, indent + 2, inner);
        out += ' ' + inner.substr(indent + 2);
      } else {
        write_value(item, indent + 2, out);
      }
    }
  } else if (value.is_string()) {
    out += quoted(std::string(value.get_string())) + '\n';
  } else {
    out += json_text(value) + '\n';
  }
}

bool is_json(const std::filesystem::path& file) { return file.extension() == ".json"; }

}  // namespace

Result<std::vector<YamlNode>> parse_yaml(const std::string& text) {
  std::vector<YamlNode> documents;
  const auto wrong = [](int line, const std::string& why) {
    return Error{Code::invalid_argument, "line " + std::to_string(line) + ": " + why};
  };
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    for (Builder builder; parser.HandleNextDocument(builder); builder = Builder()) {
      if (!builder.empty()) documents.push_back(builder.take());
    }
  } catch (const Refused& refused) {
    return wrong(refused.line, refused.why);
  } catch (const YAML::Exception& error) {
    return wrong(error.mark.line + 1, error.msg);
  }
  return documents;
}

json::value typed(const YamlNode& node, const json::object& schema) {
  static const json::object kAny;
  if (node.type == YamlNode::Type::list) {
    const auto* items = schema.if_contains("items");
    json::array list;
    for (const auto& item : node.items) {
      list.push_back(typed(item, items && items->is_object() ? items->get_object() : kAny));
    }
    return list;
  }
  if (node.type == YamlNode::Type::map) {
    const auto* others = schema.if_contains("additionalProperties");
    json::object map;
    for (size_t i = 0; i < node.names.size(); ++i) {
      const std::string& name = node.names[i];
      const auto* property = property_of(schema, name);
      if (!property && others && others->is_object()) property = &others->get_object();
      map[name] = typed(node.items[i], property ? *property : kAny);
    }
    return map;
  }
  if (!node.plain) return json::value(node.text);
  json::value value = core_scalar(node.text);
  const bool number_or_truth = !value.is_null() && !value.is_string();
  if (number_or_truth && keyword(schema, "type") == "string") return json::value(node.text);
  return value;
}

Result<std::vector<Document>> read_documents(const std::filesystem::path& file) {
  const std::string name = "'" + file.string() + "'";
  std::vector<Document> documents;
  if (is_json(file)) {
    POSS_ASSIGN(const json::value value, read_json_file(file, kMaxJson));
    documents.push_back({file, yaml_node(value)});
    return documents;
  }
  POSS_ASSIGN(const std::string text, read_file(file, kMaxYaml));
  POSS_ASSIGN(auto nodes, parse_yaml(text).with(name));
  for (auto& node : nodes) documents.push_back({file, std::move(node)});
  return documents;
}

Result<json::value> read_document(const std::filesystem::path& file, const json::object& schema) {
  POSS_ASSIGN(const auto documents, read_documents(file));
  if (documents.size() != 1) {
    return Error{Code::invalid_argument, "'" + file.string() + "' must hold one document, not " +
                                             std::to_string(documents.size())};
  }
  return typed(documents[0].node, schema);
}

std::string yaml_text(const json::object& value, const std::string& comment) {
  std::string out;
  std::istringstream lines(comment);
  for (std::string line; std::getline(lines, line);) out += "# " + line + "\n";
  if (value.empty()) return out + "{}\n";
  write_yaml(value, 0, out);
  return out;
}

}  // namespace poss::cli
