// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/preflight.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "adapters/linux/net/file_descriptor.h"
#include "core/auth/login.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kTunDevice = "/dev/net/tun";

bool may_configure_networks() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

}  // namespace

std::optional<StartError> find_obstacle() {
  if (!may_configure_networks()) {
    return StartError{
        ExitCode::Host,
        "the capability CAP_NET_ADMIN is missing; start tspd as root or by its unit: systemctl start tspd"};
  }
  return std::nullopt;
}

std::optional<StartError> find_tun_fault() {
  if (FileDescriptor(open(kTunDevice, O_RDWR | O_CLOEXEC)).valid()) return std::nullopt;
  const std::string reason = std::strerror(errno);
  return StartError{ExitCode::Host, std::string(kTunDevice) + ": " + reason +
                                        "; load the module (modprobe tun), or give the container the device"};
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::string default_realm() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || !auth::valid_realm(name.data())) return "tspd";
  return name.data();
}

}  // namespace tsp::linux_
