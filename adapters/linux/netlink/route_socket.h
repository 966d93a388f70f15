// SPDX-License-Identifier: Apache-2.0
//
// A connection to the kernel's routing tables (rtnetlink). Every request waits for the kernel's answer.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace tsp::linux_ {

class RouteSocket {
 public:
  // Error: one line.
  [[nodiscard]] static std::expected<RouteSocket, std::string> open();

  [[nodiscard]] nl_sock* get() const { return socket_.get(); }
  // Asks for every object of a kind, and gives each message of the answer to `each`. A dump that the kernel had to
  // interrupt because the tables changed is begun again, so `restart` must forget what `each` collected.
  [[nodiscard]] std::expected<void, std::string> dump(int type, const void* header, std::size_t header_size,
                                                      const std::function<void()>& restart,
                                                      const std::function<void(nlmsghdr*)>& each) const;

 private:
  struct Deleter {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Deleter> socket_;
};

// The text of a libnl error code (negative, as its functions return it).
[[nodiscard]] std::string netlink_error(int code);

}  // namespace tsp::linux_
