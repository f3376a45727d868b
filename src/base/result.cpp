// The names and outward mappings of error codes.
#include "base/result.h"

namespace poss {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::precondition_failed:
      return "precondition_failed";
    case Code::unavailable:
      return "unavailable";
    case Code::timed_out:
      return "timed_out";
    case Code::permission_denied:
      return "permission_denied";
    case Code::resource_exhausted:
      return "resource_exhausted";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

int http_status(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return 400;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::precondition_failed:
      return 412;
    case Code::unavailable:
      return 503;
    case Code::timed_out:
      return 504;
    case Code::permission_denied:
      return 403;
    case Code::resource_exhausted:
      return 507;
    case Code::internal:
      return 500;
  }
  return 500;
}

int exit_code(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::not_found:
    case Code::conflict:
    case Code::precondition_failed:
      return 2;
    case Code::unavailable:
    case Code::timed_out:
    case Code::permission_denied:
    case Code::resource_exhausted:
      return 3;
    case Code::internal:
      return 1;
  }
  return 1;
}

Error Error::with(std::string_view context) const {
  return Error{code, std::string(context) + ": " + message};
}

}  // namespace poss
