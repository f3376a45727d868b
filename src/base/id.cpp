// Random ids from the kernel's generator, a block at a time.
#include "base/id.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>
#include <unistd.h>

namespace poss {

std::string new_id() {
  thread_local std::array<unsigned char, 256> pool;
  thread_local size_t used = pool.size();
  thread_local pid_t owner = 0;
  // A forked child must not hand out the ids its parent is about to.
  if (const pid_t self = ::getpid(); used + 16 > pool.size() || self != owner) {
    owner = self;
    // 256 bytes or fewer are returned whole once the generator is seeded (getrandom(2)).
    if (::getrandom(pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size())) std::abort();
    used = 0;
  }
  unsigned char* b = pool.data() + used;
  used += 16;
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[b[i] >> 4];
    text += kHex[b[i] & 15];
  }
  return text;
}

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
  }
  return true;
}

std::string slugify(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
      slug += c;
    } else if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == 64) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "item" : slug;
}

}  // namespace poss
