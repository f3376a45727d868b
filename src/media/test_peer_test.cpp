// The media tests' peers: child processes, videos and ports.
#include "media/test_peer.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace poss::media::test {

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "poss_media_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  path_ = name;
}
TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& command, const std::string& folder) {
  int ends[2];
  if (pipe(ends) != 0) return;
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    for (int fd = 3; fd < 256; ++fd) close(fd);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
}

std::string Process::read_line() {
  std::string line;
  while (true) {
    pollfd ready{output_, POLLIN, 0};
    char c = 0;
    if (poll(&ready, 1, 30'000) <= 0 || read(output_, &c, 1) != 1 || c == '\n') return line;
    line += c;
  }
}

void Process::kill_hard() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (output_ >= 0) close(output_);
  output_ = -1;
}

int Process::wait() {
  int status = -1;
  if (pid_ > 0) waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void make_video(const std::string& path, const std::string& arguments) {
  std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error", "-y"};
  std::string word;
  for (const char c : arguments + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      command.push_back(word);
      word.clear();
    }
  }
  command.push_back(path);
  Process ffmpeg(command);
  ASSERT_EQ(ffmpeg.wait(), 0) << "ffmpeg " << arguments;
}

namespace {

std::vector<std::string> server_command(std::vector<std::string> arguments, int port) {
  const char* named = std::getenv("POSS_RTSP_SERVER");
  std::string program = named ? named : "";
  if (program.empty()) {
    std::error_code ignored;
    program = (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() /
               "rtsp_test_server")
                  .string();
  }
  EXPECT_TRUE(std::filesystem::exists(program))
      << "The RTSP test server '" << program
      << "' is missing; build the target rtsp_test_server or set POSS_RTSP_SERVER.";
  std::vector<std::string> command{program, "--port", std::to_string(port)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

RtspServer::RtspServer(std::vector<std::string> arguments, int port)
    : process_(server_command(std::move(arguments), port)) {
  port_ = std::atoi(process_.read_line().c_str());
  EXPECT_GT(port_, 0) << "The RTSP test server did not start.";
}

SilentPort::SilentPort(bool listening) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(socket_, reinterpret_cast<sockaddr*>(&address), length);
  if (listening) listen(socket_, 16);
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
}
SilentPort::~SilentPort() { close(socket_); }

bool eventually(const std::function<bool()>& condition, double seconds) {
  const auto deadline = Steady::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (Steady::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::unique_ptr<Camera> make_camera(SourceConfig config, CameraOptions options) {
  auto camera = Camera::create("test", std::move(config), options);
  if (!camera) {
    ADD_FAILURE() << camera.error().message;
    return nullptr;
  }
  return std::move(*camera);
}

std::vector<FramePtr> read_all(SourceConfig config, double max_fps, CameraStatus* status) {
  config.pace = Pace::as_fast_as_possible;
  const auto camera = make_camera(std::move(config));
  std::vector<FramePtr> frames;
  if (!camera) return frames;
  const auto subscription = camera->subscribe(max_fps, 2, WhenFull::block);
  camera->start();
  while (auto frame = subscription->pop_until(Steady::now() + std::chrono::seconds(20))) {
    frames.push_back(std::move(frame));
  }
  EXPECT_TRUE(subscription->closed());
  if (status) *status = camera->status();
  camera->stop();
  return frames;
}

bool reaches(const Camera& camera, CameraState state, double seconds) {
  return eventually([&] { return camera.status().state == state; }, seconds);
}

}  // namespace poss::media::test
