// The zoo's catalogue: the models that come with POSS.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/id.h"
#include "infer/model.h"
#include "server/resources.h"

namespace poss::server {

struct ZooModel {
  std::string name;  // what skills call it
  std::string title;
  std::string description;
  infer::Task task = infer::Task::detection;
  std::string license;
  int width = 0;  // of the input, pixels
  int height = 0;
  std::vector<std::string> labels;  // known once it is installed; so are the bytes
  std::uint64_t bytes = 0;
  bool installed = false;
  std::string added;  // the model that was made of it; empty: none
  static void declare(Fields<ZooModel>& f);
};

// In the order of the catalogue.
Result<std::vector<ZooModel>> list_zoo(const Resources& resources);

}  // namespace poss::server
