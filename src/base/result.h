// Result and Error: how every fallible function of POSS reports failure, without exceptions.
//
// Both types are plain values: reentrant, no shared state, safe to move between threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace poss {

// The kinds of failure a caller may want to tell apart; everything else is in the message.
enum class Code {
  invalid_argument,     // the input is wrong and stays wrong until somebody changes it
  not_found,            // the thing named does not exist
  conflict,             // the thing named is in a state that forbids the request
  precondition_failed,  // somebody else has changed the thing since the caller read it
  unavailable,          // a peer or device does not answer now; trying again may help
  timed_out,            // no answer within the time allowed
  permission_denied,    // a credential or file permission is missing or wrong
  resource_exhausted,   // disk, memory, queue or a declared limit is full
  internal,             // a bug, or a library that failed in a way we do not know
};

// "invalid_argument" and so on: the spelling in JSON and logs.
std::string_view code_name(Code code);

// The one mapping from a code to an HTTP status.
int http_status(Code code);

// The one mapping from a code to the process's exit code: 2 for bad input, 3 for the environment,
// 1 for bugs.
int exit_code(Code code);

// A failure: its kind, and one sentence that names the thing and the remedy.
struct Error {
  Code code = Code::internal;
  std::string message;

  // The same failure with the context it happened in put in front: "camera 'dock': …".
  Error with(std::string_view context) const;
};

// A value of T or an Error.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT: implicit by intent
  Result(Code code, std::string message) : Base(tl::unexpect, Error{code, std::move(message)}) {}

  // Adds context to the error, if there is one.
  Result with(std::string_view context) && {
    if (this->has_value()) return std::move(*this);
    return Result(this->error().with(context));
  }
};

}  // namespace poss

#define POSS_CONCAT_(a, b) a##b
#define POSS_CONCAT(a, b) POSS_CONCAT_(a, b)

// Leaves the function with the error of `expression` (a Result<void> or Result<T>), if it has one.
#define POSS_TRY(expression)                                                       \
  do {                                                                             \
    if (auto poss_result = (expression); !poss_result) return poss_result.error(); \
  } while (false)

// Declares `declaration` with the value of `expression`, or leaves the function with its error.
#define POSS_ASSIGN(declaration, expression)                                                    \
  auto POSS_CONCAT(poss_result_, __LINE__) = (expression);                                      \
  if (!POSS_CONCAT(poss_result_, __LINE__)) return POSS_CONCAT(poss_result_, __LINE__).error(); \
  declaration = std::move(*POSS_CONCAT(poss_result_, __LINE__))
