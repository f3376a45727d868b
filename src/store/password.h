// Passwords and API tokens: hashing and checking. All functions are thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace poss::store {

// The password's argon2id hash with its salt and cost, as text. Takes some 0.1 s and 64 MiB, so
// that guessing is slow; the server throttles sign-in.
Result<std::string> hash_password(std::string_view password);

// Whether `hash` is of this password. With an empty hash, as of a user that does not exist, it
// takes as long and says no.
bool verify_password(std::string_view password, const std::string& hash);

// True when the hash was made at a lower cost than today's: hash the password again at sign-in.
bool needs_rehash(const std::string& hash);

// 32 random bytes as URL-safe text: an API token, a session, a set-up link.
std::string new_token();

// What is kept of a token: its BLAKE2b hash as hexadecimal text. Tokens are random, so a fast hash
// suffices.
std::string hash_token(std::string_view token);

// A second secret from a token, of which it tells nothing: BLAKE2b of the purpose with the token as
// key, as URL-safe text. `token` has at most 64 bytes.
std::string derive_token(std::string_view token, std::string_view purpose);

// Equality in a time that tells nothing of where two texts differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace poss::store
