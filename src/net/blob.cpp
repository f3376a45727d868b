// Reading the listings with pugixml, whose parser neither recurses nor knows entities.
#include "net/blob.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <curl/curl.h>
#include <pugixml.hpp>

#include "base/log.h"
#include "base/utf8.h"
#include "net/encoding.h"

namespace poss::net {
namespace {

constexpr size_t kMaxListingBytes = 32u << 20;  // a page has at most 5000 entries
constexpr size_t kMaxName = 1024;               // characters of a blob's name

std::string host_of(const BlobAccount& account) {
  const auto begin = account.endpoint.find("://") + 3;
  return account.endpoint.substr(begin, account.endpoint.find('/', begin) - begin);
}

std::string container_name(const BlobAccount& account) {
  return "The container '" + account.container + "' at " + host_of(account);
}

Result<std::string> list(const BlobAccount& account, const std::string& path,
                         const std::map<std::string, std::string>& query, const std::string& where,
                         const BlobAccess& access) {
  POSS_ASSIGN(HttpRequest request,
              blob_request(account, HttpMethod::get, path, query, access.clock->now()));
  POSS_ASSIGN(request.guard, AddressGuard::create(access.networks));
  request.ca_file = access.ca_file;
  request.timeout = access.timeout;
  request.max_response_bytes = kMaxListingBytes;
  request.accept_all_statuses = true;
  HttpClient client;
  POSS_ASSIGN(HttpResponse answer, client.send(request));
  if (answer.status == 200) return std::move(answer.body);
  const std::string code = answer.header("x-ms-error-code");
  if (code == "AuthorizationPermissionMismatch" || code == "AuthorizationResourceTypeMismatch") {
    return Error{Code::permission_denied,
                 where +
                     " may not be listed with this token; create one that allows listing, or "
                     "name container and path."};
  }
  return storage_error(answer, where);
}

// False when it is no answer of this kind.
bool load(std::string_view xml, pugi::xml_document& document, pugi::xml_node& root) {
  const unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol;
  if (!document.load_buffer(xml.data(), xml.size(), options)) return false;
  root = document.child("EnumerationResults");
  return static_cast<bool>(root);
}

Error no_listing(const char* what) {
  return {Code::invalid_argument, std::string("the answer is no list of ") + what +
                                      "; check that the address is that of a storage account"};
}

// Empty when it cannot be shown and asked for again.
std::string name_of(const pugi::xml_node& node) {
  const pugi::xml_node child = node.child("Name");
  std::string name = child.text().get();
  if (child.attribute("Encoded").as_bool()) name = percent_decode(name);
  return name.size() <= kMaxName * 4 && is_plain_text(name) ? name : "";
}

Blob blob_of(const pugi::xml_node& node, std::string name) {
  Blob blob{.name = std::move(name)};
  const pugi::xml_node properties = node.child("Properties");
  const std::string_view bytes = properties.child("Content-Length").text().get();
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), blob.bytes);
  const time_t modified = curl_getdate(properties.child("Last-Modified").text().get(), nullptr);
  if (modified >= 0) blob.modified = Time(std::chrono::seconds(modified));
  return blob;
}

std::string encoded_path(const std::string& name) {
  std::string out = percent_encode(name);
  for (auto at = out.find("%2F"); at != std::string::npos; at = out.find("%2F", at)) {
    out.replace(at, 3, "/");
  }
  return out;
}

}  // namespace

Result<ContainerPage> parse_container_page(std::string_view xml) {
  pugi::xml_document document;
  pugi::xml_node root;
  if (!load(xml, document, root)) return no_listing("containers");
  ContainerPage page;
  for (const auto& node : root.child("Containers").children("Container")) {
    if (std::string name = name_of(node); !name.empty()) page.containers.push_back(std::move(name));
  }
  page.next = root.child("NextMarker").text().get();
  return page;
}

Result<BlobPage> parse_blob_page(std::string_view xml) {
  pugi::xml_document document;
  pugi::xml_node root;
  if (!load(xml, document, root)) return no_listing("blobs");
  BlobPage page;
  for (const auto& node : root.child("Blobs").children()) {
    std::string name = name_of(node);
    if (name.empty()) continue;
    const std::string_view kind = node.name();
    if (kind == "BlobPrefix") {
      page.folders.push_back(std::move(name));
    } else if (kind == "Blob") {
      page.blobs.push_back(blob_of(node, std::move(name)));
    }
  }
  page.next = root.child("NextMarker").text().get();
  return page;
}

Result<ContainerPage> list_containers(const BlobAccount& account, const std::string& marker,
                                      const BlobAccess& access) {
  std::map<std::string, std::string> query{{"comp", "list"}};
  if (!marker.empty()) query["marker"] = marker;
  POSS_ASSIGN(const std::string xml,
              list(account, "", query, "The storage account at " + host_of(account), access));
  return parse_container_page(xml);
}

Result<BlobPage> list_blobs(const BlobAccount& account, const BlobQuery& query,
                            const BlobAccess& access) {
  if (account.container.empty()) {
    return Error{Code::invalid_argument, "The container is missing; name it."};
  }
  std::map<std::string, std::string> parameters{
      {"comp", "list"},
      {"restype", "container"},
      {"maxresults", std::to_string(std::clamp(query.count, 1, 5000))}};
  for (const auto& [name, value] :
       {std::pair{"prefix", &query.prefix}, std::pair{"delimiter", &query.delimiter},
        std::pair{"marker", &query.marker}}) {
    if (!value->empty()) parameters[name] = *value;
  }
  POSS_ASSIGN(const std::string xml, list(account, "/" + percent_encode(account.container),
                                          parameters, container_name(account), access));
  return parse_blob_page(xml);
}

Result<Fetched> fetch_blob(const BlobAccount& account, FetchRequest request,
                           const FetchLimits& limits, const FetchProgress& progress,
                           const std::function<bool()>& cancelled, const Clock& clock) {
  if (account.container.empty() || account.blob.empty()) {
    return Error{Code::invalid_argument,
                 "The blob's container or path is missing; name both, or choose from the list."};
  }
  const std::string path =
      "/" + percent_encode(account.container) + "/" + encoded_path(account.blob);
  const auto ask = [&](const std::string& range) {
    return blob_request(account, HttpMethod::get, path, {}, clock.now(), range);
  };
  POSS_ASSIGN(const HttpRequest first, ask(""));
  request.url = first.url;
  request.sign = [&](const std::string& range) -> Result<std::map<std::string, std::string>> {
    POSS_ASSIGN(HttpRequest signed_request, ask(range));
    return std::move(signed_request.headers);
  };
  request.explain = [&](const HttpResponse& answer) -> std::optional<Error> {
    if (answer.header("x-ms-error-code") == "ContainerNotFound") {
      return storage_error(answer, container_name(account));
    }
    return storage_error(answer, "The blob '" + account.blob + "' in the container '" +
                                     account.container + "' at " + host_of(account));
  };
  return fetch(request, limits, progress, cancelled);
}

}  // namespace poss::net
