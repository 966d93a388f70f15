// SPDX-License-Identifier: Apache-2.0
//
// Carries out what the core orders for the DNS: at a name server that takes updates, or in files. On the io_context's
// thread; nothing here waits, and what fails is told to who asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include <tsp/broker.h>

#include "adapters/linux/dns/dns_updater.h"
#include "adapters/linux/dns/records.h"
#include "adapters/linux/dns/update_queue.h"

namespace tsp::linux_::dns {

struct DnsSummary {
  std::string place;  // the server, or the folder
  std::vector<std::string> zones{};
  std::uint64_t done = 0;  // accounts
  std::uint64_t pending = 0;
  std::uint64_t refused = 0;
  std::string error{};  // of one of those that are not done
};

class DnsKeeper {
 public:
  virtual ~DnsKeeper() = default;
  virtual void execute(const PublishDns& order) = 0;
  virtual void execute(const WithdrawDns& order) = 0;
  virtual void execute(const DnsComplete& order) = 0;
  // What was refused, or waits for its next try, is tried again now.
  virtual void retry() = 0;
  // Nothing: the account has no records.
  [[nodiscard]] virtual std::optional<OwnerState> state(AccountId account) const = 0;
  [[nodiscard]] virtual DnsSummary summary() const = 0;
};

struct KeeperOptions {
  std::vector<std::string> zones;
  UpdateLimits limits;
};

// An error: a zone is no name.
[[nodiscard]] std::expected<std::unique_ptr<DnsKeeper>, std::string> keep_at_server(asio::io_context& io,
                                                                                    const Endpoint& server, TsigKey key,
                                                                                    const KeeperOptions& options);
[[nodiscard]] std::expected<std::unique_ptr<DnsKeeper>, std::string> keep_at_server(
    const DnsUpdater::MakeLink& make_link, const Endpoint& server, TsigKey key, const KeeperOptions& options);

// FOLDER/ZONE.inc for each zone; written by a thread of its own, all changes of a second at once.
[[nodiscard]] std::unique_ptr<DnsKeeper> keep_in_files(asio::io_context& io, const std::string& folder,
                                                       const KeeperOptions& options);

// As the library knows them. Of records that are to be removed it does not matter to whom they pointed.
[[nodiscard]] DesiredRecords to_desired(const DnsRecords& records);

}  // namespace tsp::linux_::dns
