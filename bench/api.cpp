// bench/api: how fast a server with a full store starts, answers lists, and how little it needs
// when nothing happens.
//
// The server is the real `poss serve` in a process of its own, asked over loopback; the plain
// queries run on a copy of its database in this process, in turns with the lists.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include <CLI/CLI.hpp>
#include <SQLiteCpp/SQLiteCpp.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "cli/command.h"
#include "net/http.h"
#include "store/password.h"
#include "store/store.h"

namespace poss {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
  std::string poss;
  int cameras = 10'000;
  int skills = 1'000;
  int insights = 1'000'000;
  int rounds = 200;       // of each list
  int idle_seconds = 30;  // watched with one browser's event stream open
  bool quick = false;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "bench/api: %s\n", result.error().message.c_str());
  std::exit(exit_code(result.error().code));
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench/api: %s\n", what);
  std::exit(3);
}

double rounded(double number) { return std::nearbyint(number * 1000) / 1000; }

// Fills a store as a large site's would be. Returns the API token to ask with.
std::string fill(const std::filesystem::path& folder, const Options& options) {
  const auto store = need(store::Store::open((folder / "poss.db").string(), folder / "poss.key"));
  const std::string token = store::new_token();
  const auto user = need(store->create(
      store::User{.name = "bench",
                  .role = store::Role::admin,
                  .password_hash = need(store::hash_password("bench, for a moment"))}));
  need(store->create(store::ApiToken{.name = "bench",
                                     .user = user.id,
                                     .role = store::Role::admin,
                                     .token_hash = store::hash_token(token)}));
  const auto place = need(store->create(store::Location{.name = "Site"}));
  std::vector<std::string> cameras;
  for (int i = 0; i < options.cameras; ++i) {
    // Of no compute device, so that none is opened: what is measured are lists.
    cameras.push_back(
        need(store->create(
                 store::Camera{.name = "Camera " + std::to_string(i),
                               .uri = "rtsp://192.0.2." + std::to_string(i % 250) + "/stream",
                               .location = place.id},
                 {{"floor", std::to_string(i % 20)}, {"site", i % 2 ? "north" : "south"}}))
            .id);
  }
  for (int i = 0; i < options.skills; ++i) {
    json::array nodes;
    json::array edges;
    for (int k = 0; k < 20; ++k) {
      nodes.push_back({{"id", "n" + std::to_string(k)},
                       {"type", k == 0    ? "camera_input"
                                : k == 19 ? "live"
                                          : "filter"},
                       {"name", ""},
                       {"version", 1},
                       {"settings", {{"labels", {"person", "car"}}, {"min_score", 0.4}}}});
      if (k > 0) {
        edges.push_back({{"from", "n" + std::to_string(k - 1)}, {"to", "n" + std::to_string(k)}});
      }
    }
    need(store->create(
        store::SkillRecord{.name = "Skill " + std::to_string(i),
                           .graph = {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}}}));
  }
  std::vector<store::NewHistoryEntry> batch;
  const Time now = system_clock().now();
  for (int i = 0; i < options.insights; ++i) {
    store::NewHistoryEntry entry;
    entry.id = "insight-" + std::to_string(i);
    // Within the last days, so that retention leaves them.
    entry.time = now - std::chrono::milliseconds(200) * (options.insights - i);
    entry.camera = cameras[static_cast<size_t>(i) % std::min<size_t>(cameras.size(), 100)];
    entry.deployment = "deployment-" + std::to_string(i % 10);
    entry.labels = {i % 3 ? "person" : "car"};
    entry.body = {{"id", entry.id},
                  {"device_id", entry.camera},
                  {"instance_id", entry.deployment},
                  {"insights_meta",
                   {{"objects_meta",
                     {{{"label", entry.labels[0]},
                       {"confidence", 0.9},
                       {"bbox", {{"l", 0.1}, {"t", 0.1}, {"w", 0.2}, {"h", 0.3}}}}}}}}};
    batch.push_back(std::move(entry));
    if (batch.size() == 2000 || i + 1 == options.insights) {
      need(store->history().append(store::Log::insight, batch));
      batch.clear();
    }
  }
  return token;
}

// `poss serve` on a free port; ended with the object.
class Serving {
 public:
  Serving(const std::string& poss, const std::filesystem::path& folder) {
    int lines[2];
    if (::pipe2(lines, O_CLOEXEC) != 0) fail("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, lines[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder / "log").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<std::string> arguments{poss, "serve", "--port", "0", "--data", folder.string()};
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    begun_ = Steady::now();
    if (::posix_spawn(&pid_, poss.c_str(), &actions, nullptr, argv.data(), environ) != 0) {
      fail("cannot start poss; name it with --poss");
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(lines[1]);
    for (char c = 0; ::read(lines[0], &c, 1) == 1 && c != '\n';) url_ += c;
    out_ = lines[0];
    if (!url_.starts_with("http://")) fail("poss serve did not start; see its log");
    url_.pop_back();
  }
  ~Serving() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_);
  }
  const std::string& url() const { return url_; }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
  }
  Steady::time_point begun() const { return begun_; }
  double resident_mb() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1000;
    }
    return 0;
  }
  double cpu_seconds() const {
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string text;
    std::getline(stat, text);
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t pid_ = 0;
  int out_ = -1;
  std::string url_;
  Steady::time_point begun_;
};

// An event stream as a portal's page holds it open; reads and forgets.
class OpenPortal {
 public:
  OpenPortal(std::uint16_t port, const std::string& token)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("cannot open the event stream");
    }
    const std::string request =
        "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token +
        "\r\n\r\n";
    (void)!::write(socket_, request.data(), request.size());
    reader_ = std::thread([this] {
      char buffer[65536];
      while (::read(socket_, buffer, sizeof buffer) > 0) {
      }
    });
  }
  ~OpenPortal() {
    ::shutdown(socket_, SHUT_RDWR);
    reader_.join();
    ::close(socket_);
  }

 private:
  const int socket_;
  std::thread reader_;
};

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

struct ListCase {
  std::string name;
  std::string path;
  std::string plain;  // the rows of the same page, straight from the table; empty: none like it
};

int run(Options options) {
  if (options.quick) {
    options.cameras = 200;
    options.skills = 20;
    options.insights = 2'000;
    options.rounds = 5;
    options.idle_seconds = 1;
  }
  if (options.poss.empty()) {
    options.poss = (cli::executable_folder() / ".." / "poss").lexically_normal().string();
  }
  const auto folder = std::filesystem::temp_directory_path() / ("poss-bench-" + new_id());
  std::filesystem::create_directories(folder);
  const std::string token = fill(folder, options);
  std::filesystem::copy_file(folder / "poss.db", folder / "copy.db");
  json::object figures;
  {
    Serving server(options.poss, folder);
    net::HttpClient client;
    const auto ask = [&](const std::string& path) {
      return need(client.send({.url = server.url() + path,
                               .headers = {{"Authorization", "Bearer " + token}},
                               .max_response_bytes = 64u << 20}));
    };
    ask("/healthz");
    figures["start_ms"] = rounded(Milliseconds(Steady::now() - server.begun()).count());
    std::printf("from start to the first answer: %.0f ms\n", figures["start_ms"].as_double());

    const std::string page = " ORDER BY name_key, id LIMIT 51";
    const std::string cameras = "SELECT * FROM objects WHERE kind = 'camera'";
    const std::vector<ListCase> cases{
        {"cameras", "/api/v1/cameras", cameras + page},
        {"cameras, 1000 a page", "/api/v1/cameras?limit=1000",
         cameras + " ORDER BY name_key, id LIMIT 1001"},
        {"cameras by part of the name", "/api/v1/cameras?search=999",
         cameras + " AND name_key LIKE '%999%'" + page},
        {"cameras with a tag", "/api/v1/cameras?tag=floor=7",
         cameras +
             " AND EXISTS (SELECT 1 FROM tags WHERE object_id = objects.id AND key_folded = "
             "'floor' AND value = '7')" +
             page},
        {"newest cameras", "/api/v1/cameras?sort=created&descending=true",
         cameras + " ORDER BY created DESC, id DESC LIMIT 51"},
        {"skills", "/api/v1/skills", "SELECT * FROM objects WHERE kind = 'skill'" + page},
        {"skills, 1000 a page", "/api/v1/skills?limit=1000",
         "SELECT * FROM objects WHERE kind = 'skill' ORDER BY name_key, id LIMIT 1001"},
        {"insights", "/api/v1/insights",
         "SELECT * FROM history WHERE log = 'insight' ORDER BY time DESC, seq DESC LIMIT 51"},
        {"insights of a deployment with a label",
         "/api/v1/insights?deployment=deployment-3&label=car", ""},
        {"deployments", "/api/v1/deployments", ""},
        {"models", "/api/v1/models", ""},
        {"audit log", "/api/v1/audit", ""},
    };
    SQLite::Database copy((folder / "copy.db").string(), SQLite::OPEN_READONLY);
    std::vector<double> all;
    std::map<std::string, std::vector<double>> times;
    std::vector<double> ratios;
    for (int round = 0; round < options.rounds; ++round) {
      for (const auto& list : cases) {
        const auto begin = Steady::now();
        ask(list.path);
        const double took = Milliseconds(Steady::now() - begin).count();
        all.push_back(took);
        times[list.name].push_back(took);
        if (list.plain.empty()) continue;
        const auto query_begin = Steady::now();
        SQLite::Statement statement(copy, list.plain);
        while (statement.executeStep()) {
        }
        const double plain = Milliseconds(Steady::now() - query_begin).count();
        if (list.name == "cameras") ratios.push_back(took / plain);
      }
    }
    json::object lists;
    std::printf("%-40s %9s %9s\n", "LIST", "P50", "P99");
    double worst = 0;
    for (const auto& list : cases) {
      const double p50 = percentile(times[list.name], 0.5);
      const double p99 = percentile(times[list.name], 0.99);
      worst = std::max(worst, p99);
      std::printf("%-40s %6.2f ms %6.2f ms\n", list.name.c_str(), p50, p99);
      lists[list.name] = {{"p50_ms", rounded(p50)}, {"p99_ms", rounded(p99)}};
    }
    figures["list_p50_ms"] = rounded(percentile(all, 0.5));
    figures["list_p99_ms"] = rounded(worst);  // of the slowest list, not of all lists together
    figures["ratio_to_plain_query"] = rounded(percentile(ratios, 0.5));
    figures["lists"] = std::move(lists);

    OpenPortal portal(server.port(), token);
    std::this_thread::sleep_for(std::chrono::seconds(options.quick ? 0 : 5));
    const double cpu = server.cpu_seconds();
    const auto begin = Steady::now();
    std::this_thread::sleep_for(std::chrono::seconds(options.idle_seconds));
    const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    figures["idle_cpu_share"] = rounded((server.cpu_seconds() - cpu) / seconds);
    figures["idle_rss_mb"] = rounded(server.resident_mb());
  }
  {
    // As a person starts it: nothing stored yet.
    const auto empty = folder / "empty";
    std::filesystem::create_directories(empty);
    Serving server(options.poss, empty);
    net::HttpClient client;
    need(client.send({.url = server.url() + "/healthz"}));
    figures["first_start_ms"] = rounded(Milliseconds(Steady::now() - server.begun()).count());
    std::this_thread::sleep_for(std::chrono::seconds(options.quick ? 0 : 2));
    figures["empty_rss_mb"] = rounded(server.resident_mb());
  }
  std::filesystem::remove_all(folder);
  std::printf("%s\n", json_text(figures).c_str());
  return 0;
}

}  // namespace
}  // namespace poss

int main(int argc, char** argv) {
  poss::Options options;
  CLI::App app(
      "Measures the server with 10,000 cameras, 1,000 skills and 1,000,000 insights in an SQLite "
      "store. The last line is a JSON object:\n"
      "start_ms, first_start_ms: from the start of the process to its first answer, with the full "
      "and with no store\n"
      "list_p50_ms: of all list calls; list_p99_ms: of the slowest list\n"
      "ratio_to_plain_query: the first page of cameras over HTTP against the same rows from "
      "SQLite\n"
      "idle_rss_mb, empty_rss_mb: resident memory with the full store and a browser, and with "
      "none\n"
      "idle_cpu_share: of one core, with a browser's event stream open");
  app.add_option("--poss", options.poss, "The program (default: beside this one)");
  app.add_option("--cameras", options.cameras)->check(CLI::Range(100, 1000000));
  app.add_option("--skills", options.skills)->check(CLI::Range(1, 1000000));
  app.add_option("--insights", options.insights)->check(CLI::Range(1, 100000000));
  app.add_option("--rounds", options.rounds, "Calls of each list")->check(CLI::Range(1, 100000));
  app.add_option("--idle", options.idle_seconds, "Seconds of watching it idle")
      ->check(CLI::Range(1, 3600));
  app.add_flag("--quick", options.quick, "Only see that it works");
  CLI11_PARSE(app, argc, argv);
  return poss::run(options);
}
