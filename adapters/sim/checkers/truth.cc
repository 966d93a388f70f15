// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/truth.h"

#include <algorithm>
#include <cstring>

namespace tsp::sim {
namespace {

constexpr std::uint32_t kPage = 1000;
constexpr std::uint8_t kEchoReply = 129;
constexpr std::uint8_t kIPv4EchoReply = 0;

// Where the fields of a header are, and the number of its ICMP.
struct HeaderForm {
  std::size_t size;
  std::size_t protocol_at;
  std::size_t source_at;
  std::size_t destination_at;
  std::uint8_t icmp;
};
constexpr HeaderForm kIPv6Form{40, 6, 8, 24, 58};
constexpr HeaderForm kIPv4Form{20, 9, 12, 16, 1};

bool is_ipv4(ByteView packet) {
  return !packet.empty() && packet[0] >> 4 == 4;
}

const HeaderForm& form_of(ByteView packet) {
  return is_ipv4(packet) ? kIPv4Form : kIPv6Form;
}

IPv6Address address_at(ByteView packet, std::size_t at) {
  if (is_ipv4(packet)) {
    IPv4Address address;
    std::memcpy(address.octets.data(), packet.data() + at, address.octets.size());
    return map_ipv4(address);
  }
  IPv6Address address;
  std::memcpy(address.octets.data(), packet.data() + at, address.octets.size());
  return address;
}

bool is_echo_reply(ByteView packet) {
  const auto icmp = inner_icmp(packet);
  return icmp && icmp->type == (icmp->ipv4 ? kIPv4EchoReply : kEchoReply);
}

std::uint64_t login_hash(const std::string& login) {
  return hash_of(as_bytes(login));
}

}  // namespace

bool has_inner_header(ByteView packet) {
  return packet.size() >= form_of(packet).size;
}

std::optional<InnerIcmp> inner_icmp(ByteView packet) {
  const HeaderForm& form = form_of(packet);
  const std::size_t header_size = is_ipv4(packet) ? std::size_t{packet[0]} % 16 * 4 : form.size;
  if (packet.size() <= header_size || packet[form.protocol_at] != form.icmp) return std::nullopt;
  return InnerIcmp{.type = packet[header_size], .ipv4 = is_ipv4(packet)};
}

IPv6Address inner_source(ByteView packet) {
  return address_at(packet, form_of(packet).source_at);
}

IPv6Address inner_destination(ByteView packet) {
  return address_at(packet, form_of(packet).destination_at);
}

bool is_clients_own(const TunnelSpec& tunnel, const IPv6Address& address) {
  return address == tunnel.inner || (tunnel.delegated && tunnel.delegated->contains(address));
}

Truth::Truth(World& world) : world_(world), life_began_(world.now()) {
  logins_[kAnonymous] = login_hash("");
  load();
  note_time();
}

// What was there before anybody watched.
void Truth::load() {
  std::vector<AccountRecord> page;
  std::string last;
  do {
    page = world_.disk().list(last, kPage);
    for (const AccountRecord& record : page) {
      logins_[record.account.id] = login_hash(record.account.login);
      last = record.account.login;
    }
  } while (page.size() == kPage);
  claims_ = world_.disk().claims();
  records_ = world_.disk().tunnels();
  if (world_.datapath_if_any() == nullptr) return;
  for (const TunnelSpec& spec : world_.datapath_if_any()->tunnels().list()) {
    const TunnelRecord* known = record(spec.id);
    insert({.spec = spec, .account = known ? known->account : kAnonymous, .installed = world_.now()});
  }
  held_ = world_.datapath_if_any()->tunnels().size();
}

void Truth::note_time() {
  wall_max_ = std::max(wall_max_, world_.clocks().both().wall);
}

// ---- lives of the process ---------------------------------------------------------------------------------------

void Truth::on_start() {
  life_began_ = world_.now();
  note_time();
  note_losses();
  // Nobody is left who could take something for granted.
  std::vector<TunnelId> lost;
  for (const auto& [id, tunnel] : forwarded_) {
    if (tunnel.lost) lost.push_back(id);
  }
  for (const TunnelId id : lost) drop(id);
}

void Truth::on_crash() {
  conversations_.note_end_of_process();
}

void Truth::after_step() {
  note_time();
  asking_.reset();
  // A tunnel's session lives as long as the tunnel.
  conversations_.forget_old(world_.now(), [this](const FourTuple& path) { return by_path_.contains(path); });
}

// ---- datagrams ----------------------------------------------------------------------------------------------------

void Truth::on_arrival(const FourTuple& path, ByteView datagram) {
  asking_.reset();
  if (!is_inner(path, datagram)) {
    conversations_.note_arrival(path, datagram, world_.now());
    return;
  }
  note_losses();
  Forwarded* tunnel = find_on(path);
  if (tunnel == nullptr || !has_inner_header(datagram)) return;
  ++tunnel->packets_in;
  tunnel->heard = world_.now();
  if (!is_clients_own(tunnel->spec, inner_source(datagram))) return;
  tunnel->proved = true;
  asking_ = tunnel->spec.id;
}

void Truth::on_departure(const FourTuple& path, ByteView datagram) {
  if (is_inner(path, datagram)) {
    reply_ = Reply{};
    note_downlink(path, datagram);
  } else {
    reply_ = conversations_.note_departure(path, datagram, world_.now());
  }
}

void Truth::note_downlink(const FourTuple& path, ByteView packet) {
  Forwarded* tunnel = find_on(path);
  if (tunnel == nullptr || !has_inner_header(packet)) return;
  ++tunnel->packets_out;
  const bool answers = is_echo_reply(packet) && inner_source(packet) == tunnel->spec.server_address;
  if (answers && asking_ == tunnel->spec.id) tunnel->accepted = world_.now();
}

void Truth::on_inner_to_host(const FourTuple* path, ByteView /*packet*/) {
  Forwarded* tunnel = path == nullptr ? nullptr : find_on(*path);
  if (tunnel != nullptr) tunnel->accepted = world_.now();
}

// ---- what the broker is told and orders -----------------------------------------------------------------------------

void Truth::on_fact(const Fact& fact) {
  note_time();
  if (std::holds_alternative<ConfigChanged>(fact)) conversations_.note_reload();
}

void Truth::on_order(const Order& /*order*/) {
  note_time();
  note_losses();
}

// ---- the disk -------------------------------------------------------------------------------------------------------

void Truth::on_commit(const std::vector<StoreChange>& changes) {
  note_time();
  claim_changes_.clear();
  tunnel_changes_.clear();
  deleted_.clear();
  released_.clear();
  for (const StoreChange& change : changes) {
    std::visit([this](const auto& known) { take(known); }, change);
  }
}

void Truth::take(const AddAccount& change) {
  logins_[change.account.id] = login_hash(change.account.login);
}

void Truth::take(const DeleteAccount& change) {
  deleted_.push_back(change.id);
  logins_.erase(change.id);
  std::vector<IPv6Prefix> owned;
  for (const auto& [prefix, claim] : claims_) {
    if (claim.owner == change.id) owned.push_back(prefix);
  }
  for (const IPv6Prefix& prefix : owned) {
    Claim left = claims_.at(prefix);
    left.owner = kAnonymous;
    set_claim(prefix, left.state == ClaimState::Quarantined ? std::optional(left) : std::nullopt);
  }
}

void Truth::take(const PutClaim& change) {
  set_claim(change.claim.prefix, change.claim);
}

void Truth::take(const WithdrawClaim& change) {
  const Claim* there = claim(change.prefix);
  if (there == nullptr || there->state != ClaimState::Offered || there->broker != change.broker) return;
  set_claim(change.prefix, std::nullopt);
}

void Truth::take(const EndQuarantine& change) {
  const Claim* there = claim(change.prefix);
  if (there == nullptr || there->state != ClaimState::Quarantined || there->until > change.now) return;
  set_claim(change.prefix, std::nullopt);
}

void Truth::take(const AddAuditEntry& change) {
  const AuditEntry& entry = change.entry;
  if (entry.action == "lease.release" && entry.result == "done") released_.push_back(entry.detail);
}

// A prefix that a commit changes twice is changed once, from first to last.
void Truth::set_claim(const IPv6Prefix& prefix, const std::optional<Claim>& after) {
  const auto found = claims_.find(prefix);
  const auto before = found == claims_.end() ? std::nullopt : std::optional(found->second);
  if (after) {
    claims_.insert_or_assign(prefix, *after);
  } else if (before) {
    claims_.erase(found);
  } else {
    return;
  }
  const auto earlier = std::ranges::find(claim_changes_, prefix, &ClaimChange::prefix);
  if (earlier == claim_changes_.end()) {
    claim_changes_.push_back({prefix, before, after});
  } else {
    earlier->after = after;
  }
}

void Truth::take(const PutTunnel& change) {
  const auto found = records_.find(change.tunnel.id);
  const auto before = found == records_.end() ? std::nullopt : std::optional(found->second);
  records_.insert_or_assign(change.tunnel.id, change.tunnel);
  tunnel_changes_.push_back({.before = before, .after = change.tunnel});
}

void Truth::take(const EraseTunnel& change) {
  const auto found = records_.find(change.id);
  if (found == records_.end()) return;
  tunnel_changes_.push_back({.before = found->second, .after = std::nullopt, .reason = change.reason});
  records_.erase(found);
}

const Claim* Truth::claim(const IPv6Prefix& prefix) const {
  const auto found = claims_.find(prefix);
  return found == claims_.end() ? nullptr : &found->second;
}

const TunnelRecord* Truth::record(TunnelId id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

bool Truth::was_released(const IPv6Prefix& prefix) const {
  return std::ranges::find(released_, to_text(prefix)) != released_.end();
}

bool Truth::was_deleted(AccountId account) const {
  return std::ranges::find(deleted_, account) != deleted_.end();
}

std::optional<std::uint64_t> Truth::login_of(AccountId account) const {
  const auto found = logins_.find(account);
  return found == logins_.end() ? std::nullopt : std::optional(found->second);
}

// ---- the datapath ---------------------------------------------------------------------------------------------------

void Truth::on_datapath(const DatapathOrder& order, DatapathStatus status) {
  removed_.clear();
  conflicts_.clear();
  if (status == DatapathStatus::Done) std::visit([this](const auto& known) { take(known); }, order);
  held_ = world_.datapath_if_any() == nullptr ? 0 : world_.datapath_if_any()->tunnels().size();
}

void Truth::take(const InstallTunnel& order) {
  const TunnelSpec& spec = order.spec;
  for (const TunnelId id : order.replaces) {
    if (id != spec.id) drop(id);
  }
  const TunnelRecord* known = record(spec.id);
  Forwarded tunnel{.spec = spec, .account = known ? known->account : kAnonymous, .installed = world_.now()};
  tunnel.proved = spec.confirmed;
  if (const Forwarded* before = forwarded(spec.id)) {
    tunnel.proved = tunnel.proved || before->proved;
    tunnel.accepted = before->accepted;
    tunnel.heard = before->heard;
    tunnel.packets_in = before->packets_in;
    tunnel.packets_out = before->packets_out;
    if (!before->lost) tunnel.installed = before->installed;
    drop(spec.id);
    removed_.pop_back();
  }
  settle_conflicts(spec);
  insert(tunnel);
}

// Who is in the way and was lost without a word, is forgotten; who is not, should not be in the way.
void Truth::settle_conflicts(const TunnelSpec& spec) {
  const auto settle = [this](TunnelId id) {
    const bool held = is_held(id);
    if (held) conflicts_.push_back(id);
    drop(id);
    if (!held) removed_.pop_back();
  };
  while (const Forwarded* other = forwarded_on(spec.path)) settle(other->spec.id);
  const auto settle_around = [&](const IPv6Prefix& prefix) {
    const auto any = [](TunnelId) { return true; };
    while (const auto* other = find_overlapping(by_prefix_, prefix, any)) settle(other->second);
  };
  settle_around(host_prefix(spec.inner));
  if (spec.delegated) settle_around(*spec.delegated);
}

void Truth::take(const RemoveTunnel& order) {
  drop(order.id);
}

void Truth::insert(const Forwarded& tunnel) {
  const TunnelSpec& spec = tunnel.spec;
  forwarded_.insert_or_assign(spec.id, tunnel);
  by_path_.insert_or_assign(spec.path, spec.id);
  by_prefix_.insert_or_assign(host_prefix(spec.inner), spec.id);
  if (spec.delegated) by_prefix_.insert_or_assign(*spec.delegated, spec.id);
}

void Truth::drop(TunnelId id) {
  const auto found = forwarded_.find(id);
  if (found == forwarded_.end()) return;
  const TunnelSpec& spec = found->second.spec;
  by_path_.erase(spec.path);
  by_prefix_.erase(host_prefix(spec.inner));
  if (spec.delegated) by_prefix_.erase(*spec.delegated);
  removed_.push_back(found->second);
  forwarded_.erase(found);
}

// The world takes tunnels out of the datapath without asking anybody.
void Truth::note_losses() {
  const SimDatapath* datapath = world_.datapath_if_any();
  const std::size_t now = datapath == nullptr ? 0 : datapath->tunnels().size();
  if (now == held_) return;
  held_ = now;
  for (auto& [id, tunnel] : forwarded_) tunnel.lost = !is_held(id);
}

bool Truth::is_held(TunnelId id) const {
  const SimDatapath* datapath = world_.datapath_if_any();
  return datapath != nullptr && datapath->tunnels().find(id) != nullptr;
}

const Forwarded* Truth::forwarded(TunnelId id) const {
  const auto found = forwarded_.find(id);
  return found == forwarded_.end() ? nullptr : &found->second;
}

const Forwarded* Truth::forwarded_on(const FourTuple& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : forwarded(found->second);
}

Forwarded* Truth::find_on(const FourTuple& path) {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &forwarded_.at(found->second);
}

}  // namespace tsp::sim
