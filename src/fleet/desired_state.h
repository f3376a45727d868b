// What a device is to run: the cameras and the skills on them, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/skill.h"
#include "media/camera.h"

namespace poss::fleet {

struct CameraSpec {
  std::string id;    // a slug, unique
  std::string name;  // as people see it
  media::SourceConfig source;
  // Where the camera's streams take their frames from; none: from `source`. People always see
  // `source`.
  std::optional<media::SourceConfig> detect;
  // Read only from the first stream on, so that it gets the first frame of a file.
  bool wait_for_stream = false;
  // Opened only while a stream or a viewer needs it. LocalAgent sees to it; a Worker does not.
  bool on_demand = false;
  bool operator==(const CameraSpec&) const = default;
};

// One skill on one camera.
struct StreamSpec {
  std::string id;          // 1 to 200 visible characters, unique
  std::string deployment;  // a slug: the instance_id of its insights; empty: the id
  std::string name;
  std::string camera;  // CameraSpec::id
  Skill skill;
  bool every_frame = false;      // the source waits for the skill: nothing is dropped (files only)
  std::uint64_t max_frames = 0;  // stop after so many; 0: never
  bool operator==(const StreamSpec&) const = default;
};

struct DesiredState {
  std::vector<CameraSpec> cameras;
  std::vector<StreamSpec> streams;
  bool operator==(const DesiredState&) const = default;
};

}  // namespace poss::fleet
