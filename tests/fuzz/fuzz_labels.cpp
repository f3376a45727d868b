// Fuzzes the readers of label files: what comes out is clean, bounded text.
#include <algorithm>

#include "base/utf8.h"
#include "convert/labels.h"
#include "fuzz.h"

namespace {

using poss::fuzz::require;

void check(const poss::Result<std::vector<std::string>>& labels) {
  if (!labels) {
    require(poss::is_plain_text(labels.error().message), "an error can be shown");
    return;
  }
  require(labels->size() <= poss::convert::kMaxLabels, "there are not too many");
  for (const std::string& label : *labels) {
    require(label.size() <= poss::convert::kMaxLabelBytes, "labels are short");
    require(poss::is_plain_text(label), "labels are plain text");
  }
  const auto used = static_cast<std::size_t>(std::count_if(
      labels->begin(), labels->end(), [](const auto& label) { return !label.empty(); }));
  require(used > 0, "there is at least one");
  const auto fitted = poss::convert::fit_labels(*labels, used);
  require(fitted && fitted->size() == used, "those in use fit as many classes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = poss::fuzz::text(data, size);
  check(poss::convert::parse_labels(text));
  check(poss::convert::parse_label_literal(text));
  return 0;
}
