// SPDX-License-Identifier: Apache-2.0
//
// What is durable, and the orders by which the core reads and writes it. An adapter executes an order and
// reports exactly one StoreDone. The rules for adapters are in adapters/port/store.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/broker_address.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp {

// H(login ":" realm ":" password) with H = MD5 (RFC 2831 section 2.1.2.1). Equal in value to the password for
// this realm: it is protected like one and never shown.
using Verifier = std::array<std::uint8_t, 16>;

// Shortest and longest prefix an account may be delegated, as prefix lengths: 48 <= shortest <= longest <= 64. Of IPv6,
// where nothing else is said.
struct PrefixLimits {
  std::uint8_t shortest = 48;
  std::uint8_t longest = 64;

  friend bool operator==(const PrefixLimits&, const PrefixLimits&) = default;
};

// SHA-256 of a random key of 128 bits. Nobody can try out that many, so that a slow hash would protect it no better.
using UpdateKeyHash = std::array<std::uint8_t, 32>;

inline constexpr std::size_t kNoteSizeMax = 1000;

struct Account {
  AccountId id{};
  std::string login{};  // UTF-8, 1…253 bytes, no control characters, no ':'
  Verifier verifier{};
  bool enabled = true;
  std::optional<PrefixLimits> prefix_limits{};  // none: those of the configuration
  std::optional<IPv6Address> server_address{};  // in a Held prefix of the account; else that of the configuration
  std::optional<std::uint16_t> mtu{};           // 1280…1472; none: that of the configuration
  std::optional<UpdateKeyHash> update_key{};    // none: its tunnel cannot be moved by UpdateEndpointRequest
  std::optional<BrokerId> home{};               // who is to serve it; none: whoever it comes to
  WallTime created{};
  std::string note{};  // operators' own, at most kNoteSizeMax bytes of UTF-8 without control characters; empty: none

  friend bool operator==(const Account&, const Account&) = default;
};

// Offered: told to a client that has not accepted yet. Held: the owner's for good (an anonymous client's as long
// as its tunnel lives). Quarantined: not to be given out before `until`, but to the account that gave it up, which may
// take it back. Whatever its state, an account has one claim of a length and family at most.
enum class ClaimState : std::uint8_t { Offered, Held, Quarantined };

// One address (length 128) or delegated prefix (length 48…64, of IPv4 96 + 8…30) that is not free. IPv4 is mapped.
struct Claim {
  IPv6Prefix prefix{};
  AccountId owner{};  // kAnonymous for anonymous leases and for what is in quarantine and nobody's
  ClaimState state = ClaimState::Held;
  WallTime until{};   // only for Quarantined
  BrokerId broker{};  // who made an Offered claim or an anonymous one

  friend bool operator==(const Claim&, const Claim&) = default;
};

enum class TunnelType : std::uint8_t { V6UdpV4 = 1, V6V4 = 2, V4V6 = 3 };

// What is inside; outside is the other family.
[[nodiscard]] constexpr bool carries_ipv4(TunnelType type) {
  return type == TunnelType::V4V6;
}

enum class EndReason : std::uint8_t {
  Deleted,   // the client sent `delete`
  Replaced,  // a newer tunnel of the same account (perhaps at another broker) or on the same endpoint took its place
  Idle,      // nothing accepted from the client for the idle time
  Kicked,    // by an operator
  Disabled,  // the account was disabled or deleted
  Failed,    // the datapath could not install it
};

inline constexpr std::array<EndReason, 6> kEndReasons = {EndReason::Deleted, EndReason::Replaced, EndReason::Idle,
                                                         EndReason::Kicked,  EndReason::Disabled, EndReason::Failed};

// A live tunnel, as it must be known after a restart.
struct TunnelRecord {
  TunnelId id{};
  AccountId account{};
  std::string login{};  // of the account, filled in by the store, kept if the account goes; empty for anonymous
  BrokerId broker{};
  TunnelType type = TunnelType::V6UdpV4;
  FourTuple path{};
  IPv6Address inner{};  // this and the next two: mapped if the type carries IPv4
  std::optional<IPv6Prefix> delegated{};
  IPv6Address server_address{};
  std::uint16_t mtu = 1280;             // bytes, inner packet
  std::uint32_t keepalive_seconds = 0;  // 0: none offered
  bool confirmed = false;               // see datapath.h
  WallTime created{};
  std::optional<EndReason> evicted{};    // why its broker has to remove it; written by EvictTunnels alone
  std::optional<BrokerId> evicted_by{};  // likewise

  friend bool operator==(const TunnelRecord&, const TunnelRecord&) = default;
};

// Who had an address and a prefix, from when to when.
struct HistoryEntry {
  std::uint64_t entry = 0;  // of those that have ended it grows as they end; 0: it lives
  TunnelRecord tunnel{};    // of an ended one without server_address, mtu, keepalive_seconds and confirmed
  std::optional<EndReason> reason{};
  std::optional<WallTime> ended{};

  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

// A claim with the login of its owner; empty: anonymous, or in quarantine and nobody's.
struct Lease {
  Claim claim{};
  std::string login{};

  friend bool operator==(const Lease&, const Lease&) = default;
};

enum class BrokerState : std::uint8_t { Up, Draining, Stopped };

inline constexpr std::size_t kBrokerAddressesMax = 4;
inline constexpr std::size_t kRegionSizeMax = 32;

// One of the brokers on the store, as it tells of itself again and again.
struct BrokerRecord {
  BrokerId id{};
  std::vector<BrokerAddress> addresses{};  // where clients are sent to it, best first; empty: they are not sent there
  std::string region{};                    // at most kRegionSizeMax letters, digits, '-', '_' and '.'; may be empty
  std::uint32_t weight = 1;                // its share of the clients that are sent on; 0: named after all others
  std::uint32_t capacity = 0;              // tunnels; 0: it states no limit
  std::uint32_t tunnels = 0;               // now
  BrokerState state = BrokerState::Up;
  std::vector<IPv6Prefix> pools{};     // what it gives out; IPv4 mapped
  std::uint32_t interval_seconds = 0;  // how often it tells
  WallTime heard{};                    // when it told this, by its own clock, in whole seconds

  friend bool operator==(const BrokerRecord&, const BrokerRecord&) = default;
};

// ---- who may use the API, and what was done with it ------------------------------------------------------------

// What somebody may do there; adapters/linux/control/api_access.h has the table.
enum class ApiRole : std::uint8_t { Admin = 1, Operator = 2, User = 3 };

// SHA-256 of a random token of 256 bits, which nobody can try out.
using ApiTokenHash = std::array<std::uint8_t, 32>;

inline constexpr std::size_t kApiNameSizeMax = 64;

struct ApiToken {
  ApiTokenId id{};
  std::string name{};  // 1…kApiNameSizeMax letters, digits, '-', '_' and '.'; one of that name for each login
  ApiTokenHash hash{};
  ApiRole role = ApiRole::User;
  AccountId account{};                // of a User, who may touch nothing else; kAnonymous for the others
  std::string login{};                // of that account; empty for the others
  std::vector<std::string> scopes{};  // words; empty: whatever the role may do
  WallTime created{};
  std::optional<WallTime> expires{};

  friend bool operator==(const ApiToken&, const ApiToken&) = default;
};

// Who may log in to the console, with a password that is not the tunnel's.
struct ConsoleLogin {
  std::string login{};  // a User's is that of the account
  ApiRole role = ApiRole::User;
  AccountId account{};          // of a User; kAnonymous for the others
  std::string password_hash{};  // argon2id, in the form that begins with '$'
  WallTime changed{};
  bool needs_code = false;  // it has a ConsoleTotp that is confirmed; PutConsoleLogin does not look at this

  friend bool operator==(const ConsoleLogin&, const ConsoleLogin&) = default;
};

using TotpSecret = std::array<std::uint8_t, 20>;

// The second factor of a console login: codes that follow from a secret and the time (TOTP, RFC 6238).
struct ConsoleTotp {
  std::string login{};
  TotpSecret secret{};
  bool confirmed = false;       // by a code; before, none is asked for
  std::uint64_t last_step = 0;  // whose code was used last: 30 s each since 1970
  std::uint64_t last_use = 0;   // random, below 2^53: by which request

  friend bool operator==(const ConsoleTotp&, const ConsoleTotp&) = default;
};

// What somebody changed, or tried to. Never changed once it is written.
struct AuditEntry {
  WallTime at{};
  std::uint64_t id = 0;  // random, below 2^53: with the time it names the entry
  BrokerId broker{};
  std::string actor{};    // "uid 0", "token backup", "session alice"
  std::string source{};   // "local", or an address
  std::string action{};   // "account.add"
  std::string subject{};  // the login, the id, …
  std::string detail{};
  std::string result{};  // "done", or why not

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};
// The place of an entry in the order of times and ids.
struct AuditPlace {
  WallTime at{};
  std::uint64_t id = 0;

  friend auto operator<=>(const AuditPlace&, const AuditPlace&) = default;
};

// ---- changes, applied all or none -----------------------------------------------------------------------------

// Refused (Taken) if the login or the id belongs to another account; the row of the same id and login is replaced.
struct AddAccount {
  Account account;
};
// The whole row by its id and login; Missing if there is none. The login cannot change (the verifier depends on it).
// Refused (Taken) if the row is neither `before` nor `account`: somebody else has changed it.
struct UpdateAccount {
  Account account;
  Account before;  // as it was read
};
// The account, its name servers, API tokens and console login, and every claim of it that no other change of the same
// commit speaks of; but what is in quarantine stays there, as nobody's. Missing if there is no such account.
struct DeleteAccount {
  AccountId id;
};
// Inserts the claim or changes the one with the same prefix. Refused (Taken) when
//  - a claim of another owner overlaps it. Anonymous claims of two brokers are of different owners, and so are a
//    Quarantined claim and any other with another prefix. In the place of the very same prefix an account may put its
//    claim into quarantine and take it back, and nobody's Quarantined claim may be put there unless it is another
//    broker's anonymous one; or
//  - it is Offered and the one with the same prefix is the account's for sure, Held or Quarantined: an offer could be
//    withdrawn; or
//  - it has an account as owner, and that account has another claim of the same length and family.
struct PutClaim {
  Claim claim;
};
// Frees the prefix if its claim is still Offered by this broker. If not, that is no error: another session of the
// account accepted it, or another broker has offered it as well.
struct WithdrawClaim {
  IPv6Prefix prefix{};
  BrokerId broker{};
};
// Frees the prefix if its claim is still Quarantined, and no longer than until `now`. If not, that is no error: another
// broker has freed it, and may have given it out again.
struct EndQuarantine {
  IPv6Prefix prefix{};
  WallTime now{};
};
// The account's name servers are these and no others; Missing if there is no such account.
struct PutNameServers {
  AccountId account{};
  std::vector<std::string> names{};  // as in AccountRecord; may be empty
};
// Inserts or replaces by id, all but `evicted`. Refused (Taken) if the record with that id was evicted; Missing if
// there is none yet and its account does not exist or is disabled.
struct PutTunnel {
  TunnelRecord tunnel;
};
// Another broker, `by`, has the account from now on, or nobody: the records of its tunnels at all other brokers are
// marked, and stay until those have removed the tunnels (FindEvicted, EraseTunnel). What is marked keeps its reason.
struct EvictTunnels {
  AccountId account{};
  BrokerId by{};
  EndReason reason = EndReason::Replaced;
};
// No such tunnel is not an error. Writes the tunnel's history row.
struct EraseTunnel {
  TunnelId id{};
  EndReason reason = EndReason::Idle;
  WallTime ended{};
};

// Inserts or replaces by id.
struct PutBroker {
  BrokerRecord broker;
};
// No such broker is not an error. What it has in the other tables stays.
struct EraseBroker {
  BrokerId id{};
};

// Inserts or replaces by id. Refused (Taken) if another token of that login has the name, or another one the hash;
// Missing if its account does not exist.
struct PutApiToken {
  ApiToken token;
};
// No such token is not an error.
struct EraseApiToken {
  ApiTokenId id{};
};
// Inserts or replaces by login. Refused (Taken) if that login is another account's, or one of none; Missing if its
// account does not exist.
struct PutConsoleLogin {
  ConsoleLogin console_login;
};
// With its ConsoleTotp. No such login is not an error.
struct EraseConsoleLogin {
  std::string login{};
};
// Inserts or replaces by login; Missing if there is no such console login.
struct PutConsoleTotp {
  ConsoleTotp totp;
};
// None there is not an error.
struct EraseConsoleTotp {
  std::string login{};
};
// A code is good once. Refused (Taken) if another use of this step, or of a later one, was written; Missing if there is
// no ConsoleTotp.
struct UseConsoleTotp {
  std::string login{};
  std::uint64_t step = 0;
  std::uint64_t use = 0;  // as last_use
};
// The same entry again is not an error.
struct AddAuditEntry {
  AuditEntry entry;
};

using StoreChange =
    std::variant<AddAccount, UpdateAccount, DeleteAccount, PutClaim, WithdrawClaim, EndQuarantine, PutNameServers,
                 PutTunnel, EvictTunnels, EraseTunnel, PutBroker, EraseBroker, PutApiToken, EraseApiToken,
                 PutConsoleLogin, EraseConsoleLogin, PutConsoleTotp, EraseConsoleTotp, UseConsoleTotp, AddAuditEntry>;

// ---- orders ---------------------------------------------------------------------------------------------------

// Everything a broker must know to start: all claims, the tunnels of `broker`, and all brokers.
struct LoadStore {
  OpId op{};
  BrokerId broker{};
};
// One account by its login, exact bytes, with its claims. No such account: Done with no account.
struct FindAccount {
  OpId op{};
  std::string login{};
};
// Accounts in the order of their logins' bytes, beginning after `after` ("" for the first), at most `limit`.
struct ListAccounts {
  OpId op{};
  std::string after{};
  std::uint32_t limit = 100;  // 1…1000
};
// The evicted tunnels of `broker`, in `snapshot.tunnels`, and all brokers.
struct FindEvicted {
  OpId op{};
  BrokerId broker{};
};
// The tunnels of an account at all brokers, in `snapshot.tunnels`, evicted ones as well.
struct FindTunnels {
  OpId op{};
  AccountId account{};
};
// All or none, each change seeing those before it. Every change is a statement of what shall be, so that a commit
// whose outcome is unknown can be repeated.
struct CommitChanges {
  OpId op{};
  std::vector<StoreChange> changes{};
};
// In `api_tokens`: none or one.
struct FindApiToken {
  OpId op{};
  ApiTokenHash hash{};
};
// In the order of their ids, those greater than `after`; with `login` only that account's.
struct ListApiTokens {
  OpId op{};
  ApiTokenId after{};
  std::uint32_t limit = 100;  // 1…1000
  std::optional<std::string> login{};
};
// In `console_logins`: none or one; in `console_totps`: what it has of these.
struct FindConsoleLogin {
  OpId op{};
  std::string login{};
};
// In the order of their bytes, beginning after `after`.
struct ListConsoleLogins {
  OpId op{};
  std::string after{};
  std::uint32_t limit = 100;  // 1…1000
};
// In `audit`: the latest first, those before `before` or from the end.
struct ReadAudit {
  OpId op{};
  std::optional<AuditPlace> before{};
  std::uint32_t limit = 100;  // 1…1000
};
// In `history`: tunnels with an address or a prefix in `range`, or whose prefix is around it, of this login (empty: of
// anonymous clients), that lived then. Those that have ended, the latest first. Before them on the first page (no
// `before`), if a range or a login is given, those that live, at most 1000 and beyond `limit`.
struct ReadHistory {
  OpId op{};
  std::optional<IPv6Prefix> range{};
  std::optional<std::string> login{};
  std::optional<WallTime> at{};
  std::optional<std::uint64_t> before{};  // an entry
  std::uint32_t limit = 100;              // 1…1000
};
// In `leases`: claims in `range` or around it, in their order, those behind `after`.
struct ListLeases {
  OpId op{};
  std::optional<IPv6Prefix> range{};
  std::optional<IPv6Prefix> after{};
  std::uint32_t limit = 100;  // 1…1000
};
// Done when the store can read and write again.
struct ProbeStore {
  OpId op{};
};

using StoreOrder =
    std::variant<LoadStore, FindAccount, ListAccounts, FindEvicted, CommitChanges, ProbeStore, FindTunnels,
                 FindApiToken, ListApiTokens, FindConsoleLogin, ListConsoleLogins, ReadAudit, ReadHistory, ListLeases>;

[[nodiscard]] inline OpId op_of(const StoreOrder& order) {
  return std::visit([](const auto& known) { return known.op; }, order);
}

// ---- completion -----------------------------------------------------------------------------------------------

enum class StoreStatus : std::uint8_t {
  Done,
  Taken,        // refused by a uniqueness rule; nothing was changed: choose another
  Missing,      // refused: what was to be changed does not exist; nothing was changed
  Unavailable,  // nothing was changed: locked, full, read-only, away
  Unknown,      // it may or may not have been changed
};

struct AccountRecord {
  Account account{};
  std::optional<Claim> address{};       // length 128, Held or Offered
  std::vector<Claim> prefixes{};        // Held or Offered, shortest first
  std::optional<Claim> ipv4_address{};  // the same of IPv4
  std::vector<Claim> ipv4_prefixes{};
  std::vector<Claim> quarantined{};  // prefixes of both families that it gave up, and may take back
  // To whom the reverse zones of its prefixes are delegated: DNS names in lower case without the dot at the end.
  std::vector<std::string> name_servers{};

  // Those of what a tunnel of this type has inside.
  [[nodiscard]] const std::optional<Claim>& address_for(TunnelType type) const {
    return carries_ipv4(type) ? ipv4_address : address;
  }
  [[nodiscard]] const std::vector<Claim>& prefixes_for(TunnelType type) const {
    return carries_ipv4(type) ? ipv4_prefixes : prefixes;
  }

  friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};

struct StoreSnapshot {
  std::vector<Claim> claims{};
  std::vector<TunnelRecord> tunnels{};
  std::vector<BrokerRecord> brokers{};  // by their ids
};

struct StoreDone {
  OpId op{};
  StoreStatus status = StoreStatus::Done;
  std::string detail{};                   // for logs when not Done: what the store said
  std::optional<IPv6Prefix> occupied{};   // Taken because of this claim, which stands in the way of a PutClaim
  std::vector<AccountRecord> accounts{};  // FindAccount (0 or 1), ListAccounts
  StoreSnapshot snapshot{};               // LoadStore, FindEvicted, FindTunnels
  std::vector<ApiToken> api_tokens{};
  std::vector<ConsoleLogin> console_logins{};
  std::vector<ConsoleTotp> console_totps{};
  std::vector<AuditEntry> audit{};
  std::vector<HistoryEntry> history{};
  std::vector<Lease> leases{};
};

}  // namespace tsp
