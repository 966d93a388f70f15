// SPDX-License-Identifier: Apache-2.0
//
// A session under test, and the server on its other end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client/session.h"
#include "core/client/test_support.h"

namespace tsp::client::testing {

inline constexpr std::string_view kAccept = "Content-length: 35\r\n<tunnel action=\"accept\"></tunnel>\r\n";
inline constexpr std::string_view kReject = "Content-length: 35\r\n<tunnel action=\"reject\"></tunnel>\r\n";
inline constexpr std::string_view kDelete = "Content-length: 35\r\n<tunnel action=\"delete\"></tunnel>\r\n";

// A session and what stands on its other end: a server that says what the test tells it to.
class Dialogue {
 public:
  explicit Dialogue(const ClientConfig& config, Transport transport = Transport::Udp)
      : transport_(transport),
        session_(SessionSetup{.config = std::make_shared<const ClientConfig>(config),
                              .server = config.server,
                              .transport = transport,
                              .version = "2.0.2",
                              .local = outer_family(config.type) == OuterFamily::IPv4 ? map_ipv4({{10, 1, 1, 5}})
                                                                                      : ipv6("2001:db8:c::7"),
                              .first_sequence = wire::Sequence(0x123),
                              .cnonce = "1700000000"},
                 kStart) {
    take_orders();
  }

  // The next thing the client said, without the UDP header.
  std::string said() {
    if (sent_.empty()) return "(nothing)";
    last_ = std::move(sent_.front());
    sent_.erase(sent_.begin());
    return std::string(transport_ == Transport::Udp ? as_text(ByteView(last_).subspan(8)) : as_text(last_));
  }
  // Answers what said() returned last.
  void answer(std::string_view text) {
    Bytes bytes = to_bytes(text);
    if (transport_ == Transport::Udp) bytes = wire::with_header(*wire::parse_udp_header(last_), text);
    session_.receive(now, bytes);
    take_orders();
  }
  // said() and answer() until there is an offer.
  void negotiate_anonymously(std::string_view offer) {
    said();
    answer(kCapability);
    said();
    answer(kSuccess);
    said();
    answer(offer);
  }
  // Lets time pass until something happens.
  bool wait() {
    const auto deadline = session_.next_deadline();
    if (!deadline) return false;
    now = *deadline;
    session_.advance(now);
    take_orders();
    return true;
  }
  void prepared(const std::optional<std::string>& problem = {}) {
    session_.local_ready(now, problem);
    take_orders();
  }
  void close() {
    session_.closed(now, "closed");
    take_orders();
  }
  void leave() {
    session_.leave(now);
    take_orders();
  }

  Instant now = kStart;
  std::optional<Offer> offered;
  std::optional<Offer> established;
  std::optional<Failure> failure;
  std::optional<std::string> left;  // "told", or the problem

  [[nodiscard]] std::optional<FailureKind> failed() const {
    return failure ? std::optional(failure->kind) : std::nullopt;
  }

 private:
  void take_orders() {
    while (auto order = session_.poll()) {
      if (auto* send = std::get_if<SessionSend>(&*order)) sent_.push_back(std::move(send->bytes));
      if (auto* offer = std::get_if<SessionOffer>(&*order)) offered = offer->offer;
      if (auto* up = std::get_if<SessionEstablished>(&*order)) established = up->offer;
      if (auto* down = std::get_if<SessionFailed>(&*order)) failure = down->failure;
      if (auto* gone = std::get_if<SessionLeft>(&*order)) left = gone->problem.value_or("told");
    }
  }

  Transport transport_;
  ClientSession session_;
  std::vector<Bytes> sent_;
  Bytes last_;
};

inline std::string offer_of_type(std::string_view type) {
  OfferText offer;
  offer.type = type;
  return offer.framed();
}

inline ClientConfig v6v4_config() {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  return config;
}

}  // namespace tsp::client::testing
