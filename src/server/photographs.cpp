// Reading photographs through a camera of their own, as recordings are.
#include "server/photographs.h"

#include <stdlib.h>

#include "media/camera.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSide = 960;
constexpr double kSecondsApart = 4;
constexpr size_t kBuiltIn = 12;
constexpr auto kPatience = std::chrono::seconds(5);  // for one picture

}  // namespace

Result<std::vector<inspect::Picture>> read_photographs(const fs::path& source, size_t most) {
  std::error_code error;
  if (!fs::exists(source, error)) {
    return Error{Code::not_found, "there is no picture or recording '" + source.string() + "'"};
  }
  media::SourceConfig config;
  config.uri = fs::absolute(source).string();
  config.pace = media::Pace::as_fast_as_possible;
  POSS_ASSIGN(const auto camera, media::Camera::create("photographs", config));
  const bool folder = fs::is_directory(source, error);
  const auto frames = camera->subscribe(folder ? 0 : 1 / kSecondsApart, 2, WhenFull::block);
  camera->start();
  std::vector<inspect::Picture> out;
  while (out.size() < most) {
    const auto frame = frames->pop_until(Steady::now() + kPatience);
    if (!frame) break;
    if (auto picture = inspect::copy_picture(frame->image(), kMaxSide)) {
      out.push_back(std::move(*picture));
    }
  }
  camera->stop();
  if (out.empty()) {
    return Error{Code::invalid_argument,
                 "'" + source.string() + "' holds no picture that can be read"};
  }
  return out;
}

std::vector<inspect::Picture> built_in_photographs() {
  std::vector<fs::path> places;
  if (const char* named = ::getenv("POSS_PROBES"); named && *named) {
    places.emplace_back(named);
  } else {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
    places = {program.parent_path() / "probes", program.parent_path().parent_path() / "probes"};
  }
  for (const auto& place : places) {
    std::error_code error;
    if (!fs::is_directory(place, error)) continue;
    if (auto pictures = read_photographs(place, kBuiltIn)) return std::move(*pictures);
  }
  return {};
}

}  // namespace poss::server
