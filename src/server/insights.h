// What the resources of insights share.
#pragma once

#include <optional>
#include <string>

#include "server/api.h"
#include "store/history.h"
#include "store/objects.h"

namespace poss::server {

// Which insights are wanted.
struct InsightFilter {
  std::string camera;
  std::string deployment;
  std::string label;
  std::optional<Time> from;
  std::optional<Time> to;
  store::HistoryFilter history() const { return {camera, deployment, label, from, to}; }
};

template <class T>
void declare_insight_filter(Fields<T>& f) {
  // A pointer to a member of the base is none of T by itself.
  using Text = std::string T::*;
  using When = std::optional<Time> T::*;
  f.add(Text(&T::camera), "camera").max_length(64).help("Of this camera only.");
  f.add(Text(&T::deployment), "deployment").max_length(64).help("Of this deployment only.");
  f.add(Text(&T::label), "label").max_length(256).help("With an object of this label.");
  f.add(When(&T::from), "from").help("Of this time or later, RFC 3339.");
  f.add(When(&T::to), "to").help("Of before this time.");
}

// /api/v1/insights/export; `insights` is the schema of a list of them.
void declare_insight_export(Api& api, const json::object& insights);

}  // namespace poss::server
