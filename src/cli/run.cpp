// `poss run`: a skill on one camera, without a server.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/sync.h"
#include "cli/command.h"
#include "fleet/worker.h"
#include "infer/model.h"

namespace poss::cli {
namespace {

struct RunOptions {
  std::string skill;
  std::string camera;
  std::string out;
  std::string models;
  std::uint64_t max_frames = 0;
  double fps = -1;  // below 0: as the skill says
  bool as_fast_as_possible = false;
  bool loop = false;
  bool udp = false;
};

// Counts what is found and writes each insight as a line to a file, which is made when the first
// insight comes, so that a failed start leaves none.
class Results final : public InsightSink {
 public:
  explicit Results(std::string path) : path_(std::move(path)) {}
  ~Results() override {
    if (file_ >= 0) ::close(file_);
  }

  // Whether the file can be written, without making it.
  Result<void> check() const {
    if (path_.empty() || path_ == "-") return {};
    const auto folder = std::filesystem::absolute(path_).parent_path();
    if (::access(folder.c_str(), W_OK) != 0 || std::filesystem::is_directory(path_)) {
      return Error{Code::permission_denied,
                   "cannot write '" + path_ + "': choose a file in a folder you may write to"};
    }
    return {};
  }

  void publish(std::shared_ptr<const Insight> insight) override {
    Lock lock(mutex_);
    ++insights_;
    if (!insight->detections.empty()) ++with_detections_;
    for (const auto& detection : insight->detections) ++labels_[detection.label];
    if (path_.empty() || !error_.empty()) return;
    if (file_ < 0) {
      file_ = path_ == "-" ? ::dup(STDOUT_FILENO)
                           : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    const std::string line = json_text(to_json(*insight)) + "\n";
    if (file_ < 0 ||
        ::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      error_ = "cannot write '" + path_ + "': " + std::strerror(errno);
    }
  }

  Result<void> error() const {
    Lock lock(mutex_);
    if (!error_.empty()) return Error{Code::resource_exhausted, error_};
    return {};
  }
  // "412 insights, 410 with detections: person 1520, car 400".
  std::string summary() const {
    Lock lock(mutex_);
    std::string text = std::to_string(insights_) + " insights, " +
                       std::to_string(with_detections_) + " with detections";
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (const auto& [label, count] : labels_) sorted.emplace_back(count, label);
    std::sort(sorted.rbegin(), sorted.rend());
    for (size_t i = 0; i < std::min<size_t>(sorted.size(), 6); ++i) {
      text += (i == 0 ? ": " : ", ") + sorted[i].second + " " + std::to_string(sorted[i].first);
    }
    return text;
  }

 private:
  const std::string path_;
  mutable Mutex mutex_;
  int file_ GUARDED_BY(mutex_) = -1;
  std::uint64_t insights_ GUARDED_BY(mutex_) = 0;
  std::uint64_t with_detections_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::uint64_t> labels_ GUARDED_BY(mutex_);
  std::string error_ GUARDED_BY(mutex_);
};

// A skill that shows nothing live gets a live node beside its exports, so that there is something
// to count and to write.
void show_results(Skill& skill) {
  const auto type_of = [&](const std::string& end) -> const NodeType* {
    const std::string id = end.substr(0, end.find(':'));
    for (const auto& node : skill.nodes) {
      if (node.id == id) return node_registry().find(node.type);
    }
    return nullptr;
  };
  for (const auto& node : skill.nodes) {
    if (node.type == "live") return;
  }
  std::vector<std::string> feeds;
  for (const auto& edge : skill.edges) {
    const NodeType* to = type_of(edge.to);
    if (to && to->info.category == Category::export_ &&
        std::find(feeds.begin(), feeds.end(), edge.from) == feeds.end()) {
      feeds.push_back(edge.from);
    }
  }
  if (feeds.empty()) return;
  skill.nodes.push_back({.id = "poss-run-results", .type = "live", .name = "", .settings = {}});
  for (const auto& feed : feeds) skill.edges.push_back({feed, "poss-run-results"});
}

// One line on a terminal, rewritten in place.
class Progress {
 public:
  explicit Progress(std::uint64_t wanted) : wanted_(wanted), shown_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  void show(const fleet::StreamReport& report, const fleet::CameraReport& camera) const {
    if (!shown_) return;
    std::string text;
    if (wanted_ > 0) {
      constexpr std::uint64_t kWidth = 30;
      const auto filled = std::min(kWidth, report.frames * kWidth / wanted_);
      text = "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] ";
    }
    char figures[160];
    std::snprintf(figures, sizeof figures, "%llu frames  %.1f fps  %llu dropped",
                  static_cast<unsigned long long>(report.frames), report.fps_reached,
                  static_cast<unsigned long long>(report.dropped));
    text += figures;
    if (camera.status.state != media::CameraState::streaming) {
      text += "  camera: " + std::string(enum_name(camera.status.state));
    }
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
  }

 private:
  const std::uint64_t wanted_;
  const bool shown_;
};

// What a camera's failure means for the exit code: wrong input or an unreachable peer.
Error camera_error(const fleet::CameraReport& camera) {
  using S = media::CameraState;
  const S state = camera.status.state;
  const Code code = state == S::not_found || state == S::unsupported || state == S::ended
                        ? Code::invalid_argument
                    : state == S::wrong_password ? Code::permission_denied
                    : state == S::timed_out      ? Code::timed_out
                                                 : Code::unavailable;
  return Error{code, "camera '" + camera.name + "': " + camera.status.cause};
}

Result<void> run(const RunOptions& options) {
  hold_stop_signals();
  POSS_ASSIGN(const json::value text, read_json_file(options.skill));
  POSS_ASSIGN(Skill skill, parse_skill(text).with("'" + options.skill + "'"));
  if (options.fps >= 0) skill.fps = options.fps;
  show_results(skill);
  POSS_ASSIGN(CameraArgument camera, parse_camera(options.camera));
  camera.source.loop = options.loop;
  camera.source.transport = options.udp ? media::Transport::udp : media::Transport::tcp;
  if (options.as_fast_as_possible) camera.source.pace = media::Pace::as_fast_as_possible;

  Results results(options.out);
  POSS_TRY(results.check());
  infer::ModelPool models(model_folders(options.models));
  Services services;
  services.add<infer::ModelPool>(models);
  services.add<InsightSink>(results);
  fleet::Worker worker(node_registry(), services);
  const std::string id = slugify(camera.name);
  POSS_TRY(worker.add_camera(
      {.id = id, .name = camera.name, .source = camera.source, .wait_for_stream = true}));
  POSS_TRY(worker.add_stream({.id = skill.id,
                              .name = skill.name,
                              .camera = id,
                              .skill = skill,
                              .every_frame = options.as_fast_as_possible,
                              .max_frames = options.max_frames}));
  const auto start = Steady::now();
  {
    const Progress progress(options.max_frames);
    while (!worker.wait_until_ended(Steady::now() + std::chrono::milliseconds(100))) {
      if (wait_for_stop(std::chrono::milliseconds(0))) break;
      POSS_TRY(results.error());
      const auto cameras = worker.cameras();
      progress.show(worker.streams().front(), cameras.front());
      // Without a server there is nobody to mend a camera that was never seen: say so and end.
      using S = media::CameraState;
      const auto& status = cameras.front().status;
      const bool lost = status.state == S::not_found || status.state == S::refused ||
                        status.state == S::wrong_password || status.state == S::unsupported ||
                        status.state == S::timed_out;
      if (lost && status.packets == 0) return camera_error(cameras.front());
    }
  }
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  worker.stop();
  POSS_TRY(results.error());
  const auto report = worker.streams().front();
  if (report.state == fleet::StreamState::failed) return camera_error(worker.cameras().front());
  std::fprintf(options.out == "-" ? stderr : stdout,
               "%llu frames in %.1f s (%.1f fps), %llu dropped; %s\n",
               static_cast<unsigned long long>(report.frames), seconds,
               static_cast<double>(report.frames) / seconds,
               static_cast<unsigned long long>(report.dropped), results.summary().c_str());
  for (const auto& node : report.nodes) {
    if (node.errors > 0) {
      return Error{Code::unavailable, "node '" + node.id + "' failed " +
                                          std::to_string(node.errors) +
                                          " times, last: " + node.last_error};
    }
  }
  return {};
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("run", "Run a skill on one camera, without a server");
  auto options = std::make_shared<RunOptions>();
  command->add_option("skill", options->skill, "Skill file (JSON); examples/skills has some")
      ->required();
  command
      ->add_option("--camera", options->camera,
                   "rtsp://…, http://… (MJPEG or video), a video file, a folder of images, or "
                   "/dev/videoN; NAME=URI gives it a name")
      ->required();
  command->add_option("--out", options->out,
                      "Write every insight as one line of JSON to this file; - is standard output");
  command->add_option("--max-frames", options->max_frames, "Stop after so many frames");
  command->add_option("--fps", options->fps, "Frames a second instead of the skill's; 0: every one")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_flag("--as-fast-as-possible", options->as_fast_as_possible,
                    "Read a file at full speed and drop nothing, instead of at its own pace");
  command->add_flag("--loop", options->loop, "Start a file again at its end");
  command->add_flag("--udp", options->udp, "RTSP over UDP instead of TCP");
  command->add_option("--models", options->models, "Folder with models (default: the zoo)");
  command->footer(
      "Example:\n  poss run examples/skills/detect_people.json --camera rtsp://192.0.2.7/stream "
      "--out events.jsonl\n\nExit codes: 0 done, 2 wrong input, 3 something of the environment is "
      "missing or does not answer, 1 a bug.");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace poss::cli
