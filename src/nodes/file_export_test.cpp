// Tests of the file exporter on a real disk.
#include <csignal>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/file.h"
#include "net/test_peers.h"
#include "nodes/node_harness.h"

namespace poss {
namespace {

using testing::HasSubstr;

// The frame ids of the file's lines; fails the test on a line that is no insight.
std::vector<std::int64_t> frames_in(const std::string& path) {
  std::vector<std::int64_t> out;
  const auto text = read_file(path, 1 << 20);
  if (!text) return out;
  EXPECT_TRUE(text->empty() || text->back() == '\n');
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto value = parse_json(line);
    EXPECT_TRUE(value) << line;
    if (value) out.push_back(parse_insight(*value)->frame_id);
  }
  return out;
}

TEST(FileExport, appends_one_line_an_insight) {
  net::TempFolder folder;
  const std::string path = folder.file("new/{camera}.jsonl");
  for (int round = 0; round < 2; ++round) {
    NodeHarness node("file_export", {{"path", path}});
    ASSERT_TRUE(node.open());
    ASSERT_TRUE(node.process(node.message()));
    ASSERT_TRUE(node.process(node.message({NodeHarness::detection("person")})));
  }
  EXPECT_THAT(frames_in(folder.file("new/dock.jsonl")), testing::ElementsAre(1, 2, 1, 2));
}

TEST(FileExport, keeps_one_older_file_when_full) {
  net::TempFolder folder;
  const std::string path = folder.file("a.jsonl");
  NodeHarness node("file_export", {{"path", path}, {"max_bytes", 1024}});
  ASSERT_TRUE(node.open());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node.process(node.message()));
  auto frames = frames_in(path + ".1");
  const auto newest = frames_in(path);
  ASSERT_FALSE(frames.empty());
  ASSERT_FALSE(newest.empty());
  frames.insert(frames.end(), newest.begin(), newest.end());
  for (size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i], frames[i - 1] + 1);
  EXPECT_EQ(frames.back(), 20);
  EXPECT_LE(std::filesystem::file_size(path), 1024u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(FileExport, goes_on_in_a_new_file_when_the_old_one_is_moved_away) {
  net::TempFolder folder;
  const std::string path = folder.file("a.jsonl");
  NodeHarness node("file_export", {{"path", path}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));
  std::filesystem::rename(path, folder.file("moved"));
  ASSERT_TRUE(node.process(node.message()));
  EXPECT_THAT(frames_in(folder.file("moved")), testing::ElementsAre(1));
  EXPECT_THAT(frames_in(path), testing::ElementsAre(2));
}

TEST(FileExport, leaves_no_part_of_a_line_when_the_disk_is_full) {
  net::TempFolder folder;
  const std::string path = folder.file("a.jsonl");
  NodeHarness node("file_export", {{"path", path}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));
  // The largest size of a file of this process stands in for the disk's: it cuts a write short too.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = std::filesystem::file_size(path) + 20,
                     .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto done = node.process(node.message());
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::resource_exhausted);
  EXPECT_THAT(done.error().message, HasSubstr(path));
  EXPECT_THAT(frames_in(path), testing::ElementsAre(1));
  ASSERT_TRUE(node.process(node.message()));
  EXPECT_THAT(frames_in(path), testing::ElementsAre(1, 3));
}

TEST(FileExport, starts_a_new_line_after_one_that_a_power_cut_left_unfinished) {
  net::TempFolder folder;
  const std::string path = folder.write("a.jsonl", "{\"half");
  NodeHarness node("file_export", {{"path", path}});
  ASSERT_TRUE(node.open());
  ASSERT_TRUE(node.process(node.message()));
  const auto text = read_file(path, 1 << 20);
  EXPECT_TRUE(text->starts_with("{\"half\n{")) << *text;
}

TEST(FileExport, says_where_it_cannot_write) {
  net::TempFolder folder;
  folder.write("plain", "");
  const auto error = [](const std::string& path) {
    return NodeHarness("file_export", {{"path", path}}).open().error().message;
  };
  EXPECT_THAT(error(folder.file("plain/a.jsonl")), HasSubstr("plain"));
  EXPECT_THAT(error(folder.path().string()), HasSubstr(folder.path().string()));
  EXPECT_THAT(error("/dev/full"), HasSubstr("plain file"));
  EXPECT_THAT(error("/proc/no-such-folder/a.jsonl"), HasSubstr("/proc/no-such-folder"));
  EXPECT_THAT(error("a/{label}"), HasSubstr("{label}"));
}

}  // namespace
}  // namespace poss
