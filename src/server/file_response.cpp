// A file as a response: validators, conditional requests and ranges (RFC 9110, 8.8, 13 and 14).
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

#include "server/http.h"

namespace poss::server {
namespace {

constexpr const char* kDateFormat = "%a, %d %b %Y %H:%M:%S GMT";  // IMF-fixdate (5.6.7)

std::optional<std::time_t> read_date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), kDateFormat, &parts);
  if (!end || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

// Strong: two versions of a file of the same length within one tick of the disk's clock are not
// told apart, as in every server that does not read the whole file for its tag.
std::string file_tag(const FileBody& file) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "\"%llx-%llx\"",
                                 static_cast<unsigned long long>(file.modified_ns()),
                                 static_cast<unsigned long long>(file.file_size()));
  return {text.data(), static_cast<size_t>(size)};
}

// What the client holds is still valid: 304 (13.2.2; If-None-Match goes before If-Modified-Since).
bool unchanged(const HttpRequest& request, std::string_view tag, std::time_t modified) {
  if (request.header_count("if-none-match") > 0) {
    return names_etag(request.header("if-none-match"), tag);
  }
  const auto since = read_date(request.header("if-modified-since"));
  return since && modified <= *since;
}

// A Range counts only for the version that If-Range names (13.1.5), compared strongly.
bool range_counts(const HttpRequest& request, std::string_view tag, std::time_t modified) {
  if (request.header_count("if-range") == 0) return true;
  const std::string_view condition = request.header("if-range");
  if (condition.starts_with('"')) return condition == tag;
  return read_date(condition) == modified;
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) return UINT64_MAX;
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};
enum class RangeKind { none, satisfiable, unsatisfiable };

// One range of bytes (14.1.2). Headers that are malformed, of another unit, or name several ranges
// are ignored, as 14.2 allows.
RangeKind read_range(std::string_view header, std::uint64_t size, Range& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.size() < kUnit.size() || !equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) {
    return RangeKind::none;
  }
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) {
    return RangeKind::none;
  }
  const auto first = read_number(header.substr(0, dash));
  const auto last = read_number(header.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last) return RangeKind::none;
    if (*last == 0 || size == 0) return RangeKind::unsatisfiable;
    range = {size - std::min(*last, size), size - 1};
    return RangeKind::satisfiable;
  }
  const bool open = dash + 1 == header.size();
  if (!first || (!open && !last) || (last && *last < *first)) return RangeKind::none;
  if (*first >= size) return RangeKind::unsatisfiable;
  range = {*first, open ? size - 1 : std::min(*last, size - 1)};
  return RangeKind::satisfiable;
}

}  // namespace

std::string http_date(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, kDateFormat, &parts)};
}

bool names_etag(std::string_view header, std::string_view tag) {
  return header == "*" || header.find(tag) != std::string_view::npos;
}

HttpResponse file_response(const HttpRequest& request, const std::filesystem::path& path,
                           std::string content_type) {
  auto opened = FileBody::open(path);
  if (!opened) return problem(opened.error());
  FileBody& file = **opened;
  const std::string tag = file_tag(file);
  const auto modified = static_cast<std::time_t>(file.modified_ns() / 1'000'000'000);
  HttpResponse response;
  response.headers = {{"ETag", tag},
                      {"Last-Modified", http_date(modified)},
                      {"Accept-Ranges", "bytes"},
                      {"Cache-Control", "private, no-cache"}};
  if (unchanged(request, tag, modified)) {
    response.status = 304;
    return response;
  }
  Range range;
  RangeKind kind = RangeKind::none;
  if (!request.head && request.header_count("range") == 1 && range_counts(request, tag, modified)) {
    kind = read_range(request.header("range"), file.file_size(), range);
  }
  const std::string size = std::to_string(file.file_size());
  if (kind == RangeKind::unsatisfiable) {
    HttpResponse refusal =
        problem(416, Code::invalid_argument,
                "the range asked for lies beyond the file, which has " + size + " bytes");
    refusal.headers = {{"Content-Range", "bytes */" + size}, {"Accept-Ranges", "bytes"}};
    return refusal;
  }
  if (kind == RangeKind::satisfiable) {
    response.status = 206;
    response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                       std::to_string(range.last) + "/" + size);
    file.offset = range.first;
    file.size = range.last - range.first + 1;
  }
  response.content_type = std::move(content_type);
  response.file = std::move(*opened);
  return response;
}

}  // namespace poss::server
