// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/tunnel_pump.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "core/client/inner.h"
#include "core/dataplane/merged.h"
#include "core/dataplane/mss.h"
#include "core/dataplane/segment.h"

namespace tsp::linux_ {

TunnelPump::TunnelPump(asio::io_context& io, int tun, int carrier, Offer offer, const HostOptions& host,
                       PumpEvents events)
    : tun_(io),
      carrier_(carrier),
      offer_(std::move(offer)),
      mtu_(host.mtu),
      clamps_(host.mss_clamp),
      events_(std::move(events)) {
  if (tun < 0) return;
  tun_.assign(fcntl(tun, F_DUPFD_CLOEXEC, 0));
  wait();
}

void TunnelPump::deliver(std::span<std::uint8_t> packet) {
  if (!tun_.is_open()) return;
  if (offer_.type != TunnelType::V6UdpV4) {
    if (const auto merged = dataplane::describe_merged(packet, mtu_)) return write_apart(*merged, packet);
  }
  clamp(packet);
  write(packet);
}

void TunnelPump::write(ByteView packet) {
  // The device takes a packet or loses it; there is nothing to wait for.
  [[maybe_unused]] const auto written = ::write(tun_.native_handle(), packet.data(), packet.size());
}

void TunnelPump::write_apart(const dataplane::VnetHeader& merged, std::span<std::uint8_t> packet) {
  const auto layout = dataplane::layout_of(merged, packet);
  if (!layout) return;
  if (layout->segments == 1) {
    dataplane::complete_checksum(merged, packet);
    return write(packet);
  }
  segments_.resize(dataplane::kBytesPerSend);
  for (std::size_t done = 0; done < layout->segments;) {
    const dataplane::SegmentRun run = dataplane::segment(*layout, packet, done, segments_);
    for (std::size_t at = 0; at < run.bytes; at += layout->segment_size) {
      write(ByteView(segments_).subspan(at, std::min(layout->segment_size, run.bytes - at)));
    }
    done += run.segments;
  }
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
  if (clamps_) dataplane::clamp_mss(packet, mtu_, dataplane::ChecksumState::Finished);
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
