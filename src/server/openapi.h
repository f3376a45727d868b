// The OpenAPI document as text.
#pragma once

#include <string>

namespace poss::server {

// api/openapi.json: the same bytes every time. Needs no running server.
std::string openapi_text();

}  // namespace poss::server
