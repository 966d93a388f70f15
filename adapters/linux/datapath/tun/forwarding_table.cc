// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/forwarding_table.h"

#include <algorithm>
#include <bit>
#include <new>

#include "adapters/linux/datapath/tun/rcu.h"

namespace tsp::linux_ {
namespace {

constexpr unsigned long kInitialBuckets = 1024;

// The table takes its buckets from the low bits, where the standard hashes may be weak.
unsigned long finish(std::uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

unsigned long hash_of(const FourTuple& path) {
  return finish(std::hash<FourTuple>{}(path));
}

unsigned long hash_of(const IPv6Prefix& prefix) {
  return finish(std::hash<IPv6Address>{}(prefix.base) + prefix.length * 0xD6E8FEB86659FD93ULL);
}

// `link` is the first member.
TunnelNode* node_of(cds_lfht_node* link) {
  return reinterpret_cast<TunnelNode*>(link);
}

int has_path(cds_lfht_node* link, const void* key) {
  tell_read(link);
  return node_of(link)->tunnel->spec.path == *static_cast<const FourTuple*>(key) ? 1 : 0;
}

int has_prefix(cds_lfht_node* link, const void* key) {
  tell_read(link);
  return node_of(link)->prefix == *static_cast<const IPv6Prefix*>(key) ? 1 : 0;
}

bool exists(const Tunnel& tunnel, std::uint64_t version) {
  return tunnel.born <= version && version < tunnel.died.load(std::memory_order_relaxed);
}

// A tunnel and the one it replaces may stand under one key; at most one of them exists in a version.
Tunnel* lookup(cds_lfht* table, unsigned long hash, cds_lfht_match_fct match, const void* key, std::uint64_t version) {
  cds_lfht_iter iterator{};
  cds_lfht_lookup(table, hash, match, key, &iterator);
  while (cds_lfht_node* link = cds_lfht_iter_get_node(&iterator)) {
    Tunnel* tunnel = node_of(link)->tunnel;
    if (exists(*tunnel, version)) return tunnel;
    cds_lfht_next_duplicate(table, match, key, &iterator);
  }
  return nullptr;
}

void add_to(cds_lfht* table, unsigned long hash, TunnelNode& node) {
  tell_written(&node.link);
  cds_lfht_add(table, hash, &node.link);
}

void free_tunnel(rcu_head* head) {
  RcuReadSection::tell_all_over();
  delete caa_container_of(head, Tunnel, reclaim);
}

cds_lfht* new_table() {
  // Its own resizing is left to a thread that falls far behind when many tunnels come at once.
  cds_lfht* table = cds_lfht_new_flavor(kInitialBuckets, kInitialBuckets, 0, 0, &urcu_memb_flavor, nullptr);
  if (table == nullptr) throw std::bad_alloc();
  return table;
}

}  // namespace

void ForwardingTable::TableDeleter::operator()(cds_lfht* table) const {
  cds_lfht_destroy(table, nullptr);
}

void ForwardingTable::Lengths::add(std::uint8_t length) {
  if (users[length]++ == 0) bits[length / 64].fetch_or(1ULL << (length % 64), std::memory_order_release);
}

void ForwardingTable::Lengths::drop(std::uint8_t length) {
  if (--users[length] == 0) bits[length / 64].fetch_and(~(1ULL << (length % 64)), std::memory_order_release);
}

ForwardingTable::ForwardingTable() : buckets_(kInitialBuckets), paths_(new_table()), prefixes_(new_table()) {}

ForwardingTable::~ForwardingTable() {
  register_rcu_thread();
  const RcuReadSection section;
  for (const auto& [id, tunnel] : by_id_) unlink(*tunnel);
}

DatapathStatus ForwardingTable::install(const TunnelSpec& spec, const std::vector<TunnelId>& replaces,
                                        std::size_t listener, Instant now) {
  register_rcu_thread();
  if (by_id_.size() >= buckets_) grow();
  const RcuReadSection section;
  if (conflicts(spec, replaces)) return DatapathStatus::Conflict;
  const std::vector<Tunnel*> ended = ended_by(spec, replaces);
  Tunnel* present = find(spec.id);
  const bool stays = present != nullptr && present->is_like(spec);
  if (stays && spec.confirmed) present->confirmed.store(true, std::memory_order_relaxed);
  if (stays && ended.empty()) return DatapathStatus::Done;
  const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
  commit(stays ? nullptr : new Tunnel(spec, listener, next, now), ended);
  return DatapathStatus::Done;
}

void ForwardingTable::remove(TunnelId id) {
  register_rcu_thread();
  const RcuReadSection section;
  if (Tunnel* tunnel = find(id)) commit(nullptr, {tunnel});
}

Tunnel* ForwardingTable::find(TunnelId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<TunnelSpec> ForwardingTable::list() const {
  std::vector<TunnelSpec> result;
  result.reserve(by_id_.size());
  for (const auto& [id, tunnel] : by_id_) {
    result.push_back(tunnel->spec);
    result.back().confirmed = tunnel->confirmed.load(std::memory_order_relaxed);
  }
  std::ranges::sort(result, {}, &TunnelSpec::id);
  return result;
}

bool ForwardingTable::conflicts(const TunnelSpec& spec, const std::vector<TunnelId>& replaces) const {
  const auto stays = [&](const Tunnel* tunnel) {
    return tunnel != nullptr && std::ranges::find(replaces, tunnel->spec.id) == replaces.end();
  };
  const auto in_the_way = [&](const Tunnel* owner) { return stays(owner) && owner->spec.id != spec.id; };
  if (const Tunnel* present = find(spec.id); stays(present) && !present->is_like(spec)) return true;
  return in_the_way(find_by_path(spec.path)) || in_the_way(owner_of(host_prefix(spec.inner))) ||
         (spec.delegated && in_the_way(owner_of(*spec.delegated)));
}

Tunnel* ForwardingTable::owner_of(const IPv6Prefix& prefix) const {
  return lookup(prefixes_.get(), hash_of(prefix), has_prefix, &prefix, version_.load(std::memory_order_relaxed));
}

std::vector<Tunnel*> ForwardingTable::ended_by(const TunnelSpec& spec, const std::vector<TunnelId>& replaces) const {
  std::vector<Tunnel*> result;
  for (const TunnelId id : replaces) {
    Tunnel* tunnel = find(id);
    if (tunnel != nullptr && id != spec.id && std::ranges::find(result, tunnel) == result.end()) {
      result.push_back(tunnel);
    }
  }
  if (Tunnel* present = find(spec.id); present != nullptr && !present->is_like(spec)) result.push_back(present);
  return result;
}

void ForwardingTable::commit(Tunnel* added, const std::vector<Tunnel*>& ended) {
  const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
  if (added != nullptr) link(*added);
  for (Tunnel* old : ended) old->died.store(next, std::memory_order_relaxed);
  version_.store(next, std::memory_order_release);
  for (Tunnel* old : ended) {
    by_id_.erase(old->spec.id);
    unlink(*old);
  }
  if (added != nullptr) by_id_[added->spec.id] = added;
}

void ForwardingTable::grow() {
  buckets_ *= 2;
  cds_lfht_resize(paths_.get(), buckets_);
  cds_lfht_resize(prefixes_.get(), buckets_);
}

void ForwardingTable::link(Tunnel& tunnel) {
  const auto add_prefix = [this](TunnelNode& node) {
    add_to(prefixes_.get(), hash_of(node.prefix), node);
    lengths_of(node.prefix).add(node.prefix.length);
  };
  add_to(paths_.get(), hash_of(tunnel.spec.path), tunnel.by_path);
  add_prefix(tunnel.by_inner);
  if (tunnel.spec.delegated) add_prefix(tunnel.by_delegated);
}

void ForwardingTable::unlink(Tunnel& tunnel) {
  const auto remove_prefix = [this](TunnelNode& node) {
    cds_lfht_del(prefixes_.get(), &node.link);
    lengths_of(node.prefix).drop(node.prefix.length);
  };
  cds_lfht_del(paths_.get(), &tunnel.by_path.link);
  remove_prefix(tunnel.by_inner);
  if (tunnel.spec.delegated) remove_prefix(tunnel.by_delegated);
  urcu_memb_call_rcu(&tunnel.reclaim, free_tunnel);
}

// What was taken out of the tables after our version was made is missing from them; the next version has an answer.
template <class Lookup>
Tunnel* ForwardingTable::find_in_one_version(const Lookup& lookup_in) const {
  for (;;) {
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    if (Tunnel* tunnel = lookup_in(version)) return tunnel;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (version_.load(std::memory_order_relaxed) == version) return nullptr;
  }
}

Tunnel* ForwardingTable::find_by_path(const FourTuple& path) const {
  const unsigned long hash = hash_of(path);
  return find_in_one_version(
      [&](std::uint64_t version) { return lookup(paths_.get(), hash, has_path, &path, version); });
}

Tunnel* ForwardingTable::find_by_inner(const IPv6Address& destination) const {
  return find_in_one_version([&](std::uint64_t version) { return find_longest(destination, version); });
}

Tunnel* ForwardingTable::find_longest(const IPv6Address& address, std::uint64_t version) const {
  const Lengths& lengths = is_mapped(address) ? ipv4_lengths_ : lengths_;
  for (std::size_t word = lengths.bits.size(); word-- > 0;) {
    std::uint64_t left = lengths.bits[word].load(std::memory_order_acquire);
    while (left != 0) {
      const auto bit = static_cast<unsigned>(std::bit_width(left)) - 1;
      left &= ~(1ULL << bit);
      const IPv6Prefix prefix = make_prefix(address, static_cast<unsigned>(word * 64 + bit));
      if (Tunnel* tunnel = lookup(prefixes_.get(), hash_of(prefix), has_prefix, &prefix, version)) return tunnel;
    }
  }
  return nullptr;
}

}  // namespace tsp::linux_
