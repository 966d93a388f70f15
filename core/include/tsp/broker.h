// SPDX-License-Identifier: Apache-2.0
//
// The broker as a value: facts in, orders out. It has no socket, thread, clock, file or randomness of its own.
//
//   broker.handle(now, fact);                       // or broker.advance(now) when next_deadline() has come
//   while (auto order = broker.poll()) execute(*order);
//   arm_timer(broker.next_deadline());
//
// Orders are executed in the order they are polled. An order with an OpId is answered by exactly one StoreDone
// or DatapathDone with that OpId.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/datapath.h>
#include <tsp/store.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp {

// ---- operators' requests --------------------------------------------------------------------------------------

struct AddAccountRequest {
  std::string login{};
  std::string password{};
  std::optional<PrefixLimits> prefix_limits{};
  std::optional<std::uint16_t> mtu{};
  std::optional<BrokerId> home{};
  bool force = false;  // as in ChangeAccountRequest
  std::string note{};  // as in Account
};
// What is there is changed, all of it or, if any of it is refused, nothing.
struct ChangeAccountRequest {
  std::string login{};
  std::optional<std::string> password{};
  std::optional<bool> enabled{};  // false also ends the account's tunnel
  // These two for tunnels made from then on; none within: as configured. What the account holds stays its own.
  std::optional<std::optional<PrefixLimits>> prefix_limits{};
  std::optional<std::optional<std::uint16_t>> mtu{};
  // The broker that is to serve the account, to which all others send it on; none within: whoever it comes to.
  std::optional<std::optional<BrokerId>> home{};
  bool force = false;  // the home, although no such broker is known
  std::optional<std::string> note{};
};
// Ends the account's tunnel and quarantines its addresses.
struct DeleteAccountRequest {
  std::string login;
};
// Makes a new update key, which takes the place of an earlier one, or takes the account's key away.
struct SetUpdateKeyRequest {
  std::string login;
  bool remove = false;
};
struct ShowAccountRequest {
  std::string login;
};
struct ListAccountsRequest {
  std::string after;
  std::uint32_t limit = 100;
};
// Tunnels with an id greater than `after`, in the order of their ids, of those that are all that is given.
struct ListTunnelsRequest {
  TunnelId after{};
  std::uint32_t limit = 100;
  std::optional<std::string> login{};   // empty: anonymous clients
  std::optional<IPv6Prefix> address{};  // inside: theirs lie in it or around it
  std::optional<IPv6Prefix> remote{};   // outside: the client's is in it
};
struct ShowTunnelRequest {
  TunnelId id;
};
struct KickTunnelRequest {
  TunnelId id;
};
struct StatusRequest {};
// From a client that does not speak TSP: makes the account's tunnel one in protocol 41 to this outer address.
struct UpdateEndpointRequest {
  std::string login{};
  std::string key{};
  std::string host{};                  // which tunnel: the login again
  std::optional<IPv4Address> outer{};  // none: ends the tunnel
  FourTuple peer{};                    // the connection it came over
};
// Two addresses of the pool that are nobody's now, for packets of a self-test. They are not reserved.
struct UnusedAddressesRequest {};

// No new tunnels: clients are sent to the other brokers of the configuration, those with a tunnel here as well when
// they ask for one. When the last tunnel is gone, or at the deadline, the broker stops. Said again: another deadline.
struct DrainRequest {
  std::optional<Duration> deadline{};  // from now; none: however long it takes
};
// Serve again.
struct UndrainRequest {};
// All brokers on the store, this one among them.
struct ListBrokersRequest {};
// Strikes a broker from the store that is not heard of and will not come back.
struct ForgetBrokerRequest {
  BrokerId id{};
};

// A token for the API, which is told once. Of a User the account must be there.
struct CreateTokenRequest {
  std::string name{};
  ApiRole role = ApiRole::User;
  std::string login{};  // of a User
  std::vector<std::string> scopes{};
  std::optional<Duration> lifetime{};  // none: until it is revoked
};
struct RevokeTokenRequest {
  ApiTokenId id{};
  std::optional<std::string> login{};  // only if it is this account's
};
// As in ListApiTokens.
struct ListTokensRequest {
  ApiTokenId after{};
  std::uint32_t limit = 100;
  std::optional<std::string> login{};
};
// NotFound: there is no such token, it has expired, or its account is disabled.
struct FindTokenRequest {
  ApiTokenHash hash{};
};
// A new password for the console, hashed already. Of a User the account must be there.
struct SetConsoleLoginRequest {
  std::string login{};
  ApiRole role = ApiRole::User;
  std::string password_hash{};
};
struct RemoveConsoleLoginRequest {
  std::string login{};
};
// NotFound: there is none, or its account is disabled.
struct FindConsoleLoginRequest {
  std::string login{};
};
// Gives the console login a second factor, which counts when it is confirmed by the code of a step.
struct SetTotpRequest {
  std::string login{};
  TotpSecret secret{};
  std::optional<std::uint64_t> confirmed_by{};  // a step
};
// NotFound: it has none.
struct RemoveTotpRequest {
  std::string login{};
};
// Exists: the code of this step, or of a later one, was used before.
struct UseTotpRequest {
  std::string login{};
  std::uint64_t step = 0;
};
struct ListConsoleLoginsRequest {
  std::string after{};
  std::uint32_t limit = 100;
};
struct ReadAuditRequest {
  std::optional<AuditPlace> before{};
  std::uint32_t limit = 100;
};
// Who had what, and when; as in ReadHistory.
struct ReadHistoryRequest {
  std::optional<IPv6Prefix> range{};
  std::optional<std::string> login{};
  std::optional<WallTime> at{};
  std::optional<std::uint64_t> before{};
  std::uint32_t limit = 100;
};
// Who has what now: everything, what is in this range or around it, or what is this account's.
struct ListLeasesRequest {
  std::optional<IPv6Prefix> range{};
  std::optional<std::string> login{};
  std::optional<IPv6Prefix> after{};
  std::uint32_t limit = 100;
};
// Gives the account this address (of length 128) or prefix of the pool, for good. Exists: it is not free, or the
// account has another one of its length. What the account has already is Done.
struct ReserveLeaseRequest {
  std::string login{};
  IPv6Prefix prefix{};
};
// Takes an account's address or prefix away, and keeps it from everybody for a while; a tunnel that uses it ends. What
// is in quarantine already is free at once. Exists: it is not the account's for good, or an end of its tunnels lies in
// it.
struct ReleaseLeaseRequest {
  IPv6Prefix prefix{};
};
// Nothing but an entry of the audit log, about what the core has no part in.
struct NoteRequest {
  std::string action{};
  std::string subject{};
  std::string detail{};
};

using AdminCommand =
    std::variant<AddAccountRequest, ChangeAccountRequest, DeleteAccountRequest, ShowAccountRequest, ListAccountsRequest,
                 ListTunnelsRequest, ShowTunnelRequest, KickTunnelRequest, StatusRequest, UnusedAddressesRequest,
                 DrainRequest, UndrainRequest, SetUpdateKeyRequest, UpdateEndpointRequest, ListBrokersRequest,
                 ForgetBrokerRequest, CreateTokenRequest, RevokeTokenRequest, ListTokensRequest, FindTokenRequest,
                 SetConsoleLoginRequest, RemoveConsoleLoginRequest, FindConsoleLoginRequest, ListConsoleLoginsRequest,
                 ReadAuditRequest, NoteRequest, ReadHistoryRequest, ListLeasesRequest, ReserveLeaseRequest,
                 ReleaseLeaseRequest, SetTotpRequest, RemoveTotpRequest, UseTotpRequest>;

// Who asks, for the audit log.
struct Actor {
  std::string name{};    // as in AuditEntry
  std::string source{};  // likewise

  friend bool operator==(const Actor&, const Actor&) = default;
};

enum class AdminStatus : std::uint8_t { Done, Invalid, NotFound, Exists, Unavailable };

enum class UpdateOutcome : std::uint8_t {
  Changed,      // as it was asked for, and in the store
  Unchanged,    // it was so already
  BadKey,       // wrong, or no such account; which of them the client is not told
  NoHost,       // not this account's tunnel
  BadAddress,   // no tunnel can be made to there
  Refused,      // no room, or the address is another tunnel's
  Limited,      // too many changes
  Unavailable,  // the store is away, or the broker is not ready
};

struct AccountView {
  AccountRecord record{};
  std::optional<std::string> host_name{};  // of its address, if it has an address and a name
  std::optional<TunnelId> tunnel{};        // here
  // Where its tunnel is. Of another broker it is looked up for ShowAccountRequest only.
  std::optional<BrokerId> tunnel_broker{};
  std::optional<TunnelRecord> tunnel_elsewhere{};  // that of another broker
};
// One of the brokers on the store.
struct BrokerView {
  BrokerRecord record{};
  bool own = false;    // this one
  bool heard = false;  // not longer ago than it may be
  Duration silence{};  // since it was heard of
};
struct TunnelView {
  TunnelRecord record{};
  std::optional<TunnelUsage> usage{};  // none if the datapath did not know
  Duration idle{};                     // since the last packet from the client; with `usage`
};
// Counted since the process started, except those named "now".
struct Counters {
  std::uint64_t sessions_started = 0;
  std::uint64_t sessions_now = 0;
  std::uint64_t streams_now = 0;
  std::uint64_t auth_succeeded = 0;
  std::uint64_t auth_failed = 0;
  std::uint64_t offers_made = 0;
  std::uint64_t offers_refused = 0;
  std::uint64_t tunnels_now = 0;
  std::uint64_t tunnels_accepted = 0;
  std::uint64_t tunnels_expired = 0;
  std::uint64_t tunnels_replaced = 0;
  std::uint64_t replies_resent = 0;
  std::uint64_t datagrams_ignored = 0;  // no session, malformed, out of order
  std::uint64_t hellos_limited = 0;     // VERSION and ECHO REQUEST over the rate limit
  std::uint64_t busy_answered = 0;      // 530
  std::uint64_t redirects_sent = 0;     // a list of other brokers
  std::uint64_t evictions_damped = 0;   // offers refused because several devices use one account
};
struct TunnelCount {
  TunnelType type{};
  std::uint64_t installing = 0;
  std::uint64_t active = 0;
  std::uint64_t removing = 0;  // of these some may come back to life
};
// What is taken of one family, and what is left.
struct PoolView {
  PoolLayout layout{};
  std::uint64_t claims = 0;  // addresses and prefixes that are not free
  std::uint64_t quarantined = 0;
  std::uint64_t hosts_available = 0;  // this and the next saturate at 2^64 - 1
  std::uint64_t anonymous_available = 0;
  // By length as it is written, for all that accounts can have by the configuration; saturates at 2^63.
  std::map<std::uint8_t, std::uint64_t> prefixes_available{};
  std::map<std::uint8_t, IPv6Prefix>
      prefixes_next{};  // of the lengths of which there are some: the next to be given out
};
struct DrainView {
  std::uint64_t tunnels = 0;            // left
  std::optional<Duration> remaining{};  // until the deadline, if there is one
};
struct StatusView {
  Counters counters{};
  bool ready = false;  // the store was loaded and the datapath agrees with it
  bool store_available = false;
  std::string store_detail{};    // why not
  bool datapath_failed = false;  // it did not take what it should have, and has not taken it since
  std::uint64_t claims = 0;      // of both pools
  std::uint64_t quarantined = 0;
  std::uint64_t operations = 0;  // orders in flight, and those to be given again after a failure
  std::optional<DrainView> drain{};
  std::vector<TunnelCount> tunnels{};  // each type once
  PoolView ipv6_pool{};
  std::optional<PoolView> ipv4_pool{};
  // Since the process started; all that there can be, those that never happened as well.
  std::map<EndReason, std::uint64_t> tunnels_ended{};
  std::map<unsigned, std::uint64_t> replies{};  // by TSP status code; what is sent again is not counted again
};

// ---- facts ----------------------------------------------------------------------------------------------------

// A signalling datagram as classified by dataplane/classify.h. The bytes need to live only during the call.
struct DatagramArrived {
  FourTuple path;
  ByteView payload;
};
struct StreamOpened {
  StreamId stream;
  FourTuple path;
};
struct StreamBytesArrived {
  StreamId stream;
  ByteView bytes;
};
// All that SendStream with `report_drained` wrote has been acknowledged by the peer's host.
struct StreamDrained {
  StreamId stream;
};
// By the peer, or by an error. Not sent for a stream that the core ordered to be closed.
struct StreamClosed {
  StreamId stream;
};
// What is changed is written into the audit log, together with the change or before it.
struct AdminRequest {
  RequestId request;
  AdminCommand command;
  std::optional<Actor> actor{};  // none: not an operator, and nothing is written
};
struct ConfigChanged {
  std::shared_ptr<const BrokerConfig> config;
};
// Nothing new is begun; Stopped follows when nothing is in flight any more. Tunnels stay in the store.
struct StopRequested {};

using Fact = std::variant<DatagramArrived, StreamOpened, StreamBytesArrived, StreamDrained, StreamClosed, StoreDone,
                          DatapathDone, TunnelConfirmed, DatapathReset, AdminRequest, ConfigChanged, StopRequested>;

// ---- orders ---------------------------------------------------------------------------------------------------

// From path.local to path.remote.
struct SendDatagram {
  FourTuple path{};
  Bytes payload{};
};
// One write; never merged with another one.
struct SendStream {
  StreamId stream{};
  Bytes bytes{};
  bool report_drained = false;
};
// After everything ordered before has been sent.
struct CloseStream {
  StreamId stream;
};
struct AdminReply {
  RequestId request{};
  AdminStatus status = AdminStatus::Done;
  std::string message{};  // when not Done: what is wrong, and with which field
  std::vector<AccountView> accounts{};
  std::vector<TunnelView> tunnels{};
  std::vector<BrokerView> brokers{};           // ListBrokersRequest, by their ids
  std::optional<StatusView> state{};           // StatusRequest, DrainRequest, UndrainRequest
  std::vector<IPv6Address> addresses{};        // UnusedAddressesRequest: two, different ones
  std::string update_key{};                    // SetUpdateKeyRequest: the new key, which is told once
  std::optional<UpdateOutcome> update{};       // UpdateEndpointRequest; `message`: why, or where the tunnel was before
  std::vector<ApiToken> tokens{};              // CreateTokenRequest, ListTokensRequest, FindTokenRequest
  std::string token{};                         // CreateTokenRequest: the token itself, which is told once
  std::vector<ConsoleLogin> console_logins{};  // FindConsoleLoginRequest, ListConsoleLoginsRequest
  std::vector<ConsoleTotp> totps{};            // FindConsoleLoginRequest: none or one
  std::vector<AuditEntry> audit{};             // ReadAuditRequest
  std::vector<HistoryEntry> history{};         // ReadHistoryRequest
  std::vector<Lease> leases{};                 // ListLeasesRequest, ReserveLeaseRequest, ReleaseLeaseRequest
};

// Stable names are in broker/event_names.h.
enum class EventCode : std::uint8_t {
  BrokerReady,
  StoreLost,
  StoreBack,
  SessionRefused,        // at a limit; detail says which
  AuthenticationFailed,  // detail: why, which the client is not told
  OfferRefused,          // detail: the status sent, and what was wrong or which limit was reached
  TunnelUp,
  TunnelConfirmed,
  TunnelDown,       // detail: the reason
  EvictionsDamped,  // two devices use one account
  DatapathFailed,
  Reconciled,       // detail: what start-up or repair found and did
  AccountChanged,   // by an operator; detail: what
  Draining,         // begun, changed or cancelled by an operator; detail says which
  Drained,          // the broker stops; detail: why now
  OtherBroker,      // another one on the store came, went, drains, is full or has room again; detail says which
  PoolsOverlap,     // this broker and another one on the store give out the same
  HomeUnavailable,  // an account is served here although another broker is its home; detail: why
  LeaseUnrouted,    // a tunnel is up with a lease that is not routed here
  RequestRefused,   // answered by 500 or 310; detail: which
};

struct Event {
  EventCode code{};
  std::string login{};  // as the client sent it: any bytes without control characters; may be empty
  std::optional<FourTuple> path{};
  std::optional<TunnelId> tunnel{};
  std::optional<IPv6Address> inner{};
  std::optional<IPv6Prefix> delegated{};
  std::string detail{};
};

// The reverse zone of a prefix belongs to these name servers.
struct DnsDelegation {
  IPv6Prefix prefix{};
  std::vector<std::string> name_servers{};  // as in AccountRecord; not empty, but in WithdrawDns

  friend bool operator==(const DnsDelegation&, const DnsDelegation&) = default;
};
struct DnsHostName {
  std::string name{};  // in lower case, without the dot at the end
  IPv6Address address{};

  friend bool operator==(const DnsHostName&, const DnsHostName&) = default;
};
struct DnsRecords {
  std::vector<DnsDelegation> delegations{};
  std::optional<DnsHostName> host_name{};

  [[nodiscard]] bool empty() const { return delegations.empty() && !host_name; }
  friend bool operator==(const DnsRecords&, const DnsRecords&) = default;
};
// From now on the account has these records in the DNS, and none of those ordered for it before. Nobody waits for it:
// whoever executes it tries until it is done.
struct PublishDns {
  AccountId account{};
  DnsRecords records{};
};
// The account has nothing in the DNS any more. An earlier run of the program may have put these there; for kAnonymous
// they were an account's that is not known any more.
struct WithdrawDns {
  AccountId account{};
  DnsRecords formerly{};
};
// Every account that was in the store at the start has been published.
struct DnsComplete {};

// Nothing follows, ever.
struct Stopped {};

using Order = std::variant<SendDatagram, SendStream, CloseStream, StoreOrder, DatapathOrder, AdminReply, Event,
                           PublishDns, WithdrawDns, DnsComplete, Stopped>;

// ---- the machine ----------------------------------------------------------------------------------------------

class Broker {
 public:
  // Orders the store to be loaded; until that is done VERSION is answered 530.
  Broker(std::shared_ptr<const BrokerConfig> config, const Seed& seed, Now start);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // A clock that steps back is taken for one that stands still.
  void handle(Now now, const Fact& fact);
  // Fires what is due. Calling it early or twice is harmless.
  void advance(Now now);
  [[nodiscard]] std::optional<Order> poll();
  // None: nothing will happen without a fact.
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  // Asserts what must always hold; linear in the state.
  void check_invariants() const;
  // Equal states have equal hashes: the same seed and facts give the same sequence of hashes everywhere.
  [[nodiscard]] std::uint64_t state_hash() const;
  [[nodiscard]] StatusView status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp
