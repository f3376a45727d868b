// Finding, typing and caching of the portal's files.
#include "server/static_files.h"

#include <algorithm>
#include <array>

#include "base/file.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFileBytes = 64u << 20;
// The hash is that of an empty style element, which Fluent UI makes and fills by script.
constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'";

constexpr const char* kNoPortal = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>POSS: the portal is not built</title>
<body>
<h1>The portal is not built yet</h1>
<p>The POSS server runs, but it has no portal to show. Build the portal with</p>
<pre>./up</pre>
<p>or, when Node.js is installed, with <code>npm ci &amp;&amp; npm run build</code> in the folder
<code>portal</code>, and load this page again. Where the built portal lies elsewhere, name its
folder in the environment variable <code>POSS_PORTAL</code> and start the server again.</p>
<p>The interface for programs is at work: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
</p>
</body>
</html>
)";

std::string content_type(const fs::path& path) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 19> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".txt", "text/plain; charset=utf-8"},
      {".mp4", "video/mp4"},
      {".wasm", "application/wasm"},
  }};
  const std::string extension = path.extension().string();
  for (const auto& [candidate, type] : kTypes) {
    if (equal_ignoring_case(candidate, extension)) return type;
  }
  return "application/octet-stream";
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// FNV-1a (Fowler, Noll, Vo): enough to tell two builds of a file apart.
std::string etag(const std::string& bytes) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : bytes) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ull;
  char text[20];
  std::snprintf(text, sizeof text, "\"%016llx\"", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace

HttpResponse StaticFiles::get(const HttpRequest& request) const {
  const auto not_found = [] {
    return problem(404, Code::not_found, "there is no file of this name in the portal");
  };
  std::error_code error;
  const fs::path root = fs::canonical(folder_, error);
  const bool built = !error && !folder_.empty() && fs::is_regular_file(root / "index.html", error);
  if (!built) {
    return {.status = 503,
            .content_type = "text/html; charset=utf-8",
            .body = std::make_shared<const std::string>(kNoPortal),
            .headers = {{"Content-Security-Policy", kPolicy}, {"Cache-Control", "no-store"}}};
  }
  fs::path path = root;
  const auto& segments = request.target.segments;
  for (const auto& segment : segments) {
    if (segment.find('/') != std::string::npos || segment.starts_with('.')) return not_found();
    if (!segment.empty()) path /= segment;
  }
  const bool client_route = segments.empty() || segments.back().find('.') == std::string::npos;
  if (client_route) path = root / "index.html";
  path = fs::canonical(path, error);
  if (error || !lies_in(path, root) || !fs::is_regular_file(path, error)) return not_found();
  auto bytes = read_file(path, kMaxFileBytes);
  if (!bytes) return not_found();
  HttpResponse response{
      .status = 200, .content_type = content_type(path), .body = {}, .headers = {}};
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  if (!client_route && segments.front() == "assets") {
    response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  } else {
    const std::string tag = etag(*bytes);
    response.headers.emplace_back("Cache-Control", "no-cache");
    response.headers.emplace_back("ETag", tag);
    if (names_etag(request.header("if-none-match"), tag)) {
      response.status = 304;
      return response;
    }
  }
  response.body = std::make_shared<const std::string>(std::move(*bytes));
  return response;
}

}  // namespace poss::server
