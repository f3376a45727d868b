// `poss bench`: how fast a model runs on this machine.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/command.h"
#include "infer/model.h"

namespace poss::cli {
namespace {

struct BenchOptions {
  std::string model = "efficientdet_lite1";
  std::string models;
  int runs = 50;
};

// Milliseconds of `runs` runs, sorted.
Result<std::vector<double>> time_model(const BenchOptions& options, int threads) {
  infer::ModelPool pool(model_folders(options.models), {.threads = threads});
  POSS_ASSIGN(const auto model, pool.get(options.model));
  for (int i = 0; i < 3; ++i) POSS_TRY(model->run_empty());
  std::vector<double> times;
  for (int i = 0; i < options.runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    POSS_TRY(model->run_empty());
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

Result<void> bench(const BenchOptions& options) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::printf("%s, %d runs of the network alone\n\n%8s %10s %10s %10s %8s\n", options.model.c_str(),
              options.runs, "THREADS", "BEST", "MEDIAN", "P99", "FPS");
  for (int threads = 1; threads <= cores; threads *= 2) {
    POSS_ASSIGN(const auto times, time_model(options, threads));
    const double median = times[times.size() / 2];
    std::printf("%8d %7.1f ms %7.1f ms %7.1f ms %8.1f\n", threads, times.front(), median,
                times[times.size() * 99 / 100], 1000.0 / median);
  }
  std::printf("\nbench/pipeline measures the whole way from the camera to the insight.\n");
  return {};
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("bench", "Measure how fast a model runs on this machine");
  auto options = std::make_shared<BenchOptions>();
  command->add_option("model", options->model, "Model name; poss models lists them");
  command->add_option("--runs", options->runs, "How often to run it")->check(CLI::Range(1, 10000));
  command->add_option("--models", options->models, "Folder with models (default: the zoo)");
  command->callback([options, &action] { action = [options] { return bench(*options); }; });
}

}  // namespace poss::cli
