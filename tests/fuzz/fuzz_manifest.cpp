// Fuzzes model.json: whatever is accepted keeps its meaning when written and read again.
#include "fuzz.h"
#include "infer/manifest.h"

namespace {

using poss::infer::Manifest;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = poss::parse_json(poss::fuzz::text(data, size));
  if (!value) return 0;
  const auto manifest = poss::parse_fields<Manifest>(*value);
  if (!manifest) {
    poss::fuzz::require(!manifest.error().message.empty(), "an error says something");
    return 0;
  }
  const poss::json::object written = poss::to_json(*manifest);
  const auto read = poss::fuzz::reread(written);
  const auto again = poss::parse_fields<Manifest>(read);
  poss::fuzz::require(again.has_value(), "what was written is accepted");
  poss::fuzz::require(poss::to_json(*again) == written, "writing and reading changes nothing");
  return 0;
}
