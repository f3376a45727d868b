// bench/pipeline: what POSS adds to decoding and inference, from the camera to the insight.
//
// Every figure is measured in one run on one machine; the ratios hold whatever else the machine
// is doing, because their parts are measured in turns.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "cli/command.h"
#include "fleet/local_agent.h"
#include "fleet/worker.h"
#include "infer/model.h"
#include "server/event_hub.h"
#include "server/server.h"
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace poss {
namespace {

using Seconds = std::chrono::duration<double>;

struct Options {
  std::string video = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
  std::string model = "efficientdet_lite1";
  std::string models;
  int rounds = 3;
  int frames = 250;  // of the whole pipeline, a round
  int seconds = 10;  // of each real-time part
  std::vector<int> cameras{1, 2, 4, 8, 16, 32};
  bool quick = false;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "bench/pipeline: %s\n", result.error().message.c_str());
  std::exit(exit_code(result.error().code));
}
void need(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "bench/pipeline: %s\n", result.error().message.c_str());
  std::exit(exit_code(result.error().code));
}

// Lets this process and the threads it makes from now on run on the first `count` cores it has.
void use_cores(int count) {
  static const cpu_set_t all = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu = 0, taken = 0; cpu < CPU_SETSIZE && taken < count; ++cpu) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_SET(cpu, &set);
    ++taken;
  }
  sched_setaffinity(0, sizeof set, &set);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGE_SIZE)) / 1e6;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

// Decodes the first video stream with libav alone, on one thread; seconds a frame.
double time_decoding(const std::string& path) {
  AVFormatContext* format = nullptr;
  if (avformat_open_input(&format, path.c_str(), nullptr, nullptr) < 0 ||
      avformat_find_stream_info(format, nullptr) < 0) {
    std::fprintf(stderr, "bench/pipeline: cannot open '%s'; give --video\n", path.c_str());
    std::exit(2);
  }
  const AVCodec* codec = nullptr;
  const int stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  AVCodecContext* decoder = avcodec_alloc_context3(codec);
  avcodec_parameters_to_context(decoder, format->streams[stream]->codecpar);
  decoder->thread_count = 1;
  avcodec_open2(decoder, codec, nullptr);
  AVPacket* packet = av_packet_alloc();
  AVFrame* frame = av_frame_alloc();
  int frames = 0;
  const auto start = Steady::now();
  const auto drain = [&] {
    while (avcodec_receive_frame(decoder, frame) == 0) ++frames;
  };
  while (av_read_frame(format, packet) >= 0) {
    if (packet->stream_index == stream && avcodec_send_packet(decoder, packet) == 0) drain();
    av_packet_unref(packet);
  }
  avcodec_send_packet(decoder, nullptr);
  drain();
  const double seconds = Seconds(Steady::now() - start).count();
  av_frame_free(&frame);
  av_packet_free(&packet);
  avcodec_free_context(&decoder);
  avformat_close_input(&format);
  return seconds / std::max(frames, 1);
}

// Runs the network alone; seconds a run.
double time_inference(const infer::Model& model, int runs) {
  const auto start = Steady::now();
  for (int i = 0; i < runs; ++i) need(model.run_empty());
  return Seconds(Steady::now() - start).count() / runs;
}

// Runs the network alone on two threads at once; runs a second over both.
double inference_fps_two_threads(const infer::Model& model, int runs) {
  const auto start = Steady::now();
  {
    const std::jthread other([&] { time_inference(model, runs); });
    time_inference(model, runs);
  }
  return 2 * runs / Seconds(Steady::now() - start).count();
}

class CountingSink final : public InsightSink {
 public:
  void publish(std::shared_ptr<const Insight>) override {
    ++count;
    count.notify_all();
  }
  // Waits until so many have come.
  void wait_for(std::uint64_t wanted) const {
    for (auto seen = count.load(); seen < wanted; seen = count.load()) count.wait(seen);
  }
  std::atomic<std::uint64_t> count = 0;
};

Skill detector_skill(const std::string& model, double fps) {
  return {.id = "bench",
          .name = "Bench",
          .fps = fps,
          .nodes = {{.id = "camera", .type = "camera_input"},
                    {.id = "model",
                     .type = "run_model",
                     .settings = {{"model", model}, {"min_score", 0.4}}},
                    {.id = "live", .type = "live"}},
          .edges = {{"camera", "model"}, {"model", "live"}}};
}

// A camera and the skill on it; the source is read from then on.
void add(fleet::Worker& worker, const std::string& id, media::SourceConfig source, Skill skill,
         bool every_frame = false) {
  need(worker.add_camera(
      {.id = id, .name = id, .source = std::move(source), .wait_for_stream = true}));
  need(worker.add_stream(
      {.id = id, .name = id, .camera = id, .skill = std::move(skill), .every_frame = every_frame}));
}

// The whole way, as fast as it goes, nothing dropped; frames a second over all cameras. The pool
// keeps the model loaded, so that loading is not measured.
double pipeline_fps(const Options& options, infer::ModelPool& models, int cameras) {
  CountingSink sink;
  Services services;
  services.add<infer::ModelPool>(models);
  services.add<InsightSink>(sink);
  fleet::Worker worker(node_registry(), services);
  for (int i = 0; i < cameras; ++i) {
    add(worker, "cam" + std::to_string(i),
        {.uri = options.video, .loop = true, .pace = media::Pace::as_fast_as_possible},
        detector_skill(options.model, 0), true);
  }
  const auto many = static_cast<std::uint64_t>(cameras);
  sink.wait_for(5 * many);  // until all are at work
  const auto before = sink.count.load();
  const auto start = Steady::now();
  sink.wait_for(before + static_cast<std::uint64_t>(options.frames) * many);
  const auto done = static_cast<double>(sink.count.load() - before);
  return done / Seconds(Steady::now() - start).count();
}

// Stands for the model: adds ten detections, which the nodes after it carry along.
class TenDetections final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() { return {.type = "ten", .title = "Ten detections", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<TenDetections>();
  }
  Result<void> process(Message message, Emitter& out) override {
    message.insight.detections.resize(10, {.label = "person", .confidence = 0.9f});
    out.emit(std::move(message));
    return {};
  }
};

// A node that does nothing: what is left is the framework.
class Empty final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() { return {.type = "empty", .title = "Empty", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<Empty>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

// Microseconds a node and frame cost beyond what the node does, in a chain of nodes, for
// messages that carry ten detections.
double node_overhead_us(const Services& services) {
  constexpr int kNodes = 20, kFrames = 20000;
  NodeRegistry registry = node_registry();
  registry.add<Empty>();
  registry.add<TenDetections>();
  Skill skill{.id = "empty", .name = "Empty"};
  skill.nodes.push_back({.id = "camera", .type = "camera_input"});
  skill.nodes.push_back({.id = "ten", .type = "ten"});
  skill.edges.push_back({"camera", "ten"});
  std::string previous = "ten";
  for (int i = 0; i < kNodes; ++i) {
    const std::string id = "n" + std::to_string(i);
    skill.nodes.push_back({.id = id, .type = "empty"});
    skill.edges.push_back({previous, id});
    previous = id;
  }
  skill.nodes.push_back({.id = "live", .type = "live"});
  skill.edges.push_back({previous, "live"});
  const auto graph = need(Graph::create(need(check_skill(std::move(skill), registry)), services,
                                        {.camera = "c", .deployment = "d"}));
  const auto frame = media::make_rgb_frame(2, 2, std::vector<std::uint8_t>(12), Time{}, 1);
  const auto start = Steady::now();
  for (int i = 0; i < kFrames; ++i) graph->run(frame);
  return Seconds(Steady::now() - start).count() * 1e6 / kFrames / (kNodes + 3);
}

// Finds objects as run_model does, and tells in every insight how long the network itself ran, so
// that the rest of its way can be told apart.
class TimedModel final : public Node {
 public:
  struct Config {
    std::string model;
    static void declare(Fields<Config>& f) { f.add(&Config::model, "model").required(); }
  };
  static NodeInfo info() { return {.type = "timed_model", .title = "Timed model", .help = ""}; }
  static Result<std::unique_ptr<Node>> create(const Config& config, const NodeContext& context) {
    POSS_ASSIGN(auto model, context.services.find<infer::ModelPool>()->get(config.model));
    return std::make_unique<TimedModel>(std::move(model));
  }
  explicit TimedModel(std::shared_ptr<const infer::Model> model) : model_(std::move(model)) {}
  Result<void> process(Message message, Emitter& out) override {
    infer::Timings timings;
    POSS_ASSIGN(const auto objects,
                model_->detect(message.frame->image(), {.min_score = 0.4f}, &timings));
    for (const auto& object : objects) {
      message.insight.detections.push_back(
          {.label = model_->labels()[static_cast<size_t>(object.class_index)],
           .confidence = object.score,
           .box = object.box});
    }
    message.insight.events.push_back(
        {.type = "timing",
         .properties = {{"run_ms", std::to_string(Seconds(timings.run).count() * 1e3)}}});
    out.emit(std::move(message));
    return {};
  }

 private:
  const std::shared_ptr<const infer::Model> model_;
};

// How old an insight was when it arrived over TCP, since its frame was captured, and how long the
// network ran for it; milliseconds.
struct Arrival {
  double age = 0;
  double run = 0;
};

// Reads the event stream of a server over TCP, as a browser does.
std::vector<Arrival> watch_events(int port, std::chrono::seconds time) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(1);
  const std::string request = "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  if (::write(fd, request.data(), request.size()) < 0) std::exit(1);
  std::vector<Arrival> arrivals;
  std::string text;
  const auto warm = Steady::now() + std::chrono::seconds(2);  // the first frames load the model
  const auto end = warm + time;
  char buffer[65536];
  while (Steady::now() < end) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    const double now = to_seconds(system_clock().now());
    text.append(buffer, static_cast<size_t>(count));
    for (size_t line_end; (line_end = text.find('\n')) != std::string::npos;) {
      const std::string line = text.substr(0, line_end);
      text.erase(0, line_end + 1);
      if (!line.starts_with("data: ") || line.find("\"insights_meta\"") == std::string::npos) {
        continue;
      }
      const auto insight = parse_json(std::string_view(line).substr(6));
      if (!insight || Steady::now() < warm) continue;
      const auto& timing = insight->at("insights_meta").at("events_meta").at(0).at("properties");
      arrivals.push_back({(now - insight->at("timestamp").as_double()) * 1e3,
                          std::stod(timing.at("run_ms").as_string().c_str())});
    }
  }
  ::close(fd);
  return arrivals;
}

// A new folder, gone with this.
struct TempFolder {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("poss-" + new_id());
  TempFolder() { std::filesystem::create_directories(path); }
  ~TempFolder() { std::filesystem::remove_all(path); }
};

// What every insight's way took beyond the network's run for it, from capture to the event stream:
// milliseconds at the 99th percentile, with one camera at its own pace.
double latency_over_inference(const Options& options, infer::ModelPool& models) {
  NodeRegistry registry = node_registry();
  registry.add<TimedModel>();
  server::EventHub events;
  Services services;
  services.add<infer::ModelPool>(models);
  const TempFolder folder;
  const auto store = need(store::Store::open((folder.path / "poss.db").string()));
  server::InsightRecorder recorder(events, store->history());
  services.add<InsightSink>(recorder);
  fleet::Worker worker(registry, services);
  Skill skill = detector_skill(options.model, 0);
  skill.nodes[1].type = "timed_model";
  skill.nodes[1].settings = {{"model", options.model}};
  add(worker, "cam", {.uri = options.video, .loop = true}, std::move(skill));
  fleet::LocalAgent agent(worker);  // of nothing: what runs here was added by hand
  const auto server = need(server::Server::create({.port = 0, .data = folder.path}, agent, models,
                                                  registry, events, recorder, *store));
  std::vector<double> ages, runs, over;
  for (const auto& arrival :
       watch_events(server->port(), std::chrono::seconds(2 * options.seconds))) {
    ages.push_back(arrival.age);
    runs.push_back(arrival.run);
    over.push_back(arrival.age - arrival.run);
  }
  server->stop();
  worker.stop();
  std::printf(
      "latency: %zu insights; whole way median %.1f, p99 %.1f ms; network alone median "
      "%.1f, p99 %.1f ms; the rest median %.1f, p99 %.1f ms\n",
      ages.size(), percentile(ages, 0.5), percentile(ages, 0.99), percentile(runs, 0.5),
      percentile(runs, 0.99), percentile(over, 0.5), percentile(over, 0.99));
  return percentile(over, 0.99);
}

// A TCP port that takes connections and never answers: cameras behind it stay idle.
class SilentListener {
 public:
  SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 128) != 0) {
      std::exit(1);
    }
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(fd_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

// Megabytes one more camera with a skill costs while no frame comes.
double idle_camera_mb(const Options& options, infer::ModelPool& models) {
  constexpr int kCameras = 32;
  const SilentListener silent;
  CountingSink sink;
  Services services;
  services.add<infer::ModelPool>(models);
  services.add<InsightSink>(sink);
  fleet::Worker worker(node_registry(), services);
  const auto add_idle = [&](int i) {
    add(worker, "cam" + std::to_string(i),
        {.uri = "rtsp://127.0.0.1:" + std::to_string(silent.port()) + "/x", .timeout = 60},
        detector_skill(options.model, 0));
  };
  add_idle(0);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // until its threads stand
  const double before = resident_mb();
  for (int i = 1; i <= kCameras; ++i) add_idle(i);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  return (resident_mb() - before) / kCameras;
}

struct Load {
  double fps = 0;            // over all cameras
  double dropped_share = 0;  // of the frames that came
  double cpu_ms = 0;         // per insight
  double memory_mb = 0;
};

// `cameras` cameras at their own pace, each with the skill.
Load with_cameras(const Options& options, infer::ModelPool& models, int cameras) {
  CountingSink sink;
  Services services;
  services.add<infer::ModelPool>(models);
  services.add<InsightSink>(sink);
  fleet::Worker worker(node_registry(), services);
  for (int i = 0; i < cameras; ++i) {
    add(worker, "cam" + std::to_string(i), {.uri = options.video, .loop = true},
        detector_skill(options.model, 0));
  }
  std::this_thread::sleep_for(std::chrono::seconds(2));  // until all are at work
  const auto dropped = [&] {
    std::uint64_t sum = 0;
    for (const auto& report : worker.streams()) sum += report.dropped;
    return sum;
  };
  const auto count = sink.count.load(), left_out = dropped();
  const double cpu = cpu_seconds();
  const auto start = Steady::now();
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  const double seconds = Seconds(Steady::now() - start).count();
  const auto done = static_cast<double>(sink.count.load() - count);
  const auto lost = static_cast<double>(dropped() - left_out);
  return {.fps = done / seconds,
          .dropped_share = done + lost > 0 ? lost / (done + lost) : 0,
          .cpu_ms = done > 0 ? (cpu_seconds() - cpu) * 1e3 / done : 0,
          .memory_mb = resident_mb()};
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

int run(Options options) {
  if (options.quick) {
    options.rounds = 1;
    options.frames = 30;
    options.seconds = 2;
    options.cameras = {1, 2};
  }
  spdlog::set_level(spdlog::level::warn);
  infer::ModelPool models(cli::model_folders(options.models));
  json::object figures;

  use_cores(1);
  const auto model = need(models.get(options.model));  // held: loaded once for all parts
  time_inference(*model, 5);
  infer::ModelPool two_threads(cli::model_folders(options.models), {.threads = 2});
  double decode = 0, inference = 0, whole = 0, whole_two = 0, whole_two_threads = 0;
  double inference_two = 0;
  for (int round = 0; round < options.rounds; ++round) {
    use_cores(1);
    decode += time_decoding(options.video) / options.rounds;
    inference += time_inference(*model, options.frames / 2) / options.rounds;
    whole += 1 / pipeline_fps(options, models, 1) / options.rounds;
    use_cores(2);
    inference_two += 1 / inference_fps_two_threads(*model, options.frames / 2) / options.rounds;
    whole_two += 1 / pipeline_fps(options, models, 2) / options.rounds;
    whole_two_threads += 1 / pipeline_fps(options, two_threads, 2) / options.rounds;
  }
  const double ideal = 1 / (decode + inference);
  std::printf(
      "one core: decode %.1f fps, inference %.1f fps, both in turn %.1f fps; "
      "pipeline %.1f fps\n",
      1 / decode, 1 / inference, ideal, 1 / whole);
  std::printf("two cores, two cameras: pipeline %.1f fps of %.1f\n", 1 / whole_two, 2 * ideal);
  figures["decode_fps"] = rounded(1 / decode);
  figures["inference_fps"] = rounded(1 / inference);
  figures["pipeline_fps"] = rounded(1 / whole);
  figures["pipeline_ratio"] = rounded(1 / whole / ideal);
  figures["pipeline_fps_two_cores"] = rounded(1 / whole_two);
  figures["pipeline_ratio_two_cores"] = rounded(1 / whole_two / (2 * ideal));
  std::printf("inference alone on both cores: %.1f fps\n", 1 / inference_two);
  figures["inference_fps_two_cores"] = rounded(1 / inference_two);
  std::printf("the same with two threads a run: %.1f fps\n", 1 / whole_two_threads);
  figures["two_threads_a_run_ratio"] = rounded(whole_two / whole_two_threads);

  CountingSink sink;
  Services services;
  services.add<InsightSink>(sink);
  figures["node_overhead_us"] = rounded(node_overhead_us(services));
  std::printf("framework: %.2f us a node and frame\n", figures["node_overhead_us"].as_double());
  figures["latency_over_inference_p99_ms"] = rounded(latency_over_inference(options, models));
  figures["idle_camera_mb"] = rounded(idle_camera_mb(options, models));
  std::printf("one more idle camera: %.2f MB\n", figures["idle_camera_mb"].as_double());

  json::object by_cameras;
  std::printf("%8s %8s %9s %14s %10s\n", "CAMERAS", "FPS", "DROPPED", "CPU/INSIGHT", "MEMORY");
  for (const int cameras : options.cameras) {
    const Load load = with_cameras(options, models, cameras);
    std::printf("%8d %8.1f %8.0f%% %11.1f ms %7.0f MB\n", cameras, load.fps,
                load.dropped_share * 100, load.cpu_ms, load.memory_mb);
    by_cameras[std::to_string(cameras)] = {{"fps", rounded(load.fps)},
                                           {"dropped_share", rounded(load.dropped_share)},
                                           {"cpu_ms_per_insight", rounded(load.cpu_ms)},
                                           {"memory_mb", rounded(load.memory_mb)}};
  }
  figures["fps_by_cameras"] = std::move(by_cameras);
  std::printf("%s\n", json_text(figures).c_str());
  return 0;
}

}  // namespace
}  // namespace poss

int main(int argc, char** argv) {
  poss::Options options;
  CLI::App app(
      "Measures what POSS adds to decoding and inference. The last line is a JSON object:\n"
      "pipeline_ratio: pipeline fps on one core over 1/(t_decode + t_infer)\n"
      "pipeline_ratio_two_cores: the same with two cameras on two cores, over twice that\n"
      "two_threads_a_run_ratio: two cameras on two cores, two threads a run over one thread a run\n"
      "node_overhead_us: framework time a node and frame\n"
      "latency_over_inference_p99_ms: capture to event stream less the network run of that frame, "
      "p99\n"
      "idle_camera_mb: memory of one more camera without frames\n"
      "fps_by_cameras: insights a second over all cameras, drops, CPU, memory");
  app.add_option("--video", options.video, "Video file to play");
  app.add_option("--model", options.model, "Model name");
  app.add_option("--models", options.models, "Folder with models (default: the zoo)");
  app.add_option("--rounds", options.rounds, "Turns of decode, inference and pipeline")
      ->check(CLI::Range(1, 100));
  app.add_option("--frames", options.frames, "Frames of a pipeline turn")
      ->check(CLI::Range(10, 100000));
  app.add_option("--seconds", options.seconds, "Length of each real-time part")
      ->check(CLI::Range(1, 3600));
  app.add_option("--cameras", options.cameras, "Numbers of cameras to try");
  app.add_flag("--quick", options.quick, "Only see that it works");
  CLI11_PARSE(app, argc, argv);
  return poss::run(options);
}
