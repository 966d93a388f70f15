// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/client_tun.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tsp::linux_ {
namespace {

std::string explain(int code) {
  switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return "this host has no TUN devices; load the module tun, or give the container /dev/net/tun";
    case EPERM:
    case EACCES:
      return "not permitted; CAP_NET_ADMIN is needed";
    case EBUSY:
      return "another process has it open; choose another name with --device";
    case EINVAL:
      return "there is a device of that name which is no TUN device, or the name is not allowed";
    default:
      return std::strerror(code);
  }
}

std::unexpected<std::string> failure(const std::string& name) {
  return std::unexpected("TUN device " + name + ": " + explain(errno));
}

}  // namespace

std::expected<FileDescriptor, std::string> open_client_tun(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return std::unexpected("device name '" + name + "': 1 to 15 bytes");
  FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return failure(name);
  ifreq request{};
  std::copy(name.begin(), name.end(), request.ifr_name);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0) return failure(name);
  return fd;
}

}  // namespace tsp::linux_
