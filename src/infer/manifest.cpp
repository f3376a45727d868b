// The declaration and the checks of model.json.
#include "infer/manifest.h"

#include <algorithm>
#include <cmath>

namespace poss::infer {

namespace {

constexpr size_t kMaxManifestBytes = 4u << 20;
constexpr int kMaxSide = 8192;
constexpr size_t kMaxLabels = 100'000;

bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name.find("..") == std::string::npos &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

}  // namespace

void InputSpec::declare(Fields<InputSpec>& f) {
  f.add(&InputSpec::name, "name")
      .title("Input name")
      .help("The input that takes the picture. Empty: the model's only input.");
  f.add(&InputSpec::width, "width")
      .title("Width")
      .help("Width of the picture the model takes.")
      .unit("px")
      .range(1, kMaxSide)
      .required();
  f.add(&InputSpec::height, "height")
      .title("Height")
      .help("Height of the picture the model takes.")
      .unit("px")
      .range(1, kMaxSide)
      .required();
  f.add(&InputSpec::layout, "layout")
      .title("Layout")
      .help("nchw: one plane a colour. nhwc: the colours of a pixel side by side.");
  f.add(&InputSpec::type, "type")
      .title("Number type")
      .help("float32, or uint8 for pixels as they are.");
  f.add(&InputSpec::color, "color").title("Colour order").help("Which colour comes first.");
  f.add(&InputSpec::fit, "fit")
      .title("Fit")
      .help("letterbox: scaled to fit, the rest padded. stretch: both sides scaled to fit.");
  f.add(&InputSpec::align, "align")
      .title("Letterbox position")
      .help("Where the picture lies in the padding.")
      .visible_when("fit", "letterbox");
  f.add(&InputSpec::pad, "pad")
      .title("Padding value")
      .help("Value of the letterbox border, before mean and std.")
      .range(0, 255)
      .visible_when("fit", "letterbox");
  f.add(&InputSpec::mean, "mean")
      .title("Mean")
      .help("Subtracted from pixel values 0 to 255: one number, or three in colour order.")
      .max_length(3);
  f.add(&InputSpec::std, "std")
      .title("Standard deviation")
      .help("Divides the pixel values after the mean: one number, or three in colour order.")
      .max_length(3);
}

void DecoderSpec::declare(Fields<DecoderSpec>& f) {
  f.add(&DecoderSpec::type, "type")
      .title("Output format")
      .help("How the model's outputs are to be read.");
  f.add(&DecoderSpec::activation, "activation")
      .title("Activation")
      .help("What is still to be applied to the scores.");
  f.add(&DecoderSpec::boxes, "boxes")
      .title("Boxes output")
      .help("Name of the output with the boxes. Empty: found by its shape.");
  f.add(&DecoderSpec::scores, "scores")
      .title("Scores output")
      .help("Name of the output with the scores. Empty: found by its shape.");
  f.add(&DecoderSpec::background, "background")
      .title("Background class")
      .help("Index of the class that means nothing is there; -1 for none.")
      .at_least(-1);
  f.add(&DecoderSpec::anchor_scales, "anchor_scales")
      .title("Anchor scales")
      .help("Divisors of the offsets to the anchors: y, x, height, width.")
      .max_length(4)
      .visible_when("type", "anchors");
  f.add(&DecoderSpec::anchors, "anchors")
      .title("Anchor file")
      .help("File beside model.json: a row of float32 cy, cx, height, width for each anchor.")
      .visible_when("type", "anchors");
}

void Manifest::declare(Fields<Manifest>& f) {
  f.add(&Manifest::version, "version")
      .title("Format version")
      .help("Version of this file's format.")
      .range(1, 1);
  f.add(&Manifest::title, "title").title("Title").help("Name shown to people.");
  f.add(&Manifest::description, "description")
      .title("Description")
      .help("What the model recognises, and how well.")
      .max_length(20'000);
  f.add(&Manifest::license, "license").title("Licence").help("SPDX id of the weights' licence.");
  f.add(&Manifest::source, "source").title("Source").help("Where the weights come from.");
  f.add(&Manifest::task, "task").title("Task").help("What the model does with a picture.");
  f.add(&Manifest::file, "file").title("Model file").help("ONNX file beside model.json.");
  f.add(&Manifest::input, "input").title("Input").help("How a picture is fed to it.").required();
  f.add(&Manifest::decoder, "decoder").title("Output").help("How its answer is read.").required();
  f.add(&Manifest::labels, "labels")
      .title("Labels")
      .help("One name per class in the order of the output; an empty name is an unused class.")
      .max_length(kMaxLabels)
      .required();
}

void Manifest::validate(const std::string& path, std::vector<FieldError>& errors) const {
  const auto add = [&](std::string_view field, std::string message) {
    errors.push_back({detail::join_path(path, field), std::move(message)});
  };
  if (!is_plain_file_name(file)) add("file", "must be the name of a file beside model.json");

  for (const auto& [name, values] :
       {std::pair{"input.mean", &input.mean}, std::pair{"input.std", &input.std}}) {
    if (values->size() != 1 && values->size() != 3) {
      add(name, "must hold 1 or 3 numbers, not " + std::to_string(values->size()));
    }
  }
  if (std::ranges::any_of(input.std, [](double value) { return std::abs(value) < 1e-9; })) {
    add("input.std", "must not be 0: pixels are divided by it");
  }
  if (input.type == TensorType::uint8 &&
      (std::ranges::any_of(input.mean, [](double value) { return value != 0; }) ||
       std::ranges::any_of(input.std, [](double value) { return value != 1; }))) {
    add("input.type",
        "is uint8, which takes pixels as they are: leave mean at 0 and std at 1, or use float32");
  }

  const bool classifies = decoder.type == Decoder::classification;
  if (classifies != (task == Task::classification)) {
    add("decoder.type", "is '" + std::string(enum_name(decoder.type)) +
                            "', which does not fit the task '" + std::string(enum_name(task)) +
                            "'");
  }
  if (decoder.type == Decoder::anchors) {
    if (decoder.anchor_scales.size() != 4) {
      add("decoder.anchor_scales", "must hold 4 numbers: y, x, height, width");
    }
    if (std::ranges::any_of(decoder.anchor_scales, [](double value) { return !(value > 0); })) {
      add("decoder.anchor_scales", "must be greater than 0");
    }
    if (!is_plain_file_name(decoder.anchors)) {
      add("decoder.anchors", "must be the name of a file beside model.json");
    }
  }
  if (decoder.background >= 0 && static_cast<size_t>(decoder.background) >= labels.size()) {
    add("decoder.background", "is " + std::to_string(decoder.background) + ", but there are only " +
                                  std::to_string(labels.size()) + " labels");
  }
  if (std::ranges::all_of(labels, &std::string::empty)) {
    add("labels", "must name at least one class");
  }
}

Result<Manifest> read_manifest(const std::filesystem::path& folder) {
  const auto path = folder / "model.json";
  POSS_ASSIGN(const json::value value, read_json_file(path, kMaxManifestBytes));
  return parse_fields<Manifest>(value).with("'" + path.string() + "'");
}

}  // namespace poss::infer
