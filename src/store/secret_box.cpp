// Secrets with libsodium's XChaCha20-Poly1305; the entry's id is authenticated too, so that
// somebody who can write the database cannot exchange one secret for another.
#include "store/secret_box.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "store/kind.h"

namespace poss::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxSecret = 1 << 20;
constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr const char* kCheck = "key_check";    // a fact sealed with the key, to know it again
constexpr std::int64_t kDay = 86'400'000'000;  // microseconds

Error key_error(const fs::path& path, const std::string& problem) {
  return {Code::permission_denied, "the key file '" + path.string() + "' " + problem};
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes_of(bytes), bytes.size());
  text.pop_back();
  return text;
}

// Fails with EEXIST when another process was faster: then its file counts.
Result<void> create_key_file(const fs::path& path) {
  std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> key{};
  randombytes_buf(key.data(), key.size());
  std::string text = hex({reinterpret_cast<const char*>(key.data()), key.size()}) + "\n";
  sodium_memzero(key.data(), key.size());
  // Written whole under another name first, so that a killed start leaves no half key.
  const std::string temporary = path.string() + "." + new_id();
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return key_error(path, std::string("cannot be made: ") + std::strerror(errno));
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && ::fsync(file) == 0;
  sodium_memzero(text.data(), text.size());
  ::close(file);
  const bool linked = synced && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int problem = errno;
  ::unlink(temporary.c_str());
  if (!linked) return key_error(path, std::string("cannot be made: ") + std::strerror(problem));
  // The name must survive a power cut as the secrets do.
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return {};
}

}  // namespace

// The key in memory that is locked, guarded and wiped.
class SecretBox::Key {
 public:
  static constexpr size_t kBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;

  Key() : bytes_(static_cast<unsigned char*>(sodium_malloc(kBytes))) {
    if (!bytes_) std::abort();
  }
  ~Key() { sodium_free(bytes_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  static Result<std::unique_ptr<Key>> read(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
      return key_error(path, std::string("cannot be read: ") + std::strerror(errno));
    }
    if ((info.st_mode & 077) != 0) {
      return key_error(path, "may be read by others; make it yours alone: chmod 600");
    }
    POSS_ASSIGN(std::string text, read_file(path, 4096));
    auto key = std::make_unique<Key>();
    size_t length = 0;
    const char* end = nullptr;
    const bool good = sodium_hex2bin(key->bytes_, kBytes, text.data(), text.size(), nullptr,
                                     &length, &end) == 0 &&
                      length == kBytes && std::string_view(end, text.data() + text.size()) == "\n";
    sodium_memzero(text.data(), text.size());
    if (!good) return key_error(path, "does not hold a key; restore it from a backup");
    return key;
  }

  // nonce + cipher text + tag, as hexadecimal text.
  std::string seal(std::string_view plain, std::string_view id) const {
    std::string sealed(kNonce + plain.size() + kTag, '\0');
    auto* out = reinterpret_cast<unsigned char*>(sealed.data());
    randombytes_buf(out, kNonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonce, nullptr, bytes_of(plain), plain.size(),
                                               bytes_of(id), id.size(), nullptr, out, bytes_);
    return hex(sealed);
  }

  Result<std::string> open(const std::string& text, std::string_view id) const {
    const Error broken{Code::permission_denied,
                       "a secret does not open with this key; restore the store's key file"};
    std::string sealed(text.size() / 2, '\0');
    size_t length = 0;
    if (sodium_hex2bin(reinterpret_cast<unsigned char*>(sealed.data()), sealed.size(), text.data(),
                       text.size(), nullptr, &length, nullptr) != 0 ||
        length < kNonce + kTag) {
      return broken;
    }
    std::string plain(length - kNonce - kTag, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(plain.data()),
                                                   nullptr, nullptr, bytes_of(sealed) + kNonce,
                                                   length - kNonce, bytes_of(id), id.size(),
                                                   bytes_of(sealed), bytes_) != 0) {
      return broken;
    }
    return plain;
  }

 private:
  unsigned char* bytes_;
};

SecretBox::SecretBox(Database& database, std::unique_ptr<Key> key)
    : database_(database), key_(std::move(key)) {}
SecretBox::~SecretBox() = default;

Result<std::unique_ptr<SecretBox>> SecretBox::open(Database& database, const fs::path& key_file,
                                                   Time now) {
  if (sodium_init() < 0) return Error{Code::internal, "libsodium has no random numbers"};
  const std::string secret_kind(kSecretKind);
  bool any = false;
  std::string check;
  const auto look = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows secrets,
                transaction.query("SELECT id FROM objects WHERE kind = $1 LIMIT 1", {secret_kind}));
    any = !secrets.empty();
    POSS_ASSIGN(const Rows facts,
                transaction.query("SELECT value FROM facts WHERE name = $1", {kCheck}));
    check = facts.empty() ? "" : facts[0].text(0);
    return {};
  };
  POSS_TRY(database.read(look));
  std::error_code ignored;
  bool made = false;
  if (!fs::exists(key_file, ignored)) {
    if (any) {
      return key_error(key_file,
                       "is missing, and the store holds secrets that only it can open; restore it "
                       "from a backup");
    }
    POSS_TRY(create_key_file(key_file));
    made = true;
  }
  POSS_ASSIGN(auto key, Key::read(key_file));
  if (!check.empty() && !made && !key->open(check, kCheck)) {
    return key_error(key_file, "belongs to another store; put the right one there");
  }
  const auto work = [&](Transaction& transaction) -> Result<void> {
    if (check.empty() || made) {
      POSS_TRY(
          transaction.query("INSERT INTO facts (name, value) VALUES ($1, $2) "
                            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                            {kCheck, key->seal("", kCheck)}));
    }
    POSS_TRY(
        transaction.query("DELETE FROM objects WHERE kind = $1 AND created < $2 AND NOT EXISTS "
                          "(SELECT 1 FROM links WHERE to_id = objects.id)",
                          {secret_kind, now.time_since_epoch().count() - kDay}));
    return {};
  };
  POSS_TRY(database.write(work));
  return std::unique_ptr<SecretBox>(new SecretBox(database, std::move(key)));
}

Result<std::string> SecretBox::seal(std::string_view plain, Time now) {
  if (plain.size() > kMaxSecret) {
    return Error{Code::invalid_argument, "a secret may have at most 1 MiB"};
  }
  std::string id = new_id();
  const std::string sealed = key_->seal(plain, id);
  const std::int64_t time = now.time_since_epoch().count();
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_TRY(transaction.query(
        "INSERT INTO objects (id, kind, name, name_key, status, created, updated, revision, tags, "
        "body) VALUES ($1, $2, '', '', '', $3, $3, 1, '{}', $4)",
        {id, std::string(kSecretKind), time, sealed}));
    return {};
  };
  POSS_TRY(database_.write(work));
  return id;
}

Result<std::string> SecretBox::reveal(const std::string& id) {
  std::string sealed;
  const auto work = [&](Transaction& transaction) -> Result<void> {
    POSS_ASSIGN(const Rows rows,
                transaction.query("SELECT body FROM objects WHERE id = $1 AND kind = $2",
                                  {id, std::string(kSecretKind)}));
    if (rows.empty()) return Error{Code::not_found, "there is no secret '" + id + "'"};
    sealed = rows[0].text(0);
    return {};
  };
  POSS_TRY(database_.read(work));
  return key_->open(sealed, id);
}

}  // namespace poss::store
