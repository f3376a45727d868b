// Logging: one line an event on standard error, through spdlog.
//
// A log line never holds a secret: URIs go through mask_uri() first.
#pragma once

#include <string>
#include <string_view>

#include <spdlog/spdlog.h>

namespace poss {

// Sets the pattern and level ("debug", "info", "warn", "error") of the process's log.
void set_up_log(std::string_view level);

// The URI with its user name and password, and secret-looking query values, replaced by "***".
std::string mask_uri(std::string_view uri);

}  // namespace poss
