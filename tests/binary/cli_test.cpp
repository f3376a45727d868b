// The subcommands that work on a server, run against one: the real binary on both sides.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/id.h"
#include "base/json.h"
#include "net/http.h"
#include "process.h"

namespace poss::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kVideo = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
constexpr const char* kSkill = "examples/skills/detect_people.json";

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / ("poss-" + new_id())) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

// A server, emptied of what the demo begins with, and its command line.
class DemoServer {
 public:
  DemoServer()
      : program_({POSS_BINARY, "serve", "--demo", "--port", "0", "--log", "warn", "--data",
                  folder_.path().string()}) {
    for (const char* kind : {"deployment", "skill", "camera", "location"}) {
      for (const auto& name : names(kind)) poss({kind, "rm", name});
    }
  }

  std::vector<std::string> environment() const {
    return {"POSS_URL=" + program_.lines().at(0),
            "POSS_TOKEN=", "XDG_CONFIG_HOME=" + (folder_.path() / "config").string()};
  }

  Finished poss(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), POSS_BINARY);
    return run_program(arguments, {.input = input, .environment = environment()});
  }

  json::object show(const std::string& kind, const std::string& name) const {
    const auto run = poss({kind, "show", name, "--json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto value = parse_json(run.out);
    return value ? value->as_object() : json::object();
  }

  std::vector<std::string> names(const std::string& kind) const {
    std::vector<std::string> names;
    const auto run = poss({kind, "list", "--json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto list = parse_json(run.out);
    if (!list) return names;
    for (const auto& item : list->at("items").as_array()) {
      names.emplace_back(item.at("name").as_string());
    }
    return names;
  }

  const fs::path& folder() const { return folder_.path(); }

 private:
  const TemporaryFolder folder_;
  const Background program_;
};

class Cli : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<DemoServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  static Finished poss(std::vector<std::string> arguments, const std::string& input = "") {
    return server_->poss(std::move(arguments), input);
  }

  static Finished ok(std::vector<std::string> arguments, const std::string& input = "") {
    auto run = server_->poss(std::move(arguments), input);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run;
  }

  static void refuses(std::vector<std::string> arguments, int exit_code,
                      const std::string& sentence) {
    const auto run = server_->poss(std::move(arguments));
    EXPECT_EQ(run.exit_code, exit_code) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr(sentence));
  }

  std::string write(const std::string& name, std::string_view text) const {
    EXPECT_TRUE(replace_file(folder_.path() / name, text));
    return (folder_.path() / name).string();
  }

  static std::unique_ptr<DemoServer> server_;
  const TemporaryFolder folder_;
};

std::unique_ptr<DemoServer> Cli::server_;

TEST_F(Cli, makes_shows_changes_and_removes_an_object) {
  EXPECT_THAT(ok({"location", "add", "--name", "Hall A", "--description", "North", "--tag",
                  "floor=1", "--tag", "site=x=y"})
                  .out,
              HasSubstr("location 'Hall A' made"));
  EXPECT_THAT(ok({"location", "show", "hall a"}).out,
              AllOf(HasSubstr("name: Hall A\n"), HasSubstr("site: \"x=y\"")));
  EXPECT_THAT(ok({"location", "list"}).out, AllOf(HasSubstr("NAME"), HasSubstr("Hall A  North")));
  ok({"location", "set", "HALL A", "--name", "Hall B", "--tag", "floor=2", "--untag", "site"});
  const auto hall = server_->show("location", "Hall B");
  EXPECT_EQ(hall.at("tags"), json::value({{"floor", "2"}}));
  EXPECT_EQ(hall.at("description"), "North");
  ok({"location", "rm", "Hall B"});
  refuses({"location", "show", "Hall B"}, 2, "there is no location 'Hall B'");
}

TEST_F(Cli, takes_ids_wherever_names_are_taken) {
  ok({"location", "add", "--name", "Roof"});
  const auto id = std::string(server_->show("location", "Roof").at("id").as_string());
  EXPECT_EQ(server_->show("location", id).at("name"), "Roof");
  ok({"location", "rm", id});
}

TEST_F(Cli, names_may_have_spaces_and_any_script) {
  const std::string name = "Straße №3 仓库 — \"Tor\"";
  ok({"location", "add", "--name", name, "--description", "倉庫"});
  EXPECT_EQ(server_->show("location", name).at("name"), json::value(name));
  // Wide characters take two columns: what follows is aligned all the same.
  ok({"location", "add", "--name", "xy", "--description", "plain"});
  const std::string table = ok({"location", "list"}).out;
  EXPECT_THAT(table, HasSubstr(name + "  倉庫"));
  EXPECT_THAT(table, HasSubstr("xy" + std::string(22, ' ') + "plain"));
  ok({"location", "rm", name, "xy"});
}

TEST_F(Cli, lists_filter_and_are_json_when_asked) {
  ok({"location", "add", "--name", "F one", "--tag", "set=f"});
  ok({"location", "add", "--name", "F two", "--tag", "set=f"});
  const auto list = parse_json(ok({"location", "list", "--tag", "set=f", "--json"}).out);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at("total"), 2);
  EXPECT_EQ(list->at("items").at(0).at("name"), "F one");
  EXPECT_THAT(ok({"location", "list", "--tag", "set=f", "--sort", "name", "--descending"}).out,
              ContainsRegex("F two\nF one"));
  EXPECT_THAT(ok({"location", "list", "--search", "f t"}).out, Not(HasSubstr("F one")));
  EXPECT_THAT(ok({"location", "list", "--tag", "set=f", "--limit", "1"}).out,
              Not(HasSubstr("F two")));
  ok({"location", "rm", "F one", "F two"});
}

TEST_F(Cli, a_stale_revision_is_refused) {
  ok({"location", "add", "--name", "Gate"});
  ok({"location", "set", "Gate", "--description", "first", "--if-match", "1"});
  refuses({"location", "set", "Gate", "--description", "second", "--if-match", "1"}, 2,
          "load it again");
  refuses({"location", "rm", "Gate", "--if-match", "1"}, 2, "load it again");
  EXPECT_EQ(server_->show("location", "Gate").at("description"), "first");
  ok({"location", "rm", "Gate", "--if-match", "2"});
}

TEST_F(Cli, a_dry_run_tells_what_is_wrong_and_stores_nothing) {
  EXPECT_THAT(ok({"location", "add", "--name", "Maybe", "--dry-run"}).out,
              HasSubstr("nothing was stored"));
  refuses({"location", "show", "Maybe"}, 2, "Maybe");
  refuses({"location", "add", "--dry-run"}, 2, "name: is missing");
  ok({"location", "add", "--name", "Stays"});
  EXPECT_THAT(ok({"location", "rm", "Stays", "--dry-run"}).out, HasSubstr("would be removed"));
  ok({"location", "rm", "Stays"});
}

TEST_F(Cli, bad_input_is_named) {
  refuses({"location", "add", "--nmae", "x"}, 2, "--nmae");
  refuses({"location", "add"}, 2, "name: is missing");
  refuses({"location", "set", "nowhere", "--description", "x"}, 2, "no location 'nowhere'");
  refuses({"connection", "add", "--name", "c", "--type", "pigeon"}, 2, "type: must be one of");
  refuses({"connection", "add", "--name", "c", "--settings", "novalue"}, 2, "NAME=VALUE");
  refuses({"camera", "add", "--name", "c", "--uri", kVideo, "--location", "Atlantis"}, 2,
          "no location 'Atlantis'");
  refuses({"location", "list", "--limit", "many"}, 2, "limit");
  // Several problems are several lines.
  refuses({"connection", "add", "--name", "", "--type", "pigeon"}, 2, "\n  type: ");
}

TEST_F(Cli, a_removal_of_what_is_in_use_is_refused) {
  ok({"location", "add", "--name", "Used"});
  ok({"camera", "add", "--name", "Cam U", "--source", "file", "--uri", kVideo, "--location",
      "used"});
  refuses({"location", "rm", "Used"}, 2, "Cam U");
  EXPECT_THAT(ok({"camera", "list"}).out, HasSubstr("Used"));
  ok({"camera", "rm", "Cam U"});
  ok({"location", "rm", "Used"});
}

TEST_F(Cli, secrets_come_from_elsewhere_than_the_command_line) {
  const auto shown = poss({"connection", "add", "--name", "s", "--credentials", "hunter2"});
  EXPECT_EQ(shown.exit_code, 2);
  EXPECT_THAT(shown.err, AllOf(HasSubstr("env:NAME"), Not(HasSubstr("hunter2"))));
  ok({"connection", "add", "--name", "s", "--type", "mqtt", "--address", "mqtt://192.0.2.1:1883",
      "--credentials", "-"},
     "hunter2\n");
  const auto stored = ok({"connection", "show", "s"}).out;
  EXPECT_THAT(stored, AllOf(HasSubstr("has_credentials: true"), Not(HasSubstr("hunter2"))));
  const std::string file = write("secret", "hunter3\n");
  ok({"connection", "set", "s", "--credentials", "file:" + file});
  refuses({"connection", "set", "s", "--credentials", "env:POSS_NO_SUCH"}, 2, "POSS_NO_SUCH");
  ok({"connection", "set", "s", "--credentials", ""});
  EXPECT_THAT(ok({"connection", "show", "s"}).out, HasSubstr("has_credentials: false"));
  ok({"connection", "rm", "s"});
}

TEST_F(Cli, a_camera_is_tested_before_and_after_it_is_stored) {
  EXPECT_THAT(ok({"camera", "test", "--source", "file", "--uri", kVideo}).out,
              AllOf(HasSubstr("width: 768"), Not(HasSubstr("base64"))));
  ok({"location", "add", "--name", "T"});
  ok({"camera", "add", "--name", "Tested", "--source", "file", "--uri", kVideo, "--location", "T"});
  const auto result = parse_json(ok({"camera", "test", "tested", "--json"}).out);
  ASSERT_TRUE(result);
  EXPECT_THAT(std::string(result->at("picture").as_string()), HasSubstr("data:image/jpeg"));
  refuses({"camera", "test", "Tested", "--uri", "/no/such.avi"}, 2, "no/such.avi");
  const auto notes = write("notes.mp4", std::string(5000, 'x'));
  refuses({"camera", "test", "Tested", "--uri", notes}, 3, "not a video");
  refuses({"camera", "test"}, 2, "name the camera");
  EXPECT_THAT(ok({"job", "list"}).out, HasSubstr("Testing camera"));
  const auto jobs = parse_json(ok({"job", "list", "--json"}).out);
  const std::string id(jobs->at("items").at(0).at("id").as_string());
  ok({"job", "show", id});
  ok({"job", "cancel", id});  // over already: stays as it is
  refuses({"job", "show", "nonesuch"}, 2, "nonesuch");
  ok({"camera", "rm", "Tested"});
  ok({"location", "rm", "T"});
}

TEST_F(Cli, skills_are_files_and_deployments_run_them) {
  ok({"location", "add", "--name", "D"});
  ok({"camera", "add", "--name", "Cam D", "--source", "file", "--uri", kVideo, "--location", "D"});
  EXPECT_THAT(ok({"skill", "apply", "-f", kSkill}).out, HasSubstr("made"));
  const auto skill = read_json_file(kSkill);
  ASSERT_TRUE(skill);
  const std::string name(skill->at("name").as_string());
  EXPECT_THAT(ok({"skill", "apply", "-f", kSkill}).out, HasSubstr("changed"));
  refuses({"skill", "apply", "-f", write("bad.json", "{\"name\": \"x\"")}, 2, "line 1");
  const auto saved = folder_.path() / "saved.json";
  ok({"skill", "export", name, "-o", saved.string()});
  const auto again = read_json_file(saved);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->at("name"), skill->at("name"));
  EXPECT_EQ(again->at("edges"), skill->at("edges"));
  ok({"skill", "set", name, "--fps", "1"});
  refuses({"skill", "set", name, "--fps", "fast"}, 2, "must be a number");

  ok({"deployment", "create", "--name", "Watch", "--camera", "cam d", "--skill", name,
      "--enabled=false"});
  EXPECT_EQ(server_->show("deployment", "Watch").at("enabled"), false);
  ok({"deployment", "start", "Watch"});
  EXPECT_EQ(server_->show("deployment", "Watch").at("enabled"), true);
  ok({"deployment", "stop", "Watch"});
  EXPECT_THAT(ok({"deployment", "list"}).out, AllOf(HasSubstr("stopped"), Not(HasSubstr("-0000"))));
  refuses({"camera", "rm", "Cam D"}, 2, "Watch");
  ok({"deployment", "rm", "Watch"});
  ok({"camera", "rm", "Cam D"});
  ok({"skill", "rm", name});
  ok({"location", "rm", "D"});
}

TEST_F(Cli, this_machine_is_a_device_under_its_name_and_by_what_it_is) {
  EXPECT_THAT(ok({"device", "list"}).out, HasSubstr("this_machine"));
  EXPECT_EQ(server_->show("device", "this machine").at("type"), "this_machine");
}

TEST_F(Cli, a_server_that_is_not_there_is_the_environments_fault) {
  const auto run = poss({"camera", "list", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("poss serve")));
  refuses({"camera", "list", "--server", "gopher://x"}, 2, "gopher");
  const auto masked = poss({"camera", "list", "--server", "http://bob:hunter2@127.0.0.1:1"});
  EXPECT_EQ(masked.exit_code, 2);
  EXPECT_THAT(masked.err, AllOf(HasSubstr("poss login"), Not(HasSubstr("hunter2"))));
}

TEST_F(Cli, applies_files_in_the_order_they_need_and_then_nothing_more) {
  write("set/1-camera.yaml", "kind: camera\nname: Dock 7\nsource: file\nuri: " +
                                 std::string(kVideo) + "\nlocation: Yard\ntags:\n  bay: 007\n");
  write("set/2-location.yml", "# a comment\nkind: location\nname: Yard\n");
  write("set/connection.json",
        R"({"kind": "connection", "name": "Broker", "type": "mqtt", "address": "mqtt://192.0.2.1",
            "credentials": {"env": "BROKER_PASSWORD"}, "settings": {"topic": "t"}})");
  write("set/.hidden/x.yaml", "kind: nonsense");
  const std::string set = (folder_.path() / "set").string();
  const auto missing = poss({"apply", "-f", set, "--dry-run"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("connection.json: credentials: the environment has no"));
  EXPECT_THAT(missing.out, HasSubstr("created    camera 'Dock 7'"));
  EXPECT_THAT(server_->names("camera"), testing::IsEmpty());

  auto environment = server_->environment();
  environment.emplace_back("BROKER_PASSWORD=hunter2");
  const auto apply = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{POSS_BINARY, "apply", "-f", set};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto run = run_program(arguments, {.input = "", .environment = environment});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.out + run.err, Not(HasSubstr("hunter2")));
    return run.out;
  };
  EXPECT_THAT(apply(), AllOf(HasSubstr("created    location 'Yard'"),
                             HasSubstr("created    connection 'Broker'"),
                             HasSubstr("created    camera 'Dock 7'")));
  EXPECT_THAT(apply(), AllOf(Not(HasSubstr("created")), Not(ContainsRegex("(^|\n)changed"))));
  const auto camera = server_->show("camera", "Dock 7");
  EXPECT_EQ(camera.at("tags").at("bay"), "007");
  EXPECT_EQ(camera.at("revision"), 1);
  EXPECT_EQ(server_->show("connection", "Broker").at("has_credentials"), true);

  write("set/connection.json",
        R"({"kind": "connection", "name": "Broker", "type": "mqtt", "address": "mqtt://192.0.2.1",
            "settings": {"other": "o"}})");
  EXPECT_THAT(apply(), HasSubstr("changed    connection 'Broker'"));
  EXPECT_EQ(server_->show("connection", "Broker").at("settings"), json::value({{"other", "o"}}));
  EXPECT_EQ(server_->show("connection", "Broker").at("has_credentials"), true);

  fs::remove(folder_.path() / "set" / "1-camera.yaml");
  ok({"location", "add", "--name", "By hand"});
  const auto unasked = poss({"apply", "-f", set, "--prune"});
  EXPECT_EQ(unasked.exit_code, 2);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  EXPECT_THAT(apply({"--prune", "--dry-run"}), HasSubstr("removed    camera 'Dock 7'"));
  EXPECT_THAT(apply({"--prune", "--yes"}), HasSubstr("removed    camera 'Dock 7'"));
  EXPECT_THAT(server_->names("camera"), testing::IsEmpty());
  EXPECT_THAT(server_->names("location"), testing::UnorderedElementsAre("Yard", "By hand"));
  ok({"location", "rm", "Yard", "By hand"});
  ok({"connection", "rm", "Broker"});
}

TEST_F(Cli, what_is_wrong_with_a_file_is_named_and_the_others_are_applied) {
  write("set/good.yaml", "kind: location\nname: Good\n");
  write("set/alias.yaml", "kind: &a location\nname: *a\n");
  write("set/deep.yaml", "kind: " + std::string(200, '[') + std::string(200, ']'));
  write("set/kind.yaml", "kind: locatoin\nname: x\n");
  write("set/field.yaml", "kind: location\nname: Field\ndescripton: x\n");
  write("set/twice.yaml", "kind: location\nname: GOOD\n");
  write("set/secret.yaml", "kind: connection\nname: s\ncredentials: hunter2\n");
  write("set/uri.yaml", "kind: camera\nname: u\nuri: rtsp://bob:hunter2@192.0.2.1/x\n");
  write("set/reference.yaml",
        "kind: camera\nname: r\nuri: rtsp://192.0.2.1/x\nlocation: Atlantis\n");
  write("set/syntax.yaml", "kind: location\n  name: - x\n");
  write("set/large.yaml", "kind: location\nname: " + std::string(2u << 20, 'x') + "\n");
  const auto run = poss({"apply", "-f", (folder_.path() / "set").string(), "--prune", "--yes"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.out, HasSubstr("created    location 'Good'"));
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("alias.yaml': line 1: anchors"), HasSubstr("deep.yaml': line 1"),
                    HasSubstr("kind.yaml: kind: 'locatoin'"),
                    HasSubstr("field.yaml: descripton: is not a known field; did you mean"),
                    HasSubstr("twice.yaml: name: 'GOOD' stands in"),
                    HasSubstr("secret.yaml: credentials: "), HasSubstr("uri.yaml: uri: ")));
  EXPECT_THAT(run.err, AllOf(HasSubstr("reference.yaml: location: there is no location 'Atlantis'"),
                             HasSubstr("syntax.yaml': line 2"), HasSubstr("large.yaml"),
                             HasSubstr("nothing is pruned"), HasSubstr("10 of 11"),
                             Not(HasSubstr("hunter2"))));
  ok({"location", "rm", "Good"});
  refuses({"apply", "-f", "/no/such"}, 2, "/no/such");
}

TEST_F(Cli, what_is_exported_makes_the_same_objects_on_another_server) {
  ok({"location", "add", "--name", "Süd: \"Halle\"", "--description", "two\nlines\t#1", "--tag",
      "yes=no"});
  ok({"camera", "add", "--name", "E 1", "--source", "file", "--uri", kVideo, "--location",
      "süd: \"halle\""});
  ok({"connection", "add", "--name", "Hook", "--type", "webhook", "--address", "http://192.0.2.1/x",
      "--settings", "n=1"});
  ok({"connection", "add", "--name", "Mail", "--type", "mqtt", "--address", "mqtt://192.0.2.1",
      "--credentials", "-"},
     "hunter2\n");
  ok({"skill", "apply", "-f", kSkill});
  const std::string skill = server_->names("skill").at(0);
  ok({"deployment", "create", "--name", "E", "--camera", "E 1", "--skill", skill,
      "--enabled=false"});
  const std::string out = (folder_.path() / "out").string();
  EXPECT_THAT(ok({"export", "-o", out}).out, HasSubstr("objects in"));
  EXPECT_THAT(*read_file(out + "/connection/mail.yaml", 10000),
              AllOf(HasSubstr("# credentials is set and not exported"), Not(HasSubstr("hunter2"))));

  const DemoServer other;
  const auto first = other.poss({"apply", "-f", out});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const auto second = other.poss({"apply", "-f", out});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, AllOf(Not(HasSubstr("created")), Not(ContainsRegex("(^|\n)changed"))));
  // A second export is the first one.
  const auto printed = ok({"export"}).out;
  auto expected = printed;
  const auto comment = expected.find("# credentials is set");
  ASSERT_NE(comment, std::string::npos);
  expected.erase(comment, expected.find("kind:", comment) - comment);
  EXPECT_EQ(other.poss({"export"}).out, expected);
  for (const char* kind : {"deployment", "skill", "camera", "connection", "location"}) {
    for (const auto& name : server_->names(kind)) ok({kind, "rm", name});
  }
}

TEST_F(Cli, secrets_of_nodes_come_from_the_environment_and_are_not_exported) {
  const std::string file = write("send.yaml", R"(kind: skill
name: Send
graph:
  nodes:
    - {id: in, type: camera_input}
    - id: out
      type: mqtt_export
      settings:
        broker: mqtt://192.0.2.1
        user_name: poss
        password: {env: POSS_TEST_SECRET}
  edges:
    - {from: in, to: out}
)");
  auto environment = server_->environment();
  environment.emplace_back("POSS_TEST_SECRET=hunter2");
  const auto first =
      run_program({POSS_BINARY, "apply", "-f", file}, {.input = "", .environment = environment});
  EXPECT_THAT(first.out, HasSubstr("created")) << first.err;
  const auto printed = ok({"export"}).out;
  const auto again = ok({"apply", "-f", write("again.yaml", printed)}).out;
  EXPECT_THAT(again, AllOf(HasSubstr("unchanged  skill"), Not(ContainsRegex("(^|\n)changed"))));
  EXPECT_THAT(printed, AllOf(HasSubstr("# password of the node 'out' is set and not exported"),
                             Not(HasSubstr("hunter2"))));
  refuses({"apply", "-f", file, "--update-secrets"}, 2, "POSS_TEST_SECRET");
  ok({"skill", "rm", "Send"});
}

TEST_F(Cli, completes_subcommands_options_and_names) {
  ok({"location", "add", "--name", "Complete me"});
  const auto complete = [](const std::string& words) { return ok({"__complete"}, words).out; };
  EXPECT_THAT(complete("cam\n"), HasSubstr("camera\n"));
  EXPECT_EQ(complete("location\nse\n"), "set\n");
  EXPECT_EQ(complete("location\nadd\n--desc\n"), "--description\n");
  EXPECT_EQ(complete("location\nshow\nComp\n"), "Complete me\n");
  EXPECT_EQ(complete("camera\nadd\n--location\ncomplete\n"), "Complete me\n");
  EXPECT_EQ(complete("camera\nadd\n--server\nhttp://127.0.0.1:1\n--location\nc\n"), "");
  EXPECT_THAT(complete("\n"), Not(HasSubstr("__complete")));
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(ok({"completion", shell}).out, HasSubstr("__complete"));
  }
  const auto script = write("completion.bash", ok({"completion", "bash"}).out);
  EXPECT_EQ(run_program({"/bin/bash", "-n", script}).exit_code, 0);
  refuses({"completion", "tcsh"}, 2, "tcsh");
  ok({"location", "rm", "Complete me"});
}

TEST_F(Cli, help_tells_which_of_two_similar_commands_is_which) {
  EXPECT_THAT(ok({"--help"}).out, HasSubstr("poss model list asks one"));
  EXPECT_THAT(ok({"model", "import", "--help"}).out, HasSubstr("without server"));
  EXPECT_THAT(ok({"camera", "add", "--help"}).out,
              AllOf(HasSubstr("--uri"), HasSubstr("--location LOCATION"), HasSubstr("env:NAME")));
}

// A server with sign-in and one administrator, ada.
class SignIn : public testing::Test {
 protected:
  static constexpr const char* kPassword = "correct horse battery";

  SignIn()
      : program_({POSS_BINARY, "serve", "--port", "0", "--log", "warn", "--data",
                  folder_.path().string()},
                 {}, 2),
        url_(program_.lines().at(0).substr(0, program_.lines().at(0).size() - 1)) {
    const std::string& link = program_.lines().at(1);
    const std::string token = link.substr(link.find('#') + 1);
    net::HttpClient client;
    const auto made =
        client.send({.method = net::HttpMethod::post,
                     .url = url_ + "/api/v1/setup",
                     .headers = {{"Content-Type", "application/json"}},
                     .body = json_text(json::object{
                         {"token", token}, {"user_name", "ada"}, {"password", kPassword}}),
                     .ignore_proxies = true});
    EXPECT_TRUE(made) << made.error().message;
  }

  Finished poss(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), POSS_BINARY);
    return run_program(arguments, {.input = input,
                                   .environment = {"POSS_URL=", "POSS_TOKEN=",
                                                   "XDG_CONFIG_HOME=" + folder_.path().string()}});
  }
  Finished log_in(const std::string& password) const {
    return poss({"login", url_, "--user", "ada", "--password-stdin"}, password + "\n");
  }
  fs::path login_file() const { return folder_.path() / "poss" / "login.json"; }

  const TemporaryFolder folder_;
  const Background program_;
  const std::string url_;
};

TEST_F(SignIn, a_login_lasts_until_logout) {
  const auto before = poss({"location", "list", "--server", url_});
  EXPECT_EQ(before.exit_code, 3);
  EXPECT_THAT(before.err, HasSubstr("sign in first: poss login " + url_));
  const auto wrong = log_in("hunter2 and more");
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("wrong"), Not(HasSubstr("hunter2"))));
  EXPECT_FALSE(fs::exists(login_file()));

  const auto right = log_in(kPassword);
  ASSERT_EQ(right.exit_code, 0) << right.err;
  EXPECT_THAT(right.out + right.err, Not(HasSubstr(kPassword)));
  struct stat file {};
  ASSERT_EQ(::stat(login_file().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777u, 0600u);
  EXPECT_EQ(poss({"location", "add", "--name", "In"}).exit_code, 0);
  EXPECT_THAT(poss({"token", "list"}).out, HasSubstr("poss on "));

  // A second login takes the place of the first: its token is gone.
  ASSERT_EQ(log_in(kPassword).exit_code, 0);
  const auto tokens = parse_json(poss({"token", "list", "--json"}).out);
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->at("total"), 1);

  const auto kept = read_json_file(login_file());
  ASSERT_TRUE(kept);
  const std::string token(kept->at("token").as_string());
  EXPECT_EQ(poss({"logout"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(login_file()));
  const auto after = poss({"login", url_, "--token", "-"}, token + "\n");
  EXPECT_EQ(after.exit_code, 3) << after.out;
  EXPECT_THAT(after.err, Not(HasSubstr(token)));
  EXPECT_EQ(poss({"logout"}).exit_code, 2);
}

TEST_F(SignIn, users_are_made_with_a_role_and_a_password_from_standard_input) {
  ASSERT_EQ(log_in(kPassword).exit_code, 0);
  const auto made = poss({"user", "add", "--name", "bob", "--role", "viewer", "--password", "-"},
                         "a long pass phrase\n");
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(poss({"user", "list"}).out, AllOf(HasSubstr("bob"), HasSubstr("viewer")));
  EXPECT_EQ(
      poss({"login", url_, "--user", "bob", "--password-stdin"}, "a long pass phrase\n").exit_code,
      0);
  const auto refused = poss({"location", "add", "--name", "Not mine"});
  EXPECT_EQ(refused.exit_code, 3);
  ASSERT_EQ(log_in(kPassword).exit_code, 0);
  EXPECT_EQ(poss({"user", "rm", "bob"}).exit_code, 0);
}

}  // namespace
}  // namespace poss::test
