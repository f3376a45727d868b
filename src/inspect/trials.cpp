// Candidates, their score on photographs, and the choice among them.
#include "inspect/trials.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

namespace poss::inspect {
namespace {

using infer::ColorOrder;
using infer::Fit;
using infer::LetterboxAlign;
using infer::Model;
using Clock = std::chrono::steady_clock;

constexpr float kMinScore = 0.25f;
constexpr double kClearlyBetter = 1.1;  // times the guess's own score
constexpr double kEnough = 0.2;         // a score below says nothing
constexpr double kHopeless = 0.5;       // of the best: not tried further
constexpr float kSamePlace = 0.5f;      // IoU

struct Seen {
  int class_index = 0;
  float score = 0;
  Box box;  // of a classifier: empty
};

struct Photograph {
  const Picture* picture;
  Picture mirrored;
};

std::vector<Seen> look(const Model& model, const Picture& picture) {
  std::vector<Seen> out;
  if (model.manifest().task == infer::Task::classification) {
    auto classes = model.classify(picture.view(), {}, 1);
    if (classes && !classes->empty() && !classes->front().empty()) {
      out.push_back({classes->front()[0].class_index, classes->front()[0].score, {}});
    }
    return out;
  }
  infer::DetectOptions options;
  options.min_score = kMinScore;
  auto objects = model.detect(picture.view(), options);
  if (!objects) return out;
  for (const auto& object : *objects) out.push_back({object.class_index, object.score, object.box});
  return out;
}

bool same(const Seen& a, const Seen& b, bool places) {
  return a.class_index == b.class_index && (!places || iou(a.box, b.box) >= kSamePlace);
}

// One way on trial: how confident and stable what the model sees is, photograph by photograph.
class Contender {
 public:
  Contender(Trial trial, std::shared_ptr<const Model> model, const PictureInput& input)
      : trial_(std::move(trial)), model_(std::move(model)), input_(&input) {}

  const Trial& trial() const { return trial_; }
  size_t seen() const { return scores_.size(); }

  void see(const Photograph& photograph) {
    const bool places = model_->manifest().task == infer::Task::detection;
    const auto first = look(*model_, *photograph.picture);
    if (first.empty()) {
      scores_.push_back(0);
      return;
    }
    auto second = look(*model_, photograph.mirrored);
    for (auto& seen : second) seen.box.l = 1 - seen.box.l - seen.box.w;
    double sum = 0;
    double all = 0;
    for (const auto& seen : first) {
      all += static_cast<double>(seen.score);
      const auto again = std::ranges::find_if(
          second, [&](const Seen& other) { return same(seen, other, places); });
      if (again == second.end()) continue;
      const bool imagined = std::ranges::any_of(
          empty(), [&](const Seen& other) { return same(seen, other, places); });
      if (!imagined || !places) {
        const double worth = static_cast<double>(seen.score) * static_cast<double>(again->score);
        sum += imagined ? worth / 2 : worth;
        if (places || seen.score >= 0.5f) ++objects_;
      }
      second.erase(again);
    }
    // Many answers that do not come again count against the few that do.
    scores_.push_back(all > 0 ? sum * std::sqrt(sum / all) : 0);
  }

  // Over the first `count` photographs, or as many as were seen.
  double score(size_t count) const {
    count = std::min(count, scores_.size());
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += scores_[i];
    return count ? sum / static_cast<double>(count) : 0;
  }
  int objects() const { return objects_; }

 private:
  // What it sees in an empty picture it does not see in photographs either.
  const std::vector<Seen>& empty() {
    if (!empty_) empty_ = look(*model_, plain(input_->width, input_->height, 114));
    return *empty_;
  }

  Trial trial_;
  std::shared_ptr<const Model> model_;
  const PictureInput* input_;
  std::optional<std::vector<Seen>> empty_;
  std::vector<double> scores_;
  int objects_ = 0;
};

bool equal(const Trial& a, const Trial& b) {
  return a.feeding.numbers == b.feeding.numbers && a.feeding.color == b.feeding.color &&
         a.feeding.fit == b.feeding.fit && a.feeding.align == b.feeding.align &&
         to_json(a.decoder) == to_json(b.decoder);
}

class Trials {
 public:
  Trials(const PictureInput& input, const MakeModel& make, std::span<const Photograph> photographs,
         Clock::time_point deadline)
      : input_(input), make_(make), photographs_(photographs), deadline_(deadline) {}

  // The best of `candidates`, of which the first is kept unless another is clearly better. All are
  // compared on the same photographs, as many as `share` of the time left allows.
  Trial best_of(const std::vector<Trial>& candidates, double share) {
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          (deadline_ - Clock::now()) * share);
    std::vector<Contender*> left;
    for (const auto& candidate : candidates) {
      Contender* contender = find(candidate);
      if (contender && std::ranges::find(left, contender) == left.end()) left.push_back(contender);
    }
    if (left.empty()) return candidates.front();
    size_t compared = 0;
    for (size_t count = 1; count <= photographs_.size(); ++count) {
      const auto start = Clock::now();
      if (start > until) break;
      for (auto* contender : left) {
        // The first photograph is for all; after that time decides.
        if (contender->seen() < count && (count == 1 || Clock::now() < until)) {
          contender->see(photographs_[count - 1]);
        }
        if (Clock::now() > deadline_) break;
      }
      if (std::ranges::any_of(left, [&](auto* contender) { return contender->seen() < count; })) {
        break;
      }
      compared = count;
      drop_hopeless(left, count);
      if (left.size() == 1 && compared >= 2) break;
    }
    if (compared == 0) return candidates.front();
    compared_ = std::max(compared_, compared);
    auto* best = *std::ranges::max_element(
        left, {}, [&](const Contender* contender) { return contender->score(compared); });
    if (best->score(compared) < kEnough) return candidates.front();
    auto* own = find(candidates.front());
    if (own && best->score(compared) < own->score(compared) * kClearlyBetter) best = own;
    Trial out = best->trial();
    out.score = best->score(compared);
    out.objects = best->objects();
    return out;
  }

  // Everything that was tried, best first.
  std::vector<Trial> tried() const {
    std::vector<Trial> out;
    for (const auto& contender : contenders_) {
      if (contender->seen() == 0) continue;
      Trial trial = contender->trial();
      trial.score = contender->score(photographs_.size());
      trial.objects = contender->objects();
      const auto at = std::ranges::upper_bound(out, trial.score, std::greater{}, &Trial::score);
      out.insert(at, std::move(trial));
    }
    return out;
  }
  int compared() const { return static_cast<int>(compared_); }

 private:
  // The contender of a trial, made at first use; null when its model cannot be made.
  Contender* find(const Trial& trial) {
    for (const auto& contender : contenders_) {
      if (equal(contender->trial(), trial)) return contender.get();
    }
    auto model = make_(trial.feeding, trial.decoder);
    if (!model) return nullptr;
    contenders_.push_back(std::make_unique<Contender>(trial, std::move(*model), input_));
    return contenders_.back().get();
  }

  static void drop_hopeless(std::vector<Contender*>& left, size_t count) {
    double best = 0;
    for (const auto* contender : left) best = std::max(best, contender->score(count));
    if (best < kEnough) return;
    std::erase_if(left, [&](const Contender* contender) {
      return contender->score(count) < best * kHopeless;
    });
  }

  const PictureInput& input_;
  const MakeModel& make_;
  std::span<const Photograph> photographs_;
  Clock::time_point deadline_;
  std::vector<std::unique_ptr<Contender>> contenders_;
  size_t compared_ = 0;
};

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string decoder_text(const Trial& trial, const Guess& guess) {
  if (to_json(trial.decoder) == to_json(guess.decoder)) return "";
  if (trial.decoder.box_format != guess.decoder.box_format) {
    return trial.decoder.box_format == infer::BoxFormat::yxyx ? ", boxes y before x"
                                                              : ", boxes x before y";
  }
  if (trial.decoder.grid_form != guess.decoder.grid_form) return ", the other form of boxes";
  return ", other anchors";
}

}  // namespace

Outcome try_feedings(const Guess& guess, const PictureInput& picture, const MakeModel& make,
                     std::span<const Picture> photographs, Clock::time_point deadline) {
  Outcome out;
  const Trial own{guess.feeding, guess.decoder, 0, 0};
  out.best = own;
  if (photographs.empty() || (guess.feeding.stated && guess.others.empty())) return out;
  std::vector<Photograph> prepared;
  for (const auto& photograph : photographs) {
    prepared.push_back({&photograph, dimmed(mirrored(photograph), 0.85)});
  }

  Trials trials(picture, make, prepared, deadline);
  const bool floats =
      picture.type == infer::TensorType::float32 || picture.type == infer::TensorType::float16;
  std::vector<Trial> candidates{own};
  for (const auto& other : guess.others) candidates.push_back({guess.feeding, other, 0, 0});
  if (floats && !guess.feeding.stated) {
    for (const Numbers numbers :
         {Numbers::unit, Numbers::bytes, Numbers::imagenet, Numbers::symmetric}) {
      Trial other = own;
      other.feeding.numbers = numbers;
      candidates.push_back(other);
    }
  }
  out.best = trials.best_of(candidates, 0.5);
  if (!guess.feeding.stated) {
    Trial other = out.best;
    other.feeding.color =
        other.feeding.color == ColorOrder::rgb ? ColorOrder::bgr : ColorOrder::rgb;
    out.best = trials.best_of({out.best, other}, 0.4);
    candidates = {out.best};
    for (const auto& [fit, align] : {std::pair{Fit::stretch, LetterboxAlign::center},
                                     std::pair{Fit::letterbox, LetterboxAlign::center},
                                     std::pair{Fit::letterbox, LetterboxAlign::top_left}}) {
      if (guess.task == infer::Task::classification && align == LetterboxAlign::top_left) continue;
      other = out.best;
      other.feeding.fit = fit;
      other.feeding.align = fit == Fit::stretch ? out.best.feeding.align : align;
      candidates.push_back(other);
    }
    out.best = trials.best_of(candidates, 1);
  }
  out.tried = trials.tried();
  out.photographs = trials.compared();
  out.decided = !out.tried.empty() && out.best.score >= kEnough;
  return out;
}

PreprocessingReport trials_report(const Outcome& outcome, const Guess& guess,
                                  const PictureInput& picture) {
  PreprocessingReport out;
  const auto words = [&](const Trial& trial) {
    return feeding_text(trial.feeding, picture) + decoder_text(trial, guess);
  };
  out.choice = words(outcome.best);
  if (guess.feeding.stated) {
    out.why = guess.feeding.why;
  } else if (outcome.tried.empty()) {
    out.why = guess.feeding.why + "; there were no photographs to try it on";
  } else if (!outcome.decided) {
    out.why = guess.feeding.why + "; in " + std::to_string(outcome.photographs) +
              (outcome.photographs == 1 ? " photograph" : " photographs") +
              " the model found too little to choose by";
  } else {
    out.why = "the most confident and stable answers on " + std::to_string(outcome.photographs) +
              (outcome.photographs == 1 ? " photograph" : " photographs") + " (" +
              rounded(outcome.best.score) + ")";
    if (out.choice == feeding_text(guess.feeding, picture)) out.why += ", and " + guess.feeding.why;
  }
  for (const auto& trial : outcome.tried) {
    const bool classes = guess.task == infer::Task::classification;
    const std::string found =
        std::to_string(trial.objects) + (classes ? " pictures with a confident class" : " objects");
    out.candidates.push_back({input_spec(picture, trial.feeding), trial.score, trial.objects,
                              words(trial) + ": " + found});
    if (out.runner_up.empty() && words(trial) != out.choice) {
      out.runner_up = words(trial) + " (" + rounded(trial.score) + ")";
    }
  }
  return out;
}

}  // namespace poss::inspect
