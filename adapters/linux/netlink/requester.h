// SPDX-License-Identifier: Apache-2.0
//
// Requests to the kernel, several in one system call, each with its answer. One thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tsp/types.h>

#include "adapters/linux/netlink/channel.h"

struct nlmsghdr;

namespace tsp::linux_ {

// To one request.
struct NetlinkAnswer {
  int error = 0;       // an errno; 0: done
  std::string text{};  // the kernel's own words for it, if it has some
  Bytes message{};     // what was asked for; empty if there was only to be done something

  friend bool operator==(const NetlinkAnswer&, const NetlinkAnswer&) = default;
};
// "the tunnel has been used since (Device or resource busy)": for people.
[[nodiscard]] std::string to_text(const NetlinkAnswer& answer);

class NetlinkRequester {
 public:
  explicit NetlinkRequester(std::unique_ptr<NetlinkChannel> channel) : channel_(std::move(channel)) {}

  // Each request is one message, of which the sequence number is filled in here. It has NLM_F_ACK or asks for exactly
  // one message. The answers are in the order of the requests. One that the kernel did not answer has the errno of the
  // socket for its answer.
  [[nodiscard]] std::vector<NetlinkAnswer> exchange_all(std::vector<Bytes> requests);
  // The same for one.
  [[nodiscard]] NetlinkAnswer exchange(Bytes request);
  // Gives each message of the answer to `each`. An answer that the kernel had to interrupt, because what it lists was
  // changing, is asked for again, some times, so `restart` must forget what `each` collected.
  [[nodiscard]] NetlinkAnswer dump(Bytes request, const std::function<void()>& restart,
                                   const std::function<void(ByteView)>& each);
  // See NetlinkChannel.
  [[nodiscard]] std::uint32_t port() const { return channel_->port(); }

 private:
  // In one system call; adds an answer for each.
  void exchange_some(std::span<Bytes> requests, std::vector<NetlinkAnswer>& answers);
  // One attempt of a dump; `interrupted` says whether the kernel was.
  NetlinkAnswer dump_once(Bytes& request, const std::function<void(ByteView)>& each, bool& interrupted);
  void number(Bytes& request);

  std::unique_ptr<NetlinkChannel> channel_;
  std::uint32_t last_sequence_ = 0;
};

// Calls `each` for every whole message in `bytes`.
void for_each_message(ByteView bytes, const std::function<void(const nlmsghdr&, ByteView)>& each);

}  // namespace tsp::linux_
