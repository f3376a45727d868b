// Feeding as manifest settings and as words.
#include "inspect/feeding.h"

#include <algorithm>

namespace poss::inspect {

infer::InputSpec input_spec(const PictureInput& picture, const Feeding& feeding) {
  infer::InputSpec out;
  out.name = picture.name;
  out.width = picture.width;
  out.height = picture.height;
  out.layout = picture.layout;
  out.type = picture.type;
  out.color = feeding.color;
  out.fit = feeding.fit;
  out.align = feeding.align;
  out.pad = feeding.pad;
  const bool floats =
      picture.type == infer::TensorType::float32 || picture.type == infer::TensorType::float16;
  if (!floats) return out;
  switch (feeding.numbers) {
    case Numbers::bytes:
      break;
    case Numbers::unit:
      out.std = {255, 255, 255};
      break;
    case Numbers::symmetric:
      out.mean = {127.5, 127.5, 127.5};
      out.std = {127.5, 127.5, 127.5};
      break;
    case Numbers::imagenet:
      out.mean = {123.675, 116.28, 103.53};
      out.std = {58.395, 57.12, 57.375};
      break;
    case Numbers::centernet:
      out.mean = {119.8, 114.0, 104.0};
      out.std = {70.9, 69.9, 73.7};
      break;
  }
  if (feeding.color == infer::ColorOrder::bgr) {
    std::ranges::reverse(out.mean);
    std::ranges::reverse(out.std);
  }
  return out;
}

std::string feeding_text(const Feeding& feeding, const PictureInput& picture) {
  std::string out = feeding.color == infer::ColorOrder::rgb ? "RGB, " : "BGR, ";
  const bool floats =
      picture.type == infer::TensorType::float32 || picture.type == infer::TensorType::float16;
  switch (floats ? feeding.numbers : Numbers::bytes) {
    case Numbers::unit:
      out += "0 to 1";
      break;
    case Numbers::bytes:
      out += "0 to 255";
      break;
    case Numbers::symmetric:
      out += "-1 to 1";
      break;
    case Numbers::imagenet:
      out += "ImageNet's mean and deviation";
      break;
    case Numbers::centernet:
      out += "CenterNet's mean and deviation";
      break;
  }
  if (feeding.fit == infer::Fit::stretch) return out + ", stretched to the input";
  return out + (feeding.align == infer::LetterboxAlign::center ? ", proportions kept, centred"
                                                               : ", proportions kept, top left");
}

}  // namespace poss::inspect
