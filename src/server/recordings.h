// Recordings: video files of events, kept in data/recordings and listed in the Store's history.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fields.h"
#include "store/history.h"

namespace poss::server {

// What the history keeps of a recording: its entry's body. Paths are relative to data/recordings.
struct Recording {
  std::string camera;
  std::string deployment;
  std::vector<std::string> labels;  // what it shows
  double duration_s = 0;
  int width = 0;
  int height = 0;
  std::string codec;      // "h264" …
  std::string file;       // MP4
  std::string thumbnail;  // JPEG; empty: none
  static void declare(Fields<Recording>& f);
};

std::filesystem::path recordings_folder(const std::filesystem::path& data);

// The file of that name in data/recordings. Fails where the name, or a link on the way, leads out
// of that folder; the file need not be there.
Result<std::filesystem::path> recording_path(const std::filesystem::path& data,
                                             const std::string& name);

// Removes the files of a recording; none there is no failure.
Result<void> delete_recording_files(const std::filesystem::path& data,
                                    const store::HistoryEntry& entry);

}  // namespace poss::server
