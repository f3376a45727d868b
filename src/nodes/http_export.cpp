// http_export: sends insights to a web address.
#include <algorithm>

#include "net/http.h"
#include "nodes/export_payload.h"

namespace poss {
namespace {

enum class Method { post, put };

}  // namespace

template <>
struct EnumNames<Method> {
  static constexpr std::array values{std::pair{Method::post, "post"},
                                     std::pair{Method::put, "put"}};
};

namespace {

class HttpExport final : public Node {
 public:
  struct Config {
    std::string url;
    Method method = Method::post;
    std::map<std::string, std::string> headers;
    std::string ca_file;
    double timeout = 10;
    PayloadForm payload = PayloadForm::poss;
    double delay_buffer = 0;
    bool only_with_detections = true;

    static void declare(Fields<Config>& f) {
      f.add(&Config::url, "url")
          .title("Address")
          .format("uri")
          .required()
          .help("http:// or https://; any answer of 200 to 299 counts as received.");
      f.add(&Config::method, "method").title("Method");
      f.add(&Config::headers, "headers")
          .title("Headers")
          .max_length(50)
          .help("Further headers of the request, such as Authorization.");
      f.add(&Config::ca_file, "ca_file")
          .title("Certificate authority")
          .format("file")
          .help("PEM file, for https. Empty: the system's authorities.");
      f.add(&Config::timeout, "timeout")
          .title("Time limit")
          .unit("s")
          .range(0.1, 300)
          .help("For one request, from name lookup to the last byte of the answer.");
      f.add(&Config::payload, "payload")
          .title("Message")
          .help(
              "poss: the whole insight as a JSON object. kan: what KAN sent, a JSON string that "
              "holds the object.");
      declare_send_rules(f);
    }

    void validate(const std::string& path, std::vector<FieldError>& errors) const {
      if (const auto checked = net::check_http_url(url); !checked) {
        errors.push_back({detail::join_path(path, "url"), checked.error().message});
      }
    }
  };

  static NodeInfo info() {
    return {.type = "http_export",
            .title = "HTTP",
            .help =
                "Sends each insight to a web address. While it does not answer the newest 100 "
                "wait.",
            .category = Category::export_,
            .outputs = {},
            .queue = NodeQueue{.capacity = 100, .when_full = WhenFull::drop_oldest}};
  }

  static Result<std::unique_ptr<Node>> create(Config config, NodeContext context) {
    return std::make_unique<HttpExport>(std::move(config), context.clock);
  }

  HttpExport(Config config, const Clock& clock)
      : payload_(config.payload),
        clock_(clock),
        rules_(config.delay_buffer, config.only_with_detections) {
    request_.method = config.method == Method::put ? net::HttpMethod::put : net::HttpMethod::post;
    request_.url = std::move(config.url);
    request_.headers = std::move(config.headers);
    request_.ca_file = std::move(config.ca_file);
    request_.timeout = std::chrono::milliseconds(static_cast<int>(config.timeout * 1000));
    const bool typed = std::ranges::any_of(request_.headers, [](const auto& header) {
      std::string name = header.first;
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      return name == "content-type";
    });
    if (!typed) request_.headers["Content-Type"] = "application/json";
  }

  Result<void> process(Message message, Emitter&) override {
    const auto now = clock_.steady_now();
    if (!rules_.due(message.insight, now)) return {};
    request_.body = payload_text(message.insight, payload_);
    if (payload_ == PayloadForm::kan) request_.body = json::serialize(json::string(request_.body));
    POSS_TRY(client_.send(request_));
    rules_.sent(message.insight, now);
    return {};
  }

  void cancel() override { client_.cancel(); }

 private:
  PayloadForm payload_;
  net::HttpRequest request_;
  const Clock& clock_;
  SendRules rules_;
  net::HttpClient client_;
};

POSS_NODE(HttpExport);

}  // namespace
}  // namespace poss
