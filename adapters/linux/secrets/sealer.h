// SPDX-License-Identifier: Apache-2.0
//
// Seals single values: XChaCha20-Poly1305 with a random nonce, bound to the place where the value belongs, so that a
// sealed value that was moved elsewhere does not open.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <tsp/types.h>

#include "adapters/linux/secrets/key_ring.h"

namespace tsp::linux_::secrets {

// Whether a text looks like one that was sealed, by whatever key.
[[nodiscard]] bool is_sealed(std::string_view text);

class Sealer {
 public:
  // The keys of a file, which is read again whenever it has changed. The error is a sentence that names the file.
  [[nodiscard]] static std::expected<std::shared_ptr<const Sealer>, std::string> open(const std::string& path);

  // "sealed:KEYID:BASE64". `place` is not in it, and not secret.
  [[nodiscard]] std::string seal(ByteView secret, std::string_view place) const;
  // Of a text that is_sealed(). The error is the end of a sentence about it.
  [[nodiscard]] std::expected<Bytes, std::string> unseal(std::string_view sealed, std::string_view place) const;
  // How the texts begin that the current key has sealed.
  [[nodiscard]] std::string current_head() const;

 private:
  struct Stamp {
    std::int64_t device = 0;
    std::int64_t inode = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  Sealer(std::string path, KeyRing ring, Stamp stamp) : path_(std::move(path)), ring_(std::move(ring)), stamp_(stamp) {}
  static Stamp stamp_of(const std::string& path);
  // Under the mutex.
  void look_again() const;

  const std::string path_;
  mutable std::mutex mutex_;
  mutable KeyRing ring_;
  mutable Stamp stamp_;
};

}  // namespace tsp::linux_::secrets
