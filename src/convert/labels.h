// Label files in all the forms that models come with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace poss::convert {

inline constexpr size_t kMaxLabelFileBytes = 4u << 20;
inline constexpr size_t kMaxLabels = 65'536;
inline constexpr size_t kMaxLabelBytes = 1024;  // of one label

// Labels by class number; "" is a class that nobody uses: "???", "N/A", or a gap between numbers.
// Names may repeat, numbers may not. What the text is shows in the text itself:
//   lines     one label a line, or "0: person", "0 person", "0,person" on all of them; a line of
//             ImageNet's "n01440764 tench" gives "tench"; Custom Vision's labels.txt
//   YAML      what stands below "names:", a list or a map: Ultralytics, COCO
//   JSON      a list; numbers to names or names to numbers; or one of these as "names", "labels",
//             "categories" (COCO: each has id and name), "id2label"
//   pbtxt     item { id: 1 name: "…" display_name: "…" }, as TensorFlow's detectors have it
// UTF-8 with or without a byte order mark. Errors name the line where there is one.
Result<std::vector<std::string>> parse_labels(std::string_view text);

// What a model's metadata says in Python's notation: "{0: 'person', 1: \"dog's\"}" or "['a', 'b']",
// as Ultralytics writes `names`.
Result<std::vector<std::string>> parse_label_literal(std::string_view text);

// The labels of a model with so many classes; the first of these that fits:
//   as they are; without a first one that is unused or called background; with an unused one in
//   front, for a model whose first class is the background; without those unused.
// Otherwise the error tells both numbers.
Result<std::vector<std::string>> fit_labels(std::vector<std::string> labels, size_t classes);

}  // namespace poss::convert
