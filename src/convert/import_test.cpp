// Importing models into a folder: what lies there afterwards, and what never does.
#include "convert/import.h"

#include <fstream>

#include <gmock/gmock.h>
#include <stdlib.h>
#include <zip.h>

#include "base/file.h"
#include "convert/metadata.h"
#include "convert/tiny_model.h"

namespace poss::convert {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Import : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "poss-import-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(pattern.data()));
    folder_ = pattern;
    TinyModel m;
    const int picture = m.tensor({1, 2, 2, 3});
    const int doubled = m.tensor({1, 2, 2, 3});
    m.op(TinyModel::Op::ADD, {picture, picture}, {doubled});
    write("model.tflite", m.finish({picture}, {m.row(doubled, 12)}));
    std::string labels;
    for (int i = 0; i < 12; ++i) labels += "class " + std::to_string(i) + "\r\n";
    write("labels.txt", labels);
    options_.name = "tiny";
    options_.labels = folder_ / "labels.txt";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  Result<fs::path> import() {
    return import_tflite(folder_ / "model.tflite", folder_ / "zoo", options_);
  }
  std::vector<std::string> in_zoo() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / "zoo")) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  fs::path folder_;
  ImportOptions options_;
};

TEST_F(Import, makes_a_folder_with_model_and_manifest) {
  options_.convert.title = "Tiny \"model\"";
  const auto made = import();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, folder_ / "zoo/tiny");
  EXPECT_TRUE(fs::exists(*made / "model.onnx"));
  const auto manifest = read_json_file(*made / "model.json");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->at("title"), "Tiny \"model\"");
  EXPECT_EQ(manifest->at("labels").as_array()[11], "class 11");
  EXPECT_EQ(manifest->at("input").at("mean"), (json::value{127.5, 127.5, 127.5}));
  EXPECT_EQ(manifest->at("decoder").at("activation"), "softmax");
  EXPECT_THAT(in_zoo(), ElementsAre("tiny"));
}

TEST_F(Import, keeps_a_model_of_that_name_unless_forced) {
  ASSERT_TRUE(import());
  const auto again = import();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::conflict);
  options_.force = true;
  options_.convert.title = "newer";
  ASSERT_TRUE(import());
  EXPECT_EQ(read_json_file(folder_ / "zoo/tiny/model.json")->at("title"), "newer");
  EXPECT_THAT(in_zoo(), ElementsAre("tiny"));
}

TEST_F(Import, leaves_nothing_behind_when_the_check_fails) {
  options_.check = [](const fs::path& folder) -> Result<void> {
    EXPECT_TRUE(fs::exists(folder / "model.json"));
    return Error{Code::invalid_argument, "it does not load"};
  };
  const auto made = import();
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("it does not load"));
  EXPECT_THAT(in_zoo(), ElementsAre());
}

TEST_F(Import, refuses_names_that_leave_the_folder) {
  for (const std::string name : {"", "..", "../x", "a/b", ".hidden", "Upper", "-rf"}) {
    options_.name = name;
    EXPECT_FALSE(import()) << name;
  }
  EXPECT_FALSE(fs::exists(folder_ / "zoo"));
}

TEST_F(Import, names_the_file_that_is_damaged) {
  write("model.tflite", "nonsense");
  const auto made = import();
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("model.tflite"));
}

TEST_F(Import, copies_onnx_that_fits_its_manifest) {
  ASSERT_TRUE(import());
  options_.name = "copy";
  const auto made = import_onnx(folder_ / "zoo/tiny/model.onnx", folder_ / "zoo/tiny/model.json",
                                folder_ / "zoo", options_);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(read_file(*made / "model.onnx", 1 << 20).value(),
            read_file(folder_ / "zoo/tiny/model.onnx", 1 << 20).value());
}

TEST_F(Import, refuses_onnx_that_does_not_fit_its_manifest) {
  ASSERT_TRUE(import());
  options_.name = "copy";
  auto manifest = *read_json_file(folder_ / "zoo/tiny/model.json");
  const auto import_with = [&](const json::value& value) {
    write("model.json", pretty_json(value));
    return import_onnx(folder_ / "zoo/tiny/model.onnx", folder_ / "model.json", folder_ / "zoo",
                       options_);
  };
  auto wide = manifest;
  wide.at("input").at("width") = 640;
  EXPECT_THAT(import_with(wide).error().message, HasSubstr("'images'"));
  auto unknown = manifest;
  unknown.at("decoder").at("scores") = "logits";
  EXPECT_THAT(import_with(unknown).error().message, HasSubstr("'logits'"));
  EXPECT_THAT(import_with(json::object{}).error().message, HasSubstr("\"input\""));
  EXPECT_THAT(in_zoo(), ElementsAre("tiny"));
}

TEST_F(Import, refuses_onnx_that_is_damaged) {
  write("broken.onnx", "nonsense");
  write("model.json", "{}");
  const auto made =
      import_onnx(folder_ / "broken.onnx", folder_ / "model.json", folder_ / "zoo", options_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("not an ONNX model"));
}

TEST_F(Import, reads_the_label_file_zipped_behind_the_model) {
  const auto archive_path = folder_ / "labels.zip";
  int error = 0;
  zip_t* archive = zip_open(archive_path.c_str(), ZIP_CREATE, &error);
  ASSERT_TRUE(archive);
  const std::string text = "one\n???\nthree\n";
  zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
  ASSERT_GE(zip_file_add(archive, "labelmap.txt", source, 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
  const auto model = read_file(folder_ / "model.tflite", 1 << 20);
  auto zipped = read_file(archive_path, 1 << 20);
  ASSERT_TRUE(model && zipped);
  // The tools that write such files count from the start of the file, the archive alone from its
  // own: move the places of the directory (6 bytes before the end) and of its one entry.
  const auto move = [&](size_t at) {
    std::uint32_t place = 0;
    std::memcpy(&place, zipped->data() + at, sizeof place);
    const auto moved = static_cast<std::uint32_t>(place + model->size());
    std::memcpy(zipped->data() + at, &moved, sizeof moved);
    return place;
  };
  move(move(zipped->size() - 6) + 42);
  const auto metadata = read_metadata("", *model + *zipped);
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_THAT(metadata->labels, ElementsAre("one", "", "three"));
}

}  // namespace
}  // namespace poss::convert
