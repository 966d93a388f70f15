// SPDX-License-Identifier: Apache-2.0
//
// What a tunnel changes on this host: the TUN device with its address and routes, and for a router the LAN's address,
// the discard route and forwarding. Whatever was changed is changed back by down(), or at the latest by the destructor.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tsp/client.h>

#include "adapters/linux/client/client_options.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

class HostSetup {
 public:
  // Creates the device, so that what is missing is known before a server is asked. Error, here and below: one line.
  // Where a hook configures the host, only a TUN device is made, and when it is needed.
  [[nodiscard]] static std::expected<std::unique_ptr<HostSetup>, std::string> open(HostOptions options);
  HostSetup(const HostSetup&) = delete;
  HostSetup& operator=(const HostSetup&) = delete;
  ~HostSetup() { down(); }

  // Whether the offer can be set up. Creates the device if there is none.
  [[nodiscard]] std::expected<void, std::string> prepare(const Offer& offer);
  // If something is up already it is taken down first, unless it is the same.
  [[nodiscard]] std::expected<void, std::string> up(const Offer& offer);
  void down();

  // The device's descriptor, owned by this object; -1: the hook has made a device that needs nobody.
  [[nodiscard]] int tun() const { return tun_.get(); }
  // What up() did, a line each, for people.
  [[nodiscard]] const std::vector<std::string>& done() const { return done_; }
  [[nodiscard]] const HostOptions& options() const { return options_; }

 private:
  HostSetup(HostOptions options, RouteSocket socket) : options_(std::move(options)), socket_(std::move(socket)) {}

  using Done = std::expected<void, std::string>;
  [[nodiscard]] Done open_device();
  [[nodiscard]] Done check_prefix(const IPv6Prefix& prefix) const;
  [[nodiscard]] std::expected<int, std::string> device_index(const std::string& name) const;
  [[nodiscard]] Done set_up(const Offer& offer);
  [[nodiscard]] Done set_up_device(const Offer& offer);
  [[nodiscard]] Done set_up_router(const Offer& offer, const IPv6Prefix& prefix);
  [[nodiscard]] Done set_up_lan(const IPv6Prefix& prefix);
  void enable_forwarding(bool ipv4);

  HostOptions options_;
  RouteSocket socket_;
  FileDescriptor tun_;
  std::optional<Offer> current_;
  std::vector<std::function<void()>> undo_;  // in reverse order
  std::vector<std::string> done_;
};

}  // namespace tsp::linux_
