// SPDX-License-Identifier: Apache-2.0
//
// All sessions, found by path or stream, within their bounds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/deadlines.h"
#include "core/base/state_hash.h"
#include "core/session/session.h"

namespace tsp::session {

// A path has one current session and at most one candidate: a VERSION on a path that is in use may be a late
// duplicate or a restarted client, and only what follows tells which (make before break).
struct PathSessions {
  Session* current = nullptr;
  Session* candidate = nullptr;
};

// "From" an address means from its source (base/source.h). Ordered maps throughout: strangers choose the keys, and
// could make a hash collide.
class SessionTable {
 public:
  // As the path's current session if it has none, else as its candidate; an earlier candidate must have been removed.
  // `stream` is 0 over UDP; streams are not found by path.
  Session& add(Transport transport, const FourTuple& path, StreamId stream, DialogueOptions options, Instant now);
  // If it was its path's current session, the candidate takes that place.
  void remove(SessionId id);

  [[nodiscard]] Session* find(SessionId id);
  [[nodiscard]] PathSessions by_path(const FourTuple& path) const;
  [[nodiscard]] Session* by_stream(StreamId stream) const;

  // The session is no longer half open: it has a tunnel, and lives as long as that.
  void set_established(Session& session, bool established);
  [[nodiscard]] std::uint32_t half_open() const { return static_cast<std::uint32_t>(half_open_.size()); }
  [[nodiscard]] std::uint32_t half_open_from(const IPv6Address& address) const;
  // The half-open session that began first and is not authenticated, of all or of one source; none if all are.
  [[nodiscard]] Session* oldest_unauthenticated() { return first_unauthenticated(half_open_); }
  [[nodiscard]] Session* oldest_unauthenticated_from(const IPv6Address& address);
  [[nodiscard]] std::uint32_t streams() const { return static_cast<std::uint32_t>(by_stream_.size()); }
  [[nodiscard]] std::uint32_t streams_from(const IPv6Address& address) const;

  // When a half-open session is to be forgotten.
  void set_deadline(const Session& session, Instant at) { deadlines_.set(session.id, at); }
  [[nodiscard]] std::optional<Instant> next_deadline() const { return deadlines_.next(); }
  [[nodiscard]] Session* take_due(Instant now);

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] const std::map<SessionId, Session>& all() const { return sessions_; }
  void check_invariants() const;
  void add_to(StateHash& hash) const;

 private:
  void insert_half_open(const Session& session);
  void erase_half_open(const Session& session);
  [[nodiscard]] Session* first_unauthenticated(const std::set<SessionId>& sessions);

  std::uint64_t last_id_ = 0;
  std::map<SessionId, Session> sessions_;
  std::set<SessionId> half_open_;  // ids grow, so the first is the oldest
  std::map<FourTuple, PathSessions> by_path_;
  std::map<StreamId, SessionId> by_stream_;
  std::map<IPv6Address, std::set<SessionId>> half_open_by_source_;  // see base/source.h
  std::map<IPv6Address, std::uint32_t> streams_by_source_;
  Deadlines<SessionId> deadlines_;
};

}  // namespace tsp::session
