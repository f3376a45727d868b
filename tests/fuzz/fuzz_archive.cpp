// Fuzzes the unpacking of model archives: all that comes out lies in the folder, or nothing does.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "base/utf8.h"
#include "convert/archive.h"
#include "fuzz.h"

namespace {

namespace fs = std::filesystem;
using poss::fuzz::require;

// Of this process; it goes with it.
struct Place {
  fs::path path = fs::temp_directory_path() / ("poss-fuzz-archive-" + std::to_string(getpid()));
  Place() { fs::create_directories(path); }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  const fs::path archive = place.path / "export.zip", folder = place.path / "unpacked";
  std::ofstream(archive, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  constexpr std::uint64_t kMost = 1u << 20;
  const auto files = poss::convert::unpack_model(
      archive, folder, {.entries = 100, .entry_bytes = kMost, .total_bytes = 2 * kMost});
  if (files) {
    require(fs::is_regular_file(fs::symlink_status(files->model)), "the model is a file");
    std::uint64_t total = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const auto type = entry.symlink_status().type();
      require(type == fs::file_type::regular || type == fs::file_type::directory,
              "only files and folders come out");
      if (type == fs::file_type::regular) total += entry.file_size();
    }
    require(total <= 2 * kMost, "no more comes out than is allowed");
    fs::remove_all(folder);
  } else {
    require(!fs::exists(folder), "a failure leaves nothing");
    require(poss::is_plain_text(files.error().message), "an error can be shown");
  }
  require(std::distance(fs::directory_iterator(place.path), {}) == 1, "nothing lies beside it");
  if (const auto zip = poss::convert::ZipFile::behind(poss::fuzz::text(data, size))) {
    for (const auto& entry : zip->entries()) {
      const auto text = zip->read(entry, kMost);
      require(!text || text->size() == entry.bytes, "an entry has the size it says");
    }
  }
  return 0;
}
