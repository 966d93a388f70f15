// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/tunnel_pump.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "core/client/inner.h"
#include "core/dataplane/mss.h"

namespace tsp::linux_ {

TunnelPump::TunnelPump(asio::io_context& io, int tun, int carrier, Offer offer, const HostOptions& host,
                       PumpEvents events)
    : tun_(io), carrier_(carrier), offer_(std::move(offer)), events_(std::move(events)) {
  if (host.mss_clamp) clamp_to_ = host.mtu;
  if (tun < 0) return;
  tun_.assign(fcntl(tun, F_DUPFD_CLOEXEC, 0));
  wait();
}

void TunnelPump::deliver(std::span<std::uint8_t> packet) {
  if (!tun_.is_open()) return;
  clamp(packet);
  // The device takes a packet or loses it; there is nothing to wait for.
  [[maybe_unused]] const auto written = ::write(tun_.native_handle(), packet.data(), packet.size());
}

void TunnelPump::send(ByteView packet) {
  if (::send(carrier_, packet.data(), packet.size(), MSG_DONTWAIT) >= 0) return;
  static_cast<void>(::send(carrier_, packet.data(), packet.size(), MSG_DONTWAIT));
}

void TunnelPump::wait() {
  tun_.async_wait(asio::posix::stream_descriptor::wait_read,
                  [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                    if (!error && !alive.expired()) read_batch();
                  });
}

void TunnelPump::read_batch() {
  while (!batch_.full()) {
    const auto size = read_packet();
    if (!size) return events_.device_lost();
    if (*size == 0) break;
    const std::span packet(batch_.room(), *size);
    if (!client::may_send(offer_, packet)) continue;
    clamp(packet);
    batch_.add(*size);
  }
  const bool clean = batch_.empty() || batch_.send(carrier_);
  wait();
  if (!clean) events_.unreachable();
}

// Without offloads the device and the socket have finished checksums only.
void TunnelPump::clamp(std::span<std::uint8_t> packet) const {
  if (clamp_to_) dataplane::clamp_mss(packet, *clamp_to_, dataplane::ChecksumState::Finished);
}

std::optional<std::size_t> TunnelPump::read_packet() {
  while (true) {
    const ssize_t size = ::read(tun_.native_handle(), batch_.room(), DatagramBatch::kSizeMax);
    if (size > 0) return static_cast<std::size_t>(size);
    if (size < 0 && errno == EINTR) continue;
    // EIO and EBADFD: somebody took the device down or deleted it.
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? std::optional<std::size_t>(0) : std::nullopt;
  }
}

}  // namespace tsp::linux_
