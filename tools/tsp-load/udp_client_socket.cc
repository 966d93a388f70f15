// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/udp_client_socket.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "adapters/linux/net/udp_message.h"

namespace tsp::load {
namespace {

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::unexpected<std::string> failure(const std::string& what) {
  return std::unexpected(what + ": " + std::strerror(errno));
}

}  // namespace

std::expected<ClientSocket, std::string> open_client_socket(const IPv4Address& source, const Endpoint& server) {
  linux_::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failure("cannot open a socket");
  const sockaddr_in from = linux_::to_sockaddr(make_endpoint(source, 0));
  if (::bind(fd.get(), generic(from), sizeof from) != 0) return failure("cannot use the address " + to_text(source));
  const sockaddr_in to = linux_::to_sockaddr(server);
  if (::connect(fd.get(), generic(to), sizeof to) != 0) return failure("no way to " + to_text(server));
  sockaddr_in local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0) return failure("getsockname");
  return ClientSocket{.fd = std::move(fd), .local = linux_::to_endpoint(local)};
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace tsp::load
