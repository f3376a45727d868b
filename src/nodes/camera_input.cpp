// Camera input: where frames enter a skill.
#include "graph/node.h"

namespace poss {
namespace {

class CameraInput final : public Node {
 public:
  struct Config {
    static void declare(Fields<Config>&) {}
  };
  static NodeInfo info() {
    return {.type = "camera_input",
            .title = "Camera Input",
            .help = "The frames of the camera the skill is deployed to.",
            .category = Category::import_,
            .inputs = {}};
  }
  static Result<std::unique_ptr<Node>> create(const Config&, const NodeContext&) {
    return std::make_unique<CameraInput>();
  }
  Result<void> process(Message message, Emitter& out) override {
    out.emit(std::move(message));
    return {};
  }
};

POSS_NODE(CameraInput);

}  // namespace
}  // namespace poss
