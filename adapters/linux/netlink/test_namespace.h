// SPDX-License-Identifier: Apache-2.0
//
// For tests that change routes and devices: a network namespace of their own.
#pragma once

#include <net/if.h>
#include <netlink/route/link/veth.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include <gtest/gtest.h>

#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/sysctl.h"

namespace tsp::linux_::test {

inline bool bring_loopback_up() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

// Moves the calling thread into a fresh namespace with the loopback device up and forwarding on. False: not
// permitted. Threads that are started later belong to it, too.
inline bool enter_fresh_namespace() {
  if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) return false;
  return bring_loopback_up() && write_sysctl("net/ipv6/conf/all/forwarding", "1") &&
         write_sysctl("net/ipv4/ip_forward", "1");
}

// A pair of connected devices, both up; the index of the first one. 0: failed.
inline int make_device_pair(const RouteSocket& socket, const char* name, const char* peer) {
  if (rtnl_link_veth_add(socket.get(), name, peer, getpid()) < 0) return 0;
  if (!bring_up(socket, name, 1500, 1000) || !bring_up(socket, peer, 1500, 1000)) return 0;
  return static_cast<int>(if_nametoindex(name));
}

class NamespaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!enter_fresh_namespace()) GTEST_SKIP() << "needs root, to make a network namespace";
  }
};

}  // namespace tsp::linux_::test
