// SPDX-License-Identifier: Apache-2.0
//
// Several brokers on one store, each with an internet and clients of its own. Every account has a client at every
// broker, and goes from one to another by switching them on and off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sim/world.h"

namespace tsp::sim {

struct FleetOptions {
  std::size_t brokers = 2;
  bool one_pool = false;  // all give out the same prefix; else each has its own
  // They learn of each other from the store, instead of having lists in their configurations.
  bool announced = false;
  bool one_zone = false;        // all keep their records at one name server, else each has its own
  bool clients_follow = false;  // to the brokers that they are sent to, and back when nobody answers there
  WorldOptions world = default_world();
};

class Fleet {
 public:
  Fleet(const FleetOptions& options, std::uint64_t seed);

  [[nodiscard]] std::size_t size() const { return worlds_.size(); }
  [[nodiscard]] World& at(std::size_t broker) { return *worlds_.at(broker); }
  // Where clients are sent to it.
  [[nodiscard]] static IPv4Address address_of(std::size_t broker) {
    return {{203, 0, 113, static_cast<std::uint8_t>(broker + 1)}};
  }
  [[nodiscard]] static BrokerId id_of(std::size_t broker) { return BrokerId{static_cast<std::uint32_t>(broker + 1)}; }
  [[nodiscard]] const StoreContents& disk() const { return common_->disk; }
  // By somebody else.
  void commit(const std::vector<StoreChange>& changes) { common_->disk.commit(changes); }

  void run_for(Duration time) { at(0).run_for(time); }
  bool run_until(const std::function<bool()>& wanted, Duration limit) { return at(0).run_until(wanted, limit); }

  // With clients, all of them off. Their index at each broker is the number of accounts before. Where there is the DNS,
  // a router has other name servers at each broker.
  ClientIndex add_account(const std::string& login, const std::string& password,
                          std::optional<std::uint8_t> router_length = std::nullopt,
                          RequestedType type = RequestedType::V6UdpV4);
  [[nodiscard]] GogocClient& client(std::size_t broker, ClientIndex index) { return at(broker).client(index); }
  void switch_on(std::size_t broker, ClientIndex index) { at(broker).internet().restart_client(index); }
  void switch_off(ClientIndex index);
  // At which broker the account's client is on and up; none: at none.
  [[nodiscard]] std::optional<std::size_t> place_of(ClientIndex index);
  // On at this broker, and nowhere else.
  void move(ClientIndex index, std::size_t broker);

  // By a commit: two brokers with a live lease of one account or one address, or an account that loses what it had.
  [[nodiscard]] const std::optional<std::string>& violation() { return at(0).violation(); }
  // Store, datapaths and brokers agree, nobody is evicted any more, nothing is in flight.
  [[nodiscard]] std::optional<std::string> find_disagreement();

 private:
  [[nodiscard]] bool follow(std::size_t from, ClientIndex index, const std::vector<std::string>& brokers);
  void check(const std::vector<StoreChange>& changes);
  void check_leases();
  void check_stickiness(const std::vector<StoreChange>& changes);
  [[nodiscard]] std::optional<std::string> find_disagreement_of(std::size_t broker);

  std::shared_ptr<Common> common_ = std::make_shared<Common>();
  std::vector<std::unique_ptr<World>> worlds_;
  std::map<AccountId, IPv6Prefix> addresses_;  // held
  ClientIndex accounts_ = 0;
  bool clients_follow_ = false;
};

}  // namespace tsp::sim
