// Each try begins at the request's own URL and follows its redirections one by one, so that every
// step is checked and redirections that carry short-lived tokens are asked for anew.
#include "net/fetch.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/log.h"
#include "net/encoding.h"
#include "net/transfer.h"

namespace poss::net {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kMaxRedirects = 5;
constexpr std::uint64_t kSpaceStep = 16u << 20;  // bytes between two looks at the disk
constexpr milliseconds kTick{200};

struct MultiRelease {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct DigestRelease {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
  return text;
}

// For messages: without credentials and query.
std::string shown(const std::string& url) {
  return "'" + mask_uri(url.substr(0, url.find_first_of("?#"))) + "'";
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string out = text ? text : "";
  curl_free(text);
  return out;
}

std::unique_ptr<CURLU, UrlRelease> parsed_url(const std::string& url) {
  std::unique_ptr<CURLU, UrlRelease> out(curl_url());
  if (!out || url.find('\0') != std::string::npos ||
      curl_url_set(out.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    out.reset();
  }
  return out;
}

// The file being written and its hash; removed unless kept.
class PartFile {
 public:
  static Result<std::unique_ptr<PartFile>> create(const fs::path& path) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return failure("create", path);
    std::unique_ptr<PartFile> file(new PartFile(path, fd));
    if (!file->digest_ || !file->restart()) return failure("write", path);
    return file;
  }
  ~PartFile() {
    close(fd_);
    std::error_code ignored;
    if (!kept_) fs::remove(path_, ignored);
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t bytes() const { return bytes_; }
  bool restart() {
    bytes_ = 0;
    return EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) == 1 && ftruncate(fd_, 0) == 0 &&
           lseek(fd_, 0, SEEK_SET) == 0;
  }
  Result<void> append(std::string_view data) {
    EVP_DigestUpdate(digest_.get(), data.data(), data.size());
    while (!data.empty()) {
      const ssize_t count = write(fd_, data.data(), data.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failure("write", path_);
      data.remove_prefix(static_cast<size_t>(count));
      bytes_ += static_cast<std::uint64_t>(count);
    }
    return {};
  }
  Result<void> check_space(std::uint64_t more, std::uint64_t keep_free) const {
    std::error_code error;
    const auto space = fs::space(path_.parent_path(), error);
    if (error || (space.available >= keep_free && space.available - keep_free >= more)) return {};
    return Error{Code::resource_exhausted, "the disk has " + size_text(space.available) +
                                               " free, of which " + size_text(keep_free) +
                                               " must stay so; make room or give it a larger disk"};
  }
  // The hash in hexadecimal; ends the writing.
  std::string finish() {
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(digest_.get(), sum, &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
      out += "0123456789abcdef"[sum[i] >> 4];
      out += "0123456789abcdef"[sum[i] & 15];
    }
    return out;
  }
  void keep() { kept_ = true; }

 private:
  PartFile(fs::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  static Error failure(const std::string& what, const fs::path& path) {
    const int error = errno;
    const Code code = error == ENOSPC || error == EFBIG || error == EDQUOT
                          ? Code::resource_exhausted
                      : error == EEXIST                   ? Code::conflict
                      : error == EACCES || error == EPERM ? Code::permission_denied
                                                          : Code::internal;
    return {code, "cannot " + what + " '" + path.string() + "': " + std::strerror(error)};
  }

  fs::path path_;
  int fd_;
  bool kept_ = false;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<EVP_MD_CTX, DigestRelease> digest_{EVP_MD_CTX_new()};
};

// "bytes 5-9/10": first byte and whole length (0: "*").
bool parse_content_range(std::string_view text, std::uint64_t& first, std::uint64_t& total) {
  if (!text.starts_with("bytes ")) return false;
  text.remove_prefix(6);
  const char* const end = text.data() + text.size();
  const auto begin = std::from_chars(text.data(), text.data() + text.size(), first);
  const auto slash = text.find('/');
  if (begin.ec != std::errc() || begin.ptr == end || *begin.ptr != '-' ||
      slash == std::string_view::npos) {
    return false;
  }
  total = 0;
  if (text.substr(slash + 1) == "*") return true;
  const auto length = std::from_chars(text.data() + slash + 1, end, total);
  return length.ec == std::errc() && length.ptr == end;
}

class Fetch {
 public:
  Fetch(const FetchRequest& request, const FetchLimits& limits, AddressGuard guard,
        std::unique_ptr<PartFile> file, const FetchProgress& progress,
        const std::function<bool()>& cancelled)
      : request_(request),
        limits_(limits),
        guard_(std::move(guard)),
        file_(std::move(file)),
        progress_(progress),
        cancelled_(cancelled),
        name_(shown(request.url)),
        multi_(curl_multi_init()) {}

  Result<Fetched> run() {
    if (!multi_) return Error{Code::resource_exhausted, name_ + ": no memory left"};
    milliseconds pause = limits_.pause;
    for (int resumed = 0;; ++resumed) {
      POSS_ASSIGN(const Outcome outcome, try_once());
      if (outcome == Outcome::done) break;
      if (resumed >= limits_.resumes) {
        return Error{Code::unavailable,
                     name_ + ": the connection broke " + std::to_string(resumed + 1) +
                         " times, the last time after " + size_text(file_->bytes()) +
                         (total_ > 0 ? " of " + size_text(total_) : std::string()) +
                         "; try again later"};
      }
      POSS_TRY(wait(pause));
      pause = std::min<milliseconds>(pause * 2, std::chrono::seconds(10));
    }
    Fetched out{.bytes = file_->bytes(), .sha256 = file_->finish(), .etag = etag_};
    if (!request_.sha256.empty() && out.sha256 != lower(request_.sha256)) {
      return Error{Code::invalid_argument, name_ + ": the file has the SHA-256 " + out.sha256 +
                                               ", not " + lower(request_.sha256) +
                                               "; it is damaged or another one than was meant"};
    }
    if (progress_) progress_(out.bytes, out.bytes);
    file_->keep();
    return out;
  }

 private:
  enum class Outcome { done, broken, redirect };
  enum class Answer { unread, file, other };  // what the headers of this answer announce

  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }
  bool cancelled() const { return cancelled_ && cancelled_(); }
  Error cancelled_error() const { return {Code::unavailable, name_ + ": cancelled"}; }

  Result<void> wait(milliseconds time) {
    const auto end = Steady::now() + time;
    while (Steady::now() < end) {
      if (cancelled()) return cancelled_error();
      const auto left = std::chrono::duration_cast<milliseconds>(end - Steady::now());
      curl_multi_poll(multi_.get(), nullptr, 0,
                      static_cast<int>(std::clamp(left, milliseconds(1), kTick).count()), nullptr);
    }
    return {};
  }

  Result<Outcome> try_once() {
    std::string url = request_.url;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      POSS_ASSIGN(const Outcome outcome, ask(url, hop == 0));
      if (outcome != Outcome::redirect) return outcome;
      POSS_TRY(follow(url));
    }
    return Error{Code::invalid_argument,
                 name_ + ": redirects more than " + std::to_string(kMaxRedirects) + " times"};
  }

  // Makes `url` what the last answer redirects to.
  Result<void> follow(std::string& url) {
    const auto target = parsed_url(url);
    const bool parsed = target && location_.find('\0') == std::string::npos &&
                        curl_url_set(target.get(), CURLUPART_URL, location_.c_str(),
                                     CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) == CURLUE_OK;
    const std::string scheme = parsed ? part_of(target.get(), CURLUPART_SCHEME) : "";
    if (scheme != "http" && scheme != "https") {
      return Error{Code::permission_denied,
                   name_ + ": redirects to what is no http or https address; it is not followed"};
    }
    if (scheme == "http" && url.starts_with("https:")) {
      return Error{Code::permission_denied,
                   name_ + ": redirects from https to http; it is not followed"};
    }
    for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
      curl_url_set(target.get(), part, nullptr, 0);
    }
    url = part_of(target.get(), CURLUPART_URL);
    return {};
  }

  // One request and its answer.
  Result<Outcome> ask(const std::string& url, bool first) {
    const std::unique_ptr<CURL, EasyRelease> easy(curl_easy_init());
    if (!easy) return Error{Code::resource_exhausted, name_ + ": no memory left"};
    handle_ = easy.get();
    answer_ = Answer::unread;
    failure_.reset();
    if (!file_->bytes()) etag_.clear(), modified_.clear();
    const std::string validator = !etag_.empty() ? etag_ : modified_;
    if (file_->bytes() > 0 && validator.empty()) POSS_TRY(restart());
    const std::string range =
        file_->bytes() == 0 ? "" : "bytes=" + std::to_string(file_->bytes()) + "-";
    std::map<std::string, std::string> headers;
    if (first && request_.sign) {
      POSS_ASSIGN(headers, request_.sign(range));
    }
    if (!range.empty()) headers.insert({{"Range", range}, {"If-Range", validator}});
    headers["Accept-Encoding"] = "identity";
    std::unique_ptr<curl_slist, ListRelease> list;
    for (const auto& [key, value] : headers) {
      if (!plain_header(key, value)) {
        return Error{Code::internal, name_ + ": the header '" + key + "' cannot be sent"};
      }
      curl_slist* grown = curl_slist_append(list.get(), (key + ": " + value).c_str());
      if (grown && !list) list.reset(grown);
    }
    GuardedSockets sockets{guard_, {}};
    guard_sockets(handle_, sockets);
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(limits_.connect_timeout.count()));
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, "poss/" POSS_VERSION);
    curl_easy_setopt(handle_, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, list.get());
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
    if (!request_.ca_file.empty()) {
      curl_easy_setopt(handle_, CURLOPT_CAINFO, request_.ca_file.c_str());
    }
    curl_multi_add_handle(multi_.get(), handle_);
    const auto code = transfer();
    Result<Outcome> outcome = code ? judge(*code, sockets) : code.error();
    curl_multi_remove_handle(multi_.get(), handle_);
    handle_ = nullptr;
    return outcome;
  }

  // Runs the transfer to its end; CURLE_OPERATION_TIMEDOUT also when nothing came for too long.
  Result<CURLcode> transfer() {
    last_byte_ = Steady::now();
    auto told = Steady::now();
    while (true) {
      int running = 0, left = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      const auto now = Steady::now();
      if (now - told >= kTick) {
        if (cancelled()) return cancelled_error();
        if (progress_) progress_(file_->bytes(), total_);
        told = now;
      }
      if (now - last_byte_ > limits_.stall_timeout) return CURLE_OPERATION_TIMEDOUT;
      if (now - begin_ > limits_.timeout) {
        return Error{Code::timed_out,
                     name_ + ": not done after " + std::to_string(limits_.timeout.count()) + " h"};
      }
      const auto tick = std::min<milliseconds>(kTick, limits_.stall_timeout);
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(tick.count()), nullptr);
    }
  }

  static size_t take(char* data, size_t, size_t size, void* self) {
    return static_cast<Fetch*>(self)->append({data, size}) ? size : 0;
  }
  bool append(std::string_view data) {
    last_byte_ = Steady::now();
    if (answer_ == Answer::unread) read_headers();
    if (answer_ != Answer::file) return false;  // pages about an error are of no use
    Result<void> done = check_room(data.size());
    if (done) done = file_->append(data);
    if (!done) failure_ = done.error();
    return done.has_value();
  }

  // Before `more` bytes are written.
  Result<void> check_room(std::uint64_t more) {
    if (more > limits_.max_bytes - std::min(limits_.max_bytes, file_->bytes())) return too_large();
    if (file_->bytes() / kSpaceStep == (file_->bytes() + more) / kSpaceStep) return {};
    return file_->check_space(more, limits_.keep_free_bytes).with(name_);
  }
  Error too_large() const {
    return {Code::resource_exhausted,
            name_ + ": the file has " + (total_ > 0 ? size_text(total_) : std::string("more")) +
                "; at most " + size_text(limits_.max_bytes) + " are taken"};
  }
  Result<void> restart() {
    if (file_->restart()) return {};
    return Error{Code::internal, name_ + ": the file cannot be written again"};
  }

  // Decides from status and headers what to do with the body; leaves a reason to stop in failure_.
  void read_headers() {
    answer_ = Answer::other;
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) return;
    const auto headers = headers_of(handle_);
    const auto header = [&](const char* name) {
      const auto at = headers.find(name);
      return at == headers.end() ? std::string() : at->second;
    };
    curl_off_t length = -1;
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    std::uint64_t total = length > 0 ? static_cast<std::uint64_t>(length) : 0;
    // A weak ETag names no bytes (RFC 9110, section 13.1.5).
    const std::string etag = header("etag").starts_with("W/") ? "" : header("etag");
    Result<void> done;
    if (status == 200) {
      if (file_->bytes() > 0) done = restart();
    } else {
      std::uint64_t at = 0;
      const bool fits = parse_content_range(header("content-range"), at, total) &&
                        at == file_->bytes() && (etag_.empty() || etag == etag_);
      if (!fits) {  // of another version, or not what was asked for: the next try begins anew
        done = restart();
        if (!done) failure_ = done.error();
        return;
      }
    }
    etag_ = etag;
    modified_ = header("last-modified");
    total_ = total;
    if (done && total_ > limits_.max_bytes) done = too_large();
    if (done) {
      const std::uint64_t rest = total_ - std::min(total_, file_->bytes());
      done = file_->check_space(rest, limits_.keep_free_bytes).with(name_);
    }
    if (!done) failure_ = done.error();
    answer_ = done ? Answer::file : Answer::other;
  }

  Result<Outcome> judge(CURLcode code, const GuardedSockets& sockets) {
    if (!sockets.refused.empty() && code == CURLE_COULDNT_CONNECT) {
      return refused_error(name_, sockets.refused);
    }
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    const bool headers_read = code == CURLE_OK || code == CURLE_WRITE_ERROR ||
                              code == CURLE_PARTIAL_FILE || answer_ != Answer::unread;
    if (headers_read && answer_ == Answer::unread) read_headers();
    if (failure_) return *failure_;
    if (headers_read && answer_ == Answer::other) return judge_status(status);
    // Where the length is known it counts; a body without one ends as libcurl says.
    if (answer_ == Answer::file) {
      const bool whole = total_ > 0 ? file_->bytes() == total_ : code == CURLE_OK;
      if (whole) return Outcome::done;
      return Outcome::broken;
    }
    if (file_->bytes() > 0 || status == 200) return Outcome::broken;  // it has worked so far
    return transfer_error(name_, handle_, code,
                          std::min(limits_.connect_timeout, limits_.stall_timeout));
  }

  Result<Outcome> judge_status(long status) {
    if (status >= 301 && status <= 308 && status != 304) {
      location_ = headers_of(handle_)["location"];
      if (!location_.empty()) return Outcome::redirect;
    }
    const bool passes = status == 206 || status == 408 || status == 429 || status >= 500;
    if (passes && (file_->bytes() > 0 || status == 206)) return Outcome::broken;
    if (status == 416 && file_->bytes() > 0) {
      POSS_TRY(restart());
      return Outcome::broken;
    }
    if (request_.explain) {
      HttpResponse answer;
      answer.status = static_cast<int>(status);
      answer.headers = headers_of(handle_);
      if (const auto error = request_.explain(answer)) return *error;
    }
    return status_error(name_, status);
  }

  const FetchRequest& request_;
  const FetchLimits& limits_;
  const AddressGuard guard_;
  const std::unique_ptr<PartFile> file_;
  const FetchProgress& progress_;
  const std::function<bool()>& cancelled_;
  const std::string name_;
  const Steady::time_point begin_ = Steady::now();
  const std::unique_ptr<CURLM, MultiRelease> multi_;

  std::uint64_t total_ = 0;      // 0: not known
  std::string etag_, modified_;  // of what the file holds a part of

  // Of the answer under way.
  CURL* handle_ = nullptr;
  Answer answer_ = Answer::unread;
  std::optional<Error> failure_;
  std::string location_;
  Steady::time_point last_byte_;
};

bool is_sha256(const std::string& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isxdigit(c) != 0; });
}

}  // namespace

Result<Fetched> fetch(const FetchRequest& request, const FetchLimits& limits,
                      const FetchProgress& progress, const std::function<bool()>& cancelled) {
  start_curl();
  if (const auto good = check_http_url(request.url); !good) {
    return Error{Code::invalid_argument,
                 shown(request.url) + " is not an http or https address; write http://host/path"};
  }
  if (!request.sha256.empty() && !is_sha256(request.sha256)) {
    return Error{Code::invalid_argument, "a SHA-256 is 64 hexadecimal digits; copy it whole"};
  }
  POSS_ASSIGN(AddressGuard guard, AddressGuard::create(limits.networks));
  POSS_ASSIGN(auto file, PartFile::create(request.file));
  return Fetch(request, limits, std::move(guard), std::move(file), progress, cancelled).run();
}

std::string file_name_of(std::string_view url) {
  start_curl();
  const auto parsed = parsed_url(std::string(url));
  if (!parsed) return "";
  const std::string path = part_of(parsed.get(), CURLUPART_PATH);
  const std::string name = percent_decode(path.substr(path.rfind('/') + 1));
  const bool plain = std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c == '/' || c == '\\' || c < 0x20 || c == 0x7f;
  });
  return plain && name.size() <= 255 && name != "." && name != ".." ? name : "";
}

}  // namespace poss::net
