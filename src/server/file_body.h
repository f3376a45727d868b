// Bodies of requests and responses that lie in files, so that their size does not matter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace poss::server {

// The body of a request, in a file of its own. One thread at a time.
class UploadedFile {
 public:
  // A new, empty file of a name nobody else has, readable by its owner only. The folder must exist.
  static Result<std::shared_ptr<UploadedFile>> create(const std::filesystem::path& folder);
  // Removes the file unless it was kept or moved away.
  ~UploadedFile();
  UploadedFile(const UploadedFile&) = delete;
  UploadedFile& operator=(const UploadedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }
  // Fails with a sentence that names the folder (resource_exhausted: its disk is full).
  Result<void> append(std::string_view bytes);
  // From now on the file is the caller's.
  void keep() { kept_ = true; }

 private:
  UploadedFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  const std::filesystem::path path_;
  const int descriptor_;
  std::uint64_t bytes_ = 0;
  bool kept_ = false;
};

// A part of a file as the body of a response. Holds the file open: it may be removed meanwhile.
// Thread-safe.
class FileBody {
 public:
  // Fails when the path names no regular file that can be read.
  static Result<std::shared_ptr<FileBody>> open(const std::filesystem::path& path);
  ~FileBody();
  FileBody(const FileBody&) = delete;
  FileBody& operator=(const FileBody&) = delete;

  std::uint64_t file_size() const { return file_size_; }     // of the whole file, when opened
  std::int64_t modified_ns() const { return modified_ns_; }  // since the epoch

  // The part to send; the whole file at first.
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  // Fills `buffer` with bytes of the part, `at` bytes into it. Fails when the file is shorter now.
  Result<void> read(std::uint64_t at, char* buffer, size_t count) const;

 private:
  FileBody(int descriptor, std::uint64_t file_size, std::int64_t modified_ns)
      : size(file_size),
        descriptor_(descriptor),
        file_size_(file_size),
        modified_ns_(modified_ns) {}

  const int descriptor_;
  const std::uint64_t file_size_;
  const std::int64_t modified_ns_;
};

}  // namespace poss::server
