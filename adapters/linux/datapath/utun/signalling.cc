// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/signalling.h"

#include <linux/filter.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/linux/datapath/counter.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/receive_batch.h"
#include "core/dataplane/classify.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/probe.h"

namespace tsp::linux_::utun {
namespace {

using dataplane::DatagramKind;
using dataplane::DropReason;

// The module has counted packets that belong to no tunnel. Dropped before they are queued they keep no signalling out,
// whatever their number. UDP gives a filter the datagram from the UDP header on.
bool keep_packets_out(int fd) {
  constexpr std::uint32_t kFirstByte = sizeof(udphdr);
  std::array code{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirstByte + dataplane::kIPv6HeaderSize, 0, 4),
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFirstByte),
      sock_filter BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xF0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
  };
  const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

}  // namespace

struct SignallingSockets::Impl : std::enable_shared_from_this<SignallingSockets::Impl> {
  Impl(ProbeWatch& watch, Sink to) : probes(watch), sink(std::move(to)) {}
  ~Impl() {
    for (auto& readable : readables) readable.release();
  }

  void wait(std::size_t index);
  void read(const OuterSocket& socket);
  void take(const FourTuple& path, ByteView payload);
  void drop(DropReason reason) { drops[static_cast<std::size_t>(reason)].add(); }
  [[nodiscard]] const OuterSocket* socket_of(const Endpoint& local) const {
    const auto found = std::ranges::find_if(sockets, [&](const OuterSocket& socket) { return socket.serves(local); });
    return found == sockets.end() ? nullptr : &*found;
  }

  ProbeWatch& probes;
  Sink sink;
  std::vector<OuterSocket> sockets;
  std::vector<asio::posix::stream_descriptor> readables;  // owned by the sockets
  ReceiveBatch batch;
  Counter passed;
  std::array<Counter, dataplane::kDropReasons> drops;
};

// One burst at a time: then whatever else waits on the main thread has its turn.
void SignallingSockets::Impl::wait(std::size_t index) {
  readables[index].async_wait(asio::posix::stream_descriptor::wait_read,
                              [weak = weak_from_this(), index](const asio::error_code& error) {
                                const auto self = weak.lock();
                                if (!self || error) return;
                                self->read(self->sockets[index]);
                                self->wait(index);
                              });
}

void SignallingSockets::Impl::read(const OuterSocket& socket) {
  const std::size_t count = batch.receive(socket);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto received = batch.at(i)) {
      take(received->path, received->bytes);
    } else {
      drop(DropReason::Garbage);
    }
  }
}

void SignallingSockets::Impl::take(const FourTuple& path, ByteView payload) {
  switch (dataplane::classify(payload)) {
    case DatagramKind::Signalling:
    case DatagramKind::LegacySignalling:
      passed.add();
      if (probes.active() && probes.note(dataplane::read_probe_payload(payload))) return;
      sink(path, payload);
      break;
    case DatagramKind::Inner:  // the module has counted it
      break;
    case DatagramKind::Garbage:
      drop(DropReason::Garbage);
      break;
  }
}

std::expected<std::unique_ptr<SignallingSockets>, std::string> SignallingSockets::open(
    const std::vector<Endpoint>& listen, asio::io_context& io, ProbeWatch& probes, Sink sink,
    InheritedDescriptors& inherited) {
  auto impl = std::make_shared<Impl>(probes, std::move(sink));
  for (const Endpoint& local : listen) {
    // The module takes none that merges what it receives.
    const UdpSocketOptions wanted{.local = local, .share_port = false, .merge_received = false};
    auto fd = inherited.take_udp(local);
    auto socket = fd ? OuterSocket::adopt_udp(std::move(*fd), wanted) : OuterSocket::open_udp(wanted);
    if (!socket) return std::unexpected(socket.error());
    if (!keep_packets_out(socket->fd())) {
      return std::unexpected("UDP " + to_text(local) + ": SO_ATTACH_FILTER: " + std::strerror(errno));
    }
    impl->readables.emplace_back(io, socket->fd());
    impl->sockets.push_back(std::move(*socket));
  }
  return std::unique_ptr<SignallingSockets>(new SignallingSockets(std::move(impl)));
}

SignallingSockets::SignallingSockets(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

SignallingSockets::~SignallingSockets() = default;

void SignallingSockets::start() {
  for (std::size_t i = 0; i < impl_->sockets.size(); ++i) impl_->wait(i);
}

std::vector<int> SignallingSockets::descriptors() const {
  std::vector<int> out;
  for (const OuterSocket& socket : impl_->sockets) out.push_back(socket.fd());
  return out;
}

bool SignallingSockets::serves(const Endpoint& local) const {
  return impl_->socket_of(local) != nullptr;
}

void SignallingSockets::send(const FourTuple& path, ByteView payload) {
  const OuterSocket* socket = impl_->socket_of(path.local);
  if (socket == nullptr || !path.remote.is_ipv4() || !send_datagram(*socket, path, payload)) {
    impl_->drop(DropReason::SendFailed);
  }
}

void SignallingSockets::add_to(DatapathCounters& sum) const {
  sum.signalling += impl_->passed.value();
  for (std::size_t i = 0; i < sum.drops.size(); ++i) sum.drops[i] += impl_->drops[i].value();
}

}  // namespace tsp::linux_::utun
