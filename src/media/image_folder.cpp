// A folder of JPEG and PNG files as a source of pictures.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "media/input.h"

namespace poss::media {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxImageBytes = 64u << 20;

bool is_image_name(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

// What the bytes are, whatever the name says.
AVCodecID codec_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return AV_CODEC_ID_PNG;
  return AV_CODEC_ID_MJPEG;
}

class ImageFolder : public Input {
 public:
  ImageFolder(std::vector<fs::path> files, double fps, Time opened_at) : files_(std::move(files)) {
    info_.codec.reset(avcodec_parameters_alloc());
    info_.codec->codec_type = AVMEDIA_TYPE_VIDEO;
    info_.codec->codec_id = AV_CODEC_ID_MJPEG;
    info_.time_base = kMicroseconds;
    info_.nominal_fps = fps;
    info_.finite = true;
    info_.still_images = true;
    info_.opened_at = opened_at;
  }

  const StreamInfo& info() const override { return info_; }

  int read(AVPacket* packet, AVCodecID* codec) override {
    while (next_ < files_.size()) {
      const auto index = next_++;
      const auto bytes = read_file(files_[index], kMaxImageBytes);
      // A file that went away or cannot be read: as if it were not there.
      if (!bytes || bytes->empty()) continue;
      if (const int error = av_new_packet(packet, static_cast<int>(bytes->size())); error < 0) {
        return error;
      }
      std::memcpy(packet->data, bytes->data(), bytes->size());
      packet->flags |= AV_PKT_FLAG_KEY;
      packet->pts = packet->dts =
          static_cast<std::int64_t>(static_cast<double>(index) * 1e6 / info_.nominal_fps);
      *codec = codec_of(*bytes);
      return 0;
    }
    return AVERROR_EOF;
  }

 private:
  StreamInfo info_;
  std::vector<fs::path> files_;
  size_t next_ = 0;
};

}  // namespace

OpenedInput open_image_folder(const Source& source, const SourceConfig& config,
                              const Clock& clock) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(source.path, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (is_image_name(at->path()) && at->is_regular_file(ignored)) files.push_back(at->path());
  }
  if (error) return tl::unexpected(failure_of(source, AVERROR(error.value())));
  if (files.empty()) {
    return tl::unexpected(Failure{
        CameraState::unsupported,
        "The folder '" + source.path + "' holds no .jpg or .png files; put pictures into it."});
  }
  std::sort(files.begin(), files.end());
  return std::make_unique<ImageFolder>(std::move(files), config.image_folder_fps, clock.now());
}

}  // namespace poss::media
