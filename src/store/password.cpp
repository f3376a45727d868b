// Password and token hashing with libsodium.
#include "store/password.h"

#include <array>
#include <cstdlib>

#include <sodium.h>

namespace poss::store {
namespace {

void start_sodium() {
  if (sodium_init() < 0) std::abort();  // no random numbers on this machine
}

constexpr auto kOperations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr auto kMemory = crypto_pwhash_MEMLIMIT_INTERACTIVE;

// Of a random password that nobody knows.
const std::string& nobodys_hash() {
  static const std::string hash = hash_password(new_token()).value_or("");
  return hash;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  start_sodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kOperations, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{Code::resource_exhausted, "hashing a password needs 64 MiB of free memory"};
  }
  return std::string(hash.data());
}

bool verify_password(std::string_view password, const std::string& hash) {
  start_sodium();
  // Made by the first call whoever it is for, or else that call would tell by taking longer.
  const std::string& nobodys = nobodys_hash();
  const std::string& compared = hash.empty() ? nobodys : hash;
  const bool same =
      crypto_pwhash_str_verify(compared.c_str(), password.data(), password.size()) == 0;
  return same && !hash.empty();
}

bool needs_rehash(const std::string& hash) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), kOperations, kMemory) != 0;
}

std::string new_token() {
  start_sodium();
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

std::string hash_token(std::string_view token) {
  start_sodium();
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size(), nullptr, 0);
  std::array<char, 2 * crypto_generichash_BYTES + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return text.data();
}

std::string derive_token(std::string_view token, std::string_view purpose) {
  start_sodium();
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace poss::store
