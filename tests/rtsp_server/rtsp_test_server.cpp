// A small RTSP camera for tests: serves a looped H.264 file or a test pattern at /stream.
//
//   rtsp_test_server --port 0 [--file F | --test-pattern] [--codec h264|mjpeg] [--fps 25]
//                    [--slices 1] [--user U --password P]
//
// A file (.h264, .mp4, .ts … with H.264 inside) is played as it is, at its own pace, again and
// again. --fps and --slices (of each H.264 picture) are the test pattern's. Parameter sets go in
// front of every IDR slice, so that a keyframe of several slices holds them several times.
//
// Prints the port it listens at (127.0.0.1) on the first line of standard output and runs until
// it is killed. With --user it asks for digest authentication.
#include <cstdio>
#include <cstring>
#include <string>

#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>

#include "file_player.h"

namespace {

struct Settings {
  std::string port = "0";
  std::string file;
  std::string codec = "h264";
  std::string fps = "25";
  std::string slices = "1";
  std::string user;
  std::string password;
};

bool read_settings(int count, char** words, Settings& settings) {
  for (int i = 1; i < count; ++i) {
    const std::string name = words[i];
    if (name == "--test-pattern") continue;
    if (i + 1 == count) return false;
    const std::string value = words[++i];
    if (name == "--port") {
      settings.port = value;
    } else if (name == "--file") {
      settings.file = value;
    } else if (name == "--codec") {
      settings.codec = value;
    } else if (name == "--fps") {
      settings.fps = value;
    } else if (name == "--slices") {
      settings.slices = value;
    } else if (name == "--user") {
      settings.user = value;
    } else if (name == "--password") {
      settings.password = value;
    } else {
      return false;
    }
  }
  return true;
}

std::string pipeline(const Settings& settings) {
  const bool mjpeg = settings.codec == "mjpeg";
  const std::string pay =
      mjpeg ? "rtpjpegpay name=pay0 pt=26" : "rtph264pay name=pay0 pt=96 config-interval=-1";
  if (!settings.file.empty()) {
    return "( appsrc name=file is-live=true format=time "
           "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! " +
           pay + " )";
  }
  const std::string picture =
      "video/x-raw,format=I420,width=320,height=240,framerate=" + settings.fps + "/1 ! ";
  // Sliced threads make as many slices as there are threads, of 64 or more lines each.
  const std::string encoder =
      mjpeg ? "jpegenc ! "
            : "x264enc tune=zerolatency speed-preset=ultrafast bitrate=300 sliced-threads=true "
              "threads=" +
                  settings.slices + " key-int-max=" + settings.fps + " ! ";
  return "( videotestsrc is-live=true pattern=ball ! " + picture + encoder + pay + " )";
}

// Called for each media: with `file`, the path to play.
void start_file(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer file) {
  GstElement* bin = gst_rtsp_media_get_element(media);
  GstElement* source = gst_bin_get_by_name(GST_BIN(bin), "file");
  play_file(static_cast<const char*>(file), source);
  gst_object_unref(source);
  gst_object_unref(bin);
}

// Only this user may look and play; anybody else is asked for a digest.
void protect(GstRTSPServer* server, GstRTSPMediaFactory* factory, const Settings& settings) {
  GstRTSPAuth* auth = gst_rtsp_auth_new();
  gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
  GstRTSPToken* token =
      gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", nullptr);
  gst_rtsp_auth_add_digest(auth, settings.user.c_str(), settings.password.c_str(), token);
  gst_rtsp_token_unref(token);
  gst_rtsp_server_set_auth(server, auth);
  g_object_unref(auth);
  GstRTSPPermissions* permissions = gst_rtsp_permissions_new();
  gst_rtsp_permissions_add_role(permissions, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                G_TYPE_BOOLEAN, TRUE, nullptr);
  gst_rtsp_media_factory_set_permissions(factory, permissions);
  gst_rtsp_permissions_unref(permissions);
}

}  // namespace

int main(int count, char** words) {
  gst_init(nullptr, nullptr);
  Settings settings;
  if (!read_settings(count, words, settings)) {
    std::fprintf(stderr, "rtsp_test_server: unknown or incomplete option\n");
    return 2;
  }
  if (!settings.file.empty() && (settings.codec != "h264" || !is_playable(settings.file))) {
    std::fprintf(stderr, "rtsp_test_server: '%s' holds no H.264 video\n", settings.file.c_str());
    return 2;
  }
  GstRTSPServer* server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, settings.port.c_str());
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(factory, pipeline(settings).c_str());
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  if (!settings.file.empty()) {
    g_signal_connect(factory, "media-configure", G_CALLBACK(start_file), settings.file.data());
  }
  if (!settings.user.empty()) protect(server, factory, settings);
  GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
  gst_rtsp_mount_points_add_factory(mounts, "/stream", factory);
  g_object_unref(mounts);
  if (gst_rtsp_server_attach(server, nullptr) == 0) {
    std::fprintf(stderr, "rtsp_test_server: port %s is taken\n", settings.port.c_str());
    return 1;
  }
  std::printf("%d\n", gst_rtsp_server_get_bound_port(server));
  std::fflush(stdout);
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
  return 0;
}
