// Trying ways of feeding pictures on photographs, where the file does not state one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "infer/model.h"
#include "inspect/families.h"
#include "inspect/picture.h"
#include "inspect/report.h"

namespace poss::inspect {

// A way of feeding with a way of reading, and how it did.
struct Trial {
  Feeding feeding;
  infer::DecoderSpec decoder;
  double score = 0;
  int objects = 0;
};

// Makes the model of a trial; all share one session.
using MakeModel = std::function<Result<std::shared_ptr<const infer::Model>>(
    const Feeding&, const infer::DecoderSpec&)>;

struct Outcome {
  Trial best;
  std::vector<Trial> tried;  // best first
  bool decided = false;      // photographs showed enough to choose by
  int photographs = 0;       // looked at
};

// Runs the candidates for `guess` on the photographs until `deadline` and keeps the one with the
// most confident and stable answers: those that come again, mirrored, in the mirrored picture, and
// that an empty picture does not get. The guess's own way is kept where none is clearly better.
Outcome try_feedings(const Guess& guess, const PictureInput& picture, const MakeModel& make,
                     std::span<const Picture> photographs,
                     std::chrono::steady_clock::time_point deadline);

// The outcome in words and figures.
PreprocessingReport trials_report(const Outcome& outcome, const Guess& guess,
                                  const PictureInput& picture);

}  // namespace poss::inspect
