// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/import_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "adapters/linux/ddtb/old_leases.h"
#include "core/auth/digest_md5.h"
#include "core/auth/login.h"
#include "core/pool/pool.h"

namespace tsp::linux_::ddtb {
namespace {

constexpr std::uint64_t kAccountIdMax = (std::uint64_t{1} << 53) - 1;  // exact in JSON, as all ids are

using Password = std::expected<std::string, std::string>;
// By the ids of the accounts.
using Passwords = std::map<OldId, Password>;

// ---- passwords --------------------------------------------------------------------------------------------------

Password password_of(const OldClient& client, const std::optional<PasswordKey>& key) {
  Password password = client.iv ? key->decrypt(*client.iv, client.passwd) : Password(client.passwd);
  if (password && !auth::valid_password(*password)) {
    return std::unexpected("it is empty, longer than 1023 bytes, or of several lines");
  }
  return password;
}

// A key that is wrong for all must not shut out everybody.
std::expected<Passwords, std::string> read_passwords(const OldBase& old, const std::optional<PasswordKey>& key) {
  const auto encrypted =
      std::ranges::count_if(old.clients, [](const OldClient& client) { return client.iv.has_value(); });
  if (encrypted > 0 && !key) {
    return std::unexpected("the passwords of " + std::to_string(encrypted) +
                           " accounts are encrypted: db_key_file must name a file with the db_key of section [ipc] of "
                           "ddtb's configuration");
  }
  Passwords passwords;
  std::ptrdiff_t read = 0;
  for (const OldClient& client : old.clients) {
    const auto entry = passwords.emplace(client.id, password_of(client, key)).first;
    if (client.iv && entry->second) ++read;
  }
  if (encrypted > 0 && read == 0) {
    return std::unexpected("none of the " + std::to_string(encrypted) +
                           " encrypted passwords can be read: the db_key in db_key_file is not the one that they were "
                           "encrypted with");
  }
  return passwords;
}

// ---- prefixes and addresses -------------------------------------------------------------------------------------

// What is still free, and what the broker is able to serve.
class Space {
 public:
  explicit Space(const Target& target) : config_(target.config), pool_(target.config.pool) {
    for (const Claim& claim : target.holdings.claims) {
      if (!is_mapped(claim.prefix)) pool_.claim(claim.prefix);
    }
    had_hosts_ = pool_.hosts_available() > 0;
    had_anonymous_ = pool_.anonymous_available() > 0;
  }

  // Why an account cannot have the prefix (or address) here.
  [[nodiscard]] std::optional<std::string> fault(const IPv6Prefix& prefix) const {
    if (prefix.length != 128 && (prefix.length < 48 || prefix.length > 64)) return "only /48 to /64 can be delegated";
    if (!is_served(prefix)) {
      return "it is in none of the prefixes that the configuration names (prefix, pool.other_pools)";
    }
    const IPv6Address& server = config_.pool.server_address;
    if (prefix.contains(server)) {
      return (prefix.length == 128 ? "it is" : "in it is") + (" pool.server_address, " + to_text(server)) +
             ": configure another one";
    }
    if (!pool_.is_unclaimed(prefix)) return "another account has it, or a part of it, or it is in quarantine";
    return std::nullopt;
  }
  void take(const IPv6Prefix& prefix) { pool_.claim(prefix); }

  [[nodiscard]] std::vector<std::string> remarks() const {
    std::vector<std::string> remarks;
    const std::string why = " lies in prefixes of imported accounts: nothing is left of it for others; configure ";
    if (had_hosts_ && pool_.hosts_available() == 0) {
      remarks.push_back("the range of accounts " + to_text(config_.pool.hosts) + why + "pool.hosts");
    }
    if (had_anonymous_ && pool_.anonymous_available() == 0) {
      remarks.push_back("the range of anonymous clients " + to_text(*config_.pool.anonymous) + why + "pool.anonymous");
    }
    return remarks;
  }

 private:
  [[nodiscard]] bool is_served(const IPv6Prefix& prefix) const {
    return config_.pool.prefix.contains(prefix) ||
           std::ranges::any_of(config_.other_pools, [&](const IPv6Prefix& other) { return other.contains(prefix); });
  }

  const BrokerConfig& config_;
  pool::Pool pool_;
  bool had_hosts_ = false;
  bool had_anonymous_ = false;
};

// As the old lease, without what cannot be kept.
void fit_lease(const OldLease& old, const Space& space, const BrokerConfig& config, AccountFate& fate) {
  const auto lose = [&](const std::string& what, const std::string& why) {
    fate.notes.push_back(what + " is not kept: " + why);
  };
  if (old.prefix) {
    if (const auto why = space.fault(*old.prefix)) {
      lose("its prefix " + to_text(*old.prefix), *why);
    } else {
      fate.prefix = old.prefix;
    }
  }
  const auto is_inside = [&](const std::optional<IPv6Address>& address) {
    return address && fate.prefix && fate.prefix->contains(*address);
  };
  if (old.address) {
    const auto why = is_inside(old.address) ? std::nullopt : space.fault(host_prefix(*old.address));
    if (why) {
      lose("its address " + to_text(*old.address), *why);
    } else {
      fate.address = old.address;
    }
  }
  if (is_inside(old.server_address) && old.server_address != fate.address) {
    fate.server_address = old.server_address;
  } else if (old.server_address && *old.server_address != config.pool.server_address) {
    lose("the server's address " + to_text(*old.server_address),
         "it is not in a prefix that the account keeps; it is " + to_text(config.pool.server_address) + " now");
  }
}

// Those of the old account, if they say anything: the defaults of the table, and the numbers that ddtb's own tools
// wrote into the columns, do not.
std::optional<PrefixLimits> own_limits(const OldClient& client) {
  const auto is_length = [](const std::optional<std::int64_t>& number) {
    return number && *number >= 48 && *number <= 64;
  };
  if (!is_length(client.min_prefix) || !is_length(client.max_prefix)) return std::nullopt;
  const PrefixLimits limits{.shortest = static_cast<std::uint8_t>(*client.min_prefix),
                            .longest = static_cast<std::uint8_t>(*client.max_prefix)};
  if (limits.shortest > limits.longest || limits == PrefixLimits{}) return std::nullopt;
  return limits;
}

std::optional<PrefixLimits> limits_of(const OldClient& client, const PrefixLimits& configured, AccountFate& fate) {
  const auto own = own_limits(client);
  if (!fate.prefix) return own;
  const PrefixLimits limits = own.value_or(configured);
  const std::uint8_t length = fate.prefix->length;
  if (length >= limits.shortest && length <= limits.longest) return own;
  const PrefixLimits wider{.shortest = std::min(limits.shortest, length), .longest = std::max(limits.longest, length)};
  fate.notes.push_back("it may ask for prefixes of /" + std::to_string(wider.shortest) + " to /" +
                       std::to_string(wider.longest) + ", so that it can have its own");
  return wider;
}

// ---- the whole --------------------------------------------------------------------------------------------------

class Planner {
 public:
  Planner(const OldBase& old, const Passwords& passwords, const Target& target, Random& random)
      : old_(old), passwords_(passwords), target_(target), random_(random), leases_(old), space_(target) {
    for (const Account& account : target.holdings.accounts) {
      present_.emplace(account.login, &account);
      ids_.insert(account.id);
    }
    for (const Claim& claim : target.holdings.claims) {
      if (claim.state == ClaimState::Held && !is_mapped(claim.prefix)) held_.emplace(claim.owner, claim.prefix);
    }
  }

  ImportPlan plan() {
    std::map<OldId, AccountFate> fates;
    for (const OldClient* client : in_order()) fates.emplace(client->id, decide(*client));
    for (auto& [id, fate] : fates) plan_.accounts.push_back(std::move(fate));
    add_remarks();
    return std::move(plan_);
  }

 private:
  // Who was there last has what several claim.
  std::vector<const OldClient*> in_order() const {
    std::vector<const OldClient*> clients;
    for (const OldClient& client : old_.clients) clients.push_back(&client);
    std::ranges::sort(clients, [this](const OldClient* one, const OldClient* other) {
      const auto recency = leases_.recency(*one);
      const auto of_other = leases_.recency(*other);
      return recency != of_other ? recency > of_other : one->id < other->id;
    });
    return clients;
  }

  AccountFate decide(const OldClient& client) {
    AccountFate fate{.login = client.login};
    if (!auth::valid_login(client.login)) {
      fate.fate = Fate::Refused;
      fate.notes.emplace_back("a login has 1 to 253 bytes of UTF-8 here, and no control characters and no ':'");
    } else if (!taken_.insert(client.login).second) {
      fate.fate = Fate::Refused;
      fate.notes.emplace_back("another account of the old database has this login, and had the later tunnel");
    } else if (const auto there = present_.find(client.login); there != present_.end()) {
      describe_present(*there->second, client, fate);
    } else {
      add(client, fate);
    }
    return fate;
  }

  void describe_present(const Account& account, const OldClient& client, AccountFate& fate) const {
    fate.fate = Fate::Present;
    fate.enabled = account.enabled;
    fate.server_address = account.server_address;
    const OldLease lease = leases_.of(client);
    const auto [first, last] = held_.equal_range(account.id);
    for (auto held = first; held != last; ++held) {
      if (held->second.length == 128) {
        fate.address = held->second.base;
      } else if (!fate.prefix || held->second == lease.prefix) {
        fate.prefix = held->second;
      }
    }
    if (lease.prefix && lease.prefix != fate.prefix) {
      fate.notes.push_back("in the old database it has " + to_text(*lease.prefix));
    }
  }

  void add(const OldClient& client, AccountFate& fate) {
    const OldLease lease = leases_.of(client);
    fate.notes = lease.notes;
    fit_lease(lease, space_, target_.config, fate);
    const Account account = make_account(client, fate);
    plan_.changes.emplace_back(AddAccount{account});
    const auto hold = [&](const IPv6Prefix& prefix) {
      space_.take(prefix);
      plan_.changes.emplace_back(PutClaim{Claim{.prefix = prefix,
                                                .owner = account.id,
                                                .state = ClaimState::Held,
                                                .until = {},
                                                .broker = target_.config.broker}});
    };
    if (fate.prefix) hold(*fate.prefix);
    if (fate.address) hold(host_prefix(*fate.address));
  }

  Account make_account(const OldClient& client, AccountFate& fate) {
    Account account;
    account.id = fresh_id();
    account.login = client.login;
    account.prefix_limits = limits_of(client, target_.config.prefix_limits, fate);
    account.server_address = fate.server_address;
    account.created = target_.now;
    if (const Password& password = passwords_.at(client.id)) {
      account.verifier = auth::make_verifier(client.login, target_.config.realm, *password);
    } else {
      random_.fill(account.verifier);
      account.enabled = fate.enabled = false;
      fate.notes.push_back("its password is not kept: " + password.error() +
                           "; it is disabled until `tspctl account set-password` and `tspctl account enable`");
    }
    return account;
  }

  AccountId fresh_id() {
    while (true) {
      const AccountId id{random_.between(1, kAccountIdMax)};
      if (ids_.insert(id).second) return id;
    }
  }

  void add_remarks() {
    for (const std::string& prefix : leases_.orphans()) {
      plan_.remarks.push_back("the prefix '" + prefix + "' is not kept: its account is not in the old database");
    }
    const auto contacts = std::ranges::count_if(old_.clients, &OldClient::has_contact);
    if (contacts > 0) {
      plan_.remarks.push_back("names, mail addresses, telephone numbers and the like of " + std::to_string(contacts) +
                              " accounts are not kept: accounts have none here");
    }
    const bool any_prefix =
        std::ranges::any_of(plan_.accounts, [](const AccountFate& f) { return f.prefix.has_value(); });
    if (any_prefix && target_.config.pool.delegations.empty()) {
      plan_.remarks.emplace_back("prefixes are delegated to nobody by this configuration: see pool.delegations");
    }
    for (std::string& remark : space_.remarks()) plan_.remarks.push_back(std::move(remark));
  }

  const OldBase& old_;
  const Passwords& passwords_;
  const Target& target_;
  Random& random_;
  const OldLeases leases_;
  Space space_;
  std::map<std::string_view, const Account*> present_;
  std::multimap<AccountId, IPv6Prefix> held_;
  std::set<AccountId> ids_;
  std::set<std::string_view> taken_;  // logins
  ImportPlan plan_;
};

}  // namespace

std::expected<ImportPlan, std::string> plan_import(const OldBase& old, const std::optional<PasswordKey>& key,
                                                   const Target& target, Random& random) {
  const auto passwords = read_passwords(old, key);
  if (!passwords) return std::unexpected(passwords.error());
  return Planner(old, *passwords, target, random).plan();
}

}  // namespace tsp::linux_::ddtb
