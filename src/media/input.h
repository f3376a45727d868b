// Reading encoded pictures from one source until it ends or fails.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "media/camera.h"
#include "media/libav.h"
#include "media/source.h"

namespace poss::media {

// Why a source gives no pictures: the state to show and one sentence with the remedy.
struct Failure {
  CameraState state = CameraState::unsupported;
  std::string cause;
};

// The sentence for a libav error while opening or reading `source`. libav's own text is never
// used: it may hold the address with the password.
Failure failure_of(const Source& source, int averror);

// The sentences for what the decoder, not libav's reading, finds out.
Failure no_pictures_in(const Source& source);
Failure damaged_file(const Source& source);
Failure undecodable(const Source& source);

// Ends blocking libav calls: at the deadline, or at once when `stopping` says so.
class Interrupt {
 public:
  // `stopping` is asked often, on the thread that reads. Nothing but closing is allowed to last
  // beyond `limit`.
  explicit Interrupt(std::function<bool()> stopping,
                     Steady::time_point limit = Steady::time_point::max())
      : stopping_(std::move(stopping)), limit_(limit) {}
  void allow(Steady::duration time) {
    deadline_ = std::min(Steady::now() + time, limit_);
    closing_ = false;
  }
  // A short while for saying goodbye to the peer, stopping or not.
  void allow_closing() {
    deadline_ = Steady::now() + std::chrono::milliseconds(200);
    closing_ = true;
  }
  bool expired() const { return Steady::now() >= deadline_; }
  bool stopping() const { return stopping_(); }
  AVIOInterruptCB callback() { return {&Interrupt::check, this}; }

 private:
  static int check(void* self) {
    const auto* interrupt = static_cast<Interrupt*>(self);
    return (!interrupt->closing_ && interrupt->stopping()) || interrupt->expired();
  }
  const std::function<bool()> stopping_;
  const Steady::time_point limit_;
  Steady::time_point deadline_{};
  bool closing_ = false;
};

struct StreamInfo {
  AvPtr<AVCodecParameters> codec;
  AVRational time_base{1, 1'000'000};
  int wrap_bits = 64;
  double nominal_fps = 0;      // what the container says; 0: nothing
  bool finite = false;         // a file or folder: has an end, is read at our pace
  bool arrival_times = false;  // its time stamps mean nothing
  bool still_images = false;
  Time opened_at{};
};

// Used by the camera's thread only; closes when destroyed.
class Input {
 public:
  virtual ~Input() = default;
  virtual const StreamInfo& info() const = 0;
  // Reads the next encoded picture into `packet` with the stream's own time stamps, waiting at
  // most the timeout. `codec` is set when it may differ from one picture to the next. Returns 0
  // or libav's error: AVERROR_EOF at the end, AVERROR(EAGAIN) when there is none yet,
  // AVERROR_EXIT when interrupted.
  virtual int read(AVPacket* packet, AVCodecID* codec) = 0;
};

using OpenedInput = tl::expected<std::unique_ptr<Input>, Failure>;

// Opens the source, waiting at most `config.timeout`. `interrupt` must outlive the input.
OpenedInput open_input(const Source& source, const SourceConfig& config, Interrupt& interrupt,
                       const Clock& clock);

// The parts of open_input: a folder of .jpg, .jpeg and .png files in the order of their names …
OpenedInput open_image_folder(const Source& source, const SourceConfig& config, const Clock& clock);

// … and whether a host's name has an address. Asks on a thread of its own, because the system's
// resolver cannot be interrupted.
tl::expected<void, Failure> resolve(const Source& source, Interrupt& interrupt);

}  // namespace poss::media
