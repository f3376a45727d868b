// How pictures are fed to a network: what families usually want, and in plain words.
#pragma once

#include <string>

#include "inspect/facts.h"

namespace poss::inspect {

// The scales of numbers that trainings use.
enum class Numbers {
  unit,       // 0..1
  bytes,      // 0..255
  symmetric,  // −1..1
  imagenet,   // ImageNet's mean and deviation, of RGB
  centernet,  // CenterNet's own
};

// Everything about a picture's way into the tensor that a file seldom states.
struct Feeding {
  Numbers numbers = Numbers::unit;
  infer::ColorOrder color = infer::ColorOrder::rgb;
  infer::Fit fit = infer::Fit::stretch;
  infer::LetterboxAlign align = infer::LetterboxAlign::center;
  double pad = 114;
  bool stated = false;  // the file says so: nothing is tried
  std::string why;      // where this comes from: "as YOLOX is trained"
};

// The manifest's input for `feeding`. Integer inputs take pixels as they are.
infer::InputSpec input_spec(const PictureInput& picture, const Feeding& feeding);

// "RGB, 0 to 1, keeping the proportions (centred)".
std::string feeding_text(const Feeding& feeding, const PictureInput& picture);

}  // namespace poss::inspect
