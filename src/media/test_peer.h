// What the media tests share: videos made with the ffmpeg program, the RTSP test server and
// other peers as child processes, and waiting for conditions.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/types.h>

#include "media/camera.h"

namespace poss::media::test {

// A folder that goes away with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A child process; killed by its id when the object goes. `output` reads its standard output.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command, const std::string& folder = "");
  ~Process() { kill_hard(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // The next line of standard output; empty when there is none within ten seconds.
  std::string read_line();
  void kill_hard();  // SIGKILL, and waits
  int wait();        // its exit status

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

// Makes `path` with ffmpeg from these arguments (between "ffmpeg -y" and the path).
void make_video(const std::string& path, const std::string& arguments);

// rtsp_test_server on a free port of 127.0.0.1, or on `port`.
class RtspServer {
 public:
  explicit RtspServer(std::vector<std::string> arguments, int port = 0);
  int port() const { return port_; }
  std::string uri() const { return "rtsp://127.0.0.1:" + std::to_string(port_) + "/stream"; }
  void kill_hard() { process_.kill_hard(); }

 private:
  Process process_;
  int port_ = 0;
};

// A listening TCP port of 127.0.0.1 that never answers; with `listening` false, one that was free
// a moment ago.
class SilentPort {
 public:
  explicit SilentPort(bool listening);
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  int port() const { return port_; }

 private:
  int socket_ = -1;
  int port_ = 0;
};

// Waits until `condition` holds, at most `seconds`; false when it never did.
bool eventually(const std::function<bool()>& condition, double seconds = 20);

std::unique_ptr<Camera> make_camera(SourceConfig config, CameraOptions options = {});

// All frames of a source that ends, read as fast as possible and without loss.
std::vector<FramePtr> read_all(SourceConfig config, double max_fps = 0,
                               CameraStatus* status = nullptr);

// Waits for the camera to reach `state`.
bool reaches(const Camera& camera, CameraState state, double seconds = 20);

}  // namespace poss::media::test
