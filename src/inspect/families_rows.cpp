// Rules for outputs that hold boxes and scores side by side in rows: the YOLO families.
#include <algorithm>
#include <cmath>

#include "inspect/families.h"

namespace poss::inspect {
namespace {

using infer::BoxFormat;
using infer::BoxUnits;
using infer::Decoder;

std::string number(std::int64_t value) { return std::to_string(value); }

Feeding ultralytics_feeding(const Facts& facts) {
  Feeding out;
  out.fit = infer::Fit::letterbox;
  const bool theirs = lower(facts.metadata("author")) == "ultralytics" ||
                      lower(facts.metadata("description")).find("ultralytics") != std::string::npos;
  out.stated = theirs;
  out.why = theirs ? "the file's metadata says that Ultralytics made it, whose models are fed so"
                   : "as YOLO models are trained";
  return out;
}

// The one output that holds a row for each place of the grid.
struct DenseRows {
  const OutputFact* output = nullptr;
  Table table;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  bool rows_first = true;
  int boxes_a_cell = 1;
  std::vector<int> strides;
  bool masks = false;  // a further output holds prototypes of masks
};

struct Grid {
  std::vector<int> strides;
  std::int64_t cells = 0;
};

std::vector<Grid> grids(const PictureInput& picture) {
  return {{{8, 16, 32}, cells(picture, {8, 16, 32})},
          {{8, 16, 32, 64}, cells(picture, {8, 16, 32, 64})},
          {{16, 32}, cells(picture, {16, 32})}};
}

// A further output [1,32,h,w]: what masks are put together from.
const OutputFact* prototypes(const Facts& facts) {
  for (const auto& output : facts.outputs) {
    const auto& shape = output.shape;
    if (shape.size() == 4 && shape[1] > 4 && shape[2] > 8 && shape[2] * 4 == facts.picture.height) {
      return &output;
    }
  }
  return nullptr;
}

std::optional<DenseRows> dense_rows(const Facts& facts) {
  const OutputFact* masks = prototypes(facts);
  std::optional<DenseRows> out;
  for (const auto& output : facts.outputs) {
    if (&output == masks || output.whole_numbers()) continue;
    const auto dims = two_dimensions(output);
    if (!dims || output.shape.size() > 4) continue;
    for (const bool rows_first : {true, false}) {
      const std::int64_t rows = rows_first ? dims->first : dims->second;
      const std::int64_t columns = rows_first ? dims->second : dims->first;
      if (columns < 5 || columns > 20'000) continue;
      for (const auto& grid : grids(facts.picture)) {
        for (const int each : {1, 3}) {
          if (rows != grid.cells * each || (each == 1 && grid.strides.size() == 2)) continue;
          if (out) return std::nullopt;  // two such outputs: another family
          out = DenseRows{&output,      table_of(output, rows, columns, rows_first),
                          rows,         columns,
                          rows_first,   each,
                          grid.strides, masks != nullptr};
        }
      }
    }
  }
  return out;
}

// Numbers outside of 0..1 in columns that would be coordinates.
bool spans_input(const DenseRows& dense, const PictureInput& picture) {
  if (dense.table.empty()) return true;
  const Range x = range_of(dense.table, 0, 1);
  const Range y = range_of(dense.table, 1, 2);
  return x.high - x.low > picture.width * 0.5 && y.high - y.low > picture.height * 0.5;
}

bool sizes_positive(const DenseRows& dense) {
  return dense.table.empty() || share_between(dense.table, 2, 4, 0, 1e9) > 0.999;
}

bool in_fractions(const DenseRows& dense) {
  return !dense.table.empty() && range_of(dense.table, 0, 4).high <= 2;
}

// Classes of rows whose fixed part is `fixed` columns wide, by labels, masks or key points.
struct Width {
  std::int64_t classes = 0;
  std::int64_t rest = 0;
  bool told = false;  // by labels or metadata
};

std::optional<Width> width_of(const Facts& facts, const DenseRows& dense, std::int64_t fixed) {
  const std::int64_t room = dense.columns - fixed;
  const auto labels = std::ssize(facts.labels);
  if (room < 1) return std::nullopt;
  if (labels > 0) {
    if (room == labels) return Width{labels, 0, true};
    // The rest is masks or key points, which metadata or a further output tells of.
    const bool further = dense.masks || !facts.metadata("kpt_shape").empty();
    if (room > labels && further) return Width{labels, room - labels, true};
  }
  if (dense.masks && room > 32) return Width{room - 32, 32, false};
  return Width{room, 0, false};
}

// Sizes of label sets that everybody uses.
bool usual(std::int64_t classes) {
  return classes == 80 || classes == 20 || classes == 90 || classes == 91 || classes == 365 ||
         classes == 1;
}

Guess row_guess(const Facts& facts, const DenseRows& dense, const Width& width, bool objectness) {
  Guess out;
  out.decoder.type = Decoder::rows;
  if (facts.outputs.size() > 1) out.decoder.scores = dense.output->name;
  out.decoder.box_format = BoxFormat::cxcywh;
  out.decoder.box_units = in_fractions(dense) ? BoxUnits::fraction : BoxUnits::input_pixels;
  out.decoder.columns = {"box"};
  if (objectness) out.decoder.columns.emplace_back("objectness");
  out.decoder.columns.emplace_back("scores");
  if (width.rest > 0) out.decoder.columns.emplace_back("rest");
  // Objectness, where there is one, needs the same as the scores.
  constexpr std::int64_t kAfterBox = 4;
  if (!dense.table.empty() &&
      share_between(dense.table, kAfterBox, dense.columns - width.rest, -1e-4, 1.0001) < 0.999) {
    out.decoder.activation = infer::Activation::sigmoid;
  }
  out.classes = width.classes;
  out.feeding = ultralytics_feeding(facts);
  return out;
}

std::string rows_text(const DenseRows& dense) {
  return "output '" + dense.output->name + "' has " + number(dense.rows) + " rows of " +
         number(dense.columns) + " numbers, " + number(dense.boxes_a_cell) +
         (dense.boxes_a_cell == 1 ? " box" : " boxes") + " for each cell of the grids";
}

// What a few rows [N,6], [N,7] that the graph has chosen hold.
struct ChosenRows {
  const OutputFact* output = nullptr;
  Table table;
  std::int64_t columns = 0;
};

std::optional<ChosenRows> chosen_rows(const Facts& facts, std::int64_t least_columns) {
  for (const auto& output : facts.outputs) {
    if (output.whole_numbers()) continue;
    const auto dims = two_dimensions(output);
    if (!dims || output.shape.size() > 3) continue;
    const bool rows_open = dims->first < 0 || output.shape.size() == 2 || dims->first <= 2000;
    // No rows at all were found on the picture: the shape still tells.
    if (dims->second < least_columns || dims->second > 600 || !rows_open) continue;
    return ChosenRows{&output, table_of(output, dims->first, dims->second, true), dims->second};
  }
  return std::nullopt;
}

bool chosen_in_graph(const Facts& facts) {
  return facts.uses("NonMaxSuppression") || facts.uses("TopK") ||
         lower(facts.metadata("end2end")) == "true" || lower(facts.metadata("nms")) == "true";
}

std::string version_of(const Facts& facts) {
  // "Ultralytics YOLO11n model trained on …"
  const std::string text = facts.metadata("description");
  const auto at = lower(text).find("yolo");
  if (at == std::string::npos) return "";
  std::string out = text.substr(at, text.find(' ', at) - at);
  return out.size() > 4 && out.size() < 24 ? out : "";
}

}  // namespace

std::optional<Guess> end_to_end_rows(const Facts& facts) {
  const auto rows = chosen_rows(facts, 6);
  if (!rows || facts.has_input("scale_factor")) return std::nullopt;
  const bool masks = prototypes(facts) != nullptr;
  const bool further = masks || !facts.metadata("kpt_shape").empty();
  if (rows->columns != 6 && !further) return std::nullopt;
  if (facts.outputs.size() > (masks ? 2u : 1u)) return std::nullopt;
  Guess out;
  const std::string version = version_of(facts);
  out.family = version.empty() ? "YOLOv10 or YOLO26 (end to end)" : version + " (end to end)";
  out.decoder.type = Decoder::rows;
  if (facts.outputs.size() > 1) out.decoder.scores = rows->output->name;
  out.decoder.columns = {"box", "score", "class"};
  if (rows->columns > 6) out.decoder.columns.emplace_back("rest");
  out.decoder.box_format = BoxFormat::xyxy;
  out.decoder.box_units = BoxUnits::input_pixels;
  out.decoder.suppress = false;
  out.feeding = ultralytics_feeding(facts);
  out.why = "output '" + rows->output->name + "' has rows of " + number(rows->columns) +
            " numbers: a box, a score and a class";
  out.sure = chosen_in_graph(facts) ? 0.85 : 0.5;
  const auto& table = rows->table;
  if (table.empty()) return out;
  const Range box = range_of(table, 0, 4);
  if (box.high <= 2) out.decoder.box_units = BoxUnits::fraction;
  const bool class_last = share_whole(table, 5) > 0.999 && range_of(table, 5, 6).low >= 0;
  const bool score_there = share_between(table, 4, 5, 0, 1.0001) > 0.999;
  if (!class_last || !score_there) return std::nullopt;
  bool sorted = true;
  for (std::int64_t row = 1; row < table.rows; ++row) {
    sorted = sorted && table.at(row, 4) <= table.at(row - 1, 4) + 1e-4f;
  }
  out.why += "; on a picture the last is a whole number and the score lies between 0 and 1";
  if (sorted && table.rows > 1) {
    out.why += ", best rows first";
    out.sure = std::min(1.0, out.sure + 0.1);
  }
  return out;
}

std::optional<Guess> paddle_rows(const Facts& facts) {
  const bool scales = facts.has_input("scale_factor") || facts.has_input("im_shape");
  if (!scales) return std::nullopt;
  const auto rows = chosen_rows(facts, 6);
  if (!rows || rows->columns != 6) return std::nullopt;
  Guess out;
  out.family = "PaddleDetection";
  out.decoder.type = Decoder::rows;
  out.decoder.scores = rows->output->name;
  out.decoder.columns = {"class", "score", "box"};
  out.decoder.box_format = BoxFormat::xyxy;
  out.decoder.box_units = BoxUnits::picture_pixels;
  out.decoder.suppress = false;
  out.feeding.numbers = Numbers::imagenet;
  out.feeding.why = "as PaddleDetection's configurations usually say";
  out.why =
      "it takes 'scale_factor' beside the picture and answers rows of class, score and box "
      "in '" +
      rows->output->name + "'";
  out.sure = 0.97;
  return out;
}

std::optional<Guess> batched_rows(const Facts& facts) {
  const auto rows = chosen_rows(facts, 7);
  if (!rows || rows->columns != 7 || facts.outputs.size() != 1) return std::nullopt;
  Guess out;
  out.family = "YOLOv7 with NMS";
  out.decoder.type = Decoder::rows;
  out.decoder.columns = {"batch", "box", "class", "score"};
  out.decoder.box_format = BoxFormat::xyxy;
  out.decoder.box_units = BoxUnits::input_pixels;
  out.decoder.suppress = false;
  out.feeding = ultralytics_feeding(facts);
  out.why = "output '" + rows->output->name +
            "' has rows of 7 numbers: picture, box, class and score, as YOLOv7 exports with NMS";
  out.sure = facts.uses("NonMaxSuppression") ? 0.95 : 0.6;
  const auto& table = rows->table;
  if (table.empty()) return out;
  const bool picture_first = share_between(table, 0, 1, 0, 0) > 0.999;
  if (!picture_first) return std::nullopt;
  // OpenVINO's order: picture, class, score, box.
  if (share_whole(table, 5) < 0.999 && share_whole(table, 1) > 0.999) {
    out.family = "SSD (DetectionOutput)";
    out.decoder.columns = {"batch", "class", "score", "box"};
  }
  if (range_of(table, 1, 5).high <= 2) out.decoder.box_units = BoxUnits::fraction;
  return out;
}

std::optional<Guess> rows_with_objectness(const Facts& facts) {
  const auto dense = dense_rows(facts);
  if (!dense || dense->boxes_a_cell != 3) return std::nullopt;
  const auto width = width_of(facts, *dense, 5);
  if (!width) return std::nullopt;
  if (!spans_input(*dense, facts.picture) && !in_fractions(*dense)) return std::nullopt;
  Guess out = row_guess(facts, *dense, *width, true);
  out.family = "YOLOv5 or YOLOv7";
  out.why = rows_text(*dense) + ": centre and size" +
            (out.decoder.box_units == BoxUnits::input_pixels ? " in pixels" : "") +
            ", objectness and " + number(width->classes) +
            (width->classes == 1 ? " class" : " classes");
  out.sure = 0.92;
  return out;
}

std::optional<Guess> rows_without_objectness(const Facts& facts) {
  const auto dense = dense_rows(facts);
  if (!dense || dense->boxes_a_cell != 1) return std::nullopt;
  const auto width = width_of(facts, *dense, 4);
  if (!width || !sizes_positive(*dense)) return std::nullopt;
  if (!spans_input(*dense, facts.picture) && !in_fractions(*dense)) return std::nullopt;
  Guess out = row_guess(facts, *dense, *width, false);
  const std::string version = version_of(facts);
  out.family = version.empty() ? "YOLOv8, 9, 11 or 12" : version;
  out.why = rows_text(*dense) + ": centre and size" +
            (out.decoder.box_units == BoxUnits::input_pixels ? " in pixels" : "") + " and " +
            number(width->classes) + (width->classes == 1 ? " class" : " classes") +
            (width->rest ? ", then " + number(width->rest) + " for masks or key points" : "");
  out.sure = dense->rows_first ? 0.55 : 0.9;
  if (width->told) out.sure = 0.97;
  if (dense->rows_first && usual(width->classes)) out.sure += 0.2;
  return out;
}

std::optional<Guess> yolov6(const Facts& facts) {
  const auto dense = dense_rows(facts);
  if (!dense || dense->boxes_a_cell != 1 || !dense->rows_first) return std::nullopt;
  const auto width = width_of(facts, *dense, 5);
  if (!width || !sizes_positive(*dense) || !spans_input(*dense, facts.picture)) {
    return std::nullopt;
  }
  Guess out = row_guess(facts, *dense, *width, true);
  const bool always_one = !dense->table.empty() && share_between(dense->table, 4, 5, 1, 1) > 0.999;
  out.family = always_one ? "YOLOv6" : "YOLOX (decoded) or YOLOv6";
  out.why = rows_text(*dense) + ": centre and size in pixels, " +
            (always_one ? "an objectness that is always 1 and " : "objectness and ") +
            number(width->classes) + (width->classes == 1 ? " class" : " classes");
  if (!always_one) {
    out.feeding.numbers = Numbers::bytes;
    out.feeding.color = infer::ColorOrder::bgr;
    out.feeding.align = infer::LetterboxAlign::top_left;
    out.feeding.why = "as YOLOX is trained";
  }
  out.sure = always_one ? 0.95 : 0.6;
  if (width->told) out.sure = 0.98;
  if (usual(width->classes)) out.sure = std::min(0.98, out.sure + 0.2);
  return out;
}

std::optional<Guess> yolox(const Facts& facts) {
  const auto dense = dense_rows(facts);
  if (!dense || dense->boxes_a_cell != 1 || dense->table.empty()) return std::nullopt;
  const auto width = width_of(facts, *dense, 5);
  if (!width || width->rest > 0 || !dense->rows_first) return std::nullopt;
  // Offsets within a cell and logarithms of sizes: small, and often below 0.
  const bool raw = share_between(dense->table, 0, 2, -20, 20) > 0.98 &&
                   share_between(dense->table, 2, 4, -20, 20) > 0.98 &&
                   (!sizes_positive(*dense) || range_of(dense->table, 0, 2).low < 0);
  const bool scores = share_between(dense->table, 4, dense->columns, -1e-4, 1.0001) > 0.999;
  if (!raw || spans_input(*dense, facts.picture)) return std::nullopt;
  Guess out = row_guess(facts, *dense, *width, true);
  out.family = "YOLOX";
  out.decoder = {};
  out.decoder.type = Decoder::grid;
  out.decoder.strides = dense->strides;
  if (facts.outputs.size() > 1) out.decoder.scores = dense->output->name;
  if (!scores) out.decoder.activation = infer::Activation::sigmoid;
  const Range offsets = range_of(dense->table, 0, 4);
  out.feeding.numbers = Numbers::bytes;
  out.feeding.color = infer::ColorOrder::bgr;
  out.feeding.align = infer::LetterboxAlign::top_left;
  out.feeding.stated = false;
  out.feeding.why = "as YOLOX is trained";
  char text[64];
  std::snprintf(text, sizeof text, "%.1f to %.1f", offsets.low, offsets.high);
  out.why = rows_text(*dense) + "; boxes are small numbers (" + text +
            "), so they are still offsets within the grid";
  out.sure = 0.93;
  return out;
}

std::optional<Guess> distances_concatenated(const Facts& facts) {
  const auto dense = dense_rows(facts);
  if (!dense || dense->boxes_a_cell != 1 || !dense->rows_first) return std::nullopt;
  const auto labels = std::ssize(facts.labels);
  std::int64_t classes = 0;
  int bins = 0;
  for (const int each : {8, 17, 16, 11}) {
    const std::int64_t room = dense->columns - 4 * each;
    if (room < 1 || (labels > 0 && room != labels)) continue;
    // Scores first, then the distributions, which reach beyond 0 and 1.
    if (dense->table.empty()) {
      if (!usual(room)) continue;
    } else if (share_between(dense->table, 0, room, -1e-4, 1.0001) < 0.9999 ||
               share_between(dense->table, room, dense->columns, 0, 1) > 0.9) {
      continue;
    }
    classes = room;
    bins = each;
    break;
  }
  if (bins == 0) return std::nullopt;
  Guess out;
  out.decoder.type = Decoder::distances;
  out.decoder.strides = dense->strides;
  out.decoder.bins = bins;
  // NanoDet-Plus, of four levels, counts from the corner of a cell.
  const bool plus = dense->strides.size() == 4;
  out.decoder.cell_center = plus ? 0 : 0.5;
  out.family = plus ? "NanoDet-Plus" : "NanoDet";
  out.classes = classes;
  out.feeding.numbers = Numbers::imagenet;
  out.feeding.color = infer::ColorOrder::bgr;
  out.feeding.why = "as NanoDet is trained";
  out.why = rows_text(*dense) + ": " + number(classes) + " scores, then distributions over " +
            number(bins) + " distances to each of four sides";
  out.sure = 0.94;
  return out;
}

}  // namespace poss::inspect
