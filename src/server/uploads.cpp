// /api/v1/uploads: files on their way in.
#include "server/uploads.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "server/api.h"
#include "server/audit.h"
#include "server/housekeeper.h"
#include "store/digest.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPart = 256u << 20;

Result<void> check_label(const std::string& name) {
  const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (plain && !name.empty() && name.size() <= 255 && name != "." && name != "..") return {};
  return Error{Code::invalid_argument,
               "'name' must be the name of a file: 1 to 255 bytes without '/', '\\' and control "
               "characters"};
}

Error unknown(const std::string& id) {
  return {Code::not_found,
          "there is no upload '" + id + "'; it may have been used or removed: send the file again"};
}

Error busy(const UploadBody& upload) {
  return {Code::conflict, "a part of '" + upload.name + "' is still on its way; wait for its end"};
}

Error too_much(const UploadBody& upload, std::uint64_t bytes) {
  return {Code::invalid_argument, "'" + upload.name + "' was to have " +
                                      std::to_string(upload.bytes) + " bytes, and with this part " +
                                      "it has " + std::to_string(bytes)};
}

// A descriptor that closes.
struct OpenFile {
  explicit OpenFile(int number) : descriptor(number) {}
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  const int descriptor;
};

// Makes `target` end with the part, which begins at `offset`.
Result<void> copy_part(const UploadedFile& part, const fs::path& target, std::uint64_t offset) {
  const OpenFile from(::open(part.path().c_str(), O_RDONLY | O_CLOEXEC));
  const OpenFile to(::open(target.c_str(), O_WRONLY | O_CLOEXEC));
  const auto failure = [] {
    const int number = errno;
    const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return Error{full ? Code::resource_exhausted : Code::internal,
                 std::string("cannot add a part to an upload: ") + std::strerror(number)};
  };
  const auto end = static_cast<off_t>(offset);
  if (from.descriptor < 0 || to.descriptor < 0 || ::ftruncate(to.descriptor, end) != 0 ||
      ::lseek(to.descriptor, end, SEEK_SET) != end) {
    return failure();
  }
  for (std::uint64_t left = part.bytes(); left > 0;) {
    const ssize_t count = ::sendfile(to.descriptor, from.descriptor, nullptr, left);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure();
    left -= static_cast<std::uint64_t>(count);
  }
  return {};
}

struct UploadParameters {
  std::string name;
  std::int64_t bytes = 0;
  static void declare(Fields<UploadParameters>& f) {
    f.add(&UploadParameters::name, "name").required().max_length(255).help("Of the file.");
    f.add(&UploadParameters::bytes, "bytes")
        .unit("B")
        .range(0, static_cast<double>(Uploads::kMaxBytes))
        .help(
            "Of the whole file, when the body is only its first part or empty; the others follow "
            "by PATCH.");
  }
};

struct PartParameters {
  std::int64_t offset = 0;
  static void declare(Fields<PartParameters>& f) {
    f.add(&PartParameters::offset, "offset")
        .unit("B")
        .required()
        .range(0, static_cast<double>(Uploads::kMaxBytes))
        .help("Where the part begins: what was received so far.");
  }
};

Result<Reply> post(const Call<UploadParameters>& call) {
  const auto bytes = static_cast<std::uint64_t>(call.parameters.bytes);
  if (!call.request.upload || (call.request.upload->bytes() == 0 && bytes == 0)) {
    return Error{Code::invalid_argument, "the body must be the file, and it is empty"};
  }
  UploadedFile& file = *call.request.upload;
  if (bytes > file.bytes()) POSS_TRY(call.resources.housekeeper.admit(bytes - file.bytes()));
  POSS_ASSIGN(const UploadBody upload,
              call.resources.uploads.add(file, call.parameters.name, bytes));
  audit(call.resources.store, call.request,
        {.name = "upload",
         .kind = "upload",
         .id = upload.id,
         .object = upload.name,
         .detail = std::to_string(upload.bytes) + " bytes"});
  HttpResponse response = json_response(json_text(to_json(upload)));
  response.status = 201;
  response.headers.emplace_back("Location", "/api/v1/uploads/" + upload.id);
  return Reply(std::move(response));
}

Result<Reply> patch(const Call<PartParameters>& call) {
  if (!call.request.upload) {
    return Error{Code::invalid_argument, "the body must be a part of the file, and it is empty"};
  }
  POSS_ASSIGN(const UploadBody upload,
              call.resources.uploads.append(call.path("id"),
                                            static_cast<std::uint64_t>(call.parameters.offset),
                                            *call.request.upload));
  return Reply(json_response(json_text(to_json(upload))));
}

Result<Reply> remove(const Call<NoParameters>& call) {
  POSS_TRY(call.resources.uploads.remove(call.path("id")));
  return Reply(HttpResponse{.status = 204, .content_type = "", .body = nullptr, .headers = {}});
}

}  // namespace

Uploads::Uploads(fs::path folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {
  std::error_code error;
  fs::create_directories(folder_, error);
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
  if (error) spdlog::warn("the folder '{}': {}", folder_.string(), error.message());
}

Result<UploadBody> Uploads::add(UploadedFile& file, const std::string& name, std::uint64_t bytes) {
  POSS_TRY(check_label(name));
  UploadBody upload{.id = new_id(),
                    .name = name,
                    .bytes = bytes > 0 ? bytes : file.bytes(),
                    .received = file.bytes(),
                    .sha256 = ""};
  if (upload.received > upload.bytes) return too_much(upload, upload.received);
  if (upload.received == upload.bytes) {
    POSS_ASSIGN(upload.sha256, store::sha256_of_file(file.path()));
  }
  Lock lock(mutex_);
  const auto unfinished = std::count_if(waiting_.begin(), waiting_.end(), [](const auto& item) {
    return item.second.upload.received < item.second.upload.bytes;
  });
  if (upload.received < upload.bytes && static_cast<size_t>(unfinished) >= kMaxUnfinished) {
    return Error{Code::resource_exhausted, "there are " + std::to_string(unfinished) +
                                               " unfinished uploads; finish or remove one of them"};
  }
  waiting_[upload.id] = {upload, file.path(), clock_.now()};
  file.keep();
  return upload;
}

Result<UploadBody> Uploads::append(const std::string& id, std::uint64_t offset,
                                   const UploadedFile& part) {
  UploadBody upload;
  fs::path path;
  {
    Lock lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return unknown(id);
    upload = found->second.upload;
    path = found->second.path;
    if (found->second.busy) return busy(upload);
    if (offset != upload.received) {
      return Error{Code::conflict, "'" + upload.name + "' has " + std::to_string(upload.received) +
                                       " of " + std::to_string(upload.bytes) +
                                       " bytes; the next part must begin there"};
    }
    if (part.bytes() > upload.bytes - upload.received) {
      return too_much(upload, upload.received + part.bytes());
    }
    found->second.busy = true;
  }
  // The file may be longer after a part that failed: it is written from `offset` on.
  Result<void> done = copy_part(part, path, offset);
  upload.received += part.bytes();
  if (done && upload.received == upload.bytes) {
    if (auto sum = store::sha256_of_file(path)) {
      upload.sha256 = std::move(*sum);
    } else {
      done = sum.error();
    }
  }
  Lock lock(mutex_);
  Waiting& waiting = waiting_.at(id);  // nobody takes what is busy
  waiting.busy = false;
  if (!done) return done.error();
  waiting.upload = upload;
  waiting.since = clock_.now();
  return upload;
}

Result<UploadBody> Uploads::get(const std::string& id) const {
  Lock lock(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return unknown(id);
  return found->second.upload;
}

Result<Uploads::Waiting> Uploads::take(const std::string& id, bool whole) {
  Lock lock(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return unknown(id);
  const UploadBody& upload = found->second.upload;
  if (found->second.busy) return busy(upload);
  if (whole && upload.received < upload.bytes) {
    return Error{Code::conflict, "'" + upload.name + "' has " + std::to_string(upload.received) +
                                     " of " + std::to_string(upload.bytes) +
                                     " bytes; send the rest first"};
  }
  Waiting taken = std::move(found->second);
  waiting_.erase(found);
  return taken;
}

Result<fs::path> Uploads::claim(const std::string& id) {
  POSS_ASSIGN(Waiting taken, take(id, true));
  return std::move(taken.path);
}

Result<void> Uploads::remove(const std::string& id) {
  POSS_ASSIGN(const Waiting taken, take(id, false));
  std::error_code error;
  fs::remove(taken.path, error);
  if (error) return Error{Code::internal, "cannot remove the upload: " + error.message()};
  return {};
}

void Uploads::remove_old() {
  Lock lock(mutex_);
  std::erase_if(waiting_, [&](const auto& item) {
    if (item.second.busy || clock_.now() - item.second.since < kKept) return false;
    std::error_code ignored;
    fs::remove(item.second.path, ignored);
    return true;
  });
}

void UploadBody::declare(Fields<UploadBody>& f) {
  f.add(&UploadBody::id, "id");
  f.add(&UploadBody::name, "name");
  f.add(&UploadBody::bytes, "bytes").unit("B").help("Of the whole file.");
  f.add(&UploadBody::received, "received").unit("B").help("Where the next part begins.");
  f.add(&UploadBody::sha256, "sha256").help("Empty until all is received.");
}

void declare_uploads(Api& api) {
  api.name_schema<UploadBody>("Upload");
  api.add<UploadParameters>(
      {.method = "POST",
       .path = "/api/v1/uploads",
       .id = "createUpload",
       .tag = "uploads",
       .summary =
           "Send a file, such as a model, whole or its first part; what is not put to use within a "
           "day is removed.",
       .body_limit = Uploads::kMaxBytes,
       .streams_body = true,
       .body_type = "application/octet-stream",
       .body_schema = {{"type", "string"}, {"format", "binary"}}},
      {.status = 201,
       .description = "What was received.",
       .content_type = "application/json",
       .schema = response_schema(schema_of<UploadBody>())},
      post);
  api.get<NoParameters, UploadBody>(
      {.path = "/api/v1/uploads/{id}",
       .id = "getUpload",
       .tag = "uploads",
       .summary = "How much of a file was received: after a broken connection, go on from there."},
      [](const Call<NoParameters>& call) { return call.resources.uploads.get(call.path("id")); });
  api.add<PartParameters>(
      {.method = "PATCH",
       .path = "/api/v1/uploads/{id}",
       .id = "appendUpload",
       .tag = "uploads",
       .summary =
           "Send the next part of a file, some megabytes say; a part that breaks off is as if it "
           "had not been sent.",
       .body_limit = kMaxPart,
       .streams_body = true,
       .body_type = "application/octet-stream",
       .body_schema = {{"type", "string"}, {"format", "binary"}}},
      {.status = 200,
       .description = "What was received so far.",
       .content_type = "application/json",
       .schema = response_schema(schema_of<UploadBody>())},
      patch);
  api.add<NoParameters>(
      {.method = "DELETE",
       .path = "/api/v1/uploads/{id}",
       .id = "deleteUpload",
       .tag = "uploads",
       .summary = "Remove a file that was sent and not put to use."},
      {.status = 204, .description = "It is gone.", .content_type = "", .schema = {}}, remove);
}

}  // namespace poss::server
