// The key file, what lies on disk of a secret, and passwords.
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/password.h"
#include "store/test_store.h"

namespace poss::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SecretTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() { return Store::open(path_); }

  // Seals a secret that a camera keeps, and returns its id.
  std::string keep(const std::string& plain) {
    auto store = open();
    const auto hall = (*store)->create(Location{.name = "Hall"});
    const std::string id = *(*store)->seal(plain);
    Camera camera{.name = "Dock", .uri = "a", .password = id, .location = hall->id};
    EXPECT_TRUE((*store)->create(camera));
    return id;
  }

  TempFolder folder_;
  const std::string path_ = folder_.file("poss.db");
  const std::string key_ = folder_.file("poss.key");
};

TEST_F(SecretTest, never_lies_on_disk_as_it_is) {
  const std::string id = keep("correct horse battery");
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    const auto bytes = read_file(entry.path(), 64 << 20);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->find("horse"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(*(*open())->reveal(id), "correct horse battery");
}

TEST_F(SecretTest, a_key_others_may_read_is_refused) {
  keep("a");
  for (const mode_t mode : {0644, 0640, 0602}) {
    ::chmod(key_.c_str(), mode);
    const auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::permission_denied);
    EXPECT_THAT(opened.error().message, HasSubstr("chmod 600"));
  }
  ::chmod(key_.c_str(), 0400);
  EXPECT_TRUE(open());
}

TEST_F(SecretTest, a_missing_key_is_refused_while_secrets_exist) {
  ASSERT_TRUE(open());
  fs::remove(key_);
  EXPECT_TRUE(open()) << "nothing is lost without secrets";
  const std::string id = keep("a");
  fs::rename(key_, key_ + ".away");
  EXPECT_THAT(open().error().message, HasSubstr("is missing, and the store holds secrets"));
  EXPECT_FALSE(fs::exists(key_));
  fs::rename(key_ + ".away", key_);
  EXPECT_EQ(*(*open())->reveal(id), "a");
}

TEST_F(SecretTest, another_stores_key_and_a_damaged_one_are_refused) {
  keep("a");
  ASSERT_TRUE(Store::open(folder_.file("other.db")));
  fs::copy(folder_.file("other.key"), key_, fs::copy_options::overwrite_existing);
  EXPECT_THAT(open().error().message, HasSubstr("belongs to another store"));
  std::ofstream(key_) << "abc";
  EXPECT_THAT(open().error().message, HasSubstr("does not hold a key"));
}

TEST_F(SecretTest, exchanged_entries_do_not_open) {
  const std::string a = keep("a");
  const std::string b = *(*open())->seal("b");
  {
    auto database = open_sqlite(path_);
    ASSERT_TRUE((*database)->write([&](Transaction& transaction) -> Result<void> {
      const auto done = transaction.query(
          "UPDATE objects SET body = (SELECT body FROM objects WHERE id = $1) WHERE id = $2",
          {a, b});
      EXPECT_TRUE(done);
      return {};
    }));
  }
  EXPECT_EQ(*(*open())->reveal(a), "a");
  EXPECT_EQ((*open())->reveal(b).error().code, Code::permission_denied);
}

TEST(Password, is_known_again_and_no_other_is) {
  const auto hash = hash_password("pässwörd");
  ASSERT_TRUE(hash);
  EXPECT_THAT(*hash, ::testing::StartsWith("$argon2id$"));
  EXPECT_TRUE(verify_password("pässwörd", *hash));
  EXPECT_FALSE(verify_password("password", *hash));
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("a", "no hash"));
  EXPECT_NE(*hash, *hash_password("pässwörd"));
  EXPECT_FALSE(needs_rehash(*hash));
}

TEST(Token, is_random_and_kept_as_a_hash) {
  const std::string token = new_token();
  EXPECT_EQ(token.size(), 43u);
  EXPECT_NE(token, new_token());
  EXPECT_TRUE(same_secret(hash_token(token), hash_token(token)));
  EXPECT_FALSE(same_secret(hash_token(token), hash_token(new_token())));
  EXPECT_FALSE(same_secret("a", "ab"));
}

}  // namespace
}  // namespace poss::store
