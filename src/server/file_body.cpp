// Files behind bodies, with POSIX calls.
#include "server/file_body.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poss::server {
namespace {

Error folder_error(const std::filesystem::path& folder, int number) {
  const std::string where = "'" + folder.string() + "'";
  if (number == ENOSPC || number == EDQUOT) {
    return {Code::resource_exhausted,
            "the disk of the folder " + where + " is full; make room there and try again"};
  }
  if (number == EFBIG) {
    return {Code::resource_exhausted, "the disk of the folder " + where +
                                          " takes no file as large as this; use another file "
                                          "system there"};
  }
  return {Code::internal, "cannot write an upload into the folder " + where + ": " +
                              std::strerror(number) +
                              "; the server's user must be able to write there"};
}

}  // namespace

Result<std::shared_ptr<UploadedFile>> UploadedFile::create(const std::filesystem::path& folder) {
  std::string name = (folder / "upload-XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return folder_error(folder, errno);
  return std::shared_ptr<UploadedFile>(new UploadedFile(name, descriptor));
}

UploadedFile::~UploadedFile() {
  ::close(descriptor_);
  if (!kept_) ::unlink(path_.c_str());
}

Result<void> UploadedFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return folder_error(path_.parent_path(), errno);
    bytes.remove_prefix(static_cast<size_t>(count));
    bytes_ += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::shared_ptr<FileBody>> FileBody::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int number = errno;
  struct stat info {};
  if (descriptor < 0 || ::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    if (descriptor >= 0) ::close(descriptor);
    const bool absent = descriptor < 0 && (number == ENOENT || number == ENOTDIR);
    return Error{absent ? Code::not_found : Code::internal,
                 absent ? "the file '" + path.filename().string() + "' does not exist any more"
                        : "the file '" + path.filename().string() + "' cannot be read"};
  }
  const std::int64_t modified =
      std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return std::shared_ptr<FileBody>(
      new FileBody(descriptor, static_cast<std::uint64_t>(info.st_size), modified));
}

FileBody::~FileBody() { ::close(descriptor_); }

Result<void> FileBody::read(std::uint64_t at, char* buffer, size_t count) const {
  while (count > 0) {
    const ssize_t got = ::pread(descriptor_, buffer, count, static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::internal, std::strerror(errno)};
    if (got == 0) return Error{Code::internal, "the file has become shorter"};
    buffer += got;
    at += static_cast<std::uint64_t>(got);
    count -= static_cast<size_t>(got);
  }
  return {};
}

}  // namespace poss::server
