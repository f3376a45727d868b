// Finds and loads ONNX Runtime with dlopen: its symbols carry the version it was built as, so a
// linked binary would run with that version only.
#include "infer/runtime.h"

#include <cstdlib>
#include <filesystem>

#include <dlfcn.h>

#include "base/log.h"
#include "base/sync.h"
#include "infer/ort.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define POSS_NO_LEAK_CHECK_HERE const __lsan::ScopedDisabler no_leak_check
#endif
#endif
#ifndef POSS_NO_LEAK_CHECK_HERE
#define POSS_NO_LEAK_CHECK_HERE static_cast<void>(0)
#endif

namespace poss::infer {

namespace {

constexpr const char* kLibrary = "libonnxruntime.so.1";

std::vector<std::string> places() {
  if (const char* set = std::getenv("POSS_ONNXRUNTIME"); set && *set) return {set};
  std::vector<std::string> out;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    // Beside the build folder of `poss`; the programs of bench lie one folder deeper.
    const auto build = executable.parent_path().parent_path();
    out.push_back((build / "onnxruntime" / kLibrary).string());
    out.push_back((build.parent_path() / "onnxruntime" / kLibrary).string());
  }
  out.emplace_back(kLibrary);
  return out;
}

void log_message(void*, OrtLoggingLevel, const char* category, const char*, const char*,
                 const char* message) {
  spdlog::debug("onnxruntime: {}: {}", category, message);
}

Ort::Env* environment = nullptr;  // written once, before the first Runtime is handed out

}  // namespace

Ort::Env& ort_env(const Runtime&) { return *environment; }

Result<const Runtime*> Runtime::get() {
  static Mutex mutex;
  static const Runtime* loaded = nullptr;
  Lock lock(mutex);
  if (!loaded) {
    POSS_ASSIGN(loaded, load());
  }
  return loaded;
}

Result<const Runtime*> Runtime::load() {
  // What starting allocates lives as long as the process; the library loses sight of 14 bytes of it
  // when the process ends.
  POSS_NO_LEAK_CHECK_HERE;
  std::string looked;
  void* library = nullptr;
  std::string found;
  for (const auto& place : places()) {
    library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) {
      found = place;
      break;
    }
    const char* why = ::dlerror();
    looked += (looked.empty() ? "" : "; ") + std::string(why ? why : place);
  }
  if (!library) {
    return Error{Code::unavailable,
                 "ONNX Runtime was not found (" + looked +
                     "): run scripts/fetch_onnxruntime, or set POSS_ONNXRUNTIME to the path of " +
                     kLibrary};
  }
  // Stays loaded from here on, also after an error: the library does not bear unloading.
  using GetBase = const OrtApiBase* (*)();
  const auto get_base = reinterpret_cast<GetBase>(::dlsym(library, "OrtGetApiBase"));
  const OrtApiBase* base = get_base ? get_base() : nullptr;
  if (!base) {
    return Error{Code::unavailable, "'" + found +
                                        "' is not ONNX Runtime: set POSS_ONNXRUNTIME to " +
                                        kLibrary + " of version 1.21 or newer"};
  }
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (!api) {
    return Error{Code::unavailable, "'" + found + "' is ONNX Runtime " + base->GetVersionString() +
                                        ", but 1.21 or newer is needed: run "
                                        "scripts/fetch_onnxruntime"};
  }
  try {
    Ort::InitApi(api);
    // One arena for all sessions, grown by what is asked and not by powers of two. The objects
    // live as long as the process: sessions may end after static destruction has begun.
    auto env = std::make_unique<Ort::Env>(ORT_LOGGING_LEVEL_ERROR, "poss", log_message, nullptr);
    const Ort::ArenaCfg arena(0, 1 /* kSameAsRequested */, -1, -1);
    env->CreateAndRegisterAllocator(
        Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault), arena);
    auto runtime = std::unique_ptr<Runtime>(new Runtime);
    runtime->version_ = base->GetVersionString();
    runtime->path_ = found;
    runtime->providers_ = Ort::GetAvailableProviders();
    environment = env.release();
    return runtime.release();
  } catch (const std::exception& error) {
    return Error{Code::unavailable,
                 "ONNX Runtime of '" + found + "' cannot be started: " + error.what()};
  }
}

}  // namespace poss::infer
