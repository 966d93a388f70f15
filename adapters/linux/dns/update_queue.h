// SPDX-License-Identifier: Apache-2.0
//
// The updates that one server gets: one at a time, each owner's latest wish only, again and again until it is done or
// the server refuses it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/dns/records.h"
#include "adapters/linux/dns/server_link.h"
#include "adapters/linux/dns/tsig.h"
#include "adapters/linux/dns/update_message.h"

namespace tsp::linux_::dns {

struct UpdateLimits {
  std::uint32_t ttl_seconds = 3600;
  std::size_t owners_max = 100'000;  // known at a time; one that is known is never refused
  Duration pause_min = std::chrono::seconds(1);
  Duration pause_max = std::chrono::minutes(5);
};

struct OwnerState {
  enum class Phase : std::uint8_t {
    Pending,  // being sent, or waiting for its turn or for the next try
    Done,
    Refused,  // not tried again until somebody asks for it
  };
  Phase phase = Phase::Pending;
  std::optional<WallTime> done_at;  // of the last update that was done, even if another one is pending
  std::string error;                // of the last try; empty after success

  friend bool operator==(const OwnerState&, const OwnerState&) = default;
};

// An RRset and the zone that it lies in.
struct PlacedRrset {
  std::string zone;
  std::vector<RecordData> data;

  friend bool operator==(const PlacedRrset&, const PlacedRrset&) = default;
};
using PlacedRrsets = std::map<RrsetKey, PlacedRrset>;

class UpdateQueue {
 public:
  // `link` has to stay as long as the queue.
  UpdateQueue(ServerLink& link, TsigKey key, const UpdateLimits& limits);

  [[nodiscard]] bool has_room_for(const std::string& owner) const;
  // From now on the owner has these records, and none of those it had before; `formerly` are those that the server may
  // have from an earlier run. Nothing: it is forgotten as soon as all are removed. Whoever asks for an RRset last has
  // it: a removal by its earlier owner does not touch it any more.
  void set(const std::string& owner, PlacedRrsets desired, const PlacedRrsets& formerly = {});
  // Tries again at once what the server refused, and what waits for its next try.
  void retry();

  [[nodiscard]] bool knows(const std::string& owner) const { return owners_.contains(owner); }
  [[nodiscard]] std::optional<OwnerState> state(const std::string& owner) const;

 private:
  // When an owner's turn is; of those at the same time who came first.
  using Turn = std::pair<Instant, std::uint64_t>;

  struct Owner {
    PlacedRrsets desired;
    std::map<RrsetKey, std::string> present;  // what the server may have, with its zone
    std::uint64_t generation = 0;             // of `desired`
    OwnerState state;
    Duration pause{};  // before the next try
    std::optional<Turn> turn;
  };

  struct Update {
    std::string zone;
    Bytes message;
  };

  struct InFlight {
    std::string owner;
    std::uint64_t generation = 0;
    std::deque<Update> unsent;
    std::string zone;  // of the request that waits for its answer
    SignedRequest request;
  };

  [[nodiscard]] bool is_held_by_another(const RrsetKey& key, const std::string& name) const;
  [[nodiscard]] Duration next_pause(Duration last) const;
  void take_from_holders(const std::string& name, const PlacedRrsets& before);
  void put_in_line(const std::string& name, Owner& owner, Instant at);
  void leave_line(Owner& owner);
  void go_on();
  void begin(const std::string& name);
  [[nodiscard]] std::deque<Update> updates_for(const std::string& name, const Owner& owner) const;
  void send_next();
  void on_answer(const std::expected<Bytes, std::string>& answer);
  // The owner that is in flight, unless it has another wish by now.
  [[nodiscard]] Owner* current();
  void finish(const std::string& name, Owner& owner);
  void on_unreachable(const std::string& error);
  void on_rejected(const Rejection& rejection);

  ServerLink& link_;
  TsigKey key_;
  UpdateLimits limits_;
  std::map<std::string, Owner> owners_;
  std::map<RrsetKey, std::string> holders_;
  std::map<Turn, std::string> line_;
  std::optional<InFlight> in_flight_;
  std::uint64_t last_number_ = 0;  // of a generation, and of a turn
  std::uint16_t last_id_ = 0;
  // While the server cannot be reached nobody's turn comes, and nobody else's pause grows.
  Duration server_pause_{};
  Instant server_due_{};
  std::string server_error_;
};

}  // namespace tsp::linux_::dns
