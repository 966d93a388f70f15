// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/secrets/sealer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <sys/stat.h>

#include "adapters/linux/secrets/key_file.h"
#include "adapters/linux/secrets/sodium.h"
#include "core/wire/base64.h"

namespace tsp::linux_::secrets {
namespace {

constexpr std::string_view kMark = "sealed:";
constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string head_for(const SealingKey& key) {
  return std::string(kMark) + key.id + ':';
}

}  // namespace

bool is_sealed(std::string_view text) {
  return text.starts_with(kMark);
}

std::expected<std::shared_ptr<const Sealer>, std::string> Sealer::open(const std::string& path) {
  set_up_sodium();
  const Stamp stamp = stamp_of(path);  // before the content: a change in between is noticed later
  auto ring = load_keys(path);
  if (!ring) return std::unexpected(std::move(ring.error()));
  return std::shared_ptr<const Sealer>(new Sealer(path, std::move(*ring), stamp));
}

std::string Sealer::seal(ByteView secret, std::string_view place) const {
  const std::scoped_lock lock(mutex_);
  look_again();
  const SealingKey& key = ring_.current();
  std::string sealed(kNonceSize + secret.size() + kTagSize, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(out, kNonceSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonceSize, nullptr, secret.data(), secret.size(), bytes_of(place),
                                             place.size(), nullptr, out, key.bytes.data());
  return head_for(key) + wire::base64_encode(sealed);
}

std::expected<Bytes, std::string> Sealer::unseal(std::string_view sealed, std::string_view place) const {
  const std::string_view rest = sealed.substr(std::min(kMark.size(), sealed.size()));
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view id = rest.substr(0, colon);
  const auto text = wire::base64_decode(rest.substr(std::min(colon + 1, rest.size())));
  if (!text || text->size() < kNonceSize + kTagSize) return std::unexpected("is not as it was sealed");

  const std::scoped_lock lock(mutex_);
  if (ring_.find(id) == nullptr) look_again();
  const SealingKey* key = ring_.find(id);
  if (key == nullptr) {
    return std::unexpected("was sealed with a key that is not in " + path_);
  }
  Bytes secret(text->size() - kNonceSize - kTagSize);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      secret.data(), nullptr, nullptr, bytes_of(*text) + kNonceSize, text->size() - kNonceSize, bytes_of(place),
      place.size(), bytes_of(*text), key->bytes.data());
  if (opened != 0) return std::unexpected("was damaged, or belongs elsewhere: its seal is broken");
  return secret;
}

std::string Sealer::current_head() const {
  const std::scoped_lock lock(mutex_);
  look_again();
  return head_for(ring_.current());
}

Sealer::Stamp Sealer::stamp_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return {.device = static_cast<std::int64_t>(status.st_dev),
          .inode = static_cast<std::int64_t>(status.st_ino),
          .changed_ns = status.st_ctim.tv_sec * kNanosecondsPerSecond + status.st_ctim.tv_nsec};
}

// A file that cannot be read now leaves the keys as they are: whoever changes it replaces it as a whole.
void Sealer::look_again() const {
  const Stamp stamp = stamp_of(path_);
  if (stamp == stamp_) return;
  auto ring = load_keys(path_);
  if (!ring) return;
  ring_ = std::move(*ring);
  stamp_ = stamp;
}

}  // namespace tsp::linux_::secrets
