// SPDX-License-Identifier: Apache-2.0
//
// Keeps the DNS of tunnels at name servers that take dynamic updates (RFC 2136), signed with a key that both sides
// have. Everything happens later, on the io_context's thread: nothing here waits, and what fails for a while is tried
// again for ever, after 1 s, 2 s, … 5 min.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include <tsp/address.h>

#include "adapters/linux/dns/records.h"
#include "adapters/linux/dns/server_link.h"
#include "adapters/linux/dns/tsig_key.h"
#include "adapters/linux/dns/update_queue.h"

namespace tsp::linux_::dns {

struct DnsServer {
  Endpoint address;
  TsigKey key;
  std::vector<std::string> zones;  // that it is primary for; a name is changed in the longest that holds it
};

class DnsUpdater {
 public:
  using MakeLink = std::function<std::unique_ptr<ServerLink>(const Endpoint& server)>;

  // An error if a zone is no name, or stands twice.
  static std::expected<std::unique_ptr<DnsUpdater>, std::string> create(asio::io_context& io,
                                                                        std::vector<DnsServer> servers,
                                                                        const UpdateLimits& limits);
  static std::expected<std::unique_ptr<DnsUpdater>, std::string> create(const MakeLink& make_link,
                                                                        std::vector<DnsServer> servers,
                                                                        const UpdateLimits& limits);

  // The owner (whatever string the caller finds it by) has these records and no others. A later call takes the place
  // of an earlier one, which is not carried out any more if it was still waiting. An error: a record is not valid or
  // lies in no zone, or too many owners are known; then nothing is changed.
  std::expected<void, std::string> set(const std::string& owner, const DesiredRecords& desired);
  // `formerly`: what an earlier run of the program gave to the owner, of which this one does not know; records that lie
  // in no zone of today are left alone.
  std::expected<void, std::string> remove(const std::string& owner, const DesiredRecords& formerly = {});
  // What servers refused is tried again: somebody may have given them the right key.
  void retry();

  // Nothing if the owner is not known: never set, or everything removed. Of several servers the worst.
  [[nodiscard]] std::optional<OwnerState> state(const std::string& owner) const;

 private:
  struct Server {
    std::unique_ptr<ServerLink> link;
    std::unique_ptr<UpdateQueue> queue;
  };
  using Placed = std::vector<PlacedRrsets>;  // for each server

  DnsUpdater() = default;
  [[nodiscard]] std::expected<Placed, std::string> place(const DesiredRecords& records, bool skip_unplaced) const;
  [[nodiscard]] std::expected<void, std::string> find_room(const std::string& owner, const Placed& placed) const;

  std::vector<Server> servers_;
  std::vector<std::string> zones_;
  std::map<std::string, std::size_t> server_of_zone_;
};

}  // namespace tsp::linux_::dns
