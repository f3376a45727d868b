// file_export: appends insights to a file, one JSON object a line.
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "nodes/export_payload.h"

namespace poss {
namespace {

// An open file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

class FileExport final : public Node {
 public:
  struct Config {
    std::string path;
    std::int64_t max_bytes = 100'000'000;
    double delay_buffer = 0;
    bool only_with_detections = false;

    static void declare(Fields<Config>& f) {
      f.add(&Config::path, "path")
          .title("File")
          .format("file")
          .required()
          .help("May hold {camera}, {skill} and {deployment}. Missing folders are made.");
      f.add(&Config::max_bytes, "max_bytes")
          .title("Largest size")
          .unit("bytes")
          .range(1024, 1e15)
          .help("A file that would grow beyond is renamed to end in .1, replacing the one before.");
      declare_send_rules(f);
    }

    void validate(const std::string& field, std::vector<FieldError>& errors) const {
      check_placeholders(path, detail::join_path(field, "path"), errors);
      if (path.find('\0') != std::string::npos || path.ends_with('/')) {
        errors.push_back({detail::join_path(field, "path"), "must name a file"});
      }
    }
  };

  static NodeInfo info() {
    return {.type = "file_export",
            .title = "File",
            .help =
                "Appends each insight to a file as one line of JSON. Nothing is left out: a "
                "slow disk slows the skill.",
            .category = Category::export_,
            .outputs = {},
            .queue = NodeQueue{.capacity = 256, .when_full = WhenFull::block}};
  }

  static Result<std::unique_ptr<Node>> create(Config config, NodeContext context) {
    POSS_ASSIGN(std::string path, fill_placeholders(config.path, context).with("'path'"));
    return std::make_unique<FileExport>(std::move(config), std::move(path), context.clock);
  }

  FileExport(Config config, std::string path, const Clock& clock)
      : max_bytes_(config.max_bytes),
        path_(std::move(path)),
        clock_(clock),
        rules_(config.delay_buffer, config.only_with_detections) {}

  Result<void> open() override {
    const auto folder = std::filesystem::path(path_).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) {
      return Error{Code::permission_denied,
                   "the folder '" + folder.string() + "' cannot be made: " + error.message()};
    }
    return open_file();
  }

  Result<void> process(Message message, Emitter&) override {
    const auto now = clock_.steady_now();
    if (!rules_.due(message.insight, now)) return {};
    POSS_TRY(append(payload_text(message.insight, PayloadForm::poss) + "\n"));
    rules_.sent(message.insight, now);
    return {};
  }

  void close() override { file_.reset(); }

 private:
  Error failure(const char* what) const {
    const int cause = errno;
    Code code = Code::unavailable;
    if (cause == EACCES || cause == EPERM || cause == EROFS) code = Code::permission_denied;
    if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG) code = Code::resource_exhausted;
    if (cause == EISDIR || cause == ENOENT || cause == ENOTDIR) code = Code::invalid_argument;
    return {code, "the file '" + path_ + "' cannot be " + what + ": " + std::strerror(cause)};
  }

  Result<void> open_file() {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                              S_IRUSR | S_IWUSR | S_IRGRP));
    if (file_.get() < 0) return failure("written");
    struct stat status {};
    if (fstat(file_.get(), &status) != 0) return failure("read");
    if (!S_ISREG(status.st_mode)) {
      file_.reset();
      return Error{Code::invalid_argument, "'" + path_ + "' is not a plain file; choose another"};
    }
    return {};
  }

  // Others may append to the same file, or move it away, at the same time: the lock keeps their
  // lines and ours whole.
  Result<void> append(const std::string& line) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (file_.get() < 0) POSS_TRY(open_file());
      if (flock(file_.get(), LOCK_EX) != 0) return failure("locked");
      POSS_ASSIGN(const bool written, append_locked(line));
      if (file_.get() >= 0) flock(file_.get(), LOCK_UN);
      if (written) return {};
      file_.reset();  // no longer the file of that name
    }
    return Error{Code::conflict,
                 "the file '" + path_ + "' is moved away by others all the time; choose another"};
  }

  // False when the line belongs into another file: this one was moved away, or is full and was
  // renamed. On an error the file is closed, and its lock gone with it.
  Result<bool> append_locked(const std::string& line) {
    struct stat opened {};
    struct stat named {};
    if (fstat(file_.get(), &opened) != 0) return give_up("read");
    if (stat(path_.c_str(), &named) != 0 || named.st_ino != opened.st_ino ||
        named.st_dev != opened.st_dev) {
      return false;
    }
    const auto size = static_cast<std::int64_t>(opened.st_size);
    if (size > 0 && size + static_cast<std::int64_t>(line.size()) > max_bytes_) {
      if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) {
        return give_up("renamed to end in .1");
      }
      return false;
    }
    // A line that a power cut left unfinished must not swallow this one.
    char last = '\n';
    const bool torn = size > 0 && pread(file_.get(), &last, 1, size - 1) == 1 && last != '\n';
    const std::string text = torn ? "\n" + line : line;
    const ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) return true;
    if (written >= 0) errno = ENOSPC;  // part of it: there is no more room
    const Error error = failure("written");
    if (written > 0 && ftruncate(file_.get(), opened.st_size) != 0) {
      spdlog::warn("the file '{}' ends with a part of a line", path_);
    }
    file_.reset();
    return error;
  }

  Error give_up(const char* what) {
    Error error = failure(what);
    file_.reset();
    return error;
  }

  std::int64_t max_bytes_;
  std::string path_;
  const Clock& clock_;
  SendRules rules_;
  Descriptor file_;  // from open() to close()
};

POSS_NODE(FileExport);

}  // namespace
}  // namespace poss
