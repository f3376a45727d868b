// Where a camera's pictures come from, as people give it: checked, and its password kept apart.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "media/camera.h"
#include "store/store.h"

namespace poss::server {

// Takes user name and password out of the addresses of `camera` and checks them as its source
// demands. `secrets` holds the password as plain text where one was sent; a password found in an
// address is put there. `before` is the camera as stored, whose password stays where none was
// sent; it is never sent to another host. Files must lie outside `data` and the system's folders.
void check_source(store::Camera& camera, std::map<std::string, std::string>& secrets,
                  const store::Camera* before, const std::filesystem::path& data,
                  std::vector<FieldError>& errors);

// What the media folder opens. `detect`: the smaller stream, of a camera that has one. The
// password is in it: never log or show it.
media::SourceConfig source_config(const store::Camera& camera, std::string password,
                                  bool detect = false);

// The password of a stored camera; "" when it has none.
Result<std::string> password_of(store::Store& store, const store::Camera& camera);

// The kind of source that an address is of.
store::CameraSource source_kind(const std::string& uri);

}  // namespace poss::server
