// Documents: objects as people write them in files, YAML or JSON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace poss::cli {

// A piece of YAML: scalars are text until a schema tells what they are.
struct YamlNode {
  enum class Type { scalar, list, map };
  Type type = Type::scalar;
  bool plain = true;               // a scalar without quotes
  std::string text;                // of a scalar
  std::vector<YamlNode> items;     // of a list, and the values of a map
  std::vector<std::string> names;  // of a map: one for each item
  int line = 1;
};

// The documents of a YAML text, those without content left out. At most 32 levels deep; anchors,
// aliases and types of their own (!…) are refused, and so is a name that stands twice in a map.
Result<std::vector<YamlNode>> parse_yaml(const std::string& text);

// Typed by the schema: 007 is text where text is wanted. Where it says nothing, by the core schema
// of YAML 1.2: true, 12, 1.5 and null are no text, no is.
json::value typed(const YamlNode& node, const json::object& schema);

// The one document of a YAML or (by its name, .json) JSON file. At most 1 MiB of YAML, 16 of JSON.
Result<json::value> read_document(const std::filesystem::path& file, const json::object& schema);
// All documents of a file, before they have a schema; JSON files hold one.
struct Document {
  std::filesystem::path file;
  YamlNode node;
};
Result<std::vector<Document>> read_documents(const std::filesystem::path& file);

// YAML that reads back the same; `comment` stands above it, each of its lines after "# ".
std::string yaml_text(const json::object& value, const std::string& comment = "");

}  // namespace poss::cli
