// SPDX-License-Identifier: Apache-2.0
//
// What the module and the kernel tell by themselves about the device and its tunnels.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tsp/types.h>

#include "adapters/linux/netlink/channel.h"

namespace asio {
class io_context;
}

namespace tsp::linux_::utun {

// What has happened since the last look.
struct News {
  std::vector<TunnelId> confirmed;
  bool tunnels_lost = false;  // or perhaps: somebody else removed some, or events did not fit
  bool device_gone = false;

  friend bool operator==(const News&, const News&) = default;
};

// Reads the events of the module that wait there. `device`: its index; `own_port`: of the socket that our own removals
// are ordered by.
void read_module_events(NetlinkChannel& channel, std::uint32_t device, std::uint32_t own_port, News& news);
// Reads the notifications about network devices that wait there.
void read_link_events(NetlinkChannel& channel, std::uint32_t device, News& news);

class EventWatch {
 public:
  using Sink = std::function<void(const News&)>;

  // `group`: that of the module's events. `sink` is called on the io_context's thread, never from inside open(). Error:
  // one line.
  [[nodiscard]] static std::expected<std::unique_ptr<EventWatch>, std::string> open(std::uint32_t group,
                                                                                    std::uint32_t device,
                                                                                    std::uint32_t own_port,
                                                                                    asio::io_context& io, Sink sink);
  ~EventWatch();

 private:
  struct Impl;
  explicit EventWatch(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;  // handlers that wait in the io_context have weak references
};

}  // namespace tsp::linux_::utun
