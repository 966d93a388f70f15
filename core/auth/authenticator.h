// SPDX-License-Identifier: Apache-2.0
//
// One authentication exchange, seen from the server (RFC 5572 section 4.4; SASL mechanisms). A small state machine:
// feed it the client's messages and the account it asked for, do what the returned step says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <tsp/client.h>
#include <tsp/store.h>

#include "core/auth/digest_md5.h"

namespace tsp::auth {

// Send this; the next client message comes to message().
struct Reply {
  std::string text;  // with its line end; empty: nothing over TCP, a bare header over UDP
};
// Look this login up and call account().
struct NeedAccount {
  std::string login;
};
// DIGEST-MD5: send `rspauth`; the final 200 is sent apart from it (UDP: when polled; TCP: later). Others: no rspauth.
struct Succeeded {
  std::optional<std::string> rspauth;    // with its line end
  std::optional<AccountRecord> account;  // none: anonymous
  bool endpoint_proved = false;          // the nonce came back from the client's address
};
// Always 300, whatever the reason; `reason` is for counters and logs only.
struct Failed {
  std::string_view reason;
};
using Step = std::variant<Reply, NeedAccount, Succeeded, Failed>;

class Authenticator {
 public:
  // `nonce`: 32 hex digits, used once. `allow_bug_1455`: the client speaks 2.0.0 or older.
  Authenticator(AuthMechanism mechanism, std::string realm, std::string nonce, bool allow_bug_1455);
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;
  Authenticator(Authenticator&&) = default;
  Authenticator& operator=(Authenticator&&) = default;
  // Wipes what the client's password was turned into.
  ~Authenticator();

  [[nodiscard]] AuthMechanism mechanism() const { return mechanism_; }
  // The AUTHENTICATE line was read. Called once, first.
  [[nodiscard]] Step begin();
  // The next message of the client, without the UDP header; line end still on it or not. PLAIN: leading NULs.
  // There is one try: any message but the right one, and any message while the account is looked up, fails for good.
  // Not to be called before begin() or after Succeeded or Failed.
  [[nodiscard]] Step message(std::string_view text);
  // What the store knows of the login asked for. An unknown or disabled account goes through the same work as a
  // wrong password.
  [[nodiscard]] Step account(const std::optional<AccountRecord>& record);
  // The login the client gave, once it has; for logs.
  [[nodiscard]] const std::string& login() const { return login_; }

 private:
  enum class State : std::uint8_t { Begin, AwaitCredentials, AwaitResponse, AwaitAccount, Finished };
  struct Proof {
    bool right = false;
    std::optional<std::string> rspauth;  // with its line end
  };

  Step plain_credentials(std::string_view text);
  Step digest_response(std::string_view text);
  Step ask_for_account(std::string login);
  [[nodiscard]] Proof check_proof(const Verifier& verifier) const;
  void finish();
  Step fail(std::string_view reason);

  AuthMechanism mechanism_;
  State state_ = State::Begin;
  std::string realm_;
  std::string nonce_;
  bool allow_bug_1455_;
  std::string login_;
  Verifier offered_{};                      // PLAIN: of the login and password given, until checked
  std::optional<DigestResponse> response_;  // DIGEST-MD5, until checked
};

}  // namespace tsp::auth
