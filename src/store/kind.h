// Kind: what the Store knows about a type of object, made from the type's own declaration.
//
// An object is a struct with fields(); a field whose format is the name of a kind refers to an
// object of that kind by its id, wherever in the struct it stands. All functions are reentrant.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "store/text.h"

namespace poss::store {

// A type that can be stored. Besides declare() it says:
//   kKind    its name in JSON, SQL and the formats of other types' fields
//   kUnique  fields that together differ between any two objects; text is compared without case
//   kOwner   optional: the field that refers to the object this one belongs to and goes with
template <class T>
concept Object = Declared<T> && requires {
  { T::kKind } -> std::convertible_to<std::string_view>;
  T::kUnique.size();
};

struct Kind {
  std::string name;   // "model_version"
  std::string title;  // "model version", for sentences
  std::vector<std::string> unique;
  std::string owner;
  bool named = false;   // has a field "name", which is then a name people see
  json::object schema;  // of fields()
};

// One reference found in an object.
struct Reference {
  std::string path;  // "cameras[0].camera"
  std::string kind;
  std::string id;
  bool owner = false;
};

// The spelling of a secret's format; see SecretBox.
inline constexpr std::string_view kSecretKind = "secret";

namespace detail {
Kind make_kind(std::string_view name, std::vector<std::string> unique, std::string_view owner,
               json::object schema);
}

template <Object T>
const Kind& kind_of() {
  static const Kind kind = [] {
    std::vector<std::string> unique(T::kUnique.begin(), T::kUnique.end());
    std::string_view owner;
    if constexpr (requires { T::kOwner; }) owner = T::kOwner;
    return detail::make_kind(T::kKind, std::move(unique), owner, schema_of<T>());
  }();
  return kind;
}

// The names of all kinds that fields may refer to.
const std::vector<std::string>& referable_kinds();

// Every reference of `body`, an object of `kind`; empty ids are no references.
std::vector<Reference> references_of(const Kind& kind, const json::object& body);

// What must differ between two objects of the kind, as one text; "" when nothing must.
std::string unique_key(const Kind& kind, const json::object& body);

}  // namespace poss::store
