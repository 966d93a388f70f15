// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/tun_device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/dataplane/vnet_header.h"

namespace tsp::linux_ {
namespace {

// Since Linux 6.2; not in the headers of older ones.
constexpr unsigned kOffloadUdp4 = 0x20;
constexpr unsigned kOffloadUdp6 = 0x40;

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
      return "another process has it open";
    case EINVAL:
      return "there is a device of that name which is not a multi-queue TUN device";
    default:
      return std::strerror(code);
  }
}

std::unexpected<std::string> failure(const std::string& name) {
  return std::unexpected("TUN device " + name + ": " + explain(errno));
}

bool set_header_size(int fd) {
  int size = sizeof(dataplane::VnetHeader);
  return ioctl(fd, TUNSETVNETHDRSZ, &size) == 0;
}

std::expected<FileDescriptor, std::string> open_queue(const std::string& name) {
  FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return failure(name);
  ifreq request{};
  std::copy_n(name.begin(), std::min(name.size(), sizeof request.ifr_name - 1), request.ifr_name);
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR);
  if (ioctl(fd.get(), TUNSETIFF, &request) != 0 || !set_header_size(fd.get())) return failure(name);
  return fd;
}

void choose_offloads(TunDevice& device, bool offloads) {
  const int fd = device.queues.front().get();
  // A checksum left to us costs less here than in the kernel, and comes with the super-packets.
  constexpr unsigned kTcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  device.takes_udp = offloads && ioctl(fd, TUNSETOFFLOAD, kTcp | kOffloadUdp4 | kOffloadUdp6) == 0;
  device.takes_tcp = device.takes_udp || (offloads && ioctl(fd, TUNSETOFFLOAD, kTcp) == 0);
  if (!device.takes_tcp) ioctl(fd, TUNSETOFFLOAD, 0U);
}

}  // namespace

std::expected<TunDevice, std::string> TunDevice::open(const std::string& name, unsigned queues, bool offloads,
                                                      std::vector<FileDescriptor> inherited) {
  TunDevice device;
  device.name = name;
  device.queues = std::move(inherited);
  for (const FileDescriptor& queue : device.queues) {
    if (!set_header_size(queue.get())) return failure(name);
  }
  while (device.queues.size() < queues) {
    auto queue = open_queue(name);
    if (!queue) return std::unexpected(queue.error());
    device.queues.push_back(std::move(*queue));
  }
  ioctl(device.queues.front().get(), TUNSETPERSIST, 0);
  choose_offloads(device, offloads);
  return device;
}

}  // namespace tsp::linux_
