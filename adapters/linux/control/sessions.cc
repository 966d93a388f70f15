// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/sessions.h"

#include "adapters/linux/secrets/sodium.h"
#include "core/auth/sha256.h"
#include "core/base/hex.h"

namespace tsp::linux_ {
namespace {

std::string random_secret() {
  std::array<std::uint8_t, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

}  // namespace

std::optional<Sessions::Begun> Sessions::begin(const ConsoleLogin& login, Instant now) {
  secrets::set_up_sodium();
  const std::lock_guard lock(mutex_);
  make_room(login.login, now);
  if (sessions_.size() >= kAllMax) return std::nullopt;
  Begun begun{.cookie = random_secret(), .csrf_token = random_secret()};
  sessions_.emplace(auth::sha256(begun.cookie),
                    Session{.login = login, .csrf_token = begun.csrf_token, .begun = now, .used = now});
  return begun;
}

std::optional<Sessions::Session> Sessions::find(const std::string& cookie, Instant now) {
  const std::lock_guard lock(mutex_);
  Session* session = live_session(cookie, now);
  if (session == nullptr) return std::nullopt;
  session->used = now;
  return *session;
}

std::optional<Sessions::Session> Sessions::look_at(const std::string& cookie, Instant now) {
  const std::lock_guard lock(mutex_);
  const Session* session = live_session(cookie, now);
  return session != nullptr ? std::optional(*session) : std::nullopt;
}

Sessions::Session* Sessions::live_session(const std::string& cookie, Instant now) {
  const auto found = sessions_.find(auth::sha256(cookie));
  if (found == sessions_.end()) return nullptr;
  if (!is_over(found->second, now)) return &found->second;
  sessions_.erase(found);
  return nullptr;
}

void Sessions::end(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(auth::sha256(cookie));
}

bool Sessions::is_over(const Session& session, Instant now) const {
  return session.used + lifetimes_.idle <= now || session.begun + lifetimes_.whole <= now;
}

void Sessions::make_room(const std::string& login, Instant now) {
  std::erase_if(sessions_, [&](const auto& entry) { return is_over(entry.second, now); });
  std::size_t count = 0;
  auto oldest = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    if (it->second.login.login != login) continue;
    ++count;
    if (oldest == sessions_.end() || it->second.used < oldest->second.used) oldest = it;
  }
  if (count >= kPerLoginMax) sessions_.erase(oldest);
}

bool same_secret(const std::string& a, const std::string& b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tsp::linux_
