// Encodings and digests against the test vectors of their standards.
#include "net/encoding.h"

#include <gtest/gtest.h>

namespace poss::net {
namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

TEST(Encoding, base64_as_in_rfc_4648) {
  for (const auto& [plain, coded] :
       {std::pair{"", ""}, std::pair{"f", "Zg=="}, std::pair{"fo", "Zm8="},
        std::pair{"foo", "Zm9v"}, std::pair{"foob", "Zm9vYg=="}, std::pair{"fooba", "Zm9vYmE="},
        std::pair{"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  EXPECT_EQ(base64_encode("\xff\xfe\xfd"), "//79");
  for (const char* bad : {"Zg", "Z", "Zm9!", "=Zm9", "Zm=v"})
    EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(Encoding, percent_encoding_and_back) {
  EXPECT_EQ(percent_encode("a/b c+ä~"), "a%2Fb%20c%2B%C3%A4~");
  EXPECT_EQ(percent_decode("a%2Fb%20c%2b%C3%A4~"), "a/b c+ä~");
  EXPECT_EQ(percent_decode("%%2%zz%4"), "%%2%zz%4");
}

TEST(Encoding, digests_as_in_their_standards) {
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180-4
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),       // RFC 4231
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

}  // namespace
}  // namespace poss::net
