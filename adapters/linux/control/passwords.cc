// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/passwords.h"

#include <array>

#include "adapters/linux/secrets/sodium.h"

namespace tsp::linux_ {
namespace {

// One is served and one waits: half of the threads that serve the API stay free.
constexpr std::size_t kHereMax = 2;

std::optional<std::string> hash_now(const std::string& password, const Passwords::Cost& cost) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  const int result = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.operations,
                                           cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  return result == 0 ? std::optional(std::string(text.data())) : std::nullopt;
}

}  // namespace

// The right to compute, when it is one's turn.
class Passwords::Turn {
 public:
  explicit Turn(Passwords& passwords) : passwords_(passwords) {
    {
      const std::lock_guard lock(passwords_.counting_);
      is_free_ = ++passwords_.here_ <= kHereMax;
    }
    if (is_free_) turn_ = std::unique_lock(passwords_.one_at_a_time_);
  }
  ~Turn() {
    const std::lock_guard lock(passwords_.counting_);
    --passwords_.here_;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool is_free() const { return is_free_; }

 private:
  Passwords& passwords_;
  bool is_free_ = false;
  std::unique_lock<std::mutex> turn_;
};

Passwords::Passwords(const Cost& cost) : cost_(cost) {
  secrets::set_up_sodium();
  nobodys_ = "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) + ",t=" + std::to_string(cost.operations) +
             ",p=1$" + std::string(22, 'A') + '$' + std::string(43, 'A');
}

std::optional<std::string> Passwords::hash(const std::string& password) {
  const Turn turn(*this);
  return turn.is_free() ? hash_now(password, cost_) : std::nullopt;
}

Passwords::Check Passwords::check(const std::string& password, const std::optional<std::string>& hash) {
  const Turn turn(*this);
  if (!turn.is_free()) return Check::Busy;
  const std::string& known = hash ? *hash : nobodys_;
  const bool right = crypto_pwhash_str_verify(known.c_str(), password.data(), password.size()) == 0;
  return right && hash ? Check::Right : Check::Wrong;
}

}  // namespace tsp::linux_
