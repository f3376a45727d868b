// The portal's files: types, caching, client routes, and nothing outside the folder.
#include "server/static_files.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/id.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class StaticFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("poss-static-" + new_id());
    write("portal/index.html", "<title>portal</title>");
    write("portal/favicon.svg", "<svg/>");
    write("portal/.env", "secret");
    write("portal/assets/main-1a2b.js", "let a;");
    write("portal/assets/font.woff2", "f");
    write("outside.txt", "secret");
    write("portal-else/x.txt", "secret");
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(replace_file(folder / name, text));
  }
  HttpResponse get(const std::string& target, std::string if_none_match = "") const {
    HttpRequest request;
    request.method = "GET";
    auto parsed = parse_target(target);
    if (!parsed) return problem(parsed.error());
    request.target = *parsed;
    if (!if_none_match.empty()) request.headers.emplace_back("If-None-Match", if_none_match);
    return StaticFiles(folder / "portal").get(request);
  }
  static std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }

  fs::path folder;
};

TEST_F(StaticFilesTest, serves_files_with_their_types) {
  EXPECT_EQ(*get("/").body, "<title>portal</title>");
  EXPECT_EQ(get("/").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/assets/main-1a2b.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/favicon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(get("/assets/font.woff2").content_type, "font/woff2");
  EXPECT_THAT(header(get("/"), "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
}

TEST_F(StaticFilesTest, client_routes_get_the_page_and_unknown_files_get_404) {
  EXPECT_EQ(*get("/cameras/dock").body, "<title>portal</title>");
  EXPECT_EQ(*get("/live/").body, "<title>portal</title>");
  EXPECT_EQ(get("/missing.js").status, 404);
  EXPECT_EQ(get("/assets/missing.js").status, 404);
}

TEST_F(StaticFilesTest, assets_are_kept_for_good_and_pages_are_asked_for_anew) {
  EXPECT_THAT(header(get("/assets/main-1a2b.js"), "Cache-Control"), HasSubstr("immutable"));
  const auto page = get("/");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  const std::string tag = header(page, "ETag");
  ASSERT_FALSE(tag.empty());
  const auto again = get("/", tag);
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, nullptr);
  EXPECT_EQ(get("/", "W/" + tag + ", \"x\"").status, 304);
  write("portal/index.html", "<title>new</title>");
  EXPECT_EQ(get("/", tag).status, 200);
}

TEST_F(StaticFilesTest, never_leaves_the_folder) {
  fs::create_symlink(folder / "outside.txt", folder / "portal" / "link.txt");
  fs::create_directory_symlink(folder, folder / "portal" / "up");
  fs::create_symlink("favicon.svg", folder / "portal" / "same.svg");
  for (const char* target :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/a/%2e%2e%2foutside.txt",
        "/..%5coutside.txt", "/link.txt", "/up/outside.txt", "/../portal-else/x.txt", "/.env",
        "/%2fetc%2fpasswd.txt", "//etc/passwd.txt"}) {
    const auto response = get(target);
    EXPECT_GE(response.status, 400) << target;
    EXPECT_THAT(response.body ? *response.body : "", testing::Not(HasSubstr("secret"))) << target;
  }
  EXPECT_EQ(get("/same.svg").status, 200);  // a link that stays inside
}

TEST_F(StaticFilesTest, a_folder_named_like_a_file_is_no_file) {
  fs::create_directory(folder / "portal" / "odd.js");
  EXPECT_EQ(get("/odd.js").status, 404);
}

TEST_F(StaticFilesTest, says_how_to_build_the_portal_when_it_is_missing) {
  fs::remove_all(folder / "portal");
  const auto response = get("/");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(*response.body, HasSubstr("POSS_PORTAL"));
  EXPECT_EQ(StaticFiles("").get({}).status, 503);
}

}  // namespace
}  // namespace poss::server
