// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/secrets/key_ring.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/linux/secrets/sodium.h"
#include "core/base/assert.h"
#include "core/base/hex.h"
#include "core/wire/base64.h"

namespace tsp::linux_::secrets {
namespace {

constexpr std::string_view kHead =
    "# What is secret in tspd's database is sealed with these keys. Without a copy of them a copy of the database is "
    "of\n"
    "# no use. docs/operating/secrets.md\n";

std::string_view word_for(KeyRole role) {
  switch (role) {
    case KeyRole::Current:
      return "current";
    case KeyRole::Next:
      return "next";
    case KeyRole::Former:
      return "former";
  }
  return {};
}

std::string id_of(const std::array<std::uint8_t, 32>& key) {
  std::array<std::uint8_t, crypto_generichash_BYTES_MIN> hash{};
  constexpr std::string_view kPurpose = "tspbroker: the id of a sealing key";
  crypto_generichash(hash.data(), hash.size(), key.data(), key.size(),
                     reinterpret_cast<const unsigned char*>(kPurpose.data()), kPurpose.size());
  return to_hex(ByteView(hash).first(8));
}

SealingKey random_key(KeyRole role) {
  set_up_sodium();
  SealingKey key{.role = role, .bytes = {}, .id = {}};
  randombytes_buf(key.bytes.data(), key.bytes.size());
  key.id = id_of(key.bytes);
  return key;
}

// "ROLE BASE64"
std::optional<SealingKey> parse_key(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  SealingKey key;
  const auto roles = {KeyRole::Current, KeyRole::Next, KeyRole::Former};
  const auto role = std::ranges::find(roles, line.substr(0, blank), word_for);
  const auto bytes = wire::base64_decode(line.substr(blank + 1));
  if (role == roles.end() || !bytes || bytes->size() != key.bytes.size()) return std::nullopt;
  key.role = *role;
  std::ranges::copy(*bytes, key.bytes.begin());
  key.id = id_of(key.bytes);
  return key;
}

std::unexpected<std::string> wrong(std::size_t line, const std::string& what) {
  return std::unexpected("line " + std::to_string(line) + ": " + what);
}

}  // namespace

KeyRing KeyRing::make() {
  KeyRing ring;
  ring.keys_ = {random_key(KeyRole::Current)};
  return ring;
}

std::expected<KeyRing, std::string> KeyRing::parse(std::string_view text) {
  set_up_sodium();
  KeyRing ring;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto key = parse_key(line);
    if (!key) return wrong(number, "expected `current`, `next` or `former`, a blank, and base64 of 32 bytes");
    if (ring.find(key->id) != nullptr) return wrong(number, "a key that stands above already");
    ring.keys_.push_back(*key);
  }
  const auto of = [&](KeyRole role) { return std::ranges::count(ring.keys_, role, &SealingKey::role); };
  if (of(KeyRole::Current) != 1) return std::unexpected("expected one line that begins with `current`");
  if (of(KeyRole::Next) > 1) return std::unexpected("expected no more than one line that begins with `next`");
  return ring;
}

std::string KeyRing::text() const {
  std::string text(kHead);
  for (const SealingKey& key : keys_) {
    const std::string_view bytes(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
    text += std::string(word_for(key.role)) + ' ' + wire::base64_encode(bytes) + '\n';
  }
  return text;
}

const SealingKey& KeyRing::current() const {
  const auto found = std::ranges::find(keys_, KeyRole::Current, &SealingKey::role);
  TSP_ASSERT(found != keys_.end());
  return *found;
}

const SealingKey* KeyRing::next() const {
  const auto found = std::ranges::find(keys_, KeyRole::Next, &SealingKey::role);
  return found == keys_.end() ? nullptr : &*found;
}

const SealingKey* KeyRing::find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &SealingKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

void KeyRing::add_next() {
  if (next() == nullptr) keys_.push_back(random_key(KeyRole::Next));
}

void KeyRing::promote() {
  TSP_ASSERT(next() != nullptr);
  for (SealingKey& key : keys_) {
    if (key.role == KeyRole::Current) key.role = KeyRole::Former;
    if (key.role == KeyRole::Next) key.role = KeyRole::Current;
  }
}

void KeyRing::retire() {
  std::erase_if(keys_, [](const SealingKey& key) { return key.role == KeyRole::Former; });
}

}  // namespace tsp::linux_::secrets
