// Tests of fields(): reading, refusing, writing and describing settings.
#include "base/fields.h"

#include <gtest/gtest.h>

namespace poss {
namespace {

enum class Color { red, green };

struct Inner {
  int count = 3;
  static void declare(Fields<Inner>& f) { f.add(&Inner::count, "count").range(1, 9); }
};

struct Config {
  bool on = true;
  double score = 0.5;
  std::string name = "x";
  Color color = Color::green;
  std::vector<std::string> labels;
  std::optional<int> limit;
  Inner inner;
  std::map<std::string, std::string> headers;
  static void declare(Fields<Config>& f) {
    f.add(&Config::on, "on");
    f.add(&Config::score, "score").title("Score").help("How sure.").range(0, 1);
    f.add(&Config::name, "name").max_length(5);
    f.add(&Config::color, "color");
    f.add(&Config::labels, "labels").format("label").max_length(2);
    f.add(&Config::limit, "limit");
    f.add(&Config::inner, "inner").visible_when("color", "red");
    f.add(&Config::headers, "headers");
  }
};

}  // namespace

template <>
struct EnumNames<Color> {
  static constexpr std::array values{std::pair{Color::red, "red"},
                                     std::pair{Color::green, "green"}};
};

namespace {

std::string error_of(std::string_view text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value.has_value());
  const auto config = parse_fields<Config>(*value);
  return config ? "" : config.error().message;
}

TEST(Fields, an_empty_object_gives_the_defaults) {
  const auto config = parse_fields<Config>(json::object{});
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->on);
  EXPECT_EQ(config->score, 0.5);
  EXPECT_EQ(config->color, Color::green);
  EXPECT_FALSE(config->limit);
}

TEST(Fields, what_is_written_reads_back_the_same) {
  Config config;
  config.score = 0.25;
  config.color = Color::red;
  config.labels = {"traffic light", "übergroß"};
  config.limit = 7;
  config.inner.count = 4;
  config.headers = {{"a b", "c"}};
  const auto again = parse_fields<Config>(to_json(config));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(config));
  EXPECT_EQ(again->labels[0], "traffic light");
}

TEST(Fields, every_error_is_reported_at_once_with_its_path) {
  const std::string error =
      error_of(R"({"score": 1.5, "inner": {"count": 0}, "color": "blue", "labels": [1]})");
  EXPECT_NE(error.find("'score' is 1.5; it must be at most 1"), std::string::npos) << error;
  EXPECT_NE(error.find("'inner.count' is 0; it must be at least 1"), std::string::npos) << error;
  EXPECT_NE(error.find("'color' must be one of: red, green"), std::string::npos) << error;
  EXPECT_NE(error.find("'labels[0]' must be a string, not a number"), std::string::npos) << error;
}

TEST(Fields, refuses_unknown_settings_and_guesses_the_meant_one) {
  EXPECT_EQ(error_of(R"({"scoer": 0.5})"), "'scoer' is not a known setting; did you mean 'score'?");
  EXPECT_EQ(error_of(R"({"zzz": 1})"), "'zzz' is not a known setting");
}

TEST(Fields, refuses_what_is_too_long_too_large_or_not_whole) {
  EXPECT_NE(error_of(R"({"name": "abcdef"})"), "");
  EXPECT_NE(error_of(R"({"labels": ["a", "b", "c"]})"), "");
  EXPECT_NE(error_of(R"({"limit": 1.5})"), "");
  EXPECT_NE(error_of(R"({"limit": 99999999999})"), "");
  EXPECT_NE(error_of(R"({"limit": 18446744073709551615})"), "");
  EXPECT_NE(error_of("[]"), "");
}

TEST(Fields, the_schema_carries_defaults_ranges_and_form_hints) {
  const json::object schema = schema_of<Config>();
  const auto& properties = schema.at("properties").as_object();
  EXPECT_EQ(properties.at("score").at("default").as_double(), 0.5);
  EXPECT_EQ(properties.at("score").at("maximum").as_int64(), 1);
  EXPECT_EQ(properties.at("labels").at("items").at("format").as_string(), "label");
  EXPECT_EQ(properties.at("labels").at("maxItems").as_int64(), 2);
  EXPECT_EQ(properties.at("inner").at("x-visible-when").at("value").as_string(), "red");
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
}

}  // namespace
}  // namespace poss
