// What is found out about machines, from folders that stand for theirs.
#include "server/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/id.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;
using store::Acceleration;
using testing::HasSubstr;

class MachineTest : public testing::Test {
 protected:
  MachineTest() { put("proc/cpuinfo", "model name\t: Cores\nflags\t\t: sse2 avx2 avx512_vnni\n"); }
  ~MachineTest() override { fs::remove_all(root); }
  void put(const std::string& path, const std::string& text) {
    ASSERT_TRUE(replace_file(root / path, text));
  }
  FoundAcceleration find(Acceleration wanted, const std::vector<std::string>& providers = {}) {
    for (const auto& found : look_at_machine(providers, root).accelerations) {
      if (found.acceleration == wanted) return found;
    }
    ADD_FAILURE() << "not looked for";
    return {};
  }
  const fs::path root = fs::temp_directory_path() / ("poss-machine-" + new_id());
};

TEST_F(MachineTest, this_one_has_cores_memory_and_a_name) {
  const Machine machine = look_at_machine({});
  EXPECT_NE(machine.hostname, "");
  EXPECT_NE(machine.os, "");
  EXPECT_NE(machine.cpu, "");
  EXPECT_GE(machine.cores, 1);
  EXPECT_GT(machine.memory_mb, 100);
}

TEST_F(MachineTest, the_processor_is_always_there_with_its_instruction_sets) {
  const auto cpu = find(Acceleration::cpu);
  EXPECT_TRUE(cpu.available);
  EXPECT_EQ(cpu.reason, "With AVX2, AVX-512 VNNI.");
  EXPECT_EQ(look_at_machine({}, root).cpu, "Cores");
}

TEST_F(MachineTest, an_nvidia_gpu_needs_device_driver_and_a_runtime_that_can_use_it) {
  EXPECT_THAT(find(Acceleration::nvidia_dgpu).reason, HasSubstr("neither a device"));
  put("dev/nvidia0", "");
  EXPECT_THAT(find(Acceleration::nvidia_dgpu).reason, HasSubstr("libcuda.so.1 is not"));
  put("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
  const auto no_runtime = find(Acceleration::nvidia_dgpu, {"CPUExecutionProvider"});
  EXPECT_FALSE(no_runtime.available);
  EXPECT_THAT(no_runtime.reason, HasSubstr("CPUs only"));
  EXPECT_TRUE(find(Acceleration::nvidia_dgpu, {"CUDAExecutionProvider"}).available);
}

TEST_F(MachineTest, an_intel_gpu_is_a_render_node_of_intel) {
  put("dev/dri/renderD128", "");
  put("sys/class/drm/renderD128/device/vendor", "0x1002\n");
  EXPECT_FALSE(find(Acceleration::intel_igpu, {"OpenVINOExecutionProvider"}).available);
  put("dev/dri/renderD129", "");
  put("sys/class/drm/renderD129/device/vendor", "0x8086\n");
  const auto found = find(Acceleration::intel_igpu, {"OpenVINOExecutionProvider"});
  EXPECT_TRUE(found.available);
  EXPECT_EQ(found.reason, "Found /dev/dri/renderD129.");
}

TEST_F(MachineTest, a_jetson_says_so_in_etc) {
  EXPECT_FALSE(find(Acceleration::nvidia_jetson, {"CUDAExecutionProvider"}).available);
  put("etc/nv_tegra_release", "# R35 (release), REVISION: 4.1, GCID: 1\n");
  const auto found = find(Acceleration::nvidia_jetson, {"CUDAExecutionProvider"});
  EXPECT_TRUE(found.available);
  EXPECT_EQ(found.reason, "Found L4T R35.");
}

}  // namespace
}  // namespace poss::server
