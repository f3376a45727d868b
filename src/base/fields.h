// fields(): one declaration of a settings struct, from which come parsing, checks, defaults,
// JSON text, JSON Schema, the portal's form and the documentation.
//
//   struct Config {
//     std::vector<std::string> labels;
//     double min_score = 0.5;
//     static void declare(Fields<Config>& f) {
//       f.add(&Config::labels, "labels").title("Objects").format("label");
//       f.add(&Config::min_score, "min_score").title("Confidence").range(0, 1);
//     }
//   };
//   Result<Config> config = parse_fields<Config>(value);
//
// A default is written once: in the struct. Members may be bool, integers, double, float,
// std::string, an enum with EnumNames, std::optional, std::vector, std::map<std::string, T>, and
// structs that declare themselves. All functions here are reentrant.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace poss {

// The spellings of an enum, in the order of its values. Specialise beside the enum:
//   template <> struct EnumNames<Task> {
//     static constexpr std::array values{std::pair{Task::detection, "detection"}, …};
//   };
template <class E>
struct EnumNames;

template <class E>
std::string_view enum_name(E value) {
  for (const auto& [candidate, name] : EnumNames<E>::values) {
    if (candidate == value) return name;
  }
  return "";
}

// One thing wrong with a value: where ("settings.min_score") and what.
struct FieldError {
  std::string path;
  std::string message;
};

// All errors as one Error(invalid_argument): "path: message; path: message".
Error join_errors(std::span<const FieldError> errors);

// What a form, a schema and the documentation know about one field.
struct FieldSpec {
  std::string name;
  std::string title;
  std::string help;
  std::string format;  // a picker: camera, model, label, region, secret, duration, uri, file …
  std::string unit;
  std::string visible_when_field;  // shown only while that field …
  std::string visible_when_value;  // … has this value
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<size_t> max_length;  // of a string (bytes) or list (items)
  bool required = false;
  bool read_only = false;  // set by the server: shown, but not taken from outside
  bool internal = false;   // of the server alone: neither shown nor taken
};

template <class T>
class Fields;

template <class T>
concept Declared = requires(Fields<T>& fields) {
  T::declare(fields);
};

template <class T>
struct FieldCodec;

namespace detail {

inline std::string join_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string json_kind(const json::value& value);  // "a string", "a number" … for messages

void check_length(size_t length, const char* what, const FieldSpec& spec, const std::string& path,
                  std::vector<FieldError>& errors);
void check_range(double number, const FieldSpec& spec, const std::string& path,
                 std::vector<FieldError>& errors);
void describe(json::object& schema, const FieldSpec& spec);
// The known name nearest to `name`, or "" when none is near: for "did you mean".
std::string nearest(std::string_view name, std::span<const std::string> known);

template <class T>
struct FieldEntry {
  FieldSpec spec;
  std::function<void(T&, const json::value&, const std::string&, std::vector<FieldError>&)> read;
  std::function<json::value(const T&)> write;
  std::function<bool(const T&)> absent;  // true: leave it out of the JSON
  std::function<json::object()> schema;
};

}  // namespace detail

// Collects the fields of T; T::declare() calls add() once per field, in the order of the form.
template <class T>
class Fields {
 public:
  // Refines the field just added.
  class Refine {
   public:
    explicit Refine(FieldSpec& spec) : spec_(spec) {}
    Refine& title(std::string text) { return set(spec_.title, std::move(text)); }
    Refine& help(std::string text) { return set(spec_.help, std::move(text)); }
    Refine& format(std::string name) { return set(spec_.format, std::move(name)); }
    Refine& unit(std::string name) { return set(spec_.unit, std::move(name)); }
    Refine& range(double minimum, double maximum) {
      spec_.minimum = minimum;
      spec_.maximum = maximum;
      return *this;
    }
    Refine& at_least(double minimum) {
      spec_.minimum = minimum;
      return *this;
    }
    Refine& max_length(size_t count) {
      spec_.max_length = count;
      return *this;
    }
    Refine& required() {
      spec_.required = true;
      return *this;
    }
    Refine& read_only() {
      spec_.read_only = true;
      return *this;
    }
    Refine& internal() {
      spec_.internal = true;
      return *this;
    }
    Refine& visible_when(std::string field, std::string value) {
      spec_.visible_when_field = std::move(field);
      return set(spec_.visible_when_value, std::move(value));
    }

   private:
    Refine& set(std::string& target, std::string value) {
      target = std::move(value);
      return *this;
    }
    FieldSpec& spec_;
  };

  template <class M>
  Refine add(M T::*member, std::string name) {
    auto& entry = entries_.emplace_back();
    entry.spec.name = std::move(name);
    if constexpr (std::is_same_v<M, std::string>) entry.spec.max_length = 4096;
    // The index, not a pointer: the vector still grows.
    const size_t index = entries_.size() - 1;
    entry.read = [member, index](T& object, const json::value& value, const std::string& path,
                                 std::vector<FieldError>& errors) {
      FieldCodec<M>::read(object.*member, value, of().entries_[index].spec, path, errors);
    };
    entry.write = [member](const T& object) { return FieldCodec<M>::write(object.*member); };
    if constexpr (requires(const M& value) { value.has_value(); }) {
      entry.absent = [member](const T& object) { return !(object.*member).has_value(); };
    } else {
      entry.absent = [](const T&) { return false; };
    }
    entry.schema = [] { return FieldCodec<M>::schema(); };
    return Refine(entry.spec);
  }

  const std::vector<detail::FieldEntry<T>>& entries() const { return entries_; }

  // The one declaration of T, made at first use.
  static const Fields& of() {
    static const Fields fields = [] {
      Fields made;
      T::declare(made);
      return made;
    }();
    return fields;
  }

 private:
  std::vector<detail::FieldEntry<T>> entries_;
};

// Reads T from a JSON object, collecting every error; unknown fields are errors.
template <Declared T>
void read_fields(T& object, const json::value& value, const std::string& path,
                 std::vector<FieldError>& errors) {
  const auto* members = value.if_object();
  if (!members) {
    errors.push_back({path, "must be an object, not " + detail::json_kind(value)});
    return;
  }
  const auto& entries = Fields<T>::of().entries();
  for (const auto& entry : entries) {
    const std::string field_path = detail::join_path(path, entry.spec.name);
    if (const auto* found = members->if_contains(entry.spec.name)) {
      entry.read(object, *found, field_path, errors);
    } else if (entry.spec.required) {
      errors.push_back({field_path, "is missing"});
    }
  }
  for (const auto& member : *members) {
    std::vector<std::string> known;
    bool found = false;
    for (const auto& entry : entries) {
      known.push_back(entry.spec.name);
      found = found || entry.spec.name == member.key();
    }
    if (found) continue;
    const std::string name(member.key());
    const std::string near = detail::nearest(name, known);
    errors.push_back({detail::join_path(path, name),
                      near.empty() ? "is not a known setting"
                                   : "is not a known setting; did you mean '" + near + "'?"});
  }
}

// Reads T; the error gathers everything that is wrong. T::validate(), where there is one, is
// called last: `void validate(const std::string& path, std::vector<FieldError>&) const`.
template <Declared T>
Result<T> parse_fields(const json::value& value, const std::string& path = "") {
  T object{};
  std::vector<FieldError> errors;
  FieldCodec<T>::read(object, value, FieldSpec{}, path, errors);
  if (!errors.empty()) return join_errors(errors);
  return object;
}

// The JSON object of T, fields in declared order; empty optionals are left out.
template <Declared T>
json::object to_json(const T& object) {
  json::object out;
  for (const auto& entry : Fields<T>::of().entries()) {
    if (!entry.absent(object)) out[entry.spec.name] = entry.write(object);
  }
  return out;
}

// JSON Schema (2020-12) of T with titles, help, defaults and the `x-…` hints of the form.
template <Declared T>
json::object schema_of() {
  const T defaults{};
  json::object properties;
  json::array required;
  for (const auto& entry : Fields<T>::of().entries()) {
    json::object property = entry.schema();
    detail::describe(property, entry.spec);
    if (entry.spec.required) {
      required.emplace_back(entry.spec.name);
    } else if (!entry.absent(defaults)) {
      property["default"] = entry.write(defaults);
    }
    properties[entry.spec.name] = std::move(property);
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

// ---- codecs: how each member type is read, written and described ----

template <>
struct FieldCodec<bool> {
  static void read(bool& out, const json::value& value, const FieldSpec&, const std::string& path,
                   std::vector<FieldError>& errors) {
    if (const auto* flag = value.if_bool()) {
      out = *flag;
    } else {
      errors.push_back({path, "must be true or false, not " + detail::json_kind(value)});
    }
  }
  static json::value write(bool flag) { return flag; }
  static json::object schema() { return {{"type", "boolean"}}; }
};

template <class T>
requires std::integral<T> &&(!std::same_as<T, bool>)struct FieldCodec<T> {
  static void read(T& out, const json::value& value, const FieldSpec& spec, const std::string& path,
                   std::vector<FieldError>& errors) {
    std::int64_t number = 0;
    if (const auto* integer = value.if_int64()) {
      number = *integer;
    } else if (const auto* real = value.if_double();
               real && std::nearbyint(*real) == *real && std::abs(*real) < 9e15) {
      number = static_cast<std::int64_t>(*real);
    } else {
      errors.push_back({path, "must be a whole number, not " + detail::json_kind(value)});
      return;
    }
    if (!std::in_range<T>(number)) {
      errors.push_back({path, "is out of range"});
      return;
    }
    out = static_cast<T>(number);
    detail::check_range(static_cast<double>(number), spec, path, errors);
  }
  static json::value write(T number) { return static_cast<std::int64_t>(number); }
  static json::object schema() { return {{"type", "integer"}}; }
};

template <std::floating_point T>
struct FieldCodec<T> {
  static void read(T& out, const json::value& value, const FieldSpec& spec, const std::string& path,
                   std::vector<FieldError>& errors) {
    if (!value.is_number()) {
      errors.push_back({path, "must be a number, not " + detail::json_kind(value)});
      return;
    }
    const double number = value.to_number<double>();
    if (!std::isfinite(static_cast<T>(number))) {
      errors.push_back({path, "is out of range"});
      return;
    }
    out = static_cast<T>(number);
    detail::check_range(number, spec, path, errors);
  }
  static json::value write(T number) { return static_cast<double>(number); }
  static json::object schema() { return {{"type", "number"}}; }
};

template <>
struct FieldCodec<std::string> {
  static void read(std::string& out, const json::value& value, const FieldSpec& spec,
                   const std::string& path, std::vector<FieldError>& errors) {
    const auto* text = value.if_string();
    if (!text) {
      errors.push_back({path, "must be a string, not " + detail::json_kind(value)});
      return;
    }
    out.assign(text->data(), text->size());
    detail::check_length(out.size(), "characters", spec, path, errors);
    if (spec.required && out.empty()) errors.push_back({path, "must not be empty"});
  }
  static json::value write(const std::string& text) { return json::value(text); }
  static json::object schema() { return {{"type", "string"}}; }
};

template <class T>
requires std::is_enum_v<T>
struct FieldCodec<T> {
  static void read(T& out, const json::value& value, const FieldSpec&, const std::string& path,
                   std::vector<FieldError>& errors) {
    std::string choices;
    for (const auto& [candidate, name] : EnumNames<T>::values) {
      if (value.is_string() && value.get_string() == name) {
        out = candidate;
        return;
      }
      choices += choices.empty() ? name : std::string(", ") + name;
    }
    errors.push_back({path, "must be one of: " + choices});
  }
  static json::value write(T value) { return json::value(enum_name(value)); }
  static json::object schema() {
    json::array names;
    for (const auto& [candidate, name] : EnumNames<T>::values) names.emplace_back(name);
    return {{"type", "string"}, {"enum", std::move(names)}};
  }
};

template <class T>
struct FieldCodec<std::optional<T>> {
  static void read(std::optional<T>& out, const json::value& value, const FieldSpec& spec,
                   const std::string& path, std::vector<FieldError>& errors) {
    if (value.is_null()) {
      out.reset();
      return;
    }
    FieldCodec<T>::read(out.emplace(), value, spec, path, errors);
  }
  static json::value write(const std::optional<T>& value) {
    return value ? FieldCodec<T>::write(*value) : json::value(nullptr);
  }
  static json::object schema() { return FieldCodec<T>::schema(); }
};

template <class T>
struct FieldCodec<std::vector<T>> {
  static void read(std::vector<T>& out, const json::value& value, const FieldSpec& spec,
                   const std::string& path, std::vector<FieldError>& errors) {
    const auto* items = value.if_array();
    if (!items) {
      errors.push_back({path, "must be a list, not " + detail::json_kind(value)});
      return;
    }
    out.clear();
    detail::check_length(items->size(), "items", spec, path, errors);
    if (!errors.empty() && spec.max_length && items->size() > *spec.max_length) return;
    FieldSpec item_spec = spec;  // a range holds for each item; a length for the list alone
    item_spec.max_length.reset();
    item_spec.required = false;
    out.reserve(items->size());
    for (size_t i = 0; i < items->size(); ++i) {
      T item{};
      FieldCodec<T>::read(item, (*items)[i], item_spec, path + "[" + std::to_string(i) + "]",
                          errors);
      out.push_back(std::move(item));
    }
  }
  static json::value write(const std::vector<T>& items) {
    json::array out;
    out.reserve(items.size());
    for (const auto& item : items) out.push_back(FieldCodec<T>::write(item));
    return out;
  }
  static json::object schema() { return {{"type", "array"}, {"items", FieldCodec<T>::schema()}}; }
};

template <class T>
struct FieldCodec<std::map<std::string, T>> {
  static void read(std::map<std::string, T>& out, const json::value& value, const FieldSpec& spec,
                   const std::string& path, std::vector<FieldError>& errors) {
    const auto* members = value.if_object();
    if (!members) {
      errors.push_back({path, "must be an object, not " + detail::json_kind(value)});
      return;
    }
    out.clear();
    detail::check_length(members->size(), "members", spec, path, errors);
    FieldSpec item_spec = spec;
    item_spec.max_length.reset();
    item_spec.required = false;
    for (const auto& member : *members) {
      FieldCodec<T>::read(out[std::string(member.key())], member.value(), item_spec,
                          detail::join_path(path, std::string(member.key())), errors);
    }
  }
  static json::value write(const std::map<std::string, T>& items) {
    json::object out;
    for (const auto& [key, item] : items) out[key] = FieldCodec<T>::write(item);
    return out;
  }
  static json::object schema() {
    return {{"type", "object"}, {"additionalProperties", FieldCodec<T>::schema()}};
  }
};

// Free-form JSON: settings whose shape another declaration checks.
template <>
struct FieldCodec<json::object> {
  static void read(json::object& out, const json::value& value, const FieldSpec&,
                   const std::string& path, std::vector<FieldError>& errors) {
    if (const auto* members = value.if_object()) {
      out = *members;
    } else {
      errors.push_back({path, "must be an object, not " + detail::json_kind(value)});
    }
  }
  static json::value write(const json::object& object) { return object; }
  static json::object schema() { return {{"type", "object"}}; }
};

template <Declared T>
struct FieldCodec<T> {
  static void read(T& out, const json::value& value, const FieldSpec&, const std::string& path,
                   std::vector<FieldError>& errors) {
    const size_t before = errors.size();
    read_fields(out, value, path, errors);
    if constexpr (requires { out.validate(path, errors); }) {
      if (errors.size() == before) out.validate(path, errors);
    }
  }
  static json::value write(const T& object) { return to_json(object); }
  static json::object schema() { return schema_of<T>(); }
};

}  // namespace poss
