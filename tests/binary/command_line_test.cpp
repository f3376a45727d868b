// Bad input on the command line: one clear sentence, the right exit code, nothing left behind.
#include <algorithm>
#include <filesystem>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "process.h"

namespace poss::test {
namespace {

using testing::HasSubstr;

constexpr const char* kVideo = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
constexpr const char* kPeople = "examples/skills/detect_people.json";

class CommandLine : public testing::Test {
 protected:
  CommandLine() : folder_(std::filesystem::temp_directory_path() / ("poss-" + new_id())) {
    std::filesystem::create_directories(folder_);
  }
  ~CommandLine() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(replace_file(folder_ / name, text));
    return (folder_ / name).string();
  }

  // Runs `poss run`, which must fail with `exit_code` and one sentence holding `sentence`; the file
  // of --out must not be there.
  void refuses(const std::string& skill, const std::string& camera, int exit_code,
               const std::string& sentence, std::vector<std::string> more = {}) const {
    const auto out = folder_ / "out.jsonl";
    std::vector<std::string> arguments{POSS_BINARY, "run",        skill,   "--camera", camera,
                                       "--out",     out.string(), "--log", "error"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto run = run_program(arguments);
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(sentence));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_FALSE(std::filesystem::exists(out));
  }

  // A folder of models that holds one, with this manifest and this ONNX file.
  std::vector<std::string> models(std::string_view manifest, std::string_view onnx) const {
    write("models/mine/model.json", manifest);
    write("models/mine/model.onnx", onnx);
    write("skill.json", R"({"name": "s", "nodes": [{"id": "camera", "type": "camera_input"},
      {"id": "model", "type": "run_model", "settings": {"model": "mine"}},
      {"id": "live", "type": "live"}],
      "edges": [{"from": "camera", "to": "model"}, {"from": "model", "to": "live"}]})");
    return {"--models", (folder_ / "models").string()};
  }
  std::string skill() const { return (folder_ / "skill.json").string(); }

  const std::filesystem::path folder_;
};

TEST_F(CommandLine, a_missing_video_is_named) {
  refuses(kPeople, (folder_ / "no.mp4").string(), 2, "no.mp4");
}

TEST_F(CommandLine, an_empty_video_is_named) {
  refuses(kPeople, write("empty.mp4", ""), 2, "empty");
}

TEST_F(CommandLine, a_text_file_is_no_video) {
  refuses(kPeople, write("notes.mp4", std::string(5000, 'x')), 2, "not a video");
}

TEST_F(CommandLine, a_video_cut_off_before_its_first_picture_is_refused) {
  const auto whole = read_file(kVideo, 100u << 20);
  ASSERT_TRUE(whole);
  refuses(kPeople, write("cut.avi", whole->substr(0, 3000)), 2, "cut");
}

TEST_F(CommandLine, a_video_cut_off_later_plays_what_is_there) {
  const auto whole = read_file(kVideo, 100u << 20);
  ASSERT_TRUE(whole);
  const auto run =
      run_program({POSS_BINARY, "run", kPeople, "--camera",
                   write("cut.avi", whole->substr(0, 400000)), "--as-fast-as-possible"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("person"));
}

TEST_F(CommandLine, a_wrong_scheme_is_named) { refuses(kPeople, "gopher://cam/x", 2, "gopher"); }

TEST_F(CommandLine, a_camera_nobody_answers_at_is_the_environments_fault) {
  // A port that was free a moment ago.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  refuses(kPeople, "rtsp://bob:hunter2@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/x",
          3, "Nothing listens");
}

TEST_F(CommandLine, a_missing_or_broken_skill_is_named) {
  refuses((folder_ / "no.json").string(), kVideo, 2, "no.json");
  refuses(write("broken.json", "{\"name\": "), kVideo, 2, "line 1");
}

TEST_F(CommandLine, a_skill_that_breaks_the_rules_says_which_node) {
  const char* ends = R"({"id": "camera", "type": "camera_input"}, {"id": "live", "type": "live"})";
  const auto with = [&](const std::string& nodes, const std::string& edges) {
    return write("s.json", "{\"name\": \"s\", \"nodes\": [" + std::string(ends) + nodes +
                               "], \"edges\": [" + edges + "]}");
  };
  refuses(with(R"(, {"id": "a", "type": "filter"}, {"id": "b", "type": "filter"})",
               R"({"from": "camera", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "a"},
                  {"from": "b", "to": "live"})"),
          kVideo, 2, "a → b → a");
  refuses(with("", ""), kVideo, 2, "node 'live' is not connected");
  refuses(with(R"(, {"id": "a", "type": "fliter"})", R"({"from": "camera", "to": "live"})"), kVideo,
          2, "did you mean 'filter'");
  refuses(with(R"(, {"id": "a", "type": "filter", "settings": {"min_scor": 1}})",
               R"({"from": "camera", "to": "a"}, {"from": "a", "to": "live"})"),
          kVideo, 2, "did you mean 'min_score'");
}

TEST_F(CommandLine, an_unknown_model_is_named_with_what_there_is) {
  refuses(write("s.json", R"({"name": "s", "nodes": [{"id": "camera", "type": "camera_input"},
    {"id": "model", "type": "run_model", "settings": {"model": "resnet"}},
    {"id": "live", "type": "live"}],
    "edges": [{"from": "camera", "to": "model"}, {"from": "model", "to": "live"}]})"),
          kVideo, 2, "efficientdet_lite1");
}

TEST_F(CommandLine, a_file_that_is_not_onnx_is_refused) {
  const auto more = models(R"({"input": {"width": 8, "height": 8},
                              "decoder": {"type": "boxes_scores"}, "labels": ["a"]})",
                           "this is not a model");
  refuses(skill(), kVideo, 2, "model.onnx", more);
}

TEST_F(CommandLine, a_manifest_with_unknown_settings_is_refused) {
  const auto more = models(R"({"input": {"widht": 8, "height": 8}, "labels": ["a"]})", "x");
  refuses(skill(), kVideo, 2, "did you mean 'width'", more);
}

TEST_F(CommandLine, labels_that_do_not_fit_the_output_are_refused_with_both_numbers) {
  const auto onnx = read_file("build/zoo/mobilenet_v1/model.onnx", 100u << 20);
  ASSERT_TRUE(onnx) << "run scripts/fetch_zoo";
  const auto more = models(R"({"task": "classification", "input": {"width": 224, "height": 224},
    "decoder": {"type": "classification"}, "labels": ["a", "b"]})",
                           *onnx);
  refuses(skill(), kVideo, 2, "1001", more);
}

TEST_F(CommandLine, an_unwritable_output_is_refused_before_anything_runs) {
  const auto run = run_program({POSS_BINARY, "run", kPeople, "--camera", kVideo, "--out",
                                (folder_ / "no" / "out.jsonl").string()});
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("out.jsonl"));
}

TEST_F(CommandLine, a_wrong_option_exits_with_2_and_help_with_0) {
  EXPECT_EQ(run_program({POSS_BINARY, "run", "--no-such"}).exit_code, 2);
  EXPECT_EQ(run_program({POSS_BINARY}).exit_code, 2);
  const auto help = run_program({POSS_BINARY, "run", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--as-fast-as-possible"));
}

TEST_F(CommandLine, a_tflite_file_that_is_none_leaves_no_model) {
  const auto run = run_program({POSS_BINARY, "model", "import", write("x.tflite", "nothing"),
                                "--name", "x", "--out", (folder_ / "models").string()});
  EXPECT_EQ(run.exit_code, 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("x.tflite"));
  EXPECT_TRUE(!std::filesystem::exists(folder_ / "models") ||
              std::filesystem::is_empty(folder_ / "models"));
}

TEST_F(CommandLine, models_and_doctor_tell_what_there_is) {
  EXPECT_THAT(run_program({POSS_BINARY, "models"}).out, HasSubstr("efficientdet_lite1"));
  EXPECT_THAT(run_program({POSS_BINARY, "doctor"}).out, HasSubstr("onnxruntime"));
  EXPECT_EQ(run_program({POSS_BINARY, "version"}).exit_code, 0);
}

}  // namespace
}  // namespace poss::test
