// Inspection in its own process: what hostile files do to it never reaches the caller.
#include "inspect/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "infer/test_graph.h"
#include "inspect/sandbox.h"

namespace poss::inspect {
namespace {

using infer::TestFolder;
using infer::TestGraph;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Process : public testing::Test {
 protected:
  Result<Report> inspect_bytes(const std::string& bytes) {
    folder_.write("a.onnx", bytes);
    InspectRequest request;
    request.file = (folder_.path() / "a.onnx").string();
    request.threads = 1;
    options_.scratch = folder_.path() / "scratch";
    auto report = inspect_in_process(std::move(request), photographs_, options_);
    EXPECT_TRUE(std::filesystem::is_empty(options_.scratch)) << "something was left behind";
    return report;
  }

  // Everything that was said against the file.
  std::string refusal(const std::string& bytes) {
    const auto report = inspect_bytes(bytes);
    if (!report) return report.error().message;
    EXPECT_FALSE(report->manifest.has_value());
    return report->problems.empty() ? "" : report->problems.front();
  }

  TestFolder folder_;
  ProcessOptions options_;
  std::vector<Picture> photographs_;
};

TestGraph softmax_classifier() {
  auto graph = TestGraph::mean_of_colors({1, 3, 16, 16}, {2, 3});
  graph.node("Softmax", {"mean"}, "prob");
  graph.output("prob", {1, 3});
  graph.graph().mutable_output()->DeleteSubrange(0, 1);
  return graph;
}

TEST_F(Process, answers_as_the_inspection_itself_does) {
  photographs_ = {drawn(64, 48)};
  const auto report = inspect_bytes(softmax_classifier().bytes());
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_THAT(report->family, HasSubstr("classifier"));
  ASSERT_TRUE(report->manifest.has_value());
  EXPECT_EQ(report->manifest->input.width, 16);
  EXPECT_FALSE(report->sha256.empty());
  EXPECT_FALSE(report->preprocessing.candidates.empty());
}

TEST_F(Process, a_damaged_file_is_named_in_one_sentence) {
  const std::string whole = softmax_classifier().bytes();
  EXPECT_THAT(refusal(whole.substr(0, whole.size() / 2)),
              testing::AllOf(HasSubstr("'a.onnx'"), HasSubstr("damaged")));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
}

// A loop whose body is as good as nothing, and which does not end in anybody's lifetime.
TestGraph endless() {
  auto graph = TestGraph::mean_of_colors({1, 3, 16, 16}, {2, 3});
  auto& trips = *graph.graph().add_initializer();
  trips.set_name("trips");
  trips.set_data_type(onnx::TensorProto::INT64);
  trips.add_int64_data(std::int64_t{1} << 60);
  auto& go_on = *graph.graph().add_initializer();
  go_on.set_name("go_on");
  go_on.set_data_type(onnx::TensorProto::BOOL);
  go_on.add_int32_data(1);
  auto& loop = graph.node("Loop", {"trips", "go_on", "mean"}, "last");
  auto& attribute = *loop.add_attribute();
  attribute.set_name("body");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  auto& body = *attribute.mutable_g();
  body.set_name("body");
  const auto describe = [](onnx::ValueInfoProto& info, const char* name, int type) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape();  // a scalar
    if (type != onnx::TensorProto::FLOAT) return;
    for (const int size : {1, 3}) tensor.mutable_shape()->add_dim()->set_dim_value(size);
  };
  describe(*body.add_input(), "i", onnx::TensorProto::INT64);
  describe(*body.add_input(), "on", onnx::TensorProto::BOOL);
  describe(*body.add_input(), "v", onnx::TensorProto::FLOAT);
  describe(*body.add_output(), "on_next", onnx::TensorProto::BOOL);
  describe(*body.add_output(), "v_next", onnx::TensorProto::FLOAT);
  for (const auto& [from, to] : {std::pair{"on", "on_next"}, std::pair{"v", "v_next"}}) {
    auto& node = *body.add_node();
    node.set_op_type("Identity");
    node.add_input(from);
    node.add_output(to);
  }
  graph.output("last", {1, 3});
  return graph;
}

TEST_F(Process, a_loop_without_end_is_stopped_at_the_limit) {
  options_.limit = std::chrono::milliseconds(1500);
  const std::string sentence = refusal(endless().bytes());
  EXPECT_THAT(sentence, HasSubstr("took longer than 1500 ms and was stopped"));
}

TEST_F(Process, a_model_that_wants_all_memory_gets_a_sentence) {
  auto graph = TestGraph::mean_of_colors({1, 3, 16, 16}, {2, 3});
  auto& shape = *graph.graph().add_initializer();
  shape.set_name("shape");
  shape.set_data_type(onnx::TensorProto::INT64);
  shape.add_dims(2);
  shape.add_int64_data(1 << 20);
  shape.add_int64_data(1 << 20);
  graph.node("Expand", {"mean", "shape"}, "wrong");
  graph.node("ConstantOfShape", {"shape"}, "huge");
  graph.output("huge", {-1, -1});
  EXPECT_THAT(refusal(graph.bytes()), Not(IsEmpty()));
}

TEST_F(Process, data_outside_of_the_file_is_not_read) {
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(softmax_classifier().bytes()));
  auto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name("secret");
  tensor.set_data_type(onnx::TensorProto::UINT8);
  tensor.add_dims(10);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  auto& entry = *tensor.add_external_data();
  entry.set_key("location");
  entry.set_value("/etc/passwd");
  EXPECT_THAT(refusal(model.SerializeAsString()), HasSubstr("outside of its own folder"));
}

TEST_F(Process, operators_nobody_has_are_named) {
  TestGraph graph = softmax_classifier();
  graph.node("Magic", {"prob"}, "z").set_domain("com.example");
  const auto report = inspect_bytes(graph.bytes());
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->problems, Contains(HasSubstr("com.example.Magic")));
  EXPECT_EQ(report->unsupported.size(), 1u);
}

TEST_F(Process, says_when_the_program_is_missing) {
  options_.program = folder_.path() / "nothing";
  const auto report = inspect_bytes(softmax_classifier().bytes());
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, Code::unavailable);
}

TEST_F(Process, a_program_that_dies_is_told_of) {
  options_.program = "/bin/false";
  const auto report = inspect_bytes(softmax_classifier().bytes());
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, HasSubstr("ended without an answer"));
}

TEST_F(Process, ends_when_it_is_cancelled) {
  options_.cancelled = [] { return true; };
  const auto report = inspect_bytes(endless().bytes());
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, HasSubstr("cancelled"));
}

// Runs `attempt` in a child without rights; its exit code.
int without_rights(int (*attempt)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    Limits limits;
    ::_exit(give_up_rights(limits) ? attempt() : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Sandbox, has_no_network) {
  EXPECT_EQ(without_rights([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }), 0);
  EXPECT_EQ(without_rights([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1; }), 0);
}

TEST(Sandbox, makes_and_removes_no_files) {
  EXPECT_EQ(
      without_rights([] { return ::open("/tmp/poss-no", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 1; }),
      0);
  EXPECT_EQ(without_rights([] {
              return ::rename("/tmp/poss-no", "/tmp/poss-yes") < 0 && errno == EPERM ? 0 : 1;
            }),
            0);
  EXPECT_EQ(without_rights([] { return ::unlink("/tmp/poss-no") < 0 && errno == EPERM ? 0 : 1; }),
            0);
}

TEST(Sandbox, starts_no_program) {
  EXPECT_EQ(without_rights([] {
              char name[] = "/bin/true";
              char* arguments[] = {name, nullptr};
              ::execv(name, arguments);
              return errno == EPERM ? 0 : 1;
            }),
            0);
  EXPECT_EQ(without_rights([] {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              return child < 0 ? 0 : 1;
            }),
            0);
}

TEST(Sandbox, still_reads) {
  EXPECT_EQ(without_rights([] { return ::open("/proc/self/stat", O_RDONLY) >= 0 ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace poss::inspect
