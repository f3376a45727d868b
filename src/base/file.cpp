// Reading and atomically replacing whole files with POSIX calls.
#include "base/file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poss {
namespace {

Error file_error(const std::filesystem::path& path, const char* what, int number) {
  const Code code = number == ENOENT                        ? Code::not_found
                    : number == EACCES || number == EPERM   ? Code::permission_denied
                    : number == ENOSPC || number == EDQUOT  ? Code::resource_exhausted
                    : number == EISDIR || number == ENOTDIR ? Code::invalid_argument
                                                            : Code::internal;
  return Error{
      code, "cannot " + std::string(what) + " '" + path.string() + "': " + std::strerror(number)};
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return file_error(path, "read", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return file_error(path, "read", errno);
  if (!S_ISREG(info.st_mode)) {
    return Error{Code::invalid_argument, "'" + path.string() + "' is not a regular file"};
  }
  if (static_cast<size_t>(info.st_size) > max_bytes) {
    return Error{Code::resource_exhausted, "'" + path.string() + "' has " +
                                               std::to_string(info.st_size) + " bytes; at most " +
                                               std::to_string(max_bytes) + " are allowed here"};
  }
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path, "read", errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes) {
  if (path.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return file_error(path.parent_path(), "create folder", error.value());
  }
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return file_error(path, "write", errno);
  const auto fail = [&](int number) {
    ::unlink(temporary.c_str());
    return file_error(path, "write", number);
  };
  const Descriptor file(fd);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno);
    done += static_cast<size_t>(count);
  }
  if (::fchmod(fd, 0644) != 0 || ::fsync(fd) != 0) return fail(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(errno);
  return {};
}

}  // namespace poss
