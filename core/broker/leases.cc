// SPDX-License-Identifier: Apache-2.0
//
// Who has which address and prefix, and who had it.
#include <algorithm>

#include "core/broker/impl.h"

namespace tsp {
namespace {

std::vector<Lease> leases_of(const AccountRecord& record) {
  std::vector<Lease> leases;
  const auto add = [&](const Claim& claim) { leases.push_back({.claim = claim, .login = record.account.login}); };
  for (const auto* address : {&record.address, &record.ipv4_address}) {
    if (*address) add(**address);
  }
  for (const auto* prefixes : {&record.prefixes, &record.ipv4_prefixes}) std::ranges::for_each(*prefixes, add);
  std::ranges::sort(leases, {}, [](const Lease& lease) { return lease.claim.prefix; });
  return leases;
}

bool touches(const Lease& lease, const std::optional<IPv6Prefix>& range) {
  return !range || lease.claim.prefix.overlaps(*range);
}

}  // namespace

void Broker::Impl::run(RequestId request, const ReadHistoryRequest& command) {
  read_for(request, command.limit,
           ReadHistory{.op = {},
                       .range = command.range,
                       .login = command.login,
                       .at = command.at,
                       .before = command.before,
                       .limit = command.limit},
           [](const StoreDone& done, AdminReply& reply) { reply.history = done.history; });
}

void Broker::Impl::run(RequestId request, const ListLeasesRequest& command) {
  if (!command.login) {
    return read_for(request, command.limit,
                    ListLeases{.op = {}, .range = command.range, .after = command.after, .limit = command.limit},
                    [](const StoreDone& done, AdminReply& reply) { reply.leases = done.leases; });
  }
  // They are few.
  with_account(request, *command.login, [this, request, command](const AccountRecord& record) {
    AdminReply answer{.request = request};
    answer.leases = leases_of(record);
    std::erase_if(answer.leases, [&](const Lease& lease) {
      return !touches(lease, command.range) || (command.after && lease.claim.prefix <= *command.after);
    });
    reply(std::move(answer));
  });
}

}  // namespace tsp
