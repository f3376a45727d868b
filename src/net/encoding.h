// The encodings and digests that the protocols of this folder share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace poss::net {

// RFC 3986, section 2: everything but the unreserved characters as %XX.
std::string percent_encode(std::string_view text);
// What is no %XX stays as it is.
std::string percent_decode(std::string_view text);

// RFC 4648, section 4, with padding.
std::string base64_encode(std::string_view bytes);
// Empty when the text is no Base64.
std::optional<std::string> base64_decode(std::string_view text);

std::string sha1(std::string_view bytes);                               // 20 bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes

std::string random_bytes(size_t count);

}  // namespace poss::net
