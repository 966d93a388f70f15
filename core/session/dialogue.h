// SPDX-License-Identifier: Apache-2.0
//
// The server's side of one TSP conversation (RFC 5572 section 4): which message is allowed when, and what it is
// answered. Knows nothing of sequence numbers, retransmissions or sockets; those are the session's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tsp/client.h>
#include <tsp/store.h>

#include "core/auth/authenticator.h"
#include "core/session/states.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"

namespace tsp::session {

enum class Transport : std::uint8_t { Datagram, Stream };

// ---- what a message leads to --------------------------------------------------------------------------------------

// Over UDP an empty text is a bare header, over TCP nothing at all.
struct Answer {
  std::string text;
  bool close = false;
  std::string_view fault{};  // a literal: what was wrong with a message that is answered by 500; empty: nothing
};
// TCP only: old clients read each with one recv(), so that the second must not come before the first was read.
struct AnswerTwice {
  std::string first;
  std::string second;
};
// Not a message for this state, and nothing may be said to it.
struct Ignore {};
// Look it up and call on_account() or on_store_failure().
struct LookUpAccount {
  std::string login;
};
// To be decided by the owner, who answers and then calls offered(), refused(), accepted() or close().
using Action = std::variant<Answer, AnswerTwice, Ignore, LookUpAccount, wire::CreateRequest, wire::AcceptRequest,
                            wire::RejectRequest, wire::DeleteRequest, wire::InfoRequest>;

enum class AuthOutcome : std::uint8_t { None, Succeeded, Failed };

struct DialogueOptions {
  std::string realm;
  std::string nonce;                      // 32 hex digits, never used before
  std::vector<TunnelType> types;          // what this transport can create
  std::vector<AuthMechanism> mechanisms;  // offered
};

class Dialogue {
 public:
  Dialogue(Transport transport, DialogueOptions options);

  // One complete message: over UDP the datagram behind the header (empty: a poll), over TCP what the framer cut
  // out under stream_mode().
  [[nodiscard]] Action on_message(std::string_view text);
  [[nodiscard]] Action on_account(const std::optional<AccountRecord>& record);
  // The account could not be looked up: 300, because old clients crash on anything else in this phase.
  [[nodiscard]] Action on_store_failure();
  // The bytes of a TCP stream cannot be cut into messages.
  [[nodiscard]] Action on_framing_error();

  // An offer was sent. From Command, Offered or Up.
  void offered();
  // A request was answered with an error: some may be tried again, then the session ends. True: close now.
  [[nodiscard]] bool refused();
  void accepted();
  // Back to where requests are taken, without an offer: `delete` was done, an offer was taken back, the tunnel ended.
  void withdrawn();
  void close();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] wire::StreamMode stream_mode() const;
  [[nodiscard]] bool authenticated() const;
  // Once authenticated; null: anonymous.
  [[nodiscard]] const AccountRecord* account() const { return account_.get(); }
  void set_account(AccountRecord record) { account_ = std::make_unique<const AccountRecord>(std::move(record)); }
  [[nodiscard]] bool endpoint_proved() const { return endpoint_proved_; }
  // As the client gave it; empty before it did, and for anonymous clients.
  [[nodiscard]] const std::string& login() const { return login_; }
  // What the last message decided, once.
  [[nodiscard]] AuthOutcome take_auth_outcome() { return std::exchange(auth_outcome_, AuthOutcome::None); }
  // Why it failed, for the operator: the client is told nothing but 300.
  [[nodiscard]] std::string_view auth_failure() const { return auth_failure_; }
  // Frees what is not needed any more once a tunnel is up.
  void slim();

 private:
  void move_to(State next);
  Action on_version(std::string_view text);
  Action on_authenticate(std::string_view text);
  Action on_step(auth::Step step);
  Action on_request(std::string_view text);
  Action bad_request(wire::Status status, std::string_view why);
  Action fail_authentication(std::string_view reason);

  static constexpr unsigned kRefusalsMax = 3;

  Transport transport_;
  State state_ = State::Start;
  std::unique_ptr<const DialogueOptions> options_;  // until a tunnel is up
  bool bug_1455_ = false;
  std::unique_ptr<auth::Authenticator> authenticator_;  // while an exchange is going on
  std::unique_ptr<const AccountRecord> account_;        // none: anonymous
  std::string login_;
  bool endpoint_proved_ = false;
  AuthOutcome auth_outcome_ = AuthOutcome::None;
  std::string_view auth_failure_;  // a literal
  unsigned refusals_ = 0;
};

}  // namespace tsp::session
