// rlimits, namespaces and a seccomp filter, through the kernel's own interface.
#include "inspect/sandbox.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace poss::inspect {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif
#else
constexpr bool kLimitMemory = true;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system calls of this architecture are not known here"
#endif

// Calls that are refused whatever their arguments.
constexpr int kRefused[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_kill,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_unlinkat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_mknodat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
    SYS_init_module,
    SYS_finit_module,
    SYS_kexec_load,
    SYS_io_uring_setup,
    SYS_openat2,
    SYS_open_by_handle_at,
    SYS_pidfd_send_signal,
    SYS_renameat,
#if defined(__x86_64__)
    SYS_unlink,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_link,
    SYS_symlink,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_creat,
    SYS_mknod,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_fork,
    SYS_vfork,
#endif
};

constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

constexpr std::uint32_t argument(int index) {  // the low half: little endian
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) +
         static_cast<std::uint32_t>(index) * 8;
}

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    // The x32 calls go by other numbers.
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1);
    refuse(EPERM);
#endif
    for (const int call : kRefused) {
      add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
      refuse(EPERM);
    }
    // glibc then takes clone, whose flags can be looked at.
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
    refuse(ENOSYS);
    when(SYS_clone, 0, CLONE_THREAD, false);
    when(SYS_openat, 2, kWriting, true);
#if defined(__x86_64__)
    when(SYS_open, 1, kWriting, true);
#endif
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  int install() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
  }

 private:
  void add(std::uint32_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, k});
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void refuse(int error) {
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error));
  }
  // Refuses `call` when any of `bits` is set in an argument (`set`), or none is.
  void when(int call, int index, std::uint32_t bits, bool set) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(argument(index));
    add(BPF_JMP | BPF_JSET | BPF_K, bits, set ? 0 : 1, set ? 1 : 0);
    refuse(EPERM);
    load(offsetof(seccomp_data, nr));
  }

  std::vector<sock_filter> code_;
};

bool limit(__rlimit_resource resource, std::uint64_t most) {
  rlimit values{};
  if (getrlimit(resource, &values) != 0) return false;
  const rlim_t bounded =
      values.rlim_max == RLIM_INFINITY ? most : std::min<rlim_t>(most, values.rlim_max);
  values.rlim_cur = values.rlim_max = bounded;
  return setrlimit(resource, &values) == 0;
}

}  // namespace

Result<void> give_up_rights(const Limits& limits) {
  const auto failed = [](const char* what) {
    return Error{Code::internal, std::string("cannot limit the inspection (") + what +
                                     "): " + std::strerror(errno)};
  };
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("privileges");
  // A network of its own, where the kernel lets anybody have one; the filter holds in any case.
  if (unshare(CLONE_NEWNET) != 0) static_cast<void>(unshare(CLONE_NEWUSER | CLONE_NEWNET));
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_CPU, limits.cpu_seconds) ||
      !limit(RLIMIT_FSIZE, limits.file_bytes) || !limit(RLIMIT_NOFILE, 128)) {
    return failed("limits");
  }
  if (kLimitMemory && !limit(RLIMIT_AS, limits.memory)) return failed("memory");
  if (Filter().install() != 0) return failed("system calls");
  return {};
}

}  // namespace poss::inspect
