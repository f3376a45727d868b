// Reading zip archives of strangers: what is in them is checked before anything comes out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct zip;

namespace poss::convert {

struct ZipLimits {
  std::uint64_t entries = 10'000;
  std::uint64_t entry_bytes = std::uint64_t{4} << 30;  // unpacked
  std::uint64_t total_bytes = std::uint64_t{8} << 30;
  std::uint64_t ratio = 200;  // unpacked to packed, of an entry above a megabyte
};

// A file in an archive; folders are left out.
struct ZipEntry {
  std::string name;  // "folder/model.onnx": relative, plain text, without "." and ".."
  std::uint64_t index = 0;
  std::uint64_t bytes = 0;  // unpacked, as the archive says
};

// For one thread at a time.
class ZipFile {
 public:
  // Refuses an archive as a whole when anything in it is beyond the limits, encrypted, a link,
  // there twice, or named to lie outside.
  static Result<ZipFile> open(const std::filesystem::path& path, const ZipLimits& limits = {});
  // The archive that `file` is or ends with, such as the label files behind a TFLite model; none
  // when there is none. Borrows `file`. What is odd in it is left out.
  static std::optional<ZipFile> behind(std::string_view file);

  const std::vector<ZipEntry>& entries() const { return entries_; }
  Result<std::string> read(const ZipEntry& entry, std::uint64_t max_bytes) const;
  // Makes the file, which is not there before; on failure there is none.
  Result<void> extract(const ZipEntry& entry, const std::filesystem::path& file) const;

 private:
  struct Closer {
    void operator()(zip* archive) const;
  };
  class Unpacking;
  explicit ZipFile(zip* archive) : archive_(archive) {}

  std::unique_ptr<zip, Closer> archive_;
  std::vector<ZipEntry> entries_;
};

// Whether the file begins as a zip archive does.
bool is_zip_file(const std::filesystem::path& path);

}  // namespace poss::convert
