// Decoding pictures of one codec, one thread, without copying the pixels.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "base/time.h"
#include "media/libav.h"

struct SwsContext;

namespace poss::media {

// A decoded picture; `owner` keeps the pixels.
struct Picture {
  ImageView view;
  Time time{};
  std::shared_ptr<const void> owner;
};

// Not thread-safe.
class Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> create(const AVCodecParameters& codec);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Decodes `packet` (time stamps in microseconds since the epoch) and appends what comes out, in
  // the order of showing. False when the packet could not be decoded.
  bool decode(const AVPacket& packet, std::vector<Picture>& out);
  // Appends the pictures the decoder still holds back; it then begins anew at a keyframe.
  void drain(std::vector<Picture>& out);

  AVCodecID codec() const { return context_->codec_id; }

 private:
  explicit Decoder(AvPtr<AVCodecContext> context) : context_(std::move(context)) {}
  bool receive(std::vector<Picture>& out);
  std::optional<Picture> convert(const AVFrame& frame);

  AvPtr<AVCodecContext> context_;
  SwsContext* scaler_ = nullptr;
};

}  // namespace poss::media
