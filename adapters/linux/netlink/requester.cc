// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/requester.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

// As many answers as the socket has room for by far, whatever the host's limits are.
constexpr std::size_t kRequestsAtOnce = 64;
constexpr std::size_t kBytesAtOnce = 60'000;
// What changes all the time interrupts each dump; the last answer is then taken as it is.
constexpr int kDumpAttempts = 5;

std::size_t padded(std::size_t size) {
  return NLMSG_ALIGN(size);
}

// The words in an extended acknowledgement; its attributes stand behind the request or, with NETLINK_CAP_ACK, behind
// the request's header.
std::string text_of(const nlmsghdr& header, ByteView message) {
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  nlmsghdr request{};
  std::memcpy(&request, message.data() + NLMSG_HDRLEN + sizeof(int), sizeof request);
  std::size_t at = NLMSG_HDRLEN + padded(sizeof(nlmsgerr));
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) at += padded(request.nlmsg_len) - NLMSG_HDRLEN;
  while (at + NLA_HDRLEN <= message.size()) {
    nlattr attribute{};
    std::memcpy(&attribute, message.data() + at, sizeof attribute);
    if (attribute.nla_len < NLA_HDRLEN || at + attribute.nla_len > message.size()) break;
    if ((attribute.nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
      const ByteView value = message.subspan(at + NLA_HDRLEN, attribute.nla_len - NLA_HDRLEN);
      const auto end = std::ranges::find(value, 0);
      return {value.begin(), end};
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return {};
}

// An acknowledgement, or the end of a dump: an errno stands behind the header.
NetlinkAnswer read_end(const nlmsghdr& header, ByteView message) {
  int code = 0;
  if (message.size() < NLMSG_HDRLEN + sizeof code) return {.error = EBADMSG};
  std::memcpy(&code, message.data() + NLMSG_HDRLEN, sizeof code);
  NetlinkAnswer answer{.error = -code};
  if (header.nlmsg_type == NLMSG_ERROR && message.size() >= NLMSG_HDRLEN + sizeof(nlmsgerr)) {
    answer.text = text_of(header, message);
  }
  return answer;
}

NetlinkAnswer read_answer(const nlmsghdr& header, ByteView message) {
  if (header.nlmsg_type == NLMSG_ERROR) return read_end(header, message);
  return {.message = Bytes(message.begin(), message.end())};
}

}  // namespace

std::string to_text(const NetlinkAnswer& answer) {
  const std::string known = std::strerror(answer.error);
  return answer.text.empty() ? known : answer.text + " (" + known + ")";
}

void for_each_message(ByteView bytes, const std::function<void(const nlmsghdr&, ByteView)>& each) {
  while (bytes.size() >= NLMSG_HDRLEN) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > bytes.size()) return;
    each(header, bytes.first(header.nlmsg_len));
    bytes = bytes.subspan(std::min(bytes.size(), padded(header.nlmsg_len)));
  }
}

void NetlinkRequester::number(Bytes& request) {
  nlmsghdr header{};
  TSP_ASSERT(request.size() >= sizeof header);
  std::memcpy(&header, request.data(), sizeof header);
  header.nlmsg_seq = ++last_sequence_;
  header.nlmsg_pid = port();
  std::memcpy(request.data(), &header, sizeof header);
  request.resize(padded(request.size()));
}

std::vector<NetlinkAnswer> NetlinkRequester::exchange_all(std::vector<Bytes> requests) {
  std::vector<NetlinkAnswer> answers;
  answers.reserve(requests.size());
  const std::span all(requests);
  for (std::size_t first = 0; first < all.size(); first = answers.size()) {
    std::size_t count = 0;
    for (std::size_t bytes = 0; first + count < all.size() && count < kRequestsAtOnce; ++count) {
      bytes += all[first + count].size();
      if (bytes > kBytesAtOnce && count > 0) break;
    }
    exchange_some(all.subspan(first, count), answers);
  }
  return answers;
}

NetlinkAnswer NetlinkRequester::exchange(Bytes request) {
  std::vector<NetlinkAnswer> answers;
  exchange_some(std::span(&request, 1), answers);
  return std::move(answers.front());
}

void NetlinkRequester::exchange_some(std::span<Bytes> requests, std::vector<NetlinkAnswer>& answers) {
  const std::uint32_t first = last_sequence_ + 1;
  Bytes together;
  for (Bytes& request : requests) {
    number(request);
    together.insert(together.end(), request.begin(), request.end());
  }
  std::vector<std::optional<NetlinkAnswer>> taken(requests.size());
  std::size_t left = taken.size();
  const auto take = [&](const nlmsghdr& header, ByteView message) {
    const std::uint32_t index = header.nlmsg_seq - first;
    if (index >= taken.size() || taken[index]) return;  // to a request of long ago
    taken[index] = read_answer(header, message);
    --left;
  };
  std::expected<void, int> socket = channel_->send(together);
  while (socket && left > 0) {
    const auto received = channel_->receive();
    if (received) {
      for_each_message(*received, take);
    } else {
      socket = std::unexpected(received.error());
    }
  }
  for (auto& one : taken) answers.push_back(one ? std::move(*one) : NetlinkAnswer{.error = socket.error()});
}

NetlinkAnswer NetlinkRequester::dump(Bytes request, const std::function<void()>& restart,
                                     const std::function<void(ByteView)>& each) {
  NetlinkAnswer answer;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    bool interrupted = false;
    restart();
    answer = dump_once(request, each, interrupted);
    if (!interrupted) break;
  }
  return answer;
}

NetlinkAnswer NetlinkRequester::dump_once(Bytes& request, const std::function<void(ByteView)>& each,
                                          bool& interrupted) {
  number(request);
  if (const auto sent = channel_->send(request); !sent) return {.error = sent.error()};
  std::optional<NetlinkAnswer> end;
  const auto take = [&](const nlmsghdr& header, ByteView message) {
    if (header.nlmsg_seq != last_sequence_ || end) return;
    interrupted = interrupted || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
      end = read_end(header, message);
    } else {
      each(message);
    }
  };
  while (!end) {
    const auto received = channel_->receive();
    if (!received) return {.error = received.error()};
    for_each_message(*received, take);
  }
  return std::move(*end);
}

}  // namespace tsp::linux_
