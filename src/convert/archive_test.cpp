// Exports of training tools as one file, and archives that mean harm.
#include "convert/archive.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/id.h"
#include "convert/test_zip.h"

namespace poss::convert {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const char* const kTopology =
    R"({"format":"graph-model","weightsManifest":[{"paths":["a.bin","b.bin"]},{"paths":["a.bin"]}]})";

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() { fs::create_directories(place); }
  ~ArchiveTest() override { fs::remove_all(place); }

  Result<ModelFiles> unpack(const std::vector<TestEntry>& entries, const ZipLimits& limits = {}) {
    make_zip(zip, entries);
    fs::remove_all(folder);
    return unpack_model(zip, folder, limits);
  }
  // The message, after which nothing was left.
  std::string failure(const std::vector<TestEntry>& entries, const ZipLimits& limits = {}) {
    const auto files = unpack(entries, limits);
    EXPECT_FALSE(fs::exists(folder));
    if (files) return "no failure";
    EXPECT_EQ(files.error().code, Code::invalid_argument);
    return files.error().message;
  }
  // Replaces bytes of the archive.
  void patch(const std::string& from, const std::string& to) {
    std::string bytes = *read_file(zip, 64u << 20);
    for (auto at = bytes.find(from); at != bytes.npos; at = bytes.find(from, at + 1)) {
      bytes.replace(at, from.size(), to);
    }
    ASSERT_TRUE(replace_file(zip, bytes));
  }
  std::vector<std::string> unpacked() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_directory()) out.push_back(entry.path().lexically_relative(folder));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path place = fs::temp_directory_path() / ("poss-archive-" + new_id());
  fs::path zip = place / "export.zip";
  fs::path folder = place / "unpacked";
};

TEST_F(ArchiveTest, a_custom_vision_export) {
  const auto files = unpack({{"model.onnx", "ONNX"},
                             {"labels.txt", "apple\nbanana"},
                             {"metadata_properties.json", "{}"},
                             {"cvexport.manifest", "{}"},
                             {"LICENSE", "text"},
                             {"python/", ""},
                             {"python/predict.py", "code"}});
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->format, ModelFormat::onnx);
  EXPECT_EQ(files->origin, ModelOrigin::custom_vision);
  EXPECT_EQ(files->model, folder / "model.onnx");
  EXPECT_EQ(files->labels, folder / "labels.txt");
  EXPECT_THAT(files->metadata,
              ElementsAre(folder / "cvexport.manifest", folder / "metadata_properties.json"));
  EXPECT_THAT(unpacked(), ElementsAre("cvexport.manifest", "labels.txt", "metadata_properties.json",
                                      "model.onnx"));
  EXPECT_EQ(*read_file(files->model, 100), "ONNX");
}

TEST_F(ArchiveTest, an_ultralytics_export) {
  const auto onnx = unpack({{"best/best.onnx", "x"}, {"best/metadata.yaml", "names: [a]"}});
  ASSERT_TRUE(onnx) << onnx.error().message;
  EXPECT_EQ(onnx->origin, ModelOrigin::ultralytics);
  EXPECT_EQ(onnx->model, folder / "best/best.onnx");
  EXPECT_EQ(onnx->labels, folder / "best/metadata.yaml");
  const auto tflite = unpack({{"best_saved_model/best_float16.tflite", "x"},
                              {"best_saved_model/best_float32.tflite", "y"},
                              {"best_saved_model/metadata.yaml", "names: [a]"},
                              {"best_saved_model/saved_model.pb", "z"}});
  ASSERT_TRUE(tflite) << tflite.error().message;
  EXPECT_EQ(tflite->model, folder / "best_saved_model/best_float32.tflite");
  const auto web = unpack({{"best_web_model/model.json", kTopology},
                           {"best_web_model/a.bin", "x"},
                           {"best_web_model/b.bin", "y"},
                           {"best_web_model/metadata.yaml", "names: [a]"}});
  ASSERT_TRUE(web) << web.error().message;
  EXPECT_EQ(web->format, ModelFormat::tfjs);
  EXPECT_EQ(web->origin, ModelOrigin::ultralytics);
}

TEST_F(ArchiveTest, a_teachable_machine_export) {
  const std::string topology =
      R"({"modelTopology":{},"weightsManifest":[{"paths":["weights.bin"]}]})";
  const auto web = unpack({{"model.json", topology},
                           {"weights.bin", "x"},
                           {"other.bin", "not named"},
                           {"metadata.json", R"({"labels":["a","b"]})"}});
  ASSERT_TRUE(web) << web.error().message;
  EXPECT_EQ(web->format, ModelFormat::tfjs);
  EXPECT_EQ(web->origin, ModelOrigin::teachable_machine);
  EXPECT_EQ(web->labels, folder / "metadata.json");
  EXPECT_THAT(web->weights, ElementsAre(folder / "weights.bin"));
  EXPECT_THAT(unpacked(), ElementsAre("metadata.json", "model.json", "weights.bin"));
  const auto tflite = unpack({{"model_unquant.tflite", "x"}, {"labels.txt", "0 a\n1 b"}});
  ASSERT_TRUE(tflite) << tflite.error().message;
  EXPECT_EQ(tflite->format, ModelFormat::tflite);
  EXPECT_EQ(tflite->origin, ModelOrigin::teachable_machine);
  EXPECT_EQ(tflite->labels, folder / "labels.txt");
}

TEST_F(ArchiveTest, any_model_with_its_labels) {
  const auto files = unpack({{"My Model.ONNX", "x"},
                             {"README.txt", "x"},
                             {"coco.names", "x"},
                             {"__MACOSX/._My Model.ONNX", "x"},
                             {".DS_Store", "x"}});
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->origin, ModelOrigin::other);
  EXPECT_EQ(files->labels, folder / "coco.names");
  EXPECT_THAT(unpacked(), ElementsAre("My Model.ONNX", "coco.names"));
  EXPECT_EQ(unpack({{"a.tflite", "x"}, {"b.txt", "x"}})->labels, folder / "b.txt");
  EXPECT_EQ(unpack({{"m/a.onnx", "x"}, {"labels.txt", "x"}, {"m/map.pbtxt", "x"}})->labels,
            folder / "m/map.pbtxt");
  EXPECT_EQ(unpack({{"a.onnx", "x"}})->labels, "");
  const auto own = unpack({{"person/model.onnx", "x"}, {"person/model.json", "{}"}});
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->origin, ModelOrigin::poss);
  EXPECT_THAT(own->metadata, ElementsAre(folder / "person/model.json"));
}

TEST_F(ArchiveTest, a_folder_is_read_the_same_way) {
  fs::create_directories(place / "best");
  ASSERT_TRUE(replace_file(place / "best" / "best.onnx", "x"));
  ASSERT_TRUE(replace_file(place / "best" / "metadata.yaml", "names: [a]"));
  fs::create_symlink("/etc/passwd", place / "best" / "labels.txt");
  fs::create_symlink("/", place / "best" / "root");
  const auto files = find_model(place / "best");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->origin, ModelOrigin::ultralytics);
  EXPECT_EQ(files->model, place / "best" / "best.onnx");
  EXPECT_THAT(find_model(place / "absent").error().message, HasSubstr("cannot read the folder"));
}

TEST_F(ArchiveTest, what_is_not_one_model_is_named) {
  EXPECT_THAT(failure({{"a.onnx", "x"}, {"b.onnx", "x"}}),
              HasSubstr("2 models in it, such as 'a.onnx' and 'b.onnx'"));
  EXPECT_THAT(failure({{"best.pt", "x"}}), HasSubstr("'best.pt' is a PyTorch file: export"));
  EXPECT_THAT(failure({{"model.json", "{}"}}), HasSubstr("no ONNX, TFLite or TF.js model"));
  EXPECT_THAT(failure({{"a.onnx", "x"}, {"a.txt", "x"}, {"b.txt", "x"}}),
              HasSubstr("both 'a.txt' and 'b.txt' may hold the labels"));
  EXPECT_THAT(failure({{"model.json", kTopology}, {"a.bin", "x"}}),
              HasSubstr("the weights 'b.bin' that 'model.json' names are missing"));
  EXPECT_THAT(failure({{"model.json", R"({"weightsManifest":[{"paths":["../../etc/passwd"]}]})"},
                       {"a.bin", "x"}}),
              HasSubstr("are missing"));
  EXPECT_THAT(failure({{"model.json", "{"}, {"a.bin", "x"}}), HasSubstr("line 1"));
  EXPECT_THAT(failure({{"model.json", "[]"}, {"a.bin", "x"}}), HasSubstr("no weightsManifest"));
}

TEST_F(ArchiveTest, names_that_lead_outside_are_refused) {
  for (const char* name : {"../a.onnx", "/a.onnx", "a/../../b.onnx", "a/./b.onnx", "a//b.onnx",
                           "c:\\a.onnx", "..\\a.onnx", "C:a.onnx", "a\nb.onnx"}) {
    EXPECT_THAT(failure({{"model.onnx", "x"}, {name, "x"}}),
                HasSubstr("which is no name inside a folder"))
        << name;
  }
  EXPECT_THAT(fs::directory_iterator(place)->path(), zip);
}

TEST_F(ArchiveTest, links_passwords_and_doubles_are_refused) {
  EXPECT_THAT(failure({{"model.onnx", "/etc/passwd", S_IFLNK | 0777}}),
              HasSubstr("'model.onnx' in the archive is a link"));
  EXPECT_THAT(failure({{"model.onnx", "x"}, {"pipe", "", S_IFIFO | 0644}}), HasSubstr("is a link"));
  EXPECT_THAT(failure({{"model.onnx", "x", 0, "hunter2"}}), HasSubstr("is encrypted"));
  EXPECT_THAT(failure({{"a.onnx", "x"}, {"A.onnx", "x"}}), HasSubstr("'A.onnx' twice"));
  make_zip(zip, {{"aaaa.onnx", "x"}, {"aaab.onnx", "y"}});
  patch("aaab.onnx", "aaaa.onnx");
  EXPECT_FALSE(unpack_model(zip, folder));
  EXPECT_TRUE(unpack({{"model.onnx", "x", S_IFREG | 0644}}));
}

TEST_F(ArchiveTest, bombs_are_refused_before_they_go_off) {
  EXPECT_THAT(failure({{"model.onnx", std::string(20'000'000, '\0')}}),
              HasSubstr("more than 200 times smaller"));
  EXPECT_THAT(failure({{"model.onnx", "x"}, {"zeros", std::string(20'000'000, '\0')}}),
              HasSubstr("'zeros' in the archive is packed more than"));
  EXPECT_THAT(failure({{"model.onnx", "12345"}}, {.entry_bytes = 4}), HasSubstr("at most 4"));
  EXPECT_THAT(failure({{"a.onnx", "123"}, {"b", "123"}}, {.total_bytes = 5}),
              HasSubstr("unpacks to more than 5 bytes"));
  EXPECT_THAT(failure({{"a.onnx", ""}, {"b", ""}, {"c", ""}}, {.entries = 2}),
              HasSubstr("3 entries; at most 2"));
}

TEST_F(ArchiveTest, an_entry_that_lies_about_its_size_is_damaged) {
  std::string content;
  for (int i = 0; i < 5000; ++i) content += std::to_string(i * 7919);
  make_zip(zip, {{"model.onnx", content}});
  std::string size(4, '\0'), less(4, '\0');
  for (unsigned i = 0; i < 4; ++i) {
    size[i] = static_cast<char>(content.size() >> (8 * i) & 255);
    less[i] = static_cast<char>((content.size() - 1000) >> (8 * i) & 255);
  }
  patch(size, less);
  const auto files = unpack_model(zip, folder);
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message, HasSubstr("'model.onnx' in the archive is damaged"));
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(ArchiveTest, damage_is_told_and_leaves_nothing) {
  std::string content;
  for (int i = 0; i < 5000; ++i) content += std::to_string(i * 7919);
  make_zip(zip, {{"model.onnx", content}});
  const std::string good = *read_file(zip, 1u << 20);
  for (size_t cut = 0; cut < good.size(); cut += good.size() / 20) {
    ASSERT_TRUE(replace_file(zip, good.substr(0, cut)));
    EXPECT_FALSE(unpack_model(zip, folder)) << cut;
    EXPECT_FALSE(fs::exists(folder));
  }
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(~flipped[good.size() / 2]);
  ASSERT_TRUE(replace_file(zip, flipped));
  EXPECT_THAT(unpack_model(zip, folder).error().message, HasSubstr("is damaged"));
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(unpack_model(place / "absent.zip", folder));
  EXPECT_TRUE(is_zip_file(zip));
  EXPECT_FALSE(is_zip_file(place / "absent.zip"));
}

}  // namespace
}  // namespace poss::convert
