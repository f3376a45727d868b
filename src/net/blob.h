// Azure Blob Storage: listing what is there, and fetching a blob.
//
// By Microsoft's public documentation: "List Containers", "List Blobs", "Get Blob". Requests go to
// the account's own server, with its key (SharedKey) or token, and no further. Errors hold neither.
// All functions are reentrant and block.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/azure.h"
#include "net/fetch.h"

namespace poss::net {

struct BlobAccess {
  std::vector<std::string> networks;  // may be asked besides public addresses: see AddressGuard
  std::string ca_file;                // PEM; empty: the system's certificate authorities
  std::chrono::milliseconds timeout{30'000};
  const Clock* clock = &system_clock();  // for the times in signatures
};

struct ContainerPage {
  std::vector<std::string> containers;
  std::string next;  // the marker of the page after this one; empty: this is the last
};
struct Blob {
  std::string name;  // with the whole path
  std::uint64_t bytes = 0;
  std::optional<Time> modified;
};
struct BlobPage {
  std::vector<std::string> folders;  // beginnings of names up to the delimiter, "models/v2/"
  std::vector<Blob> blobs;
  std::string next;
};

struct BlobQuery {
  std::string prefix;           // "models/"
  std::string delimiter = "/";  // empty: all blobs, in one row
  std::string marker;           // of an earlier page
  int count = 1000;             // a page; 1 to 5000
};

Result<ContainerPage> list_containers(const BlobAccount& account, const std::string& marker,
                                      const BlobAccess& access);
// Of the account's container.
Result<BlobPage> list_blobs(const BlobAccount& account, const BlobQuery& query,
                            const BlobAccess& access);

// Brings the account's blob to `request.file`; sha256 and ca_file apply too, url, sign and explain
// are made here. `limits.networks` holds, not those of a BlobAccess.
Result<Fetched> fetch_blob(const BlobAccount& account, FetchRequest request,
                           const FetchLimits& limits, const FetchProgress& progress,
                           const std::function<bool()>& cancelled,
                           const Clock& clock = system_clock());

// The answers' XML. Names that are no plain text are left out; what is no such answer is an error.
Result<ContainerPage> parse_container_page(std::string_view xml);
Result<BlobPage> parse_blob_page(std::string_view xml);

}  // namespace poss::net
