// The declaration and the checks of model.json.
#include "infer/manifest.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

namespace poss::infer {

namespace {

constexpr size_t kMaxManifestBytes = 4u << 20;
constexpr int kMaxSide = 8192;
constexpr size_t kMaxLabels = 100'000;
constexpr size_t kMaxExtras = 8;
constexpr size_t kMaxLevels = 16;
constexpr size_t kMaxAnchorsALevel = 64;
constexpr size_t kMaxColumns = 16;
constexpr int kMaxStride = 1024;

bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name.find("..") == std::string::npos &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

using Add = std::function<void(std::string_view field, std::string message)>;

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

void check_input(const InputSpec& input, const Add& add) {
  bool counted = true;
  for (const auto& [name, values] :
       {std::pair{"input.mean", &input.mean}, std::pair{"input.std", &input.std}}) {
    if (values->size() != 1 && values->size() != 3) {
      add(name, "must hold 1 or 3 numbers, not " + std::to_string(values->size()));
      counted = false;
    }
  }
  if (std::ranges::any_of(input.std, [](double value) { return std::abs(value) < 1e-9; })) {
    add("input.std", "must not be 0: pixels are divided by it");
    counted = false;
  }
  if (input.type == TensorType::uint8 &&
      (std::ranges::any_of(input.mean, [](double value) { return value != 0; }) ||
       std::ranges::any_of(input.std, [](double value) { return value != 1; }))) {
    add("input.type",
        "is uint8, which takes pixels as they are: leave mean at 0 and std at 1, or use float32");
  }
  if (input.type == TensorType::int8 && counted) {
    for (size_t c = 0; c < 3; ++c) {
      const double mean = input.mean[input.mean.size() == 3 ? c : 0];
      const double std = input.std[input.std.size() == 3 ? c : 0];
      const auto [least, most] = std::minmax({(0 - mean) / std, (255 - mean) / std});
      if (least >= -129 && most <= 128) continue;
      add("input.type", "is int8, which holds -128 to 127, and pixels would become " +
                            std::to_string(std::lround(least)) + " to " +
                            std::to_string(std::lround(most)) + ": set mean to 128 and std to 1");
      break;
    }
  }
  for (size_t i = 0; i < input.extras.size(); ++i) {
    const auto& name = input.extras[i].name;
    const auto earlier = std::span(input.extras).first(i);
    if (name == input.name ||
        std::ranges::find(earlier, name, &ExtraInput::name) != earlier.end()) {
      add("input.extras", "names the input " + in_quotes(name) + " twice");
    }
  }
}

// What a row may hold, and that a box and its score can be read from it.
void check_columns(const DecoderSpec& spec, size_t labels, const Add& add) {
  constexpr std::array kKnown{"box", "objectness", "scores", "score", "class", "batch", "rest"};
  const auto has = [&](std::string_view name) {
    return std::ranges::find(spec.columns, name) != spec.columns.end();
  };
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const auto& column = spec.columns[i];
    if (std::ranges::find(kKnown, column) == kKnown.end()) {
      add("decoder.columns", "holds " + in_quotes(column) +
                                 "; a column is one of: box, objectness, scores, score, class, "
                                 "batch, rest");
      return;
    }
    const auto earlier = std::span(spec.columns).first(i);
    if (std::ranges::find(earlier, column) != earlier.end()) {
      add("decoder.columns", "names " + in_quotes(column) + " twice");
      return;
    }
  }
  if (!has("box")) {
    add("decoder.columns", "must say where the box is, such as [\"box\", \"scores\"]");
  } else if (has("scores") == has("score")) {
    add("decoder.columns", "must name either scores (one a class) or score (of the class decided)");
  } else if (has("score") && !has("class") && labels != 1) {
    add("decoder.columns", "names a score but no class, which only a model of one label may");
  } else if (has("scores") && has("class")) {
    add("decoder.columns", "names scores of all classes, so there can be no class");
  }
}

void check_levels(const DecoderSpec& spec, const Add& add) {
  if (spec.strides.empty()) add("decoder.strides", "must hold the stride of each level");
  if (std::ranges::any_of(spec.strides,
                          [](int value) { return value < 1 || value > kMaxStride; })) {
    add("decoder.strides", "must be 1 to " + std::to_string(kMaxStride));
  }
  const size_t levels = spec.strides.size();
  const size_t outputs = spec.outputs.size();
  const auto both = " for " + std::to_string(levels) + " strides";
  if (spec.type == Decoder::anchor_grid) {
    if (outputs != 0 && outputs != levels) {
      add("decoder.outputs", "has " + std::to_string(outputs) + " names" + both);
    }
    const size_t sizes = spec.anchor_sizes.size();
    if (sizes == 0 || (levels > 0 && sizes % (2 * levels) != 0)) {
      add("decoder.anchor_sizes", "has " + std::to_string(sizes) + " numbers" + both +
                                      ": each level needs the width and height of its anchors");
    }
    if (std::ranges::any_of(spec.anchor_sizes, [](double value) { return !(value > 0); })) {
      add("decoder.anchor_sizes", "must be greater than 0");
    }
  }
  if (spec.type == Decoder::distances && outputs != 0 && outputs != levels &&
      outputs != 2 * levels) {
    add("decoder.outputs",
        "has " + std::to_string(outputs) + " names" + both + ": one or two outputs a level");
  }
}

}  // namespace

void InputSpec::declare(Fields<InputSpec>& f) {
  f.add(&InputSpec::name, "name")
      .title("Input name")
      .help("The input that takes the picture. Empty: the only one that is no extra.");
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
      .help("float32 or float16; uint8 for pixels as they are; int8: rounded after mean and std.");
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
  f.add(&InputSpec::extras, "extras")
      .title("Further inputs")
      .help("What the model's other inputs are given.")
      .max_length(kMaxExtras);
}

void ExtraInput::declare(Fields<ExtraInput>& f) {
  f.add(&ExtraInput::name, "name").title("Input").help("Name of the input.").required();
  f.add(&ExtraInput::value, "value")
      .title("Value")
      .help(
          "The number 1, the size of the model's input or of the picture (hw: height, width), or "
          "the scale between the two.")
      .required();
}

void DecoderSpec::declare(Fields<DecoderSpec>& f) {
  f.add(&DecoderSpec::type, "type")
      .title("Output format")
      .help("How the model's outputs are to be read.");
  f.add(&DecoderSpec::activation, "activation")
      .title("Activation")
      .help("What is still to be applied to the scores.");
  const auto output = [&](std::string DecoderSpec::*member, const char* name, const char* title,
                          const char* holds) {
    f.add(member, name)
        .title(title)
        .help(std::string("Name of the output with ") + holds + ". Empty: found by its shape.");
  };
  output(&DecoderSpec::boxes, "boxes", "Boxes output", "the boxes");
  output(&DecoderSpec::scores, "scores", "Scores output", "the scores");
  output(&DecoderSpec::classes, "classes", "Classes output", "the class of each box");
  output(&DecoderSpec::count, "count", "Count output", "the number of boxes");
  output(&DecoderSpec::selected, "selected", "Selection output",
         "batch, class, box of what is kept");
  output(&DecoderSpec::sizes, "sizes", "Sizes output", "width and height at each point");
  output(&DecoderSpec::offsets, "offsets", "Offsets output", "the centre's place in its cell");
  f.add(&DecoderSpec::outputs, "outputs")
      .title("Outputs of the levels")
      .help(
          "Names of the outputs, finest level first: one a level, or two (scores, boxes). Empty: "
          "found by their shapes.")
      .max_length(2 * kMaxLevels);
  f.add(&DecoderSpec::box_format, "box_format")
      .title("Box format")
      .help("Order of a box's numbers: two corners, centre and size, or left, top and size.");
  f.add(&DecoderSpec::box_units, "box_units")
      .title("Box units")
      .help("Fractions or pixels of the model's input, or pixels of the picture.");
  f.add(&DecoderSpec::columns, "columns")
      .title("Columns")
      .help(
          "What a row holds, in order: box (4 wide), objectness, scores (one a class), score, "
          "class, batch, rest (not read).")
      .max_length(kMaxColumns)
      .visible_when("type", "rows");
  f.add(&DecoderSpec::suppress, "suppress")
      .title("Remove overlapping boxes")
      .help("Off where the graph has chosen among boxes that overlap.");
  f.add(&DecoderSpec::background, "background")
      .title("Background class")
      .help("Index of the class that means nothing is there; -1 for none.")
      .at_least(-1);
  f.add(&DecoderSpec::anchor_scales, "anchor_scales")
      .title("Anchor scales")
      .help("Divisors of the offsets to the anchors: y, x, height, width.")
      .max_length(4)
      .visible_when("type", "anchors");
  f.add(&DecoderSpec::offset_form, "offset_form")
      .title("Offset form")
      .help(
          "The four values of an offset: centre and size in either order (the size as exponent, or "
          "linear), or corners.")
      .visible_when("type", "anchors");
  f.add(&DecoderSpec::anchors, "anchors")
      .title("Anchor file")
      .help("File beside model.json: a row of float32 cy, cx, height, width for each anchor.")
      .visible_when("type", "anchors");
  f.add(&DecoderSpec::strides, "strides")
      .title("Strides")
      .help("Input pixels a cell of each level: grid, distances, anchor_grid.")
      .unit("px")
      .max_length(kMaxLevels);
  f.add(&DecoderSpec::anchor_sizes, "anchor_sizes")
      .title("Anchor sizes")
      .help("Width and height of each anchor in input pixels, level by level.")
      .unit("px")
      .max_length(2 * kMaxLevels * kMaxAnchorsALevel)
      .visible_when("type", "anchor_grid");
  f.add(&DecoderSpec::grid_form, "grid_form")
      .title("Grid form")
      .help("exponential: YOLOv2 and v3. scaled: YOLOv5 and v7.")
      .visible_when("type", "anchor_grid");
  f.add(&DecoderSpec::bins, "bins")
      .title("Bins")
      .help("Values of the distribution of one distance; 1: the distance itself, in strides.")
      .range(1, 256)
      .visible_when("type", "distances");
  f.add(&DecoderSpec::cell_center, "cell_center")
      .title("Cell centre")
      .help("Where in its cell a grid point lies: 0.5 in the middle, 0 at the corner.")
      .range(0, 1)
      .visible_when("type", "distances");
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
  const Add add = [&](std::string_view field, std::string message) {
    errors.push_back({detail::join_path(path, field), std::move(message)});
  };
  if (!is_plain_file_name(file)) add("file", "must be the name of a file beside model.json");

  check_input(input, add);

  const bool classifies = decoder.type == Decoder::classification;
  if (classifies != (task == Task::classification)) {
    add("decoder.type", "is '" + std::string(enum_name(decoder.type)) +
                            "', which does not fit the task '" + std::string(enum_name(task)) +
                            "'");
  }
  if (decoder.type == Decoder::anchors && decoder.outputs.size() % 2 != 0) {
    add("decoder.outputs", "must hold pairs, the scores and the boxes of each level");
  }
  if (decoder.type == Decoder::rows) check_columns(decoder, labels.size(), add);
  if (decoder.type == Decoder::grid || decoder.type == Decoder::distances ||
      decoder.type == Decoder::anchor_grid) {
    check_levels(decoder, add);
  }
  if (decoder.type == Decoder::heatmap && decoder.activation == Activation::softmax) {
    add("decoder.activation", "is softmax, which a heatmap cannot have: none or sigmoid");
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
