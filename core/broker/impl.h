// SPDX-License-Identifier: Apache-2.0
//
// The broker's inside: what it keeps, and what it does with each fact. One class, because every part works on the
// same few tables; one file for each thing it does.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/broker.h>

#include "core/base/random.h"
#include "core/base/source.h"
#include "core/base/token_bucket.h"
#include "core/broker/home_redirects.h"
#include "core/broker/known_brokers.h"
#include "core/broker/ledger.h"
#include "core/broker/steps.h"
#include "core/pool/pools.h"
#include "core/session/session_table.h"
#include "core/tunnel/tunnel_book.h"
#include "core/wire/status.h"

namespace tsp {

struct Broker::Impl {
  using Session = session::Session;
  using SessionId = session::SessionId;
  using Tunnel = tunnel::Tunnel;
  using Draft = broker::Draft;
  using Asker = broker::Asker;
  using Installation = broker::Installation;
  using Removed = broker::Removed;
  using Removal = broker::Removal;
  using Audit = broker::Audit;

  Impl(std::shared_ptr<const BrokerConfig> initial_config, const Seed& seed, Now start);

  // ---- broker.cc: time, dispatch
  void handle(Now now, const Fact& fact);
  void advance(Now now);
  void settle();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] StatusView status() const;
  [[nodiscard]] PoolView pool_view(TunnelType type) const;
  void on(const ConfigChanged& fact);
  void on(const StopRequested& fact);
  void order(Order what) { orders_.push_back(std::move(what)); }
  void report(Event event) { order(std::move(event)); }
  [[nodiscard]] std::uint64_t fresh_id();

  // ---- datagrams.cc: signalling over UDP
  void on(const DatagramArrived& fact);
  void greet(const FourTuple& path, const wire::UdpHeader& header, std::string_view text);
  void receive(Session& session, const wire::UdpHeader& header, std::string_view text);
  void resend(Session& session, const wire::UdpHeader& header);
  [[nodiscard]] Session* route(const FourTuple& path, wire::Sequence sequence, std::uint64_t message_hash);
  [[nodiscard]] bool may_greet(const FourTuple& path);
  [[nodiscard]] bool make_room(const FourTuple& path);

  // ---- redirect.cc: clients that another broker is to serve (RFC 5572 section 4.7.4)
  // What is said to a VERSION instead of CAPABILITY, if anything.
  [[nodiscard]] std::optional<std::string> greeting_refusal(session::Transport transport, const FourTuple& path,
                                                            std::string_view text);
  [[nodiscard]] std::optional<std::string_view> full_or_draining(const FourTuple& path) const;
  // `near`: the region whose brokers are named first, if the store has the list.
  [[nodiscard]] std::vector<BrokerAddress> brokers_for(session::Transport transport, const FourTuple& path,
                                                       std::string_view near) const;
  [[nodiscard]] std::string_view own_region() const;
  [[nodiscard]] std::string_view region_of(const Session& session) const;
  // The first of this id in the configuration's list, or null.
  [[nodiscard]] const OtherBroker* listed_broker(BrokerId id) const;
  // Why clients are not to be sent to it, as far as the store tells.
  [[nodiscard]] std::optional<std::string> known_obstacle(BrokerId id) const;
  // Of a source, as long as the account is not known; then each account has what is its own, whoever shares the NAT.
  [[nodiscard]] bool may_redirect(const FourTuple& path);
  [[nodiscard]] bool may_redirect(const Session& session);
  // Where the account's home can be reached, if that is another broker, which can take it; else it is served here.
  [[nodiscard]] std::vector<BrokerAddress> home_elsewhere(const Session& session);
  [[nodiscard]] std::vector<BrokerAddress> addresses_of(BrokerId id, const FourTuple& path) const;
  void report_served_here(const Session& session, const std::string& why);
  // A `create` that would be one tunnel too many: with a list of brokers, or else 301.
  void turn_away(Session& session, std::string_view why);
  void send_on(Session& session, const std::vector<BrokerAddress>& brokers, std::string_view why);

  // ---- brokers.cc: the list of brokers on the store
  [[nodiscard]] bool is_announced() const { return shares_store() && config_->announcement.has_value(); }
  [[nodiscard]] BrokerState own_state() const;
  [[nodiscard]] BrokerRecord own_record() const;
  void announce(std::optional<Instant> give_up);
  void announce_soon();
  void learn_brokers(const std::vector<BrokerRecord>& records);
  void report_overlaps(const BrokerRecord& other);
  // Why it is not to be the home of an account; none: it is this broker, or one that is known.
  [[nodiscard]] std::optional<std::string> unknown_home_fault(const std::optional<BrokerId>& home, bool force) const;
  void run(RequestId request, const ListBrokersRequest& command);
  void run(RequestId request, const ForgetBrokerRequest& command);

  // ---- takeovers.cc: other brokers on the same store
  [[nodiscard]] bool shares_store() const { return config_->takeover_check_interval > Duration{}; }
  [[nodiscard]] std::optional<Instant> next_takeover_check() const;
  void check_takeovers();
  void on_evicted(const StoreDone& done);
  void give_way(const TunnelRecord& evicted);
  // Of an account's tunnels that of another broker, or null.
  [[nodiscard]] const TunnelRecord* tunnel_elsewhere(const std::vector<TunnelRecord>& tunnels) const;
  // The account's tunnels at all other brokers, if there are some.
  void evict_elsewhere(AccountId account, EndReason reason, std::vector<StoreChange>& changes) const;

  // ---- drain.cc
  void run(RequestId request, const DrainRequest& command);
  void run(RequestId request, const UndrainRequest& command);
  void begin_drain(RequestId request, const std::optional<Duration>& deadline);
  [[nodiscard]] std::optional<Instant> drain_end() const;
  void end_drain_if_due();
  void await_kicked_client();
  [[nodiscard]] std::optional<DrainView> drain_view() const;

  // ---- streams.cc: signalling over TCP
  void on(const StreamOpened& fact);
  // Why one more stream from there is refused.
  [[nodiscard]] std::optional<std::string_view> stream_obstacle(const FourTuple& path);
  void on(const StreamBytesArrived& fact);
  void on(const StreamDrained& fact);
  void on(const StreamClosed& fact);
  void pump(SessionId id);
  void send_late_replies();

  // ---- dialogues.cc: what a message leads to, and how it is answered
  [[nodiscard]] session::DialogueOptions dialogue_options(session::Transport transport, const FourTuple& path);
  void act(Session& session, session::Action action);
  void look_up_account(Session& session, std::string login);
  void answer(Session& session, std::string text, bool close = false);
  void count_reply(std::string_view text);  // by the status code in it, if there is one
  // `why`: for the operator, what the status alone does not tell.
  void refuse(Session& session, wire::Status status, std::string_view why = {});
  void report_refusal(const Session& session, unsigned code, std::string_view title, std::string_view why);
  // A request that is answered by 500 or 310 although nothing was refused that had been understood.
  void report_bad_request(const Session& session, wire::Status status, std::string_view why);
  void end_session(Session& session);
  void hang_up(Session& session);
  void expire_sessions();
  // The limit on failures that was reached, as the configuration names it.
  [[nodiscard]] std::optional<std::string_view> authentication_limit(const FourTuple& path, std::string_view login);
  void report_authentication(const FourTuple& path, std::string_view login, std::string_view why);
  void authentication_failed(const FourTuple& path, std::string_view login, std::string_view why);

  // ---- types.cc: the type of a tunnel
  struct Fault {
    wire::Status status;
    std::string why{};
  };
  [[nodiscard]] std::expected<TunnelType, Fault> choose_type(const Session& session,
                                                             const wire::CreateRequest& request) const;
  [[nodiscard]] std::expected<TunnelType, Fault> choose_any(const Session& session,
                                                            const wire::CreateRequest& request) const;
  [[nodiscard]] std::expected<TunnelType, Fault> choose_protocol_41(const Session& session,
                                                                    const wire::CreateRequest& request) const;
  [[nodiscard]] std::expected<TunnelType, Fault> choose_over_ipv6(const Session& session) const;
  [[nodiscard]] std::expected<TunnelType, Fault> choose_for_proxy(const Session& session,
                                                                  const wire::CreateRequest& request) const;
  [[nodiscard]] static FourTuple outer_path(TunnelType type, FourTuple signalling, const wire::CreateRequest& request);
  // Whether the path of a tunnel without ports is somebody else's (506).
  [[nodiscard]] bool is_taken(const TunnelRecord& wanted, bool proved);
  [[nodiscard]] std::optional<std::string> outer_fault(const IPv6Address& outer) const;
  [[nodiscard]] bool is_own_address(const IPv6Address& outer) const;
  [[nodiscard]] static bool endpoint_proved(const Session& session, const wire::CreateRequest& request);

  // ---- offers.cc: `create`
  void create(Session& session, const wire::CreateRequest& request);
  [[nodiscard]] std::optional<Fault> request_fault(const Session& session, TunnelType type,
                                                   const wire::CreateRequest& request) const;
  [[nodiscard]] std::optional<Fault> router_fault(const Session& session, TunnelType type,
                                                  const wire::RouterRequest& router) const;
  [[nodiscard]] bool damped(AccountId account);
  // The limit that one more tunnel would exceed, as the configuration names it.
  [[nodiscard]] std::optional<std::string_view> over_quota(AccountId account, const FourTuple& path);
  void draw_up(Session& session, const wire::CreateRequest& request, TunnelType type, unsigned attempts_left);
  [[nodiscard]] TunnelRecord wanted_tunnel(const AccountRecord* record, TunnelType type, const FourTuple& path) const;
  [[nodiscard]] std::optional<Fault> choose_address(const AccountRecord* record, Draft& draft);
  [[nodiscard]] bool is_the_accounts_still(const Claim& claim) const;
  void offer_again(const IPv6Prefix& prefix, Draft& draft);
  [[nodiscard]] std::optional<Fault> choose_prefix(const AccountRecord& record, std::uint8_t length, Draft& draft);
  void reserve(Session& session, Draft draft, unsigned attempts_left);
  // What is to be written; counts the offers from now on.
  [[nodiscard]] std::vector<StoreChange> reservation(const Draft& draft);
  void on_reserved(SessionId id, const Draft& draft, unsigned attempts_left, const StoreDone& done);
  void choose_again(Session& session, const Draft& draft, unsigned attempts_left, const StoreDone& refusal);
  void read_again(const Session& session, const wire::CreateRequest& request, TunnelType type, unsigned attempts_left);
  void take_back(const Draft& draft, StoreStatus written);
  void let_go(const Draft& draft);
  void let_go(const Draft& draft, const StoreDone& refusal);
  void give_back(const std::vector<IPv6Prefix>& prefixes);
  void hold_offered(const std::vector<IPv6Prefix>& prefixes);
  void learn_claims(const Draft& draft);
  void note_offered(const Draft& draft);
  void note_accepted(const std::vector<IPv6Prefix>& prefixes);
  void drop_offered(const std::vector<IPv6Prefix>& prefixes);
  [[nodiscard]] std::vector<IPv6Prefix> count_down_offered(const std::vector<IPv6Prefix>& prefixes);
  void free_claims(const std::vector<IPv6Prefix>& prefixes);
  void make_offer(Session& session, const Draft& draft);
  [[nodiscard]] bool offer_stands(const Session& session);
  void drop_offer(Session& session);
  [[nodiscard]] std::string offer_reply(const TunnelRecord& tunnel, const std::vector<std::string>& name_servers) const;

  // ---- accepts.cc: `accept`, `reject`, `delete`, `info`
  void accept(Session& session);
  [[nodiscard]] bool blocked(const TunnelRecord& wanted);
  [[nodiscard]] bool adopt_same_lease(Session& session);
  void ask_before_taking_over(Session& session, TunnelId in_the_way);
  void refuse_accept(Session& session, wire::Status status, std::string_view why);
  void establish(Session& session);
  [[nodiscard]] Asker asker_of(const Session& session);
  void install(Installation wanted, Asker asker, Instant give_up);
  void on_recorded(const Asker& asker, TunnelId id, const StoreDone& done);
  void on_installed(const Asker& asker, TunnelId id, const DatapathDone& done);
  void undo_install(const Asker& asker, TunnelId id);
  enum class Recorded : std::uint8_t { No, Yes };
  void abandon_install(const Asker& asker, TunnelId id, const std::string& why, Recorded recorded);
  void accept_failed(SessionId id, const std::string& why);
  void report_unrouted(const TunnelRecord& tunnel);  // of one that is up
  [[nodiscard]] bool has_tunnel_with(const TunnelRecord& record);
  [[nodiscard]] std::vector<IPv6Prefix> end_installation(const TunnelRecord& record);
  void give_up_outdated(const std::vector<session::Outdated>& outdated, const TunnelRecord& tunnel);
  void activate(Session& session, Tunnel& tunnel);
  // By whom: none if it was at another broker.
  void count_eviction(const Tunnel& evicted, const std::optional<FourTuple>& by);
  void reject(Session& session);
  void remove_by_client(Session& session);
  void inform(Session& session);
  [[nodiscard]] Tunnel* tunnel_of(const Session& session);
  void defer_accept(SessionId id);
  void retry_deferred();

  // ---- updates.cc: what routers ask for that do not speak TSP
  struct Update;
  void run(RequestId request, const UpdateEndpointRequest& command);
  void run(RequestId request, const SetUpdateKeyRequest& command);
  void on_update_account(const std::shared_ptr<Update>& update, const StoreDone& done);
  void begin_update(const std::shared_ptr<Update>& update, const StoreDone& done);
  [[nodiscard]] bool knows_key(const Update& update, const StoreDone& done);
  // Once the account's tunnels at all brokers are read, if others use the store: it alone tells whose the account is.
  void with_tunnels(const std::shared_ptr<Update>& update, AccountId account, std::function<void()> then);
  void move_tunnel(const std::shared_ptr<Update>& update, const AccountRecord& record);
  void end_tunnel(const std::shared_ptr<Update>& update);
  void end_tunnel_here(const std::shared_ptr<Update>& update);
  // Another broker that has the account's tunnel; none: no other has.
  [[nodiscard]] std::optional<BrokerId> holder_elsewhere(const Update& update) const;
  [[nodiscard]] std::optional<std::string> choose_for(Update& update, const AccountRecord& record);
  [[nodiscard]] std::optional<std::string> path_fault(const Update& update);
  void on_update_reserved(const std::shared_ptr<Update>& update, const StoreDone& done);
  void apply_update(const std::shared_ptr<Update>& update);
  [[nodiscard]] bool is_unchanged(const Update& update, AccountId account);
  void finish_update(const Update& update, UpdateOutcome outcome, const std::string& why = {});
  [[nodiscard]] bool too_many_updates(AccountId account);
  void count_update(AccountId account);

  // ---- lifetimes.cc: tunnels from Active to gone
  void arm(const Tunnel& tunnel, Instant last_seen);
  void expire_tunnels();
  void on_usage_of_idle(const std::vector<TunnelId>& asked, const DatapathDone& done);
  void expire(Tunnel& tunnel);
  void remove_tunnel(TunnelId id, Removal removal);
  void order_removal(TunnelId id);
  void forget(Tunnel& tunnel, EndReason reason, const Tunnel* successor = nullptr,
              const std::optional<BrokerId>& by = std::nullopt);
  [[nodiscard]] std::vector<StoreChange> end_of_record(const TunnelRecord& record, EndReason reason, bool inner_free);
  void on(const TunnelConfirmed& fact);
  void note_confirmed(Tunnel& tunnel);

  // ---- quarantines.cc
  [[nodiscard]] std::vector<StoreChange> quarantine_changes(const std::vector<IPv6Prefix>& prefixes, AccountId owner,
                                                            Duration time);
  void quarantine(const std::vector<IPv6Prefix>& prefixes, Duration time);
  void end_quarantines();
  [[nodiscard]] bool is_overtaken(const AccountRecord& record, TunnelType type) const;
  void settle_taken_back(const IPv6Prefix& prefix, WallTime until, StoreStatus written);
  // What is in the prefix or around it once everything is settled that the store was told.
  void read_after_commits(const IPv6Prefix& prefix, std::function<void(const std::vector<Lease>&)> then);

  // ---- storage.cc: orders to the store that survive its absence
  void on(const StoreDone& fact);
  void on(const DatapathDone& fact);
  void ask_store(StoreOrder what, broker::StoreContinuation then, std::optional<Instant> give_up);
  void submit_ready();
  // Must happen sometime; nobody waits for it.
  void commit_for_good(std::vector<StoreChange> changes, std::function<void()> then = nullptr);
  void ask_datapath(DatapathOrder what, broker::DatapathContinuation then);
  void store_lost(const std::string& why);
  void probe_store();
  void on_probed(const StoreDone& done);
  [[nodiscard]] Instant patience(const Session& session) const;

  // ---- reconcile.cc: start-up and repair
  void load();
  void on_loaded(const StoreDone& done);
  // Whether packets to it arrive here, as far as the configuration tells.
  [[nodiscard]] bool is_routed_here(const IPv6Prefix& prefix) const;
  void report_claims_outside(const std::vector<Claim>& claims);
  void take_in_claims(const std::vector<Claim>& claims);
  void take_in_tunnels(const std::vector<TunnelRecord>& tunnels);
  void quarantine_orphans(const std::vector<Claim>& claims);
  void compare_again_if_due();
  void strike_outdated_records();
  void compare_with_datapath();
  void on_listed(const DatapathDone& done);
  void repair_some();
  // Whether the datapath is not known to have what it should.
  [[nodiscard]] bool is_repairing() const { return listing_ || compare_again_at_; }
  void on(const DatapathReset& fact);

  // ---- admin.cc
  void on(const AdminRequest& fact);
  void run(const AdminRequest& fact);
  void run(RequestId request, const AddAccountRequest& command);
  void run(RequestId request, const ChangeAccountRequest& command);
  void run(RequestId request, const DeleteAccountRequest& command);
  void run(RequestId request, const ShowAccountRequest& command);
  void run(RequestId request, const ListAccountsRequest& command);
  void run(RequestId request, const ListTunnelsRequest& command);
  void run(RequestId request, const ShowTunnelRequest& command);
  void run(RequestId request, const KickTunnelRequest& command);
  void run(RequestId request, const StatusRequest& command);
  void run(RequestId request, const UnusedAddressesRequest& command);
  // After the account's other requests that are under way; it must end in reply().
  void in_turn(RequestId request, const std::string& login, const std::function<void()>& work);
  using WithAccount = std::function<void(const AccountRecord&)>;
  void with_account(RequestId request, const std::string& login, WithAccount then);
  void save_account(RequestId request, const Account& before, const Account& account, std::string what);
  void answer_with_tunnels(RequestId request, const std::vector<TunnelId>& ids);
  void answer_with_account(RequestId request, const AccountRecord& record);
  void end_everything_of(AccountId account, EndReason reason, Removed then);
  void end_sessions_of(AccountId account);
  void done(RequestId request) { reply(AdminReply{.request = request}); }
  void reply(AdminReply answer);
  void finish(AdminReply answer);
  void fail(RequestId request, AdminStatus status, std::string message);
  void fail(RequestId request, const StoreDone& done);
  [[nodiscard]] AccountView view_of(const AccountRecord& record);

  // ---- access.cc: who may use the API
  void run(RequestId request, const CreateTokenRequest& command);
  void run(RequestId request, const RevokeTokenRequest& command);
  void run(RequestId request, const ListTokensRequest& command);
  void run(RequestId request, const FindTokenRequest& command);
  void run(RequestId request, const SetConsoleLoginRequest& command);
  void run(RequestId request, const RemoveConsoleLoginRequest& command);
  void run(RequestId request, const FindConsoleLoginRequest& command);
  void run(RequestId request, const ListConsoleLoginsRequest& command);
  void run(RequestId request, const SetTotpRequest& command);
  void run(RequestId request, const RemoveTotpRequest& command);
  void run(RequestId request, const UseTotpRequest& command);
  // kAnonymous unless the role is that of a user, whose account must be there.
  void with_api_account(RequestId request, ApiRole role, const std::string& login, std::function<void(AccountId)> then);
  void save_token(RequestId request, const ApiToken& token, const std::string& text);
  // Answers if the account is there, enabled and the same as then.
  void answer_for_account(AccountId account, const std::string& login, AdminReply answer);
  // Reads, and answers with what `take` puts into the reply.
  void read_for(RequestId request, std::uint32_t limit, StoreOrder what,
                std::function<void(const StoreDone&, AdminReply&)> take);

  // ---- leases.cc: who has what, and had
  void run(RequestId request, const ReadHistoryRequest& command);
  void run(RequestId request, const ListLeasesRequest& command);
  void run(RequestId request, const ReserveLeaseRequest& command);
  struct Release;
  void run(RequestId request, const ReleaseLeaseRequest& command);
  // Why it cannot be given to anybody, or not to this account; none: it can.
  [[nodiscard]] std::optional<std::string> pool_fault(const AccountRecord& record, const IPv6Prefix& prefix) const;
  void reserve_lease(RequestId request, const AccountRecord& record, const IPv6Prefix& prefix);
  void on_lease_reserved(RequestId request, const Lease& lease, std::optional<WallTime> quarantine_end,
                         const StoreDone& done);
  void release_if_unclaimed(const IPv6Prefix& prefix);  // if the store does not have it

  // ---- audit.cc
  void begin_audit(const AdminRequest& fact);
  // To be committed together with what the request changes.
  void add_audit(RequestId request, std::vector<StoreChange>& changes);
  // Then both are done; a refusal is told.
  void commit_for(RequestId request, std::vector<StoreChange> changes, std::function<void()> then);
  // What cannot be done in one commit with the entry is done after it.
  void after_audit(RequestId request, std::function<void()> then);
  void run(RequestId request, const ReadAuditRequest& command);
  void run(RequestId request, const NoteRequest& command);

  // ---- dns.cc: what accounts have in the DNS
  // What the account's name servers become by the request; none: what they are.
  [[nodiscard]] std::optional<std::vector<std::string>> new_name_servers(const Session& session,
                                                                         const wire::CreateRequest& request) const;
  void keep_name_servers(Session& session);
  [[nodiscard]] std::vector<std::string> name_servers_of(const Session& session) const;
  [[nodiscard]] std::optional<std::string> host_name_of(const std::string& login) const;
  [[nodiscard]] DnsRecords dns_records(const AccountRecord& record) const;
  void publish_account(AccountId account, const std::string& login);
  void commit_and_publish(std::vector<StoreChange> changes, AccountId account, const std::string& login);
  void withdraw_account(const AccountRecord& record);
  void withdraw_quarantined(const std::vector<Claim>& claims);
  void publish_page_after(const std::string& login);
  void on_page_to_publish(const StoreDone& done);

  // ---- dns_following.cc: what other brokers on the store change in it
  void publish(AccountId account, const std::string& login, DnsRecords records);
  void remember_published(AccountId account, const std::string& login, const DnsRecords& records);
  void forget_published(AccountId account, const std::string& login);
  void follow_accounts();
  void on_page_to_follow(const StoreDone& done);

  // ---- invariants.cc
  void check_invariants() const;
  [[nodiscard]] std::uint64_t state_hash() const;

  std::shared_ptr<const BrokerConfig> config_;
  Now now_;
  Random random_;
  std::deque<Order> orders_;
  broker::Ledger ledger_;
  pool::Pools pools_;
  session::SessionTable sessions_;
  tunnel::TunnelBook tunnels_;
  Counters counters_;
  std::map<EndReason, std::uint64_t> ended_;
  std::map<unsigned, std::uint64_t> replies_;

  TokenBuckets hello_per_source_;
  TokenBuckets hello_per_network_;
  TokenBuckets auth_failures_per_source_;
  TokenBuckets auth_failures_per_account_;
  TokenBuckets redirects_per_source_;
  TokenBuckets redirects_per_account_;
  broker::HomeRedirects home_redirects_;

  // Requests that change an account, by its login, the first of them under way: two at a time could undo each other.
  std::map<std::string, std::deque<std::function<void()>>> account_requests_;
  std::map<RequestId, std::string> account_of_request_;
  WallTime audit_wall_{};  // when the latest entry was begun, and how many there were then already
  Duration audit_ticks_{};
  std::map<RequestId, Audit> audits_;  // of requests that change something, until they are answered
  // Claims that offers, or tunnels that are being installed, were made with.
  std::map<IPv6Prefix, broker::OfferedClaim> offered_claims_;
  std::map<TunnelId, Removal> removals_;  // of tunnels that are Removing, until the datapath has done it
  // What offers needed whose tunnels are being installed: theirs even if the session ends meanwhile.
  std::map<TunnelId, std::vector<IPv6Prefix>> claims_installing_;
  // On their way out of the store; of no use to anybody before they are.
  std::set<IPv6Prefix> erasing_;
  // Accounts and paths for which a tunnel is being installed.
  std::set<AccountId> accounts_installing_;
  std::set<FourTuple> paths_installing_;
  std::vector<std::function<void()>> deferred_;  // what waits for an account or a path
  std::map<AccountId, std::deque<Instant>> evictions_;
  // Of the last minute, oldest first, and how many of them are each account's.
  std::deque<std::pair<Instant, AccountId>> updates_;
  std::map<AccountId, std::uint32_t> updates_of_;
  std::set<SessionId> runnable_streams_;
  Deadlines<SessionId> late_replies_;
  Deadlines<TunnelId> idle_deadlines_;
  bool quarantines_ending_ = false;
  bool checking_takeovers_ = false;
  bool announcing_ = false;
  broker::KnownBrokers known_brokers_;
  Instant takeover_check_at_{};

  std::optional<broker::Drain> drain_;
  bool loaded_ = false;
  bool ready_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool store_available_ = true;
  std::optional<OpId> probe_;  // under way
  std::optional<Instant> probe_at_;
  std::string store_detail_;
  std::vector<TunnelId> to_install_;
  std::vector<TunnelId> to_uninstall_;
  std::uint32_t repairs_in_flight_ = 0;
  bool listing_ = false;
  bool repair_failed_ = false;  // the last comparison with the datapath, or what followed from it
  std::optional<Instant> compare_again_at_;
  std::vector<TunnelRecord> outdated_records_;  // found at start; struck when the datapath has them no more
  bool list_again_ = false;
  // Accounts whose record is being read, to be published; the latest reading counts.
  std::map<AccountId, std::uint64_t> dns_readings_;
  std::uint64_t last_dns_reading_ = 0;
  // Published since the page was asked for that is being read at start: what the page says of them may be older.
  std::set<AccountId> published_meanwhile_;
  bool publishing_pages_ = false;
  // Where others use the store: what accounts with records were published with last, by their logins.
  std::map<std::string, broker::Published> published_;
  bool following_ = false;
  std::string followed_to_;  // the last login that was looked at
};

}  // namespace tsp
