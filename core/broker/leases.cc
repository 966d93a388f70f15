// SPDX-License-Identifier: Apache-2.0
//
// Who has which address and prefix, and who had it.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/broker/impl.h"
#include "core/broker/lease_list.h"

namespace tsp {
namespace {

// Those that an account has of a prefix's family.
std::vector<Claim> claims_like(const AccountRecord& record, const IPv6Prefix& prefix) {
  const TunnelType type = is_mapped(prefix) ? TunnelType::V4V6 : TunnelType::V6V4;
  std::vector<Claim> claims = record.prefixes_for(type);
  if (const auto& address = record.address_for(type)) claims.push_back(*address);
  std::ranges::copy_if(record.quarantined, std::back_inserter(claims),
                       [&](const Claim& claim) { return is_mapped(claim.prefix) == is_mapped(prefix); });
  return claims;
}

std::string places_of(const PoolLayout& layout, bool is_address) {
  if (is_address) return "an address in " + to_text(layout.hosts);
  std::string text;
  for (const IPv6Prefix& block : layout.delegations) text += (text.empty() ? "one in " : ", ") + to_text(block);
  return text.empty() ? "an address: no prefix is given out" : text;
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
    answer.leases = broker::leases_of(record);
    std::erase_if(answer.leases, [&](const Lease& lease) {
      return !touches(lease, command.range) || (command.after && lease.claim.prefix <= *command.after);
    });
    reply(std::move(answer));
  });
}

// ---- a chosen one ---------------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const ReserveLeaseRequest& command) {
  with_account(request, command.login, [this, request, prefix = command.prefix](const AccountRecord& record) {
    if (const auto fault = pool_fault(record, prefix)) return fail(request, AdminStatus::Invalid, *fault);
    for (const Claim& claim : claims_like(record, prefix)) {
      if (claim.prefix == prefix && claim.state == ClaimState::Held) {
        AdminReply answer{.request = request};
        answer.leases = {{.claim = claim, .login = record.account.login}};
        return reply(std::move(answer));
      }
      if (claim.prefix == prefix && claim.state == ClaimState::Quarantined) {
        return reserve_lease(request, record, prefix);
      }
      if (claim.prefix.length == prefix.length) {
        return fail(request, AdminStatus::Exists, "prefix: the account has " + to_text(claim.prefix));
      }
    }
    if (!pools_.of(is_mapped(prefix) ? TunnelType::V4V6 : TunnelType::V6V4).is_free(prefix)) {
      return fail(request, AdminStatus::Exists, "prefix: it is not free");
    }
    reserve_lease(request, record, prefix);
  });
}

std::optional<std::string> Broker::Impl::pool_fault(const AccountRecord& record, const IPv6Prefix& prefix) const {
  const bool ipv4 = is_mapped(prefix);
  if (ipv4 && !config_->ipv4_pool) return "prefix: there is no pool of IPv4";
  const pool::Pool& pool = pools_.of(ipv4 ? TunnelType::V4V6 : TunnelType::V6V4);
  const bool is_address = prefix.length == 128;
  if (!is_address) {
    const PrefixLimits limits =
        ipv4 ? config_->ipv4_prefix_limits : record.account.prefix_limits.value_or(config_->prefix_limits);
    const unsigned length = written_length(prefix);
    if (length < limits.shortest || length > limits.longest) {
      return "prefix: expected a length from " + std::to_string(limits.shortest) + " to " +
             std::to_string(limits.longest);
    }
  }
  if (pool.gives_out(prefix)) return std::nullopt;
  return "prefix: expected " + places_of(pool.layout(), is_address);
}

// The pool only keeps others on this broker from choosing it; whether it is free the store says.
void Broker::Impl::reserve_lease(RequestId request, const AccountRecord& record, const IPv6Prefix& prefix) {
  const Lease lease{.claim = {.prefix = prefix,
                              .owner = record.account.id,
                              .state = ClaimState::Held,
                              .until = {},
                              .broker = config_->broker},
                    .login = record.account.login};
  const auto quarantine_end = pools_.quarantine_end(prefix);
  if (!quarantine_end) pools_.claim(prefix);
  std::vector<StoreChange> changes{PutClaim{lease.claim}};
  add_audit(request, changes);
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, request, lease, quarantine_end](const StoreDone& done) {
        on_lease_reserved(request, lease, quarantine_end, done);
      },
      now_.mono + kOperatorsPatience);
}

// `quarantine_end`: of what the account had given up.
void Broker::Impl::on_lease_reserved(RequestId request, const Lease& lease, std::optional<WallTime> quarantine_end,
                                     const StoreDone& done) {
  const IPv6Prefix& prefix = lease.claim.prefix;
  if (quarantine_end) settle_taken_back(prefix, *quarantine_end, done.status);
  if (done.status == StoreStatus::Taken) {
    if (!quarantine_end) pools_.release(prefix);
    if (done.occupied && done.occupied->overlaps(prefix)) pools_.claim(*done.occupied);
    return fail(request, AdminStatus::Exists, "prefix: it is not free, or the account has got another one meanwhile");
  }
  if (done.status != StoreStatus::Done) {
    if (!quarantine_end) release_if_unclaimed(prefix);
    return fail(request, done);
  }
  publish_account(lease.claim.owner, lease.login);
  report(Event{.code = EventCode::AccountChanged, .login = lease.login, .detail = "got " + to_text(prefix)});
  AdminReply answer{.request = request};
  answer.leases = {lease};
  reply(std::move(answer));
}

// The commit may have been made after all, or may still be.
void Broker::Impl::release_if_unclaimed(const IPv6Prefix& prefix) {
  ask_store(
      ListLeases{.op = {}, .range = prefix, .after = std::nullopt, .limit = 1},
      [this, prefix](const StoreDone& done) {
        if (done.status == StoreStatus::Done && done.leases.empty()) pools_.release(prefix);
      },
      std::nullopt);
}

}  // namespace tsp
