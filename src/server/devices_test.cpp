// Devices: this machine, which is there from the start, and remote ones.
#include "server/devices.h"

#include "server/test_server.h"

namespace poss::server {
namespace {

using testing::HasSubstr;

class DevicesTest : public RestTest {
 protected:
  json::object here() { return get("/devices").body.at("items").as_array().at(0).as_object(); }
  static std::string path_of(const json::object& device) {
    return "/devices/" + std::string(device.at("id").as_string());
  }
  std::string refusal(const json::object& device, const std::string& field) {
    return problem_of(send("POST", "/devices?dry_run=true", device), field);
  }
};

TEST_F(DevicesTest, this_machine_is_there_from_the_start) {
  const auto device = here();
  EXPECT_EQ(device.at("type"), "this_machine");
  EXPECT_EQ(device.at("acceleration"), "cpu");
  const auto& status = device.at("status");
  EXPECT_EQ(status.at("state"), "connected");
  EXPECT_EQ(status.at("cause"), "");
  EXPECT_GE(status.at("cores").as_int64(), 1);
  EXPECT_EQ(status.at("accelerations").as_array().size(), 4u);
  EXPECT_EQ(status.at_pointer("/accelerations/0/available"), true);
}

TEST_F(DevicesTest, this_machine_stays_the_same_over_restarts_and_follows_its_architecture) {
  const auto before = here();
  Machine machine = look_at_machine({});
  EXPECT_EQ(this_machine(*store, machine)->id, std::string(before.at("id").as_string()));
  machine.architecture = store::Architecture::arm64;
  const auto moved = this_machine(*store, machine);
  EXPECT_EQ(moved->id, std::string(before.at("id").as_string()));
  EXPECT_EQ(moved->value.architecture, store::Architecture::arm64);
}

TEST_F(DevicesTest, this_machine_is_named_otherwise_when_a_remote_one_has_its_name) {
  auto other = store::Store::open((folder / "other.db").string());
  ASSERT_TRUE(other);
  const Machine machine = look_at_machine({});
  ASSERT_TRUE((*other)->create(
      store::Device{.name = machine.hostname, .type = store::DeviceType::remote_agent}));
  EXPECT_EQ(this_machine(**other, machine)->value.name, "This machine");
}

TEST_F(DevicesTest, there_is_one_this_machine_and_it_remains_it) {
  EXPECT_THAT(refusal({{"name", "Another"}, {"type", "this_machine"}}, "type"),
              HasSubstr("choose 'remote_agent' or 'kubernetes'"));
  const std::string path = path_of(here());
  const auto changed = send("PATCH", path, {{"type", "remote_agent"}});
  EXPECT_EQ(changed.status, 400);
  EXPECT_THAT(problem_of(changed, "type"), HasSubstr("cannot be changed"));
  const auto removed = send("DELETE", path);
  EXPECT_EQ(removed.status, 409);
  EXPECT_THAT(removed.text, HasSubstr("cannot be removed"));
  EXPECT_EQ(send("PATCH", path, {{"name", "Gate"}}).status, 200);
}

TEST_F(DevicesTest, what_this_machine_cannot_do_is_refused_with_the_reason) {
  const auto device = here();
  for (const auto& found : device.at("status").at("accelerations").as_array()) {
    if (found.at("available").as_bool()) continue;
    const auto answer =
        send("PATCH", path_of(device), {{"acceleration", found.at("acceleration")}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_NE(problem_of(answer, "acceleration"), "");
  }
}

TEST_F(DevicesTest, what_no_such_device_can_do_is_refused_with_the_reason) {
  const auto with = [&](const char* type, const char* architecture, const char* acceleration) {
    return refusal({{"name", "Box"},
                    {"type", type},
                    {"architecture", architecture},
                    {"acceleration", acceleration}},
                   "acceleration");
  };
  EXPECT_THAT(with("remote_agent", "arm64", "nvidia_dgpu"), HasSubstr("Jetson or CPU"));
  EXPECT_THAT(with("remote_agent", "arm64", "intel_igpu"), HasSubstr("X64"));
  EXPECT_THAT(with("remote_agent", "x64", "nvidia_jetson"), HasSubstr("ARM64"));
  EXPECT_THAT(with("kubernetes", "arm64", "nvidia_jetson"), HasSubstr("only CPU and Nvidia dGPU"));
  EXPECT_THAT(with("kubernetes", "x64", "intel_igpu"), HasSubstr("only CPU and Nvidia dGPU"));
  EXPECT_EQ(with("remote_agent", "arm64", "nvidia_jetson"), "");
  EXPECT_EQ(with("kubernetes", "x64", "nvidia_dgpu"), "");
}

TEST_F(DevicesTest, remote_devices_are_stored_and_say_that_nothing_runs_there) {
  const auto made = send("POST", "/devices",
                         {{"name", "Cluster"},
                          {"type", "kubernetes"},
                          {"context", "prod"},
                          {"credentials", "kube-secret"}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at_pointer("/status/state"), "not_connected");
  EXPECT_THAT(std::string(made.body.at_pointer("/status/cause").as_string()),
              HasSubstr("later version"));
  EXPECT_EQ(made.text.find("kube-secret"), std::string::npos);
  EXPECT_EQ(send("DELETE", path_of(made.body.as_object())).status, 204);
}

}  // namespace
}  // namespace poss::server
