// Skills as data: every tests/skills/NAME.json names a skill, a video and what must be found; the
// detections themselves stand in NAME.expected.jsonl and are compared with tolerance.
//
// POSS_UPDATE_EXPECTED=1 writes the expected files anew instead of comparing: look at the diff.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "base/fields.h"
#include "base/file.h"
#include "base/id.h"
#include "graph/insight.h"
#include "process.h"

namespace poss::test {
namespace {

struct Share {
  std::vector<std::string> labels;  // one of them counts
  double share = 1;                 // of the frames that must hold one at least
  static void declare(Fields<Share>& f) {
    f.add(&Share::labels, "labels").required();
    f.add(&Share::share, "share").range(0, 1);
  }
};

struct Case {
  std::string skill;
  std::string video;  // a path; "shared/…" lies beside the checkout and may be absent
  double fps = 1;
  std::int64_t max_frames = 60;
  std::vector<Share> found_in;
  static void declare(Fields<Case>& f) {
    f.add(&Case::skill, "skill").required();
    f.add(&Case::video, "video").required();
    f.add(&Case::fps, "fps");
    f.add(&Case::max_frames, "max_frames");
    f.add(&Case::found_in, "found_in");
  }
};

double rounded(double value) { return std::round(value * 1000) / 1000; }

// One frame's detections as a line of JSON: [frame, [label, confidence, l, t, w, h], …].
std::string line_of(const Insight& insight) {
  json::array line{insight.frame_id};
  for (const auto& d : insight.detections) {
    line.push_back(json::array{d.label, rounded(d.confidence), rounded(d.box.l), rounded(d.box.t),
                               rounded(d.box.w), rounded(d.box.h)});
  }
  return json_text(line);
}

// Expected detections that are clearly above the skill's threshold must be there, at the same place
// with nearly the same confidence, and nothing clear may be new. Borderline ones may come and go:
// processors round differently.
void compare(const json::array& expected, const Insight& insight, double clear) {
  EXPECT_EQ(expected.at(0).as_int64(), insight.frame_id);
  std::vector<bool> used(insight.detections.size(), false);
  for (size_t i = 1; i < expected.size(); ++i) {
    const auto& item = expected[i].as_array();
    const auto number = [&](size_t at) { return item.at(at).to_number<float>(); };
    const Box box{number(2), number(3), number(4), number(5)};
    size_t best = used.size();
    float best_iou = 0.8f;
    for (size_t k = 0; k < used.size(); ++k) {
      const auto& found = insight.detections[k];
      if (used[k] || found.label != item.at(0).as_string()) continue;
      const float overlap = iou(found.box, box);
      if (overlap > best_iou) {
        best = k;
        best_iou = overlap;
      }
    }
    if (best < used.size()) {
      used[best] = true;
      EXPECT_NEAR(insight.detections[best].confidence, number(1), 0.05);
    } else {
      EXPECT_LT(number(1), clear) << "missing in frame " << insight.frame_id << ": "
                                  << json_text(item);
    }
  }
  for (size_t k = 0; k < used.size(); ++k) {
    if (used[k]) continue;
    EXPECT_LT(insight.detections[k].confidence, clear)
        << "unexpected in frame " << insight.frame_id << ": " << insight.detections[k].label;
  }
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(POSS_SKILLS)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class SkillCase : public testing::TestWithParam<std::string> {};

TEST_P(SkillCase, finds_what_it_should) {
  const std::filesystem::path folder = POSS_SKILLS;
  const auto text = read_json_file(folder / (GetParam() + ".json"));
  ASSERT_TRUE(text) << text.error().message;
  const auto test = parse_fields<Case>(*text);
  ASSERT_TRUE(test) << test.error().message;
  std::filesystem::path video = test->video;
  if (test->video.starts_with("shared/")) {
    video = std::filesystem::path("..") / test->video;
    if (!std::filesystem::exists(video)) GTEST_SKIP() << "skipped: no " << video;
  }
  const auto out = std::filesystem::temp_directory_path() / ("poss-" + new_id() + ".jsonl");
  const auto run =
      run_program({POSS_BINARY, "run", test->skill, "--camera", video.string(), "--out",
                   out.string(), "--as-fast-as-possible", "--fps", std::to_string(test->fps),
                   "--max-frames", std::to_string(test->max_frames)});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::istringstream lines(*read_file(out, 100u << 20));
  std::filesystem::remove(out);
  std::vector<Insight> insights;
  for (std::string line; std::getline(lines, line);) {
    const auto insight = parse_insight(*parse_json(line));
    ASSERT_TRUE(insight) << insight.error().message;
    insights.push_back(*insight);
  }
  ASSERT_EQ(static_cast<std::int64_t>(insights.size()), test->max_frames);

  for (const Share& wanted : test->found_in) {
    const auto with = std::count_if(insights.begin(), insights.end(), [&](const Insight& insight) {
      return std::any_of(insight.detections.begin(), insight.detections.end(), [&](const auto& d) {
        return std::find(wanted.labels.begin(), wanted.labels.end(), d.label) !=
               wanted.labels.end();
      });
    });
    EXPECT_GE(static_cast<double>(with), wanted.share * static_cast<double>(insights.size()))
        << wanted.labels.front();
  }

  const auto file = folder / (GetParam() + ".expected.jsonl");
  if (std::getenv("POSS_UPDATE_EXPECTED")) {
    std::string written;
    for (const auto& insight : insights) written += line_of(insight) + "\n";
    ASSERT_TRUE(replace_file(file, written));
    return;
  }
  std::istringstream expected(*read_file(file, 10u << 20));
  size_t at = 0;
  for (std::string line; std::getline(expected, line); ++at) {
    ASSERT_LT(at, insights.size());
    compare(parse_json(line)->as_array(), insights[at], 0.46);
  }
  EXPECT_EQ(at, insights.size());
}

INSTANTIATE_TEST_SUITE_P(Skills, SkillCase, testing::ValuesIn(case_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace poss::test
