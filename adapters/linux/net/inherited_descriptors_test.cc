// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/inherited_descriptors.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {
namespace inherited_descriptors_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr IPv4Address kLoopback{{127, 0, 0, 1}};

// Bound to a port that the kernel chooses.
FileDescriptor bound(int type, const Endpoint& local, bool both_versions = false) {
  FileDescriptor fd(socket(local.is_ipv4() ? AF_INET : AF_INET6, type, 0));
  const int only_ipv6 = both_versions ? 0 : 1;
  if (!local.is_ipv4()) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
  const SocketAddress address = to_socket_address(local);
  EXPECT_EQ(bind(fd.get(), &address.any, address.size()), 0);
  return fd;
}

Endpoint local_of(const FileDescriptor& fd) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(getsockname(fd.get(), &address.any, &size), 0);
  return to_endpoint(address);
}

ino_t number_of(int fd) {
  struct stat status{};
  EXPECT_EQ(fstat(fd, &status), 0);
  return status.st_ino;
}

InheritedDescriptors inherit(std::vector<FileDescriptor> descriptors) {
  return InheritedDescriptors(std::move(descriptors));
}

template <class... Descriptors>
InheritedDescriptors inherit(Descriptors... descriptors) {
  std::vector<FileDescriptor> all;
  (all.push_back(std::move(descriptors)), ...);
  return inherit(std::move(all));
}

TEST(InheritedDescriptors, AreTakenByTheirAddressAndOnce) {
  FileDescriptor first = bound(SOCK_DGRAM, make_endpoint(kLoopback, 0));
  FileDescriptor second = bound(SOCK_DGRAM, make_endpoint(kLoopback, 0));
  const Endpoint wanted = local_of(second);
  const ino_t number = number_of(second.get());
  InheritedDescriptors inherited = inherit(std::move(first), std::move(second));

  const auto taken = inherited.take_udp(wanted);
  ASSERT_TRUE(taken);
  EXPECT_EQ(number_of(taken->get()), number);
  EXPECT_NE(fcntl(taken->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_FALSE(inherited.take_udp(wanted));
  EXPECT_THAT(inherited.taken(), ElementsAre("UDP " + to_text(wanted)));
}

TEST(InheritedDescriptors, OfTcpOnlyListenersAreTaken) {
  FileDescriptor listening = bound(SOCK_STREAM, make_endpoint(kLoopback, 0));
  FileDescriptor silent = bound(SOCK_STREAM, make_endpoint(kLoopback, 0));
  ASSERT_EQ(listen(listening.get(), 1), 0);
  const Endpoint wanted = local_of(listening);
  const Endpoint other = local_of(silent);
  InheritedDescriptors inherited = inherit(std::move(listening), std::move(silent));

  EXPECT_FALSE(inherited.take_udp(wanted));
  EXPECT_TRUE(inherited.take_listener(wanted));
  EXPECT_FALSE(inherited.take_listener(other));
  EXPECT_THAT(inherited.close_rest(), ElementsAre("TCP " + to_text(other) + " that does not listen"));
}

TEST(InheritedDescriptors, ASocketForBothVersionsIsNotTakenForIPv6) {
  FileDescriptor both = bound(SOCK_DGRAM, {IPv6Address{}, 0}, true);
  FileDescriptor only = bound(SOCK_DGRAM, {IPv6Address{}, 0});
  const Endpoint of_both = local_of(both);
  const Endpoint of_only = local_of(only);
  InheritedDescriptors inherited = inherit(std::move(both), std::move(only));

  EXPECT_TRUE(inherited.take_udp(of_only));
  EXPECT_FALSE(inherited.take_udp(of_both));
  EXPECT_THAT(inherited.close_rest(), ElementsAre(HasSubstr("BindIPv6Only=ipv6-only")));
}

TEST(InheritedDescriptors, WhatNobodyTakesIsClosedAndTold) {
  std::array<int, 2> pipes{};
  ASSERT_EQ(pipe(pipes.data()), 0);
  const FileDescriptor reading(pipes[0]);
  FileDescriptor udp = bound(SOCK_DGRAM, make_endpoint(kLoopback, 0));
  const int closed = udp.get();
  const std::string name = to_text(local_of(udp));
  InheritedDescriptors inherited = inherit(std::move(udp), FileDescriptor(pipes[1]));

  EXPECT_THAT(inherited.close_rest(), ElementsAre("UDP " + name, HasSubstr("neither an Internet socket nor a TUN")));
  EXPECT_EQ(fcntl(closed, F_GETFD), -1);
  char byte = 0;
  EXPECT_EQ(read(reading.get(), &byte, 1), 0) << "its other end is closed";
  EXPECT_THAT(inherited.close_rest(), IsEmpty());
  EXPECT_THAT(inherited.taken(), IsEmpty());
}

}  // namespace inherited_descriptors_test
}  // namespace tsp::linux_
