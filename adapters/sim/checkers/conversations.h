// SPDX-License-Identifier: Apache-2.0
//
// What was said over each path lately, and what was answered: hashes and counts, no bytes. A path is forgotten when
// nothing was said on it for ten minutes, and when the process that could remember it is dead.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/sim/checkers/text.h"

namespace tsp::sim {

// Datagrams with the same header and the same body.
struct Message {
  std::uint64_t header = 0;  // the eight bytes: sequence word, timestamp
  std::uint64_t body = 0;    // hash
  std::uint64_t number = 0;  // of the first of them that was not answered, among all that arrived in this world
  Instant at{};              // the last one
  std::uint32_t arrivals = 1;
  std::uint32_t replies = 0;
  MessageKind kind = MessageKind::Other;
  std::optional<std::uint64_t> login{};  // hash of whom it named

  [[nodiscard]] bool waits() const { return replies < arrivals; }
};

struct Proof {
  std::uint64_t login = 0;  // hash; of "" for ANONYMOUS
  bool by_digest = false;   // so that the endpoint is proved as well
};

struct Conversation {
  // What a message, whatever its timestamp, was answered since the last VERSION.
  struct Answer {
    std::uint64_t word = 0;
    std::uint64_t body = 0;
    std::vector<std::uint64_t> replies{};  // hashes of different bodies
  };
  Instant active{};
  std::vector<Message> messages{};  // oldest first
  bool forgetful = false;           // there were more
  std::uint32_t hellos = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::vector<Proof> proofs{};
  std::vector<ToldOffer> offers{};  // told; a late duplicate may be answered with another one
                                    // after one was accepted
  std::vector<Answer> answers{};
  std::optional<Answer> hello_answer{};

  [[nodiscard]] bool has_proved(std::uint64_t login) const;
  [[nodiscard]] bool has_proved_endpoint() const;
  // A message of those that arrived up to `number` still waits for its answer.
  [[nodiscard]] bool owes_answer_to(std::uint64_t number) const;
};

// A signalling datagram that leaves, seen in its conversation.
struct Reply {
  const Conversation* conversation = nullptr;  // null: nothing came from there
  const Message* message = nullptr;            // null: nothing came from there with this header
  std::string_view body{};
  bool in_excess = false;    // more replies with this header than messages
  bool contradicts = false;  // the same message was answered otherwise before
  std::optional<ToldOffer> offer{};
  std::vector<ToldOffer> acceptable{};  // for the answer to an accept: what it can have accepted
};

class Conversations {
 public:
  static constexpr Duration kMemory = std::chrono::minutes(10);

  void note_arrival(const FourTuple& path, ByteView datagram, Instant now);
  // Valid until the next call.
  [[nodiscard]] Reply note_departure(const FourTuple& path, ByteView datagram, Instant now);
  // Sessions are gone.
  void note_end_of_process() { conversations_.clear(), ages_.clear(); }
  // Capabilities may be others from now on.
  void note_reload();
  // But not a path for which `keep` is true.
  template <class Keep>
  void forget_old(Instant now, Keep keep);

  [[nodiscard]] const Conversation* find(const FourTuple& path) const;
  // Whether there is such a conversation on the path; for a path without ports, on any ports.
  template <class Predicate>
  [[nodiscard]] bool any_on(const FourTuple& path, Predicate is_such) const;
  [[nodiscard]] bool endpoint_proved(const FourTuple& path) const {
    return any_on(path, [](const Conversation& conversation) { return conversation.has_proved_endpoint(); });
  }
  [[nodiscard]] std::uint64_t arrivals() const { return arrivals_; }
  [[nodiscard]] std::size_t size() const { return conversations_.size(); }

 private:
  std::unordered_map<FourTuple, Conversation> conversations_;
  std::deque<std::pair<Instant, FourTuple>> ages_;  // one for each conversation
  std::uint64_t arrivals_ = 0;
};

template <class Predicate>
bool Conversations::any_on(const FourTuple& path, Predicate is_such) const {
  if (path.remote.port != 0) {
    const Conversation* conversation = find(path);
    return conversation != nullptr && is_such(*conversation);
  }
  return std::ranges::any_of(conversations_, [&](const auto& entry) {
    const FourTuple& there = entry.first;
    return there.remote.address == path.remote.address && there.local.address == path.local.address &&
           is_such(entry.second);
  });
}

template <class Keep>
void Conversations::forget_old(Instant now, Keep keep) {
  while (!ages_.empty() && ages_.front().first + kMemory <= now) {
    const FourTuple path = ages_.front().second;
    ages_.pop_front();
    const auto entry = conversations_.find(path);
    const bool is_old = entry->second.active + kMemory <= now;
    if (is_old && !keep(path)) {
      conversations_.erase(entry);
    } else {
      ages_.emplace_back(is_old ? now : entry->second.active, path);
    }
  }
}

// The first nibble tells inner packets from signalling.
[[nodiscard]] bool is_inner(const FourTuple& path, ByteView datagram);
// A list of other brokers, in answer to VERSION.
[[nodiscard]] bool is_redirect_at_hello(std::string_view body);

}  // namespace tsp::sim
