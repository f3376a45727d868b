// libzip reads; sizes are believed only as upper limits.
#include "convert/zip_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/utf8.h"
#include "convert/tflite_file.h"

namespace poss::convert {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPiece = 64u << 10;
constexpr size_t kMaxName = 1024;

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }
std::string shown(const std::string& name) { return "'" + clean_text(name, 100) + "'"; }

// Relative, and what it says is where it lies.
bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !is_plain_text(name)) return false;
  if (name.find('\\') != name.npos || name.find(':') != name.npos) return false;
  for (;;) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    if (slash == name.npos) return true;
    name.remove_prefix(slash + 1);
  }
}

// The same in capitals would be the same file on some machines.
std::string folded(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return name;
}

bool is_special(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0 ||
      (system != ZIP_OPSYS_UNIX && system != ZIP_OPSYS_OS_X)) {
    return false;
  }
  const auto type = attributes >> 16 & S_IFMT;
  return type != 0 && type != S_IFREG && type != S_IFDIR;
}

constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                 ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

// What is wrong with an entry; empty when nothing is.
std::string fault(zip_t* archive, const zip_stat_t& stat, const ZipLimits& limits) {
  if ((stat.valid & kNeeded) != kNeeded) return "is damaged";
  if (stat.encryption_method != ZIP_EM_NONE) return "is encrypted; pack it without a password";
  if (is_special(archive, stat.index)) return "is a link or no file; pack the file itself";
  if (stat.size > limits.entry_bytes) {
    return "has " + std::to_string(stat.size) + " bytes; at most " +
           std::to_string(limits.entry_bytes) + " are taken";
  }
  if (stat.size > 1'000'000 && stat.size / limits.ratio > stat.comp_size) {
    return "is packed more than " + std::to_string(limits.ratio) +
           " times smaller, as no model is; pack it without compression";
  }
  if (!zip_compression_method_supported(static_cast<zip_int32_t>(stat.comp_method), 0)) {
    return "is packed by an unknown method; pack it as an ordinary zip";
  }
  return "";
}

}  // namespace

void ZipFile::Closer::operator()(zip* archive) const { zip_discard(archive); }

// One entry, a piece at a time, and never more than it claims to have.
class ZipFile::Unpacking {
 public:
  Unpacking(zip* archive, const ZipEntry& entry)
      : file_(zip_fopen_index(archive, entry.index, 0)), left_(entry.bytes), entry_(entry) {}
  ~Unpacking() {
    if (file_) zip_fclose(file_);
  }
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

  // How many bytes came; 0 at the end, which includes that they were all there and unharmed.
  Result<size_t> next(char* target, size_t size) {
    if (!file_) return broken();
    const auto got = zip_fread(file_, target, size);
    if (got < 0 || static_cast<std::uint64_t>(got) > left_ || (got == 0 && left_ > 0)) {
      return broken();
    }
    left_ -= static_cast<std::uint64_t>(got);
    return static_cast<size_t>(got);
  }

 private:
  Error broken() const {
    return bad(shown(entry_.name) + " in the archive is damaged; fetch or pack it again");
  }
  zip_file_t* file_;
  std::uint64_t left_;
  const ZipEntry& entry_;
};

Result<ZipFile> ZipFile::open(const fs::path& path, const ZipLimits& limits) {
  int code = 0;
  ZipFile file(zip_open(path.c_str(), ZIP_RDONLY, &code));
  zip_t* const archive = file.archive_.get();
  if (!archive) {
    if (code == ZIP_ER_NOENT || code == ZIP_ER_OPEN || code == ZIP_ER_READ) {
      return Error{Code::not_found, "cannot read the archive '" + path.string() +
                                        "'; check that it is a file and may be read"};
    }
    return bad("the archive is no zip, or damaged; fetch or pack it again");
  }
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive, 0));
  if (count > limits.entries) {
    return bad("the archive has " + std::to_string(count) + " entries; at most " +
               std::to_string(limits.entries) + " are taken");
  }
  std::uint64_t total = 0;
  std::set<std::string> names;
  for (zip_uint64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive, i, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME)) {
      return bad("entry " + std::to_string(i + 1) + " of the archive is damaged");
    }
    std::string name = stat.name;
    const bool folder = name.ends_with('/');
    if (folder) name.pop_back();
    if (!is_safe_name(name)) {
      return bad("the archive has an entry " + shown(name) +
                 ", which is no name inside a folder; pack it again with relative names");
    }
    if (const std::string what = fault(archive, stat, limits); !what.empty()) {
      return bad(shown(name) + " in the archive " + what);
    }
    if (!names.insert(folded(name)).second) {
      return bad("the archive has " + shown(name) + " twice");
    }
    total += stat.size;
    if (total > limits.total_bytes) {
      return bad("the archive unpacks to more than " + std::to_string(limits.total_bytes) +
                 " bytes");
    }
    if (!folder) file.entries_.push_back({.name = std::move(name), .index = i, .bytes = stat.size});
  }
  return file;
}

std::optional<ZipFile> ZipFile::behind(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (source && !archive) zip_source_free(source);
  zip_error_fini(&error);
  if (!archive) return std::nullopt;
  ZipFile file(archive);
  const ZipLimits limits;
  const auto count = std::min(static_cast<zip_uint64_t>(zip_get_num_entries(archive, 0)),
                              static_cast<zip_uint64_t>(limits.entries));
  for (zip_uint64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive, i, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME)) continue;
    std::string name = stat.name;
    if (!is_safe_name(name) || !fault(archive, stat, limits).empty()) continue;
    file.entries_.push_back({.name = std::move(name), .index = i, .bytes = stat.size});
  }
  return file;
}

Result<std::string> ZipFile::read(const ZipEntry& entry, std::uint64_t max_bytes) const {
  if (entry.bytes > max_bytes) {
    return bad(shown(entry.name) + " in the archive has " + std::to_string(entry.bytes) +
               " bytes; at most " + std::to_string(max_bytes) + " are taken");
  }
  Unpacking from(archive_.get(), entry);
  std::string out;
  char piece[kPiece];
  for (;;) {
    POSS_ASSIGN(const size_t count, from.next(piece, sizeof piece));
    if (count == 0) return out;
    out.append(piece, count);
  }
}

Result<void> ZipFile::extract(const ZipEntry& entry, const fs::path& path) const {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const auto failure = [&] {
    return Error{errno == ENOSPC || errno == EFBIG || errno == EDQUOT ? Code::resource_exhausted
                                                                      : Code::internal,
                 "cannot write '" + path.string() + "': " + std::strerror(errno)};
  };
  if (fd < 0) return failure();
  const auto unpack = [&]() -> Result<void> {
    Unpacking from(archive_.get(), entry);
    const auto piece = std::make_unique<char[]>(kPiece);
    for (;;) {
      POSS_ASSIGN(const size_t count, from.next(piece.get(), kPiece));
      if (count == 0) return {};
      for (size_t done = 0; done < count;) {
        const ssize_t wrote = ::write(fd, piece.get() + done, count - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return failure();
        done += static_cast<size_t>(wrote);
      }
    }
  };
  const auto done = unpack();
  ::close(fd);
  if (!done) ::unlink(path.c_str());
  return done;
}

bool is_zip_file(const fs::path& path) {
  char mark[4] = {};
  std::ifstream(path, std::ios::binary).read(mark, sizeof mark);
  const std::string_view begin(mark, sizeof mark);
  return begin == "PK\x03\x04" || begin == std::string_view("PK\x05\x06", 4);
}

}  // namespace poss::convert
