// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packet_sink.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"
#include "tools/tsp-load/network_namespace.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load {
namespace {

constexpr std::size_t kFrameBytes = 128;  // only lengths matter
constexpr std::size_t kFrames = 16'384;
constexpr std::size_t kRingBytes = kFrameBytes * kFrames;
constexpr std::size_t kOuterHeaders = 28;  // IPv4 without options, UDP
constexpr std::size_t kIPv6AndUdpHeaders = dataplane::kIPv6HeaderSize + dataplane::kUdpHeaderSize;
constexpr std::uint32_t kAccept = 64;  // bytes to keep

std::unexpected<std::string> failure(const char* what) {
  return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

// Builds a filter that accepts what passes all its checks.
class Filter {
 public:
  void byte_is(std::size_t at, std::uint8_t value) { check(BPF_B, at, value); }
  void word_is(std::size_t at, std::uint16_t value) { check(BPF_H, at, value); }

  [[nodiscard]] bool attach(int fd) {
    code_.push_back(BPF_STMT(BPF_RET | BPF_K, kAccept));
    code_.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
    // Each jump goes to the last instruction if its check fails.
    for (std::size_t i = 1; i + 2 < code_.size(); i += 2) code_[i].jf = static_cast<std::uint8_t>(code_.size() - i - 2);
    const sock_fprog program{.len = static_cast<unsigned short>(code_.size()), .filter = code_.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  }

 private:
  void check(unsigned width, std::size_t at, std::uint32_t value) {
    code_.push_back(sock_filter{.code = static_cast<std::uint16_t>(BPF_LD | width | BPF_ABS),
                                .jt = 0,
                                .jf = 0,
                                .k = static_cast<std::uint32_t>(at)});
    code_.push_back(sock_filter{.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 0, .k = value});
  }

  std::vector<sock_filter> code_;
};

Filter filter_for(const SinkOptions& options) {
  Filter filter;
  std::size_t inner = 0;
  if (options.tunnel_port) {
    filter.byte_is(0, 0x45);
    filter.byte_is(9, dataplane::kUdp);
    filter.word_is(20, *options.tunnel_port);
    inner = kOuterHeaders;
  }
  filter.byte_is(inner + dataplane::kNextHeaderAt, dataplane::kUdp);
  filter.word_is(inner + dataplane::kIPv6HeaderSize + 2, kFloodPort);
  return filter;
}

std::expected<std::uint8_t*, std::string> map_ring(int fd) {
  const int version = TPACKET_V2;
  const tpacket_req ring{
      .tp_block_size = 1 << 16, .tp_block_nr = kRingBytes >> 16, .tp_frame_size = kFrameBytes, .tp_frame_nr = kFrames};
  if (::setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0) {
    return failure("cannot make a ring for packets");
  }
  void* memory = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return failure("cannot map the ring for packets");
  return static_cast<std::uint8_t*>(memory);
}

// Bound last: nothing else can come in before.
bool bind_to(int fd, const SinkOptions& options) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(options.tunnel_port ? ETH_P_IP : ETH_P_IPV6);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(options.interface.c_str()));
  return address.sll_ifindex != 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::expected<PacketSink, std::string> PacketSink::open(const SinkOptions& options) {
  const auto inside = InNetworkNamespace::enter(options.network_namespace);
  if (!inside) return std::unexpected(inside.error());
  linux_::FileDescriptor fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failure("cannot open a packet socket");
  if (!filter_for(options).attach(fd.get())) return failure("cannot filter packets");
  const auto ring = map_ring(fd.get());
  if (!ring) return std::unexpected(ring.error());
  PacketSink sink(std::move(fd), *ring, options);
  if (!bind_to(sink.fd_.get(), options)) return failure(("cannot watch " + options.interface).c_str());
  return sink;
}

PacketSink::PacketSink(linux_::FileDescriptor fd, std::uint8_t* ring, const SinkOptions& options)
    : fd_(std::move(fd)),
      ring_(ring),
      outer_headers_(options.tunnel_port ? kOuterHeaders : kIPv6AndUdpHeaders),
      packet_(options.tunnel_port ? options.packet_size : options.packet_size - kIPv6AndUdpHeaders) {
  TSP_ASSERT(options.packet_size >= kFloodSizeMin);
}

PacketSink::PacketSink(PacketSink&& other) noexcept
    : fd_(std::move(other.fd_)),
      ring_(std::exchange(other.ring_, nullptr)),
      next_(other.next_),
      outer_headers_(other.outer_headers_),
      packet_(other.packet_) {}

PacketSink::~PacketSink() {
  if (ring_ != nullptr) ::munmap(ring_, kRingBytes);
}

std::uint64_t PacketSink::take() {
  std::uint64_t packets = 0;
  while (true) {
    auto& frame = *reinterpret_cast<tpacket2_hdr*>(ring_ + next_ * kFrameBytes);
    std::atomic_ref<std::uint32_t> status(frame.tp_status);
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return packets;
    packets += packets_in(frame.tp_len);
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % kFrames;
  }
}

std::uint64_t PacketSink::packets_in(std::size_t length) const {
  if (packet_ == 0) return 1;  // of the smallest packets nothing can be told
  return std::max<std::uint64_t>(1, (length - outer_headers_) / packet_);
}

void PacketSink::wait(Duration time) const {
  pollfd readable{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(time);
  static_cast<void>(::poll(&readable, 1, static_cast<int>(timeout.count())));
}

}  // namespace tsp::load
