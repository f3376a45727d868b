// /api/v1/models: the models that skills may use.
#include "server/api.h"

namespace poss::server {
namespace {

struct ModelBody {
  std::string name;
  std::string title;
  infer::Task task = infer::Task::detection;
  std::string license;
  int width = 0;
  int height = 0;
  std::vector<std::string> labels;
  std::uint64_t bytes = 0;
  static void declare(Fields<ModelBody>& f) {
    f.add(&ModelBody::name, "name").help("What skills call it.");
    f.add(&ModelBody::title, "title");
    f.add(&ModelBody::task, "task");
    f.add(&ModelBody::license, "license");
    f.add(&ModelBody::width, "width").unit("px").help("Of the input.");
    f.add(&ModelBody::height, "height").unit("px").help("Of the input.");
    f.add(&ModelBody::labels, "labels").help("In the order of the output; empty: not used.");
    f.add(&ModelBody::bytes, "bytes").unit("B").help("Of the ONNX file.");
  }
};

Result<Page<ModelBody>> list(const Call<NoParameters>& call) {
  Page<ModelBody> page;
  for (auto& info : call.resources.models.list()) {
    page.items.push_back({.name = std::move(info.name),
                          .title = std::move(info.manifest.title),
                          .task = info.manifest.task,
                          .license = std::move(info.manifest.license),
                          .width = info.manifest.input.width,
                          .height = info.manifest.input.height,
                          .labels = std::move(info.manifest.labels),
                          .bytes = info.bytes});
  }
  return page;
}

}  // namespace

void declare_models(Api& api) {
  api.name_schema<ModelBody>("Model");
  api.get<NoParameters, Page<ModelBody>>({.path = "/api/v1/models",
                                          .id = "listModels",
                                          .tag = "models",
                                          .summary = "The models that skills may use."},
                                         list);
}

}  // namespace poss::server
