// Blob Storage as Azurite speaks it, also through a proxy that breaks connections and redirects.
#include "net/blob.h"

#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "net/test_azurite.h"
#include "net/test_peers.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Stands before a server on a port of this machine. Lets `cut` bytes of each answer through and
// then breaks the connection; with `redirect` it answers nothing but that.
class LoopbackProxy {
 public:
  LoopbackProxy(int port, int cut, const std::string& redirect = "")
      : process_({"/usr/bin/python3", "-c", kScript, std::to_string(port), std::to_string(cut),
                  redirect}) {
    if (const auto line = process_.read_line()) port_ = std::stoi(*line);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_) + "/acc"; }

 private:
  static constexpr const char* kScript = R"python(
import socket, sys, threading
port, cut, redirect = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def serve(client):
    head = b''
    while b'\r\n\r\n' not in head:
        piece = client.recv(65536)
        if not piece: return
        head += piece
    if redirect:
        client.sendall(b'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ' +
                       redirect.encode() + b'\r\n\r\n')
        return client.close()
    server = socket.create_connection(('127.0.0.1', port))
    server.sendall(head)
    left = cut
    while left:
        piece = server.recv(min(left, 65536))
        if not piece: break
        client.sendall(piece)
        left -= len(piece)
    server.close()
    client.close()
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
)python";
  ChildProcess process_;
  int port_ = 0;
};

BlobAccount account_of(const BlobSource& source) {
  const auto account = parse_blob_source(source);
  EXPECT_TRUE(account) << account.error().message;
  return account ? *account : BlobAccount{};
}

class BlobTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(azurite.ready());
    ASSERT_TRUE(azurite.make_container("models"));
    access.networks = limits.networks = {"127.0.0.1"};
    access.timeout = std::chrono::seconds(60);
    limits.pause = milliseconds(1);
    request.file = folder.path() / "model";
  }
  BlobAccount with_key(const std::string& blob = "", const std::string& container = "models") {
    return account_of(
        {.credentials = azurite.connection_string(), .container = container, .path = blob});
  }
  Result<Fetched> get(const BlobAccount& account) {
    return fetch_blob(account, request, limits, {}, {});
  }
  void expect_content(const BlobAccount& account, const std::string& content) {
    const auto result = get(account);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(*read_file(request.file, 64u << 20) == content);
    std::filesystem::remove(request.file);
  }
  // "code: message" without secrets, and nothing was left.
  std::string failure(const BlobAccount& account) {
    const auto result = get(account);
    EXPECT_THAT(std::filesystem::is_empty(folder.path()), true);
    return told(result);
  }
  template <class T>
  static std::string told(const Result<T>& result) {
    if (result) return "no failure";
    EXPECT_THAT(result.error().message, Not(HasSubstr("sig=")));
    EXPECT_THAT(result.error().message, Not(HasSubstr(Azurite::key())));
    return std::string(code_name(result.error().code)) + ": " + result.error().message;
  }

  Azurite azurite;
  TempFolder folder;
  BlobAccess access;
  FetchRequest request;
  FetchLimits limits;
};

TEST_F(BlobTest, listings_come_in_folders_and_pages) {
  ASSERT_TRUE(azurite.make_container("clips"));
  const auto containers = list_containers(with_key(), "", access);
  ASSERT_TRUE(containers) << containers.error().message;
  EXPECT_THAT(containers->containers, ElementsAre("clips", "models"));
  EXPECT_EQ(containers->next, "");
  for (const char* path : {"/models/a.onnx", "/models/v2/b.onnx", "/models/v2/c%20d%26.txt",
                           "/models/%E6%A8%A1.onnx"}) {
    ASSERT_TRUE(azurite.put_blob(path, "12345"));
  }
  const auto top = list_blobs(with_key(), {}, access);
  ASSERT_TRUE(top) << top.error().message;
  EXPECT_THAT(top->folders, ElementsAre("v2/"));
  ASSERT_EQ(top->blobs.size(), 2u);
  EXPECT_EQ(top->blobs[0].name, "a.onnx");
  EXPECT_EQ(top->blobs[0].bytes, 5u);
  ASSERT_TRUE(top->blobs[0].modified);
  EXPECT_LT(std::chrono::system_clock::now() - *top->blobs[0].modified, std::chrono::minutes(5));
  EXPECT_EQ(top->blobs[1].name, "模.onnx");
  const auto folder_of = list_blobs(with_key(), {.prefix = "v2/"}, access);
  ASSERT_TRUE(folder_of) << folder_of.error().message;
  ASSERT_EQ(folder_of->blobs.size(), 2u);
  EXPECT_EQ(folder_of->blobs[1].name, "v2/c d&.txt");

  std::vector<std::string> names;
  BlobQuery query{.delimiter = "", .count = 1};
  do {
    const auto page = list_blobs(with_key(), query, access);
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_LE(page->blobs.size(), 1u);
    for (const Blob& blob : page->blobs) names.push_back(blob.name);
    query.marker = page->next;
  } while (!query.marker.empty() && names.size() < 10);
  EXPECT_THAT(names, ElementsAre("a.onnx", "v2/b.onnx", "v2/c d&.txt", "模.onnx"));
}

TEST_F(BlobTest, a_blob_comes_by_every_kind_of_credentials) {
  const std::string content = HttpReceiver::file_content(100'000);
  ASSERT_TRUE(azurite.put_blob("/models/v2/my%20model.onnx", content));
  expect_content(with_key("v2/my model.onnx"), content);
  expect_content(with_key("/v2/my model.onnx"), content);
  const BlobSource key{.address = azurite.endpoint(),
                       .credentials = Azurite::key(),
                       .container = "models",
                       .path = "v2/my model.onnx"};
  expect_content(account_of(key), content);
  const std::string url = azurite.endpoint() + "/models";
  const std::string token = "?" + Azurite::token("r", "o");
  expect_content(account_of({.credentials = url + token, .path = "v2/my model.onnx"}), content);
  expect_content(account_of({.credentials = url + "/v2/my%20model.onnx" + token}), content);
  expect_content(account_of({.address = url + "/v2/my%20model.onnx" + token}), content);
  expect_content(account_of({.address = url + "/v2/my%20model.onnx", .credentials = token}),
                 content);
}

TEST_F(BlobTest, what_is_wrong_is_named) {
  ASSERT_TRUE(azurite.put_blob("/models/a.onnx", "abc"));
  const BlobAccount other_key =
      account_of({.credentials = azurite.connection_string(base64_encode("another key")),
                  .container = "models",
                  .path = "a.onnx"});
  EXPECT_THAT(failure(other_key),
              AllOf(HasSubstr("permission_denied: The blob 'a.onnx' in the container 'models'"),
                    HasSubstr("refuses the credentials")));
  EXPECT_THAT(told(list_blobs(other_key, {}, access)), HasSubstr("refuses the credentials"));
  EXPECT_THAT(told(list_containers(other_key, "", access)), HasSubstr("refuses the credentials"));
  const BlobAccount expired =
      account_of({.credentials = azurite.endpoint() + "/models/a.onnx?" +
                                 Azurite::token("r", "o", "2020-01-01T00:00:00Z")});
  EXPECT_THAT(failure(expired), AllOf(HasSubstr("permission_denied: "), HasSubstr("its expiry")));
  EXPECT_THAT(failure(with_key("a.onnx", "absent")),
              HasSubstr("not_found: The container 'absent'"));
  EXPECT_THAT(told(list_blobs(with_key("", "absent"), {}, access)),
              HasSubstr("not_found: The container 'absent'"));
  EXPECT_THAT(failure(with_key("absent.onnx")), HasSubstr("not_found: The blob 'absent.onnx'"));
  EXPECT_THAT(failure(with_key("")), HasSubstr("container or path is missing"));
  const BlobAccount no_listing =
      account_of({.credentials = azurite.endpoint() + "/models?" + Azurite::token("r", "o")});
  EXPECT_THAT(told(list_blobs(no_listing, {}, access)), HasSubstr("may not be listed"));
}

TEST_F(BlobTest, private_addresses_are_refused_unless_allowed) {
  access.networks = limits.networks = {};
  EXPECT_THAT(told(list_containers(with_key(), "", access)), HasSubstr("is not a public one"));
  EXPECT_THAT(told(list_blobs(with_key(), {}, access)), HasSubstr("is not a public one"));
  EXPECT_THAT(failure(with_key("a")), HasSubstr("is not a public one"));
}

TEST_F(BlobTest, a_body_cut_off_is_resumed_with_key_and_token) {
  const std::string content = HttpReceiver::file_content(3'000'000);
  ASSERT_TRUE(azurite.put_blob("/models/a.onnx", content));
  const LoopbackProxy proxy(azurite.port(), 1'200'000);
  expect_content(account_of({.address = proxy.endpoint(),
                             .credentials = Azurite::key(),
                             .container = "models",
                             .path = "a.onnx"}),
                 content);
  const BlobSource token{.credentials =
                             proxy.endpoint() + "/models/a.onnx?" + Azurite::token("r", "o")};
  expect_content(account_of(token), content);
  limits.resumes = 1;
  EXPECT_THAT(failure(account_of(token)),
              AllOf(HasSubstr("the connection broke 2 times"), HasSubstr("of 3.0 MB")));
}

TEST_F(BlobTest, a_redirection_takes_no_signature_along) {
  HttpReceiver elsewhere;
  const LoopbackProxy proxy(0, 0, elsewhere.url("/file?size=1000"));
  const std::string content = HttpReceiver::file_content(1000);
  expect_content(account_of({.address = proxy.endpoint(),
                             .credentials = Azurite::key(),
                             .container = "models",
                             .path = "a.onnx"}),
                 content);
  expect_content(
      account_of({.credentials = proxy.endpoint() + "/models/a.onnx?" + Azurite::token("r", "o")}),
      content);
  for (int i = 0; i < 2; ++i) {
    const auto next = elsewhere.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->at("path"), "/file?size=1000");
    EXPECT_FALSE(next->at("headers").as_object().contains("authorization"));
    EXPECT_FALSE(next->at("headers").as_object().contains("x-ms-date"));
  }
  const LoopbackProxy inward(0, 0, "http://169.254.169.254/latest");
  EXPECT_THAT(failure(account_of({.address = inward.endpoint(),
                                  .credentials = Azurite::key(),
                                  .container = "models",
                                  .path = "a.onnx"})),
              HasSubstr("169.254.169.254 is not a public one"));
}

// A line of /proc/self/status, in bytes.
std::uint64_t memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) << 10;
  }
  return 0;
}

// Fetches the blob; how much more memory this took at its peak, in bytes.
std::uint64_t growth(const std::function<Result<Fetched>()>& fetching, std::uint64_t bytes) {
  std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM begins anew
  const auto before = memory("VmHWM");
  const auto result = fetching();
  EXPECT_TRUE(result) << result.error().message;
  EXPECT_EQ(result ? result->bytes : 0, bytes);
  return memory("VmHWM") - before;
}

TEST_F(BlobTest, large_blobs_pass_through_little_memory) {
  constexpr std::uint64_t kBlock = 64u << 20;
  ASSERT_TRUE(
      azurite.put("/models/big.onnx", "comp=block&blockid=MDAwMA%3D%3D", std::string(kBlock, 'x')));
  const auto made =
      azurite.put("/models/big.onnx", "comp=blocklist",
                  "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>MDAwMA==</Latest>"
                  "<Latest>MDAwMA==</Latest><Latest>MDAwMA==</Latest></BlockList>");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_LT(growth([&] { return get(with_key("big.onnx")); }, 3 * kBlock), 64u << 20);

  // Azurite sends 2 GB in half a minute; another server does it in seconds.
  std::filesystem::remove(request.file);
  const HttpReceiver storage;
  const LoopbackProxy front(0, 0, storage.url("/file?size=2147483648"));
  const BlobAccount account = account_of({.address = front.endpoint(),
                                          .credentials = Azurite::key(),
                                          .container = "models",
                                          .path = "big.onnx"});
  EXPECT_LT(growth([&] { return get(account); }, std::uint64_t{2} << 30), 64u << 20);
  EXPECT_EQ(std::filesystem::file_size(request.file), std::uint64_t{2} << 30);
}

TEST(BlobSource, what_cannot_work_is_refused_without_showing_secrets) {
  for (const BlobSource& source :
       {BlobSource{}, BlobSource{.account = "a", .credentials = "hunter2"},
        BlobSource{.credentials = "https://a.blob.core.windows.net/c?x=hunter2"},
        BlobSource{.account = "abc", .credentials = "hunter2", .path = "x"},
        BlobSource{.account = "abc", .credentials = "hunter2", .container = "a/b"}}) {
    const auto account = parse_blob_source(source);
    ASSERT_FALSE(account);
    EXPECT_EQ(account.error().code, Code::invalid_argument);
    EXPECT_THAT(account.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(BlobSource, an_account_and_its_key_are_enough) {
  const auto account = parse_blob_source(
      {.account = "abc", .credentials = "a2V5", .container = "models", .path = "/v2/a.onnx"});
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->endpoint, "https://abc.blob.core.windows.net");
  EXPECT_EQ(account->account, "abc");
  EXPECT_EQ(account->container, "models");
  EXPECT_EQ(account->blob, "v2/a.onnx");
  EXPECT_EQ(account->key, "a2V5");
}

TEST(BlobPage, strange_answers_are_refused_or_left_out) {
  EXPECT_FALSE(parse_blob_page("<html>"));
  EXPECT_FALSE(parse_container_page(""));
  const auto page = parse_blob_page(
      "<EnumerationResults><Blobs><Blob><Name>a\xff</Name></Blob><Blob/>"
      "<Blob><Name Encoded=\"true\">b%2Fc</Name><Properties><Content-Length>-5</Content-Length>"
      "</Properties></Blob><Other><Name>x</Name></Other></Blobs></EnumerationResults>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->blobs.size(), 1u);
  EXPECT_EQ(page->blobs[0].name, "b/c");
  EXPECT_EQ(page->blobs[0].bytes, 0u);
  EXPECT_FALSE(page->blobs[0].modified);
  EXPECT_THAT(page->folders, IsEmpty());
}

}  // namespace
}  // namespace poss::net
