// Zip archives made by tests, harmless and hostile ones.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

namespace poss::convert {

struct TestEntry {
  std::string name;  // with '/' at its end: a folder
  std::string content;
  zip_uint32_t mode = 0;  // of Unix; 0: not said
  std::string password;
};

inline void make_zip(const std::filesystem::path& path, const std::vector<TestEntry>& entries) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  ASSERT_TRUE(archive);
  for (const auto& entry : entries) {
    if (entry.name.ends_with('/')) {
      ASSERT_GE(zip_dir_add(archive, entry.name.c_str(), 0), 0);
      continue;
    }
    zip_source_t* source =
        zip_source_buffer(archive, entry.content.data(), entry.content.size(), 0);
    const auto index = zip_file_add(archive, entry.name.c_str(), source, 0);
    ASSERT_GE(index, 0);
    const auto place = static_cast<zip_uint64_t>(index);
    if (entry.mode) {
      zip_file_set_external_attributes(archive, place, 0, ZIP_OPSYS_UNIX, entry.mode << 16);
    }
    if (!entry.password.empty()) {
      ASSERT_EQ(zip_file_set_encryption(archive, place, ZIP_EM_TRAD_PKWARE, entry.password.c_str()),
                0);
    }
  }
  ASSERT_EQ(zip_close(archive), 0);
}

}  // namespace poss::convert
