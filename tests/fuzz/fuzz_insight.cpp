// Fuzzes insight messages: what is accepted keeps its meaning when written and read again.
#include "fuzz.h"
#include "graph/insight.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = poss::parse_json(poss::fuzz::text(data, size));
  if (!value) return 0;
  const auto insight = poss::parse_insight(*value);
  if (!insight) {
    poss::fuzz::require(!insight.error().message.empty(), "an error says something");
    return 0;
  }
  const poss::json::object written = poss::to_json(*insight);
  const auto again = poss::parse_insight(poss::fuzz::reread(written));
  poss::fuzz::require(again.has_value(), "what was written is accepted");
  poss::fuzz::require(poss::to_json(*again) == written, "writing and reading changes nothing");
  return 0;
}
