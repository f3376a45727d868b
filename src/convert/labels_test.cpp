// Every form of label file, by small examples of each, and what is wrong with others.
#include "convert/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poss::convert {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<std::string> labels(std::string_view text) {
  const auto parsed = parse_labels(text);
  EXPECT_TRUE(parsed) << parsed.error().message << "\n" << text;
  return parsed ? *parsed : std::vector<std::string>{};
}

std::string failure(std::string_view text) {
  const auto parsed = parse_labels(text);
  if (parsed) return "no failure";
  EXPECT_EQ(parsed.error().code, Code::invalid_argument);
  return parsed.error().message;
}

TEST(LabelFile, one_label_a_line) {
  EXPECT_THAT(labels("person\ntraffic light\n"), ElementsAre("person", "traffic light"));
  EXPECT_THAT(labels("\xef\xbb\xbf Katze \r\nVögel\r\n\r\n"), ElementsAre("Katze", "Vögel"));
  EXPECT_THAT(labels("background\n???\n\nN/A\ncar"), ElementsAre("background", "", "", "", "car"));
  EXPECT_THAT(labels("crane\ncrane"), ElementsAre("crane", "crane"));
  EXPECT_THAT(labels("0\n1\n2"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(labels("n01440764 tench, Tinca tinca\nn01443537 goldfish"),
              ElementsAre("tench, Tinca tinca", "goldfish"));
}

TEST(LabelFile, a_number_and_a_name_a_line) {
  EXPECT_THAT(labels("0: person\n2: car\n"), ElementsAre("person", "", "car"));
  EXPECT_THAT(labels("1 bicycle\n0 person\n"), ElementsAre("person", "bicycle"));
  EXPECT_THAT(labels("0,person\r\n1,\"x\""), ElementsAre("person", "\"x\""));
  EXPECT_THAT(labels("0\tperson\n\n1\tcar"), ElementsAre("person", "car"));
  EXPECT_THAT(labels("0  person\n1  bicycle"), ElementsAre("person", "bicycle"));
  EXPECT_THAT(labels("0:person\n1 : car: red"), ElementsAre("person", "car: red"));
  EXPECT_THAT(labels("2 wheeler\n2 door\n"), ElementsAre("2 wheeler", "2 door"));
  EXPECT_THAT(labels("2 wheeler\n3 wheeler\n"), ElementsAre("2 wheeler", "3 wheeler"));
  EXPECT_THAT(labels("1 way\nperson\n"), ElementsAre("1 way", "person"));
  EXPECT_THAT(failure("0: a\n1: b\n\n1: c"),
              HasSubstr("line 4 of the label file gives the number 1 a second time"));
  EXPECT_THAT(failure("0: a\n65536: b"),
              HasSubstr("line 2 of the label file has a class number above 65535"));
}

TEST(LabelFile, yaml_with_names) {
  EXPECT_THAT(labels("path: ../coco8\nnc: 2\nnames:\n  0: person  # a comment\n  1: 'it''s'\n"
                     "download: https://x\n"),
              ElementsAre("person", "it's"));
  EXPECT_THAT(labels("names:\n- person\n# none\n- \"traffic light\"\nnc: 2"),
              ElementsAre("person", "traffic light"));
  EXPECT_THAT(labels("names: ['a', b c, \"d\"]  # three\nnc: 3"), ElementsAre("a", "b c", "d"));
  EXPECT_THAT(labels("names: [a,\n  b,\n  c,\n]\n"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(labels("description: x\nnames: {0: a, 2: 'b'}\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(labels("names:\r\n  0: \"\\u732b\"\r\n"), ElementsAre("猫"));
  EXPECT_THAT(failure("names:\n  0: a\n  person\n"),
              HasSubstr("line 3 of the label file is neither"));
  EXPECT_THAT(failure("a: 1\nnames:\n  0: a\n  0: b\n"), HasSubstr("line 4"));
  EXPECT_THAT(failure("names: [a, b\nnc: 3"), HasSubstr("line 2"));
  EXPECT_THAT(failure("names:\n\nnc: 3"), HasSubstr("names no classes"));
}

TEST(LabelFile, json_in_its_forms) {
  EXPECT_THAT(labels(R"(["a","b"])"), ElementsAre("a", "b"));
  EXPECT_THAT(labels(R"({"0":"a","2":"b"})"), ElementsAre("a", "", "b"));
  EXPECT_THAT(labels(R"({"a":1,"b":0})"), ElementsAre("b", "a"));
  EXPECT_THAT(labels(R"({"0":["n01","tench"],"1":["n02","shark"]})"),
              ElementsAre("tench", "shark"));
  EXPECT_THAT(
      labels(R"({"images":[],"categories":[{"id":1,"name":"person"},{"id":3,"name":"car"}]})"),
      ElementsAre("", "person", "", "car"));
  EXPECT_THAT(labels(R"({"names":{"0":"a"},"task":"detect"})"), ElementsAre("a"));
  EXPECT_THAT(labels(R"({"tfjsVersion":"1.3","labels":["Class 1","Class 2"]})"),
              ElementsAre("Class 1", "Class 2"));
  EXPECT_THAT(labels(R"({"id2label":{"0":"a","1":"N/A"},"label2id":{"a":0}})"),
              ElementsAre("a", ""));
  EXPECT_THAT(failure(R"(["a",)"), HasSubstr("line 1"));
  EXPECT_THAT(failure(R"([{"id":-1,"name":"a"}])"), HasSubstr("entry 1"));
  EXPECT_THAT(failure(R"(["a",5])"), HasSubstr("entry 2"));
  EXPECT_THAT(failure(R"([{"id":1,"name":"a"},{"id":1,"name":"b"}])"),
              HasSubstr("the number 1 a second time"));
  EXPECT_THAT(failure(R"({"0":{"x":1}})"), HasSubstr("neither names"));
  EXPECT_THAT(failure("[]"), HasSubstr("names no classes"));
}

TEST(LabelFile, pascal_pbtxt) {
  EXPECT_THAT(
      labels("# COCO\nitem {\n  name: \"/m/01g317\"\n  id: 1\n  display_name: \"person\"\n}\n"
             "item {\n  id: 3,\n  name: 'car'\n}\n"),
      ElementsAre("", "person", "", "car"));
  EXPECT_THAT(labels("item: { id: 0 name: \"a\" keypoints { id: 7 label: \"}\" } }"),
              ElementsAre("a"));
  EXPECT_THAT(failure("item {\n name: 'a'\n}"),
              HasSubstr("line 1 of the label file begins an item without id"));
  EXPECT_THAT(failure("item {\n id: x\n}"), HasSubstr("no class number"));
  EXPECT_THAT(failure("item {\n id: 1\n name: 'a\n"), HasSubstr("line 3"));
  EXPECT_THAT(failure("item { id: 1 name: 'a' }\nthing { }"), HasSubstr("line 2"));
  EXPECT_THAT(failure("item { id: 1 name: 'a' }\nitem { id: 1 name: 'b' }"), HasSubstr("line 2"));
}

TEST(LabelFile, has_limits) {
  EXPECT_THAT(failure(""), HasSubstr("names no classes"));
  EXPECT_THAT(failure("\n\n"), HasSubstr("names no classes"));
  EXPECT_THAT(failure("a\n" + std::string(1025, 'x')),
              AllOf(HasSubstr("line 2"), HasSubstr("1025 bytes")));
  EXPECT_THAT(labels("a\n" + std::string(1024, 'x')), SizeIs(2));
  EXPECT_THAT(failure("a\nb\xff"), AllOf(HasSubstr("line 2"), HasSubstr("UTF-8")));
  EXPECT_THAT(failure("a\nb\x01"), HasSubstr("line 2"));
  EXPECT_THAT(failure(std::string("\xff\xfe") + "a"), HasSubstr("UTF-16"));
  std::string many;
  for (int i = 0; i < 65'536; ++i) many += "x\n";
  EXPECT_THAT(labels(many), SizeIs(65'536));
  EXPECT_THAT(failure(many + "x"), HasSubstr("more than 65536 classes"));
  EXPECT_THAT(failure(std::string(1'000'000, '\n')), HasSubstr("lines"));
  EXPECT_THAT(failure(std::string((4u << 20) + 1, 'x')), HasSubstr("4194305 bytes"));
}

TEST(LabelLiteral, is_what_python_prints) {
  EXPECT_THAT(*parse_label_literal(R"({0: 'person', 1: "dog's", 2: 'a\'b', 3: 'gr\xfcn'})"),
              ElementsAre("person", "dog's", "a'b", "grün"));
  EXPECT_THAT(*parse_label_literal("['a', 'b']"), ElementsAre("a", "b"));
  EXPECT_THAT(*parse_label_literal("('a', 'b',)"), ElementsAre("a", "b"));
  EXPECT_THAT(labels("{0: 'a', 5: 'b'}"), ElementsAre("a", "", "", "", "", "b"));
  for (const char* text : {"", "person", "{0: 'a'", "{0 'a'}", "{0: 'a'} x", "{-1: 'a'}", "{}",
                           "{0: 'a' 1: 'b'}", "{0: '\\xzz'}", "[[]]", "{0: {}}"}) {
    EXPECT_FALSE(parse_label_literal(text)) << text;
  }
}

TEST(FitLabels, fits_what_is_known_to_belong_together) {
  EXPECT_THAT(*fit_labels({"a", "b"}, 2), ElementsAre("a", "b"));
  EXPECT_THAT(*fit_labels({"a", ""}, 2), ElementsAre("a", ""));
  EXPECT_THAT(*fit_labels({"", "a", "", "b"}, 3), ElementsAre("a", "", "b"));
  EXPECT_THAT(*fit_labels({"Background", "a"}, 1), ElementsAre("a"));
  EXPECT_THAT(*fit_labels({"a", "b"}, 3), ElementsAre("", "a", "b"));
  EXPECT_THAT(*fit_labels({"", "a", "", "b", "", "c"}, 3), ElementsAre("a", "b", "c"));
}

TEST(FitLabels, refuses_others_with_both_numbers) {
  EXPECT_THAT(fit_labels({"a", "b"}, 1).error().message,
              AllOf(HasSubstr("names 2 classes"), HasSubstr("the model has 1")));
  EXPECT_THAT(fit_labels({"", "a", "", "b"}, 80).error().message,
              AllOf(HasSubstr("names 2 classes up to number 3"), HasSubstr("the model has 80")));
}

}  // namespace
}  // namespace poss::convert
