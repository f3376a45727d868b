// Plays the H.264 video of a file again and again, at its own pace, into a GStreamer appsrc.
#pragma once

#include <string>

#include <gst/gst.h>

// Whether the file holds an H.264 video.
bool is_playable(const std::string& file);

// Feeds `source`, an appsrc of a pipeline that is about to play, from a thread of its own until
// the source takes no more. Times go on across the repeats.
void play_file(const std::string& file, GstElement* source);
