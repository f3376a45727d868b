// Tests of the small parts of base: JSON text, files, time, ids, masking, queues, boxes.
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/image.h"
#include "base/json.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/time.h"

namespace poss {
namespace {

TEST(Json, an_error_names_line_and_column) {
  const auto value = parse_json("{\n  \"a\": tru,\n}");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("line 2"), std::string::npos) << value.error().message;
  EXPECT_FALSE(parse_json("{} x"));
  EXPECT_FALSE(parse_json(""));
  EXPECT_TRUE(parse_json(" {} \n"));
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')));
}

TEST(Json, pretty_text_reads_back_the_same) {
  const auto value = *parse_json(R"({"b":[1,2.5,"ä\n"],"a":{"x":null,"y":[{"z":0.1}]},"e":[]})");
  const std::string text = pretty_json(value);
  EXPECT_EQ(*parse_json(text), value);
  EXPECT_NE(text.find("\"b\": [1, 2.5, \"ä\\n\"]"), std::string::npos) << text;
}

TEST(Json, text_on_one_line_has_short_numbers_and_reads_back_the_same) {
  const auto value =
      *parse_json(R"({"a": [0.91, 1700000000.123, 5.0, 1e300, -7], "b": {"c": "ä"}})");
  EXPECT_EQ(json_text(value), R"({"a":[0.91,1700000000.123,5.0,1e+300,-7],"b":{"c":"ä"}})");
  EXPECT_EQ(*parse_json(json_text(value)), value);
}

TEST(Json, doubles_are_read_exactly) {
  for (const char* text : {"0.1", "1700000000.123", "8.198552921648689e66", "5e-324",
                           "1.7976931348623157e308", "0.30000000000000004", "123456789.12345678"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->as_double(), std::strtod(text, nullptr)) << text;
    EXPECT_EQ(*parse_json(json_text(*value)), *value) << text;
  }
  EXPECT_EQ(parse_json("18446744073709551615")->as_uint64(), 18446744073709551615u);
}

TEST(File, replacing_leaves_one_whole_file_and_no_temporary) {
  const auto folder = std::filesystem::temp_directory_path() / ("poss-" + new_id());
  ASSERT_TRUE(replace_file(folder / "a" / "x.txt", "one"));
  ASSERT_TRUE(replace_file(folder / "a" / "x.txt", "two"));
  EXPECT_EQ(*read_file(folder / "a" / "x.txt", 100), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "a"), {}), 1);
  EXPECT_EQ(read_file(folder / "a" / "x.txt", 2).error().code, Code::resource_exhausted);
  EXPECT_EQ(read_file(folder / "b", 2).error().code, Code::not_found);
  EXPECT_EQ(read_file(folder, 2).error().code, Code::invalid_argument);
  std::filesystem::remove_all(folder);
}

TEST(Time, rfc3339_text_reads_back_the_same) {
  const Time time = from_seconds(1700000000.123);
  EXPECT_EQ(rfc3339(time), "2023-11-14T22:13:20.123+00:00");
  EXPECT_EQ(*parse_rfc3339("2023-11-14T22:13:20.123+00:00"), time);
  EXPECT_EQ(*parse_rfc3339("2023-11-15T00:13:20.123+02:00"), time);
  EXPECT_EQ(*parse_rfc3339("2023-11-14T22:13:20.123Z"), time);
  EXPECT_FALSE(parse_rfc3339("2023-02-30T00:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("yesterday"));
}

TEST(Time, seconds_read_back_the_same) {
  for (const double seconds : {1700000000.123, 0.000001, -1.5, 17000000100.1, 253402300799.9}) {
    EXPECT_EQ(to_seconds(from_seconds(seconds)), seconds);
  }
}

TEST(Id, ids_are_version_4_uuids_and_differ) {
  const std::string id = new_id();
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(id, new_id());
}

TEST(Id, a_forked_child_makes_ids_of_its_own) {
  new_id();  // so that random bytes are kept ahead
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string id = new_id();
    ::_exit(::write(ends[1], id.data(), id.size()) == 36 ? 0 : 1);
  }
  std::string theirs(36, ' ');
  ASSERT_EQ(::read(ends[0], theirs.data(), theirs.size()), 36);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(theirs, new_id());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Id, slugs_hold_only_what_is_safe_in_urls_and_file_names) {
  EXPECT_EQ(slugify("Detect people!"), "detect-people");
  EXPECT_EQ(slugify("../../etc"), "etc");
  EXPECT_EQ(slugify("…"), "item");
  EXPECT_TRUE(is_slug("a-1_b"));
  EXPECT_FALSE(is_slug("a/b"));
  EXPECT_FALSE(is_slug(""));
}

TEST(Log, masks_credentials_in_uris) {
  EXPECT_EQ(mask_uri("rtsp://bob:p@ss@cam:554/x?token=1&a=2"),
            "rtsp://***@cam:554/x?token=***&a=2");
  EXPECT_EQ(mask_uri("rtsp://cam/x"), "rtsp://cam/x");
  EXPECT_EQ(mask_uri("/dev/video0"), "/dev/video0");
}

TEST(Queue, newest_wins_and_drops_are_counted) {
  BoundedQueue<int> queue(2, WhenFull::drop_oldest);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.push(i));
  EXPECT_EQ(queue.dropped(), 3u);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.pop(), 4);
  queue.close();
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(1));
}

TEST(Queue, a_blocking_queue_loses_nothing_between_threads) {
  BoundedQueue<int> queue(3, WhenFull::block);
  std::jthread producer([&] {
    for (int i = 0; i < 10000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) EXPECT_EQ(*item, expected++);
  EXPECT_EQ(expected, 10000);
  EXPECT_EQ(queue.dropped(), 0u);
}

TEST(Queue, closing_wakes_a_waiting_producer) {
  BoundedQueue<int> queue(1, WhenFull::block);
  queue.push(1);
  std::jthread producer([&] { EXPECT_FALSE(queue.push(2)); });
  queue.close();
  producer.join();
  EXPECT_EQ(queue.pop(), 1);
}

TEST(Box, iou_of_equal_half_and_apart) {
  EXPECT_FLOAT_EQ(iou({0, 0, 1, 1}, {0, 0, 1, 1}), 1);
  EXPECT_FLOAT_EQ(iou({0, 0, 1, 1}, {0, 0, 0.5f, 1}), 0.5f);
  EXPECT_FLOAT_EQ(iou({0, 0, 0.2f, 0.2f}, {0.5f, 0.5f, 0.2f, 0.2f}), 0);
}

}  // namespace
}  // namespace poss
