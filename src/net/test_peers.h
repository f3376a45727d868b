// Real peers for tests, started as processes on free loopback ports: an MQTT broker (mosquitto)
// with a subscriber, and an HTTP server. Each ends with its object.
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "base/json.h"
#include "base/queue.h"

namespace poss::net {

// A new empty folder, removed with its content.
class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / ("poss-test-" + new_id())) {
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

// A TCP socket on 127.0.0.1; with `port` 0 the system chooses one.
class LoopbackSocket {
 public:
  LoopbackSocket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~LoopbackSocket() { close(fd_); }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;
  bool connect(int port) const {
    const sockaddr_in address = at(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  // Accepts connections but never reads from them: a peer that hangs. Returns the port.
  int listen() const {
    const sockaddr_in address = at(0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd_, 8) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
      return 0;
    }
    return ntohs(bound.sin_port);
  }

 private:
  static sockaddr_in at(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  int fd_;
};

inline int free_port() { return LoopbackSocket().listen(); }

// A child process; killed at the end of the object's life or of this process.
class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> command) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) return;
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(pipe_ends[1], STDOUT_FILENO);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(pipe_ends[1]);
    output_ = fdopen(pipe_ends[0], "r");
  }
  ~ChildProcess() {
    stop();
    if (output_) fclose(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of standard output without its end; empty at the output's end.
  std::optional<std::string> read_line() {
    std::string line;
    for (int c = fgetc(output_); c != EOF; c = fgetc(output_)) {
      if (c == '\n') return line;
      line += static_cast<char>(c);
    }
    return std::nullopt;
  }
  // Waits for the end; its exit status.
  int wait() {
    int status = -1;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void stop(int signal = SIGKILL) {
    if (pid_ > 0) kill(pid_, signal);
    wait();
  }
  void signal(int number) const { kill(pid_, number); }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

inline int run_command(std::vector<std::string> command) {
  return ChildProcess(std::move(command)).wait();
}

// A certificate authority "ca.pem" and a server certificate for 127.0.0.1 ("server.pem",
// "server.key") in `folder`, made with the openssl program. False when that failed.
inline bool make_certificates(const TempFolder& folder) {
  folder.write("san", "subjectAltName=IP:127.0.0.1\n");
  const auto shell = [&](const std::string& line) {
    return run_command({"sh", "-c",
                        "cd " + folder.path().string() + " && " + line + " >/dev/null 2>&1"}) == 0;
  };
  return shell(
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
             "-subj '/CN=Test authority' -keyout ca.key -out ca.pem") &&
         shell(
             "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
             "-subj '/CN=Test server' -keyout server.key -out server.csr") &&
         shell(
             "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
             "-extfile san -out server.pem");
}

// A mosquitto on 127.0.0.1; `listener_config` holds lines of its configuration for the listener.
class Broker {
 public:
  explicit Broker(std::string listener_config = "allow_anonymous true\n")
      : port_(free_port()),
        config_(folder_.write("mosquitto.conf",
                              "user root\nper_listener_settings true\npersistence false\n"
                              "log_dest none\nlistener " +
                                  std::to_string(port_) + " 127.0.0.1\n" + listener_config)) {
    start();
  }
  // Starts it (again); returns when it takes connections, false when it never does.
  bool start() {
    process_.reset();
    process_.emplace(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", config_});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (LoopbackSocket().connect(port_)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  void kill() { process_.reset(); }
  void freeze() { process_->signal(SIGSTOP); }
  void thaw() { process_->signal(SIGCONT); }
  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  TempFolder folder_;
  int port_;
  std::string config_;
  std::optional<ChildProcess> process_;
};

// Receives every message of a broker without passwords and TLS. Ready when constructed.
class Subscriber {
 public:
  explicit Subscriber(int port) {
    mosquitto_lib_init();
    client_ = mosquitto_new(nullptr, true, this);
    mosquitto_connect_callback_set(client_, [](mosquitto* client, void*, int) {
      mosquitto_subscribe(client, nullptr, "#", 1);
    });
    mosquitto_subscribe_callback_set(client_, [](mosquitto*, void* self, int, int, const int*) {
      static_cast<Subscriber*>(self)->ready_.push(true);
    });
    mosquitto_message_callback_set(
        client_, [](mosquitto*, void* self, const mosquitto_message* message) {
          static_cast<Subscriber*>(self)->messages_.push(
              {message->topic, std::string(static_cast<const char*>(message->payload),
                                           static_cast<size_t>(message->payloadlen))});
        });
    mosquitto_connect(client_, "127.0.0.1", port, 30);
    mosquitto_loop_start(client_);
    wait_ready();
  }
  ~Subscriber() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, true);
    mosquitto_destroy(client_);
  }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Topic and payload of the next message; empty after `timeout`.
  std::optional<std::pair<std::string, std::string>> next(
      std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    return messages_.pop_until(std::chrono::steady_clock::now() + timeout);
  }

 private:
  void wait_ready() {
    ready_.pop_until(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  }
  BoundedQueue<bool> ready_{8, WhenFull::drop_oldest};
  BoundedQueue<std::pair<std::string, std::string>> messages_{1000, WhenFull::drop_oldest};
  mosquitto* client_ = nullptr;
};

// An HTTP server that reports what it gets. /ok answers 200, /status/N with N, /redirect with 302
// to /ok, /big with 5 MB, /slow never, /digest 200 to who knows user "o" with password "p:w";
// Custom Vision's list of projects has two for the key "training-key-1". /to?URL redirects there.
// /file?size=N is a file with ETag that may be asked for in ranges; see file_content(). Also:
// cut=N: each answer breaks off after N bytes, with times=N the first N answers; etag=none or weak;
// ranges=no; changes=yes: each answer has another ETag; length=no: sent in chunks; stall=yes:
// nothing comes after the cut; busy=N: the answers after the first are N times 503.
class HttpReceiver {
 public:
  // What /file?size=N has.
  static std::string file_content(size_t size) {
    std::string out(size, '\0');
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i % 251);
    return out;
  }
  // With certificates (server.pem, server.key in that folder) it speaks https.
  explicit HttpReceiver(const TempFolder* certificates = nullptr, int port = 0)
      : process_({"/usr/bin/python3", "-c", kScript, std::to_string(port),
                  certificates ? certificates->path().string() : std::string()}) {
    if (const auto line = process_.read_line()) port_ = std::stoi(*line);
    reader_ = std::thread([this] {
      while (const auto line = process_.read_line()) {
        if (const auto value = parse_json(*line)) requests_.push(value->as_object());
      }
      requests_.close();
    });
  }
  ~HttpReceiver() {
    process_.stop();
    reader_.join();
  }
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path, const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
  }
  // {"method","path","headers":{lower-case name: value},"body"} of the next request, reported
  // before it is answered; empty after 20 s.
  std::optional<json::object> next() {
    return requests_.pop_until(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  }

 private:
  static constexpr const char* kScript = R"python(
import collections, hashlib, http.server, json, re, ssl, sys, threading, urllib.parse
asked = collections.Counter()
pattern = bytes(range(251)) * 1000
def md5(text): return hashlib.md5(text.encode()).hexdigest()
def knows_password(request):  # RFC 7616 with MD5
    header = request.headers.get('Authorization', '')
    if not header.startswith('Digest '): return False
    given = {name: quoted or plain
             for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', header)}
    ha1, ha2 = md5('o:cam:p:w'), md5(request.command + ':' + request.path)
    return given['response'] == md5(':'.join(
        [ha1, given['nonce'], given['nc'], given['cnonce'], given['qop'], ha2]))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *arguments): pass
    def do(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        print(json.dumps({'method': self.command, 'path': self.path, 'headers': headers,
                          'body': body}), flush=True)
        if self.path.startswith('/file?'): return self.send_file()
        status, answer = 200, b'{"ok":true}'
        if self.path == '/slow': threading.Event().wait(60)
        if self.path == '/big': answer = b'x' * 5000000
        if self.path == '/redirect' or self.path.startswith('/to?'): status = 302
        if self.path.startswith('/status/'): status = int(re.split('[/?]', self.path)[2])
        if self.path == '/digest' and not knows_password(self): status = 401
        if self.path.lstrip('/') == 'customvision/v3.3/Training/projects':
            if self.headers.get('Training-Key') == 'training-key-1': answer = b'[{},{}]'
            else: status = 401
        self.send_response(status)
        if status == 401:
            self.send_header('WWW-Authenticate', 'Digest realm="cam", qop="auth", nonce="n1"')
        if status == 302: self.send_header('Location', self.path.partition('?')[2] or '/ok')
        self.send_header('ETag', '"7"')
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        if self.command != 'HEAD': self.wfile.write(answer)
    def send_file(self):
        asked[self.path] += 1
        query = dict(urllib.parse.parse_qsl(self.path.split('?')[1]))
        size = int(query['size'])
        etag = '"v%d"' % (asked[self.path] if 'changes' in query else 1)
        if query.get('etag') == 'weak': etag = 'W/' + etag
        first, wanted = 0, self.headers.get('Range')
        if wanted and 'ranges' not in query and self.headers.get('If-Range') == etag:
            first = int(re.fullmatch(r'bytes=(\d+)-', wanted)[1])
        if 1 < asked[self.path] <= 1 + int(query.get('busy', 0)): return self.send_error(503)
        self.send_response(206 if first else 200)
        if first: self.send_header('Content-Range', 'bytes %d-%d/%d' % (first, size - 1, size))
        if query.get('etag') != 'none': self.send_header('ETag', etag)
        if 'length' in query: self.send_header('Transfer-Encoding', 'chunked')
        else: self.send_header('Content-Length', str(size - first))
        self.end_headers()
        end = size
        if 'cut' in query and asked[self.path] <= int(query.get('times', 1000000)):
            end = min(size, first + int(query['cut']))
        while first < end:
            piece = pattern[first % 251:first % 251 + min(end - first, 200000)]
            if 'length' in query: piece = b'%x\r\n%s\r\n' % (len(piece), piece)
            self.wfile.write(piece)
            first += min(end - first, 200000)
        if first == size and 'length' in query: self.wfile.write(b'0\r\n\r\n')
        if first < size and 'stall' in query: threading.Event().wait(60)
        self.close_connection = first < size
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, request, address): pass
server = Server(('127.0.0.1', int(sys.argv[1])), Handler)
if sys.argv[2]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2] + '/server.pem', sys.argv[2] + '/server.key')
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
)python";
  ChildProcess process_;
  int port_ = 0;
  BoundedQueue<json::object> requests_{1000, WhenFull::drop_oldest};
  std::thread reader_;
};

}  // namespace poss::net
