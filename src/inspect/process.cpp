// Both ends of the process: starting, watching and hearing poss-inspect, and what it answers.
#include "inspect/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "inspect/sandbox.h"

namespace poss::inspect {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kMaxAnswer = 64u << 20;
constexpr size_t kMaxRequest = 64u << 20;
constexpr std::uint64_t kMaxModelBytes = 2'000'000'000;
constexpr auto kAskEvery = std::chrono::milliseconds(200);

// One line of an answer.
struct Answer {
  std::string step;  // "read", "loaded", "ran"; empty: the end
  std::optional<Report> report;
  std::string code;  // of an error
  std::string message;
  static void declare(Fields<Answer>& f) {
    f.add(&Answer::step, "step");
    f.add(&Answer::report, "report");
    f.add(&Answer::code, "code");
    f.add(&Answer::message, "message").max_length(100'000);
  }
};

// The request as the file between the processes holds it.
struct Order {
  InspectRequest request;
  std::int64_t memory = 0;
  static void declare(Fields<Order>& f) {
    f.add(&Order::request, "request").required();
    f.add(&Order::memory, "memory").required();
  }
};

std::string_view step_name(Step step) {
  return step == Step::read ? "read" : step == Step::loaded ? "loaded" : "ran";
}

Code code_named(const std::string& name) {
  for (const Code code :
       {Code::invalid_argument, Code::not_found, Code::conflict, Code::unavailable, Code::timed_out,
        Code::permission_denied, Code::resource_exhausted}) {
    if (code_name(code) == name) return code;
  }
  return Code::internal;
}

// A folder of its own, gone at the end.
class PrivateFolder {
 public:
  static Result<PrivateFolder> create(const fs::path& parent) {
    std::error_code error;
    const fs::path where = parent.empty() ? fs::temp_directory_path(error) : parent;
    fs::create_directories(where, error);
    std::string pattern = (where / "poss-inspect-XXXXXX").string();
    if (!mkdtemp(pattern.data())) {
      return Error{Code::resource_exhausted, "cannot make a folder in '" + where.string() +
                                                 "' for the inspection: " + std::strerror(errno)};
    }
    return PrivateFolder(pattern);
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateFolder& operator=(PrivateFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit PrivateFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<fs::path> find_program(const fs::path& given) {
  if (!given.empty()) return given;
  if (const char* named = ::getenv("POSS_INSPECT"); named && *named) return fs::path(named);
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder, folder.parent_path()}) {
    if (::access((place / "poss-inspect").c_str(), X_OK) == 0) return place / "poss-inspect";
  }
  return Error{Code::unavailable, "the program poss-inspect is not beside '" + folder.string() +
                                      "': install it, or name it in $POSS_INSPECT"};
}

// The few settings that the child may know.
std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (const char* name : {"PATH", "LD_LIBRARY_PATH", "POSS_ONNXRUNTIME", "ASAN_OPTIONS",
                           "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = ::getenv(name)) out.push_back(std::string(name) + "=" + value);
  }
  return out;
}

// The child while it runs. Killed and waited for at the end.
class Child {
 public:
  static Result<Child> start(const fs::path& program, const fs::path& folder) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed(program, errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    auto settings = environment();
    std::vector<char*> named;
    for (auto& setting : settings) named.push_back(setting.data());
    named.push_back(nullptr);
    std::string name = "poss-inspect";
    std::string request = "request.json";
    char* arguments[] = {name.data(), request.data(), nullptr};
    Child child;
    const int error = posix_spawn(&child.pid_, fs::absolute(program).c_str(), &actions, &attributes,
                                  arguments, named.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    if (error != 0) {
      ::close(ends[0]);
      child.pid_ = -1;
      return failed(program, error);
    }
    child.output_ = ends[0];
    return child;
  }
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(output_, other.output_);
    return *this;
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    if (output_ >= 0) ::close(output_);
  }

  int output() const { return output_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  // The status of waitpid().
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  Child() = default;
  static Error failed(const fs::path& program, int error) {
    return {Code::unavailable,
            "'" + program.string() + "' cannot be started: " + std::strerror(error)};
  }
  pid_t pid_ = -1;
  int output_ = -1;
};

std::string doing(const std::string& step) {
  if (step.empty()) return "reading it";
  if (step == "read") return "loading it";
  if (step == "loaded") return "running it";
  return "trying it on pictures";
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// Why a child that said nothing at its end is gone.
Error death(int status, const std::string& step) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    if (number == SIGKILL) {
      return {Code::resource_exhausted,
              doing(step) + " was stopped by the system, most likely for want of memory"};
    }
    if (number == SIGXCPU) {
      return {Code::timed_out, doing(step) +
                                   " took too much of the processor's time and was "
                                   "stopped"};
    }
    return {Code::invalid_argument, doing(step) + " crashed (" + ::strsignal(number) +
                                        "): the file is damaged or made to do harm; export it "
                                        "again"};
  }
  return {Code::invalid_argument, doing(step) + " ended without an answer (exit code " +
                                      std::to_string(WEXITSTATUS(status)) +
                                      "): the file is damaged or made to do harm; export it again"};
}

// What is heard from a child until it ends.
class Hearing {
 public:
  Hearing(const ProcessOptions& options, double probe_seconds)
      : options_(options), probe_(static_cast<std::int64_t>(probe_seconds * 1000)) {}

  Result<Report> listen(Child child) {
    auto deadline = Clock::now() + options_.limit;
    std::string buffer;
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) {
        child.kill();
        child.wait();
        return ended({Code::timed_out,
                      doing(step_) + " took longer than " +
                          seconds_text(step_ == "ran" ? options_.limit + probe_ : options_.limit) +
                          " and was stopped"});
      }
      if (options_.cancelled && options_.cancelled()) {
        return Error{Code::unavailable, "the inspection was cancelled"};
      }
      pollfd wait{child.output(), POLLIN, 0};
      const auto next = options_.cancelled ? std::min(left, kAskEvery) : left;
      const int ready = ::poll(&wait, 1, static_cast<int>(next.count()) + 1);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      char piece[1 << 16];
      const auto got = ::read(child.output(), piece, sizeof piece);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      buffer.append(piece, static_cast<size_t>(got));
      for (size_t end; (end = buffer.find('\n')) != std::string::npos;) {
        const std::string before = step_;
        auto done = line(std::string_view(buffer).substr(0, end));
        buffer.erase(0, end + 1);
        if (!done) return done.error();
        if (*done) return std::move(**done);
        if (step_ == "ran" && before != "ran") deadline = Clock::now() + options_.limit + probe_;
      }
      if (buffer.size() > kMaxAnswer) {
        return ended({Code::internal, doing(step_) + " gave an answer without end"});
      }
    }
    return ended(death(child.wait(), step_));
  }

 private:
  // The report where this line is the last one.
  Result<std::optional<Report>> line(std::string_view text) {
    POSS_ASSIGN(const auto value, parse_json(text));
    POSS_ASSIGN(auto answer, parse_fields<Answer>(value));
    if (!answer.code.empty()) {
      POSS_ASSIGN(auto report, ended({code_named(answer.code), answer.message}));
      return std::optional(std::move(report));
    }
    if (!answer.report) return Error{Code::internal, "poss-inspect answered without a report"};
    if (answer.step.empty()) return std::move(answer.report);
    step_ = answer.step;
    sofar_ = std::move(*answer.report);
    return std::optional<Report>();
  }

  // An end before the last line: what was read stays known.
  Result<Report> ended(Error error) {
    if (step_.empty()) return error;
    sofar_.problems.push_back(error.message);
    return std::move(sofar_);
  }

  const ProcessOptions& options_;
  const std::chrono::milliseconds probe_;
  std::string step_;
  Report sofar_;
};

std::uint64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return error ? 0 : std::min<std::uint64_t>(bytes, kMaxModelBytes);
}

void keep(const fs::path& made, const fs::path& wanted) {
  std::error_code error;
  fs::rename(made, wanted, error);
  if (error) fs::copy_file(made, wanted, fs::copy_options::overwrite_existing, error);
}

}  // namespace

Result<Report> inspect_in_process(InspectRequest request, std::span<const Picture> photographs,
                                  const ProcessOptions& options) {
  POSS_ASSIGN(const fs::path program, find_program(options.program));
  POSS_ASSIGN(const PrivateFolder folder, PrivateFolder::create(options.scratch));
  const fs::path model = request.file;
  if (request.name.empty()) request.name = model.filename().string();
  const std::string name = "'" + request.name + "'";
  request.file = fs::absolute(model).string();
  request.pictures.clear();
  for (const auto& photograph : photographs) {
    const std::string file = std::to_string(request.pictures.size()) + ".ppm";
    POSS_TRY(write_ppm(photograph, folder.path() / file));
    request.pictures.push_back(file);
  }
  const std::string converted = std::exchange(request.converted, "converted.onnx");
  const std::string anchors = std::exchange(request.anchors, "anchors.bin");
  Order order{request, static_cast<std::int64_t>(options.memory + 3 * bytes_of(model))};
  {
    std::ofstream out(folder.path() / "request.json");
    out << json_text(to_json(order));
    if (!out.flush()) {
      return Error{Code::resource_exhausted,
                   "cannot write to '" + folder.path().string() + "': " + std::strerror(errno)};
    }
  }
  POSS_ASSIGN(auto child, Child::start(program, folder.path()));
  ProcessOptions allowed = options;
  allowed.limit += std::chrono::milliseconds(bytes_of(model) / 100'000);  // 1 s for 100 MB
  auto report = Hearing(allowed, request.probe_seconds).listen(std::move(child));
  if (!report) {
    // The program names the file itself where it can.
    const bool names = report.error().message.find(request.name) != std::string::npos;
    return names ? std::move(report) : std::move(report).with(name);
  }
  if (!converted.empty() && report->format != "onnx") {
    keep(folder.path() / "converted.onnx", converted);
  }
  if (!anchors.empty() && report->manifest && !report->manifest->decoder.anchors.empty()) {
    keep(folder.path() / "anchors.bin", anchors);
  }
  return report;
}

namespace {

void say(const Answer& answer) {
  const std::string line = json_text(to_json(answer)) + "\n";
  for (size_t at = 0; at < line.size();) {
    const auto wrote = ::write(1, line.data() + at, line.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) ::_exit(1);
    at += static_cast<size_t>(wrote);
  }
}

[[noreturn]] void out_of_memory() {
  constexpr char kLine[] =
      R"({"step":"","code":"resource_exhausted","message":"it needs more memory than an inspection may have"})"
      "\n";
  static_cast<void>(!::write(1, kLine, sizeof kLine - 1));
  ::_exit(3);
}

Answer refusal(const Error& error) {
  Answer out;
  out.code = code_name(error.code);
  out.message = error.message;
  return out;
}

}  // namespace

int serve_inspection(const char* request_file) {
  const auto order = [&]() -> Result<Order> {
    POSS_ASSIGN(const auto value, read_json_file(request_file, kMaxRequest));
    return parse_fields<Order>(value);
  }();
  if (!order) {
    say(refusal(order.error()));
    return exit_code(order.error().code);
  }
  // Opened while that is still allowed; they are written through these descriptors alone.
  InspectRequest request = order->request;
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  request.converted_file = ::open(request.converted.c_str(), kNew, 0600);
  request.anchors_file = ::open(request.anchors.c_str(), kNew, 0600);
  Limits limits;
  limits.memory = static_cast<std::uint64_t>(order->memory);
  if (const auto limited = give_up_rights(limits); !limited) {
    say(refusal(limited.error()));
    return exit_code(limited.error().code);
  }
  std::set_new_handler(out_of_memory);
  const auto report = inspect(request, [](Step step, const Report& sofar) {
    Answer answer;
    answer.step = step_name(step);
    answer.report = sofar;
    say(answer);
  });
  if (!report) {
    say(refusal(report.error()));
    return exit_code(report.error().code);
  }
  Answer answer;
  answer.report = *report;
  say(answer);
  return 0;
}

}  // namespace poss::inspect
