// SPDX-License-Identifier: Apache-2.0
#include "core/session/session_table.h"

#include <utility>

#include "core/base/assert.h"
#include "core/base/source.h"

namespace tsp::session {
namespace {

void count_up(std::map<IPv6Address, std::uint32_t>& counts, const IPv6Address& source) {
  ++counts[source];
}

void count_down(std::map<IPv6Address, std::uint32_t>& counts, const IPv6Address& source) {
  const auto entry = counts.find(source);
  TSP_ASSERT(entry != counts.end() && entry->second > 0);
  if (--entry->second == 0) counts.erase(entry);
}

std::uint32_t count_of(const std::map<IPv6Address, std::uint32_t>& counts, const IPv6Address& source) {
  const auto entry = counts.find(source);
  return entry == counts.end() ? 0 : entry->second;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved, through a tuple
Session& SessionTable::add(Transport transport, const FourTuple& path, StreamId stream, DialogueOptions options,
                           Instant now) {
  const SessionId id{++last_id_};
  const auto [entry, inserted] = sessions_.emplace(std::piecewise_construct, std::forward_as_tuple(id),
                                                   std::forward_as_tuple(id, transport, path, std::move(options)));
  TSP_ASSERT(inserted);
  Session& session = entry->second;
  session.message_at = now;
  if (transport == Transport::Stream) {
    session.stream = std::make_unique<StreamExchange>(StreamExchange{.id = stream});
    const bool fresh = by_stream_.emplace(stream, id).second;
    TSP_ASSERT(fresh);
    count_up(streams_by_source_, source_of(path.remote.address));
  } else {
    PathSessions& on_path = by_path_[path];
    Session*& place = on_path.current == nullptr ? on_path.current : on_path.candidate;
    TSP_ASSERT(place == nullptr);
    place = &session;
  }
  insert_half_open(session);
  return session;
}

void SessionTable::remove(SessionId id) {
  const auto entry = sessions_.find(id);
  TSP_ASSERT(entry != sessions_.end());
  Session& session = entry->second;
  const IPv6Address source = source_of(session.path.remote.address);
  if (session.transport == Transport::Stream) {
    by_stream_.erase(session.stream->id);
    count_down(streams_by_source_, source);
  } else {
    const auto on_path = by_path_.find(session.path);
    TSP_ASSERT(on_path != by_path_.end());
    PathSessions& both = on_path->second;
    if (both.current == &session) both.current = std::exchange(both.candidate, nullptr);
    if (both.candidate == &session) both.candidate = nullptr;
    if (both.current == nullptr) by_path_.erase(on_path);
  }
  erase_half_open(session);
  deadlines_.clear(id);
  sessions_.erase(entry);
}

Session* SessionTable::find(SessionId id) {
  const auto entry = sessions_.find(id);
  return entry == sessions_.end() ? nullptr : &entry->second;
}

PathSessions SessionTable::by_path(const FourTuple& path) const {
  const auto entry = by_path_.find(path);
  return entry == by_path_.end() ? PathSessions{} : entry->second;
}

Session* SessionTable::by_stream(StreamId stream) const {
  const auto entry = by_stream_.find(stream);
  return entry == by_stream_.end() ? nullptr : const_cast<SessionTable*>(this)->find(entry->second);
}

void SessionTable::set_established(Session& session, bool established) {
  const bool was_established = !half_open_.contains(session.id);
  if (was_established == established) return;
  if (established) {
    erase_half_open(session);
    deadlines_.clear(session.id);
  } else {
    insert_half_open(session);
  }
}

void SessionTable::insert_half_open(const Session& session) {
  half_open_.insert(session.id);
  half_open_by_source_[source_of(session.path.remote.address)].insert(session.id);
}

void SessionTable::erase_half_open(const Session& session) {
  if (half_open_.erase(session.id) == 0) return;
  const auto of_source = half_open_by_source_.find(source_of(session.path.remote.address));
  of_source->second.erase(session.id);
  if (of_source->second.empty()) half_open_by_source_.erase(of_source);
}

std::uint32_t SessionTable::half_open_from(const IPv6Address& address) const {
  const auto of_source = half_open_by_source_.find(source_of(address));
  return of_source == half_open_by_source_.end() ? 0 : static_cast<std::uint32_t>(of_source->second.size());
}

std::uint32_t SessionTable::streams_from(const IPv6Address& address) const {
  return count_of(streams_by_source_, source_of(address));
}

Session* SessionTable::oldest_unauthenticated_from(const IPv6Address& address) {
  const auto of_source = half_open_by_source_.find(source_of(address));
  return of_source == half_open_by_source_.end() ? nullptr : first_unauthenticated(of_source->second);
}

Session* SessionTable::first_unauthenticated(const std::set<SessionId>& sessions) {
  // Bounded: at most this many authenticated sessions are passed over.
  constexpr unsigned kLookAtMost = 64;
  unsigned looked_at = 0;
  for (const SessionId id : sessions) {
    Session* session = find(id);
    if (!session->dialogue.authenticated() && !session->busy) return session;
    if (++looked_at == kLookAtMost) break;
  }
  return nullptr;
}

Session* SessionTable::take_due(Instant now) {
  const auto id = deadlines_.take_due(now);
  return id ? find(*id) : nullptr;
}

void SessionTable::check_invariants() const {
  std::size_t on_paths = 0;
  std::size_t streams = 0;
  for (const auto& [id, session] : sessions_) {
    TSP_ASSERT(id == session.id);
    TSP_ASSERT(half_open_.contains(id) != session.tunnel.has_value());
    if (session.transport == Transport::Stream) {
      ++streams;
      TSP_ASSERT(by_stream(session.stream->id) == &session);
      continue;
    }
    ++on_paths;
    const PathSessions both = by_path(session.path);
    TSP_ASSERT(both.current == &session || both.candidate == &session);
    TSP_ASSERT(both.current != both.candidate);
    TSP_ASSERT(deadlines_.contains(id) || session.tunnel.has_value());
  }
  TSP_ASSERT(streams == by_stream_.size());
  std::size_t placed = 0;
  for (const auto& [id, session] : sessions_) {
    if (session.transport != Transport::Datagram) continue;
    const PathSessions both = by_path(session.path);
    if (both.current == &session) placed += 1U + (both.candidate != nullptr ? 1U : 0U);
  }
  TSP_ASSERT(placed == on_paths);
}

void SessionTable::add_to(StateHash& hash) const {
  hash.add(sessions_.size());
  for (const auto& [id, session] : sessions_) {
    hash.add(id.value).add(session.transport).add(session.dialogue.state()).add(session.busy);
    hash.add(ByteView(session.path.remote.address.octets)).add(session.path.remote.port);
    hash.add(session.udp.last_sequence.value()).add(session.udp.last_reply);
    hash.add(session.stream ? session.stream->framer.buffered() : 0);
    hash.add(session.offer != nullptr).add(session.tunnel ? session.tunnel->value : 0);
  }
}

}  // namespace tsp::session
