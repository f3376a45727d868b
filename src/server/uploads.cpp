// /api/v1/uploads: files on their way in.
#include "server/uploads.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"
#include "server/api.h"
#include "server/audit.h"
#include "server/housekeeper.h"
#include "store/digest.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

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

struct UploadParameters {
  std::string name;
  static void declare(Fields<UploadParameters>& f) {
    f.add(&UploadParameters::name, "name").required().max_length(255).help("Of the file.");
  }
};

Result<Reply> post(const Call<UploadParameters>& call) {
  if (!call.request.upload || call.request.upload->bytes() == 0) {
    return Error{Code::invalid_argument, "the body must be the file, and it is empty"};
  }
  POSS_ASSIGN(const UploadBody upload,
              call.resources.uploads.add(*call.request.upload, call.parameters.name));
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

Result<UploadBody> Uploads::add(UploadedFile& file, const std::string& name) {
  POSS_TRY(check_label(name));
  UploadBody upload{.id = new_id(), .name = name, .bytes = file.bytes(), .sha256 = ""};
  POSS_ASSIGN(upload.sha256, store::sha256_of_file(file.path()));
  Lock lock(mutex_);
  waiting_[upload.id] = {file.path(), clock_.now()};
  file.keep();
  return upload;
}

Result<fs::path> Uploads::claim(const std::string& id) {
  Lock lock(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return unknown(id);
  fs::path path = std::move(found->second.path);
  waiting_.erase(found);
  return path;
}

Result<void> Uploads::remove(const std::string& id) {
  POSS_ASSIGN(const fs::path path, claim(id));
  std::error_code error;
  fs::remove(path, error);
  if (error) return Error{Code::internal, "cannot remove the upload: " + error.message()};
  return {};
}

void Uploads::remove_old() {
  Lock lock(mutex_);
  std::erase_if(waiting_, [&](const auto& item) {
    if (clock_.now() - item.second.since < kKept) return false;
    std::error_code ignored;
    fs::remove(item.second.path, ignored);
    return true;
  });
}

void UploadBody::declare(Fields<UploadBody>& f) {
  f.add(&UploadBody::id, "id");
  f.add(&UploadBody::name, "name");
  f.add(&UploadBody::bytes, "bytes").unit("B");
  f.add(&UploadBody::sha256, "sha256");
}

void declare_uploads(Api& api) {
  api.name_schema<UploadBody>("Upload");
  api.add<UploadParameters>(
      {.method = "POST",
       .path = "/api/v1/uploads",
       .id = "createUpload",
       .tag = "uploads",
       .summary = "Send a file, such as a model; what is not put to use within a day is removed.",
       .body_limit = std::uint64_t{4} << 30,
       .streams_body = true,
       .body_type = "application/octet-stream",
       .body_schema = {{"type", "string"}, {"format", "binary"}}},
      {.status = 201,
       .description = "What was received.",
       .content_type = "application/json",
       .schema = response_schema(schema_of<UploadBody>())},
      post);
  api.add<NoParameters>(
      {.method = "DELETE",
       .path = "/api/v1/uploads/{id}",
       .id = "deleteUpload",
       .tag = "uploads",
       .summary = "Remove a file that was sent and not put to use."},
      {.status = 204, .description = "It is gone.", .content_type = "", .schema = {}}, remove);
}

}  // namespace poss::server
